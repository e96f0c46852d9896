"""When a site works: opening hours, shifts, working days, planned outages. Values only, in the site's time zone.

``config.calendar`` turns them into the intervals of aware UTC that the core knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from fallback.modes import DialplanAction


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of work on some days; an end at or before the start lies on the next day.

    weekdays: 0 Monday … 6 Sunday. workdays, restdays: also (or only) on days that the calendar of working days
    calls so, which follows public holidays and shifted working days (E4).
    """

    start: time
    end: time
    weekdays: tuple[int, ...] = ()
    workdays: bool = False
    restdays: bool = False


@dataclass(frozen=True, slots=True)
class DayException:
    """From ``first`` to ``last`` (included) these hours take the place of the weekly ones; none: closed."""

    first: date
    last: date
    hours: tuple[tuple[time, time], ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ScopeHours:
    """Opening hours of a scope: its shifts, and the days that differ."""

    shifts: tuple[Shift, ...]
    exceptions: tuple[DayException, ...] = ()


@dataclass(frozen=True, slots=True)
class Workdays:
    """Which days are working days (E4). calendar: ``china``, ``none`` (Monday to Friday) or a country of ``holidays``.

    work, rest: dates that differ from it; they win. confirmed: years that a person has checked, for which the
    calendar's own doubt counts no more.
    """

    calendar: str = "china"
    work: tuple[date, ...] = ()
    rest: tuple[date, ...] = ()
    confirmed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """A known outage (A10): once, recurring by an RRULE, or every event of an iCalendar file.

    start, lasts: local time and seconds; None and 0 with a file. repeat: RRULE such as FREQ=MONTHLY;BYMONTHDAY=-1.
    file: for people; ics: its text, as read when the policy was loaded. The rest as in PlannedWindow.
    """

    name: str
    title: str
    scopes: tuple[str, ...]
    components: tuple[str, ...] = ()
    message: str = "planned"
    action: DialplanAction = DialplanAction.NOTICE
    region: str = ""
    start: datetime | None = None
    lasts: float = 0.0
    repeat: str = ""
    file: Path | None = None
    ics: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class HoursPolicy:
    """scopes: hours by scope; a scope that is not listed is always open."""

    workdays: Workdays = field(default_factory=Workdays)
    scopes: Mapping[str, ScopeHours] = field(default_factory=dict)
    planned: tuple[PlannedRule, ...] = ()
