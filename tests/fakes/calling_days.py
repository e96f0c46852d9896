"""A calendar of calling hours without a policy: every day, or Monday to Friday, in a zone without changes of the clock."""

from collections.abc import Collection
from datetime import datetime, timedelta, timezone

from callbacks.rules.hours import CallCalendar, Span

ZONE = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
WEEKEND = frozenset({5, 6})


def calendar_around(
    now: datetime,
    since: float = 8,
    until: float = 21,
    *,
    rest: Collection[int] = WEEKEND,
    working_only: bool = False,
    holidays: Collection[int] = (),
) -> CallCalendar:
    """From 30 days before to 60 after. since, until: hours of the day; rest: weekdays (0 Monday); holidays: days from today on
    that are none, by their distance.
    """
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(count, today + DAY * count) for count in range(-30, 61)]
    working = [day for count, day in days if day.weekday() not in rest and count not in holidays]
    called = working if working_only else [day for _, day in days]
    return CallCalendar(
        working=tuple(Span(day, day + DAY) for day in working),
        calling=tuple(Span(day + timedelta(hours=since), day + timedelta(hours=until)) for day in called),
        midnights=tuple(day for _, day in days),
    )
