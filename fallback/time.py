"""The two clocks that a step of the core is given; it never reads one itself."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Now:
    """One reading of both clocks, taken once per step by the composition root.

    wall: aware UTC; what people are told and what is written into rows.
    mono: seconds of a clock that never steps; hold times run on it.
    Raises ValueError for a naive or a non-UTC wall time.
    """

    wall: datetime
    mono: float

    def __post_init__(self) -> None:
        if self.wall.tzinfo is not UTC:
            raise ValueError(f"wall time must be aware UTC, not {self.wall!r}")
