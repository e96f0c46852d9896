"""When people may be called (requirement E4): hours of the day, on all days or on working days, as spans of aware UTC."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callbacks.rules.hours import CallCalendar, Span
from config.workdays import day_calendar, days, unconfirmed

if TYPE_CHECKING:  # the policy holds the value below
    from config.policy import SitePolicy

DAY = timedelta(days=1)
BEFORE, AHEAD = 30, 60  # days


@dataclass(frozen=True, slots=True)
class CallHours:
    """From when until when people may be called, in the site's time; an ``until`` of midnight is the end of the day.

    working: on working days only.
    """

    since: time = time(8)
    until: time = time(21)
    working: bool = False


@dataclass(slots=True)
class CallDays:
    """The calendar of a policy, made once for each local day: it rests on the policy and the day alone. Kept by whoever asks
    often.
    """

    _made: "tuple[SitePolicy, date, CallCalendar] | None" = field(default=None)

    def at(self, site: "SitePolicy", now: datetime) -> CallCalendar:
        """The calendar around a moment (aware)."""
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        if self._made is None or self._made[0] is not site or self._made[1] != today:
            self._made = site, today, call_calendar(site, now)
        return self._made[2]


def call_calendar(site: "SitePolicy", now: datetime) -> CallCalendar:
    """From 30 days before the day of ``now`` (aware) to 60 after it. Raises ValueError for a naive ``now``.

    A clock that is set forward over the whole of the hours leaves none on that day.
    """
    if now.tzinfo is None:
        raise ValueError(f"now must be aware, not {now!r}")
    zone = ZoneInfo(site.timezone)
    today = now.astimezone(zone).date()
    known = tuple(days(today - DAY * BEFORE, today + DAY * AHEAD))
    calendar = day_calendar(site.hours.workdays)
    working = {day for day in known if calendar.works(day)}
    return CallCalendar(
        working=tuple(
            Span(_at(day, time(0), zone), _at(day + DAY, time(0), zone)) for day in sorted(working)
        ),
        calling=tuple(_calling(site.hours_of_calls, known, working, zone)),
        unconfirmed=unconfirmed(site.hours.workdays, today, known[-1]),
        midnights=tuple(_at(day, time(0), zone) for day in (*known, known[-1] + DAY)),
    )


def _calling(hours: CallHours, known: tuple[date, ...], working: set[date], zone: ZoneInfo) -> list[Span]:
    found = []
    for day in known:
        if hours.working and day not in working:
            continue
        start = _at(day, hours.since, zone)
        end = _at(day if hours.until > hours.since else day + DAY, hours.until, zone)
        if end > start:
            found.append(Span(start, end))
    return found


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
