"""The two clocks that a step of the core is given; it never reads one itself."""

from datetime import UTC, datetime
from typing import NamedTuple, Self


class _Clocks(NamedTuple):
    wall: datetime
    mono: float


class Now(_Clocks):
    """One reading of both clocks, taken once per step by the composition root. A tuple, because every event has one.

    wall: aware UTC; what people are told and what is written into rows.
    mono: seconds of a clock that never steps; hold times run on it.
    Raises ValueError for a naive or a non-UTC wall time.
    """

    __slots__ = ()

    def __new__(cls, wall: datetime, mono: float) -> Self:
        """Raises ValueError for a naive or a non-UTC wall time."""
        if wall.tzinfo is not UTC:
            raise ValueError(f"wall time must be aware UTC, not {wall!r}")
        return tuple.__new__(cls, (wall, mono))
