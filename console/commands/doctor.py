"""``holdfast doctor``: quick looks at what makes hotlines fail in the field."""

import os
import socket
import time
from pathlib import Path
from typing import Annotated

import typer

from config.errors import ConfigErrors
from config.policy import DEFAULT_POLICY, SitePolicy, load_policy
from config.settings import Settings, load_settings
from console.commands.shared import PROBLEMS, open_store, say, show_problem, show_warning
from console.looks import Look, NotWell, Place, Warned, files, forgotten, manager, staff

SLOW_LOOKUP = 1.0
RENDERED = Path("/etc/asterisk/holdfast")
OF_POLICY: frozenset[Look] = frozenset({files.dialogue, manager.included, staff.oncall, staff.duty})


def doctor(
    rendered: Annotated[
        Path, typer.Option("--files", help="Folder of the files that were rendered for Asterisk.")
    ] = RENDERED,
    user: Annotated[str, typer.Option(help="User that Asterisk runs as; found out otherwise.")] = "",
) -> None:
    """Look at names, prompts, folders, store, policy, staff, Asterisk's rights and its manager. Ends with 2 if one look fails."""
    settings = load_settings()
    policy = _policy(settings)
    # Without a policy of its own the site's other parts are looked at all the same; those that ask the policy are left out.
    place = Place(settings, policy or load_policy(DEFAULT_POLICY), rendered, user)
    failed: list[Look] = []
    for look in looks():
        if (policy is None and look in OF_POLICY) or AFTER.get(look) in failed:
            continue
        if not _well(look, place):
            failed.append(look)
    raise typer.Exit(2 if failed or policy is None else 0)


def _policy(settings: Settings) -> SitePolicy | None:
    try:
        return load_policy(settings.policy_file)
    except ConfigErrors as problem:
        show_problem(problem)
        return None


def looks() -> tuple[Look, ...]:
    """In the order in which things are set up."""
    return (
        *(_own_name, _prompts, _spool, files.lines, files.recordings, files.dialogue, files.tier2),
        *(_store, forgotten.key, manager.account, manager.included, staff.oncall, staff.duty, staff.leaders),
    )


def _well(look: Look, place: Place) -> bool:
    try:
        say("well", "green", look(place))
    except Warned as warning:
        show_warning(warning)
    except PROBLEMS as problem:
        show_problem(problem)
        return False
    return True


def _own_name(_place: Place) -> str:
    """A host whose own name must be asked of a far DNS loses 5 s per call when the DNS is away."""
    name, begun = socket.gethostname(), time.monotonic()
    remedy = f"add '127.0.0.1 localhost {name}' to /etc/hosts"
    try:
        socket.getaddrinfo(name, None)
    except OSError as problem:
        raise NotWell("host name", f"{name} does not resolve: {problem}", remedy) from None
    if (took := time.monotonic() - begun) > SLOW_LOOKUP:
        raise NotWell("host name", f"{name} took {took:.1f} s to resolve", remedy)
    if not _in_hosts(name):
        what = (
            f"{name} resolves here, but /etc/hosts does not name it: without a DNS every call would wait 5 s"
        )
        raise Warned("host name", what, remedy)
    return f"the host's own name {name} resolves here, without a DNS too"


def _in_hosts(name: str, hosts: Path = Path("/etc/hosts")) -> bool:
    try:
        lines = hosts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(name.lower() in line.partition("#")[0].lower().split()[1:] for line in lines)


def _prompts(place: Place) -> str:
    folder = place.settings.prompts_dir
    found = sum(1 for _ in folder.rglob("*.wav")) if folder.is_dir() else 0
    if not found:
        raise NotWell("prompts_dir", f"no prompts in {folder}", "build them: holdfast prompts build")
    return f"{found} prompt files in {folder}"


def _spool(place: Place) -> str:
    directory = place.settings.spool_dir
    nearest = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise NotWell("spool_dir", f"{nearest} cannot be written", "give this user the right to write there")
    free = os.statvfs(nearest)
    if free.f_bavail * free.f_frsize < 100 * 2**20:
        raise NotWell("spool_dir", f"less than 100 MB are free at {nearest}", "make room")
    return f"spool_dir {directory} can be written"


def _store(place: Place) -> str:
    with open_store(place.settings):
        return "the store can be used"


AFTER: dict[Look, Look] = {
    manager.included: manager.account,
    forgotten.key: _store,
}  # told once, by the first
