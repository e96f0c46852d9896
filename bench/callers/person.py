"""Who calls, and what he will do. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """What a caller is like."""

    STAYS = "presses 1 and stays"
    LEAVES = "presses 1 and hangs up"
    KEYS = "keys another number and stays"
    KEYS_LEAVES = "keys another number and hangs up"
    SILENT = "says nothing and stays"
    EARLY = "says nothing and leaves early"


@dataclass(frozen=True, slots=True)
class Person:
    """One caller. own, other: his number and the one that he keys, both his alone. delay: seconds until he presses, from
    the beginning of what he answers to. leaves: seconds after the answer at which he hangs up, None stays. matter: the
    key he presses when asked what it is about, "" none. gap: seconds after the caller before him, at the plain rate.
    """

    number: int
    way: Way
    own: str
    other: str
    carrier: str
    delay: float
    leaves: float | None
    matter: str
    gap: float


def number(prefix: str, index: int) -> str:
    """A mobile number in which no digit follows itself, so that each digit of a read-back is heard for itself."""
    text = prefix
    for _ in range(8):
        index, rest = divmod(index, 9)
        text += next(d for place, d in enumerate(d for d in "0123456789" if d != text[-1]) if place == rest)
    return text
