"""The page about a run: docs/reliability.md."""

from pathlib import Path

from .papers import Outcome, lines


def write(file: Path, done: Outcome) -> None:
    """Replaces the part of the page between its marks, or makes the page."""
    file.write_text("\n".join(lines(done)) + "\n")
