"""Opening hours, planned outages and working days of a site as the plain intervals of aware UTC that the core knows."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.hours import PlannedRule, ScopeHours, Shift
from config.planned_files import occurrences
from config.policy import SitePolicy
from config.workdays import DayCalendar, day_calendar, days, unconfirmed
from fallback.calendar import Calendar, Interval, PlannedWindow

DAYS_AHEAD = 35
DAY = timedelta(days=1)


def calendar_for(site: SitePolicy, now: datetime, days: int = DAYS_AHEAD) -> Calendar:
    """What the calendar says from the day before ``now`` (aware) to ``days`` after it.

    Windows that began earlier and still last are in it. Raises ValueError for a naive ``now``.
    """
    if now.tzinfo is None:
        raise ValueError(f"now must be aware, not {now!r}")
    zone = ZoneInfo(site.timezone)
    first, last = (now.astimezone(zone) - DAY).date(), (now.astimezone(zone) + timedelta(days=days)).date()
    known_until = _at(last, time(0), zone)
    calendar = day_calendar(site.hours.workdays)
    return Calendar(
        shifts={
            name: _shifts(hours, first, last, calendar, zone) for name, hours in site.hours.scopes.items()
        },
        planned=_planned(site.hours.planned, _at(first, time(0), zone), known_until, zone),
        workdays=tuple(
            Interval(_at(day, time(0), zone), _at(day + DAY, time(0), zone))
            for day in _days(first, last)
            if calendar.works(day)
        ),
        known_until=known_until,
    )


def years_not_confirmed(site: SitePolicy, now: datetime, days: int = DAYS_AHEAD) -> tuple[int, ...]:
    """Years within the same time whose working days are a guess; people are told of them."""
    zone = ZoneInfo(site.timezone)
    last = now.astimezone(zone) + timedelta(days=days)
    return unconfirmed(site.hours.workdays, now.astimezone(zone).date(), last.date())


def reread(site: SitePolicy) -> tuple[SitePolicy, tuple[str, ...]]:
    """The site with its iCalendar files read again, and what was wrong; a file that cannot be read keeps what it held."""
    rules: list[PlannedRule] = []
    problems: list[str] = []
    for rule in site.hours.planned:
        try:
            text = rule.file.read_text(encoding="utf-8") if rule.file else ""
            if rule.file:
                list(occurrences(replace(rule, ics=text), *_span(), ZoneInfo(site.timezone)))
            rules.append(replace(rule, ics=text))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"{rule.file}: {error}")
            rules.append(rule)
    return replace(site, hours=replace(site.hours, planned=tuple(rules))), tuple(problems)


def _span() -> tuple[datetime, datetime]:
    """A time to try a file on."""
    return datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def _days(first: date, last: date) -> Iterator[date]:
    """Days up to the one before ``last``: what follows is not known."""
    return days(first, last - DAY)


def _shifts(
    hours: ScopeHours, first: date, last: date, calendar: DayCalendar, zone: ZoneInfo
) -> tuple[Interval, ...]:
    """One interval a shift, in order, from the day ``first`` on: no shift is longer than a day.

    A clock that is set back or forward lengthens or shortens a night's shift.
    """
    found = []
    for day in _days(first, last):
        for start, end in _hours_of(hours, day, calendar):
            begins, ends = _at(day, start, zone), _at(day if end > start else day + DAY, end, zone)
            if ends > begins:  # an hour that the clocks skip may leave nothing
                found.append(Interval(begins, ends))
    return tuple(sorted(found))


def _hours_of(hours: ScopeHours, day: date, calendar: DayCalendar) -> Iterable[tuple[time, time]]:
    for exception in hours.exceptions:
        if exception.first <= day <= exception.last:
            return exception.hours
    return [(shift.start, shift.end) for shift in hours.shifts if _is_on(shift, day, calendar)]


def _is_on(shift: Shift, day: date, calendar: DayCalendar) -> bool:
    if day.weekday() in shift.weekdays:
        return True
    if not (shift.workdays or shift.restdays):
        return False
    return shift.workdays if calendar.works(day) else shift.restdays


def _planned(
    rules: Iterable[PlannedRule], since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[PlannedWindow, ...]:
    found = [
        PlannedWindow(
            key=f"{rule.name}-{start:%Y%m%dT%H%MZ}",
            title=title,
            when=Interval(start, end),
            scopes=rule.scopes,
            components=rule.components,
            message=rule.message,
            action=rule.action,
            region=rule.region,
        )
        for rule in rules
        for title, start, end in occurrences(rule, since, until, zone)
    ]
    return tuple(sorted(found, key=lambda window: (window.when, window.key)))


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
