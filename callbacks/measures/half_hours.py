"""Half hours of a site's clocks, as instants in UTC."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from callbacks.measures.records import AgentSpan

HALF_HOUR = timedelta(minutes=30)


def half_hour_of(at: datetime, zone: tzinfo) -> datetime:
    """The start, in aware UTC, of the half hour of the site's clocks in which ``at`` lies. Raises ValueError when naive."""
    if at.tzinfo is None:
        raise ValueError(f"a naive time has no half hour: {at!r}; aware UTC is wanted")
    local = at.astimezone(zone)
    past = timedelta(minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond)
    return at.astimezone(UTC) - past


def half_hours(since: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Starts of all half hours that the time from ``since`` to ``until`` touches."""
    start = half_hour_of(since, zone)
    while start < until:
        yield start
        start = half_hour_of(start + HALF_HOUR, zone)


def parts(span: AgentSpan, zone: tzinfo) -> Iterator[AgentSpan]:
    """The span cut at the half hours of the site's clocks; nothing for an empty one."""
    since = span.since
    while since < span.until:
        edge = half_hour_of(since, zone) + HALF_HOUR
        until = min(edge, span.until)
        yield replace(span, since=since, until=until)
        since = until
