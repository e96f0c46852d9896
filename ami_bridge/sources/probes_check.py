"""What keeps a probe from ever working on this machine, said before the bridge starts."""

import shutil
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from ami_bridge.sources.probes_sql import why_not_usable
from ami_bridge.sources.probes_where import host_and_port
from config.errors import ConfigError
from config.sources import Probe, ProbeKind


def check(probes: Iterable[Probe], source: str) -> list[ConfigError]:
    """Every probe that cannot work, with its remedy. source: the policy file, as it is shown. Nothing is asked outside."""
    found = ((probe, *wrong) for probe in probes for wrong in _wrong(probe))
    return [
        ConfigError(source, f"sources.probes.{probe.name}.{field}", problem, remedy)
        for probe, field, problem, remedy in found
    ]


def _wrong(probe: Probe) -> Iterator[tuple[str, str, str]]:
    match probe.kind:
        case ProbeKind.SQL:
            if wrong := why_not_usable(probe.target):
                yield ("target", *wrong)
        case ProbeKind.COMMAND:
            yield from _wrong_command(probe.command)
        case ProbeKind.TCP:
            try:
                host_and_port(probe.target)
            except ValueError:
                yield ("target", "is no host:port", "Write host:port, or [address]:port for IPv6.")
        case ProbeKind.HTTP:
            parts = urlsplit(probe.target)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                yield ("target", "is no web address", "Write http://host/path or https://host/path.")


def _wrong_command(command: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    if not command:
        yield ("command", "is missing", "Write the program and its arguments as a list.")
    elif shutil.which(command[0]) is None:
        problem = f"there is no program {command[0]!r} that this user may run"
        yield ("command", problem, "Install it, or write its whole path.")
