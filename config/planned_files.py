"""Occurrences of planned outages: of an iCalendar file, or of a rule written as one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.hours import PlannedRule
from config.values_time import TOO_OFTEN

MOST_OCCURRENCES = 1000
"""Of one rule within the time looked at; a rule that gives more is a slip, such as FREQ=SECONDLY."""


def events_in(text: str) -> str:
    """What is wrong with an iCalendar file; "" when events can be read from it."""
    try:
        calendar = _calendar(text)
        events = calendar.walk("VEVENT")
        if any(_is_too_often(event) for event in events):
            return "recurs more often than daily; is the recurrence rule right?"
        now = datetime.now(UTC)
        list(_between(calendar, now, now + timedelta(days=31), ZoneInfo("UTC")))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        return f"is no iCalendar file: {error}"
    return "" if events else "holds no event"


def _is_too_often(event: Any) -> bool:
    """Whether a rule would be expanded for minutes before anybody could count what it gives."""
    rules = event.get("RRULE") or []
    return any(
        word in TOO_OFTEN
        for rule in (rules if isinstance(rules, list) else [rules])
        for word in rule.get("FREQ", ())
    )


def occurrences(
    rule: PlannedRule, since: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[tuple[str, datetime, datetime]]:
    """Title, start and end (aware UTC) of every occurrence that touches the time from ``since`` to ``until``.

    Raises ValueError when there are more than MOST_OCCURRENCES.
    """
    calendar = _calendar(rule.ics) if rule.ics else _written(rule, zone)
    for event in _between(calendar, since, until, zone):
        start, end = _moment(event["DTSTART"].dt, zone), _moment(event["DTEND"].dt, zone)
        if end > start:
            yield str(event.get("SUMMARY") or rule.title), start, end


def _calendar(text: str) -> Any:
    from icalendar import Calendar  # slow to import, and few policies have a planned outage

    return Calendar.from_ical(text)


def _written(rule: PlannedRule, zone: ZoneInfo) -> Any:
    """The rule as the calendar of one event, so that both kinds go the same way."""
    from icalendar import Calendar, Event, vRecur

    calendar, event = Calendar(), Event()
    if rule.start is None:
        raise ValueError(f"{rule.name}: neither a start nor a file")
    start = rule.start.replace(tzinfo=zone)
    event.add("UID", rule.name)
    event.add("SUMMARY", rule.title)
    event.add("DTSTART", start)
    event.add("DURATION", timedelta(seconds=rule.lasts))
    if rule.repeat:
        event.add("RRULE", vRecur.from_ical(rule.repeat))
    calendar.add_component(event)
    return calendar


def _between(calendar: Any, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Any]:
    from recurring_ical_events import of

    query = of(calendar, skip_bad_series=False)
    for count, event in enumerate(query.between(since.astimezone(zone), until.astimezone(zone))):
        if count >= MOST_OCCURRENCES:
            raise ValueError(f"more than {MOST_OCCURRENCES} occurrences; is the recurrence rule right?")
        yield event


def _moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    """Aware UTC; a bare date is its midnight, a time without a zone is the site's."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(0))
    return (value if value.tzinfo is not None else value.replace(tzinfo=zone)).astimezone(UTC)
