"""The page about the command names every command and every option, each in a row of its own or of its neighbour."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from console.cli import app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "cli.md"
SHARED = {"--help", "--version", "--who", "--socket"}  # told once for all of them, in words


def commands(group: object, words: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Words after ``holdfast`` → long options."""
    if inner := getattr(group, "commands", None):
        found: dict[str, set[str]] = {}
        for name, one in inner.items():
            found |= commands(one, (*words, name))
        return found
    options = {name for one in getattr(group, "params", ()) for name in one.opts if name.startswith("--")}
    return {" ".join(words): options - SHARED}


COMMANDS = commands(get_command(app))


def rows() -> list[str]:
    """The first column, written out: `report\\|review` and `a`, `b` stand for one command each."""
    text = PAGE.read_text(encoding="utf-8")
    return [line.replace("\\|", "|") for line in text.splitlines() if line.startswith("| `holdfast ")]


def row_of(command: str) -> str:
    *before, last = command.split()
    start = " ".join(["| `holdfast", *before])
    found = [row for row in rows() if re.match(rf"{re.escape(start)}\b.*?\b{re.escape(last)}\b", row)]
    return "\n".join(found)


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) > 40
    assert "--full" in COMMANDS["callbacks list"]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_page_names_the_command_and_its_options(command: str) -> None:
    row = row_of(command)
    assert row, f"docs/reference/cli.md says nothing of `holdfast {command}`"
    missing = {option for option in COMMANDS[command] if option not in row}
    assert not missing, f"docs/reference/cli.md: `holdfast {command}` lacks {sorted(missing)}"


def test_the_page_names_no_command_that_is_not_there() -> None:
    for row in rows():
        said = re.findall(r"[a-z][a-z-]*", re.split(r" [^a-z ]|`", row.removeprefix("| `holdfast "))[0])
        assert any(name.split()[: len(said[:1])] == said[:1] for name in COMMANDS) or "--version" in row, row
