"""``holdfast doctor``: quick looks at what makes hotlines fail in the field."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import typer

from config.settings import Settings, load_settings
from console.commands.shared import PROBLEMS, Problem, open_store, say, show_problem

SLOW_LOOKUP = 1.0


def doctor() -> None:
    """Look at name lookup, prompts, spool, store, policy and the manager port. Ends with 2 if one look fails."""
    settings = load_settings()
    looks: tuple[Callable[[Settings], str], ...] = (_own_name, _prompts, _spool, _tier3, _store, _manager)
    failed = [look for look in looks if not _well(look, settings)]
    raise typer.Exit(2 if failed else 0)


def _well(look: Callable[[Settings], str], settings: Settings) -> bool:
    try:
        say("well", "green", look(settings))
    except PROBLEMS as problem:
        show_problem(problem)
        return False
    return True


def _own_name(_settings: Settings) -> str:
    """A host whose own name must be asked of a far DNS loses 5 s per call when the DNS is away."""
    name, begun = socket.gethostname(), time.monotonic()
    remedy = f"add '127.0.0.1 localhost {name}' to /etc/hosts"
    try:
        socket.getaddrinfo(name, None)
    except OSError as problem:
        raise Problem("host name", f"{name} does not resolve: {problem}", remedy) from None
    if (took := time.monotonic() - begun) > SLOW_LOOKUP:
        raise Problem("host name", f"{name} took {took:.1f} s to resolve", remedy)
    return f"the host's own name {name} resolves here"


def _prompts(settings: Settings) -> str:
    found = sum(1 for _ in settings.prompts_dir.rglob("*.wav")) if settings.prompts_dir.is_dir() else 0
    if not found:
        raise Problem(
            "prompts_dir", f"no prompts in {settings.prompts_dir}", "build them: holdfast prompts build"
        )
    return f"{found} prompt files in {settings.prompts_dir}"


def _spool(settings: Settings) -> str:
    return _writable("spool_dir", settings.spool_dir)


def _tier3(settings: Settings) -> str:
    return _writable("tier3_dir", settings.tier3_dir)


def _writable(field: str, directory: Path) -> str:
    nearest = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise Problem(field, f"{nearest} cannot be written", "give this user the right to write there")
    free = os.statvfs(nearest)
    if free.f_bavail * free.f_frsize < 100 * 2**20:
        raise Problem(field, f"less than 100 MB are free at {nearest}", "make room")
    return f"{field} {directory} can be written"


def _store(settings: Settings) -> str:
    with open_store(settings):
        return "the store can be used"


def _manager(settings: Settings) -> str:
    where = f"{settings.ami_host} port {settings.ami_port}"
    try:
        with socket.create_connection((settings.ami_host, settings.ami_port), timeout=2) as link:
            link.settimeout(2)
            hello = link.recv(64).decode(errors="replace").strip()
    except OSError as problem:
        remedy = "start Asterisk; see manager.conf for bindaddr and port"
        raise Problem("ami_port", f"no manager at {where}: {problem}", remedy) from None
    if not hello.startswith("Asterisk Call Manager"):
        raise Problem("ami_port", f"what answers at {where} is no Asterisk manager", "set HOLDFAST_AMI_PORT")
    return f"{hello} at {where}"
