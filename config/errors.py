"""What is wrong with a site's configuration: all of it at once, each with its place and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One thing that is wrong.

    source: the file, or "environment". place: the setting's name or the dotted path of the key; "" for the
    whole. line: 1-based line of the file; None where there is none. problem: what is wrong. remedy: what to
    do about it.
    """

    source: str
    place: str
    problem: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}:{self.line}"
        head = f"{where}: {self.place}: " if self.place else f"{where}: "
        return f"{head}{self.problem}. {self.remedy}"


class ConfigErrors(Exception):
    """Everything that is wrong; nothing was loaded. ``errors`` is never empty, and in the source's order."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def nearest(word: object, known: Iterable[str]) -> str:
    """'Did you mean …?' or the list of what is known, as a remedy."""
    names = sorted(known)
    close = get_close_matches(str(word), names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(names)}." if names else "None is known yet; add it first."
