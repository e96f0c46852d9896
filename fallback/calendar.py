"""What the calendar says, as plain intervals of aware UTC: opening hours, shifts, planned windows, working days.

The core has no time zone and no holidays. ``config.calendar`` works both out some weeks ahead and tells the
result with the event ``CalendarTold``; beyond ``known_until`` every scope counts as open and staff are told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fallback.modes import DialplanAction


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From start (included) to end (excluded), both aware UTC. Raises ValueError when they are not in this order."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an interval needs aware UTC")
        if self.end <= self.start:
            raise ValueError(f"an interval must end after it starts, not {self.start} to {self.end}")

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies inside."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """A known outage (A10): when, for which scopes, and whose faults it excuses.

    key: stable id of this occurrence. components: names whose faults are suppressed while it lasts. message: id of
    the approved wording. action: what callers meet; notice unless agents cannot work at all. region: "" for all.
    """

    key: str
    title: str
    when: Interval
    scopes: tuple[str, ...]
    components: tuple[str, ...] = ()
    message: str = "planned"
    action: DialplanAction = DialplanAction.NOTICE
    region: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """shifts: scope → its opening intervals in order, one per shift, so that two may touch; a scope that is not
    listed is always open. planned: windows in order of their start. workdays: working days as intervals, in order
    (E4). known_until: aware UTC; nothing is known beyond.
    """

    shifts: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)
    planned: tuple[PlannedWindow, ...] = ()
    workdays: tuple[Interval, ...] = ()
    known_until: datetime | None = None
