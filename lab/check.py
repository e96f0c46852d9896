"""Loads rendered files into a bare Asterisk and tells what it thinks of them."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.facts import Options
from lab.lab import Lab
from lab.provision import Say, say_on_stderr

# known to every Asterisk without a module of its own, though not listed as functions or applications
NOT_CONTEXTS = {"general", "globals"}


@dataclass(frozen=True, slots=True)
class Report:
    """problems: one line each, empty when all is well; shown: each context as Asterisk holds it."""

    asterisk_version: str
    problems: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def check(folder: Path, version: str | None = None, say: Say = say_on_stderr) -> Report:
    """Starts a bare Asterisk with the files of `folder` included where they belong, and looks.

    Finds what Asterisk logs as a warning or an error, contexts and manager accounts that did not arrive, and
    applications and functions that this Asterisk does not know (which it would only tell in the middle of a call).
    Raises LabError when there is nothing to look at or no Asterisk.
    """
    folder = folder.absolute()
    if not sorted(folder.glob("*.conf")):
        raise LabError(f"There are no rendered files (*.conf) in {folder}: render them first.")
    with Lab.start(version, options=Options(holdfast_conf=str(folder)), bare=True, say=say) as lab:
        time.sleep(0.3)  # Asterisk's log is written by a thread of its own
        contexts = {name: lab.cli(f"dialplan show {name}") for name in _sections(folder, "extensions*.conf")}
        problems = [
            *_logged(lab.log.read_text(errors="replace")),
            *_missing(contexts),
            *_unknown(lab, "\n".join(contexts.values())),
            *_accounts(lab, folder),
        ]
        return Report(lab.asterisk_version, tuple(problems), tuple(contexts.values()))


def _sections(folder: Path, pattern: str) -> list[str]:
    """The sections of the files, templates left out, each once."""
    found = [
        name
        for path in sorted(folder.glob(pattern))
        for name, flags in re.findall(
            r"^\[([^]]+)](\([^)]*\))?", path.read_text(errors="replace"), re.MULTILINE
        )
        if "!" not in flags
    ]
    return [name for name in dict.fromkeys(found) if name not in NOT_CONTEXTS]


def _logged(log: str) -> Iterator[str]:
    for line in log.splitlines():
        if match := re.match(r"\[[^]]+] (?:WARNING|ERROR)\[\d+](?:\[[^]]+])?:? (.*)", line):
            yield match[1]


def _missing(contexts: dict[str, str]) -> Iterator[str]:
    for name, shown in contexts.items():
        if f"Context '{name}'" not in shown:
            yield f"context {name} is not in Asterisk's dial plan"


def _unknown(lab: Lab, dialplan: str) -> Iterator[str]:
    applications = {
        name.lower() for name in re.findall(r"^\s*(\w+):", lab.cli("core show applications"), re.M)
    }
    for used in dict.fromkeys(re.findall(r"\s\d+\. (\w+)\(", dialplan)):
        if used.lower() not in applications:
            yield f"the application {used} is not known to this Asterisk"
    functions = set(re.findall(r"^(\w+) ", lab.cli("core show functions"), re.M))
    for used in dict.fromkeys(re.findall(r"(?:\$\{|Set\()([A-Z_0-9]+)\(", dialplan)):
        if used not in functions:
            yield f"the function {used} is not known to this Asterisk"


def _accounts(lab: Lab, folder: Path) -> Iterator[str]:
    for name in _sections(folder, "manager*.conf"):
        if "username:" not in lab.cli(f"manager show user {name}"):
            yield f"the manager account {name} was not accepted"
