"""Gathers the measures of a time from the store: a line for all, one for each queue, agent, incident, carrier or stretch."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callbacks.measures import SERVICE_LEVELS, Figure, added, figures, half_hour_of
from callbacks.measures.imports import Shift
from callbacks.measures.promises import PromiseCount, adherence_sums, promise_sums
from callbacks.policy import MeasurePolicy
from store import Store

BY: Final = ("queue", "agent", "incident", "carrier", "day", "month", "half-hour")
OF_TIME: Final = frozenset({"day", "month", "half-hour"})
LONGEST: Final = {"half-hour": timedelta(days=32)}  # beside years, which is the longest of all others
YEARS: Final = timedelta(days=5 * 366)
_FORMATS: Final = {"day": "%Y-%m-%d", "month": "%Y-%m", "half-hour": "%Y-%m-%d %H:%M"}


class Wrong(Exception):
    """Something that was asked for cannot be told: the field, what is wrong with it, and the remedy."""

    def __init__(self, field: str, what: str, remedy: str) -> None:
        super().__init__(f"{field}: {what}")
        self.field, self.what, self.remedy = field, what, remedy


@dataclass(frozen=True, slots=True)
class Asked:
    """since, until: aware UTC, until excluded. by: one of BY, "" the whole only."""

    since: datetime
    until: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """name: of the queue, agent, incident, carrier or stretch of time; "" the whole."""

    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """lines: without the whole, in order of name. first_record: the oldest raw record that is still kept, None: none."""

    asked: Asked
    policy: MeasurePolicy
    zone: ZoneInfo
    whole: Line
    lines: tuple[Line, ...]
    first_record: datetime | None


def asked_for(since: str, until: str, by: str, now: datetime, zone: ZoneInfo) -> Asked:
    """What was asked for, in a person's words. since, until: days, or times on the site's clocks; "": today; a day as the end is
    included. Raises Wrong.
    """
    if by and by not in BY:
        raise Wrong("by", f"there is nothing to tell by {by[:40]!r}", f"use one of {', '.join(BY)}")
    today = now.astimezone(zone).date()
    first = _time("from", since or f"{today}", zone, 0)
    last = _time("until", until or f"{max(today, first.astimezone(zone).date())}", zone, 1)
    if last <= first:
        raise Wrong("until", "the end does not lie after the beginning", "give a later one")
    longest = LONGEST.get(by, YEARS)
    if last - first > longest:
        raise Wrong("until", f"more than {longest.days} days", "ask for a shorter time, or by month")
    return Asked(first, last, by)


def _time(field: str, text: str, zone: ZoneInfo, days_after: int) -> datetime:
    """A day is its midnight, ``days_after`` it."""
    try:
        if len(text) <= len("2026-11-21"):
            day = date.fromisoformat(text) + timedelta(days=days_after)
            return datetime.combine(day, time(0), zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        return half_hour_of((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC), zone)
    except (ValueError, OverflowError):
        raise Wrong(
            field, f"{text[:40]!r} is not a day or a time", "write 2026-11-21 or 2026-11-21T08:30"
        ) from None


def build(
    store: Store,
    asked: Asked,
    policy: MeasurePolicy,
    zone: ZoneInfo,
    now: datetime,
    queues: Mapping[str, str] | None = None,
) -> Report:
    """Every measure of this time. queues: scope → its queue, so that promises can be told by queue. Raises StoreProblem."""
    if policy.formula not in SERVICE_LEVELS:
        known = ", ".join(SERVICE_LEVELS)
        raise Wrong("formula", f"there is no service level {policy.formula[:40]!r}", f"use one of {known}")
    whole, apart = _counted(store, asked, policy, zone)
    _promises(store, asked, zone, now, queues or {}, whole, apart)
    _carriers(store, asked, zone, whole, apart)
    _rosters(store, asked, zone, now, whole, apart)
    return Report(
        asked,
        policy,
        zone,
        Line("", tuple(figures(whole, policy))),
        tuple(Line(name, tuple(figures(apart[name], policy, asked.by))) for name in sorted(apart)),
        store.raw_range().first,
    )


def is_counted(report: Report) -> bool:
    """Whether anything at all is known of this time: a call, a second that was watched, a promise, a carrier's count, a shift."""
    return bool(report.lines) or any(value for one in report.whole.figures for value in one.sums.values())


Apart = dict[str, dict[str, float]]


def _counted(
    store: Store, asked: Asked, policy: MeasurePolicy, zone: ZoneInfo
) -> tuple[dict[str, float], Apart]:
    """Calls and agents' time."""
    seconds = (policy.answer_in, policy.short_abandon)
    apart: Apart = defaultdict(dict)
    if asked.by in OF_TIME:
        named: dict[str, list[Mapping[str, float]]] = defaultdict(list)
        for (start, _), sums in store.measure_sums(asked.since, asked.until, *seconds, starts=True).items():
            named[_name(asked.by, start or asked.since, zone)].append(sums)
        apart |= {name: added(parts) for name, parts in named.items()}
        return added(apart.values()), apart
    whole = store.measure_sums(asked.since, asked.until, *seconds).get((None, ""), {})
    if asked.by and asked.by != "carrier":
        grouped = store.measure_sums(asked.since, asked.until, *seconds, by=asked.by)
        apart |= {name: dict(sums) for (_, name), sums in grouped.items()}
    return dict(whole), apart


def _name(by: str, at: datetime, zone: ZoneInfo) -> str:
    return f"{half_hour_of(at, zone).astimezone(zone):{_FORMATS[by]}}"


def _promises(
    store: Store,
    asked: Asked,
    zone: ZoneInfo,
    now: datetime,
    queues: Mapping[str, str],
    whole: dict[str, float],
    apart: Apart,
) -> None:
    of: Callable[[PromiseCount], str] = {
        "queue": lambda one: queues.get(one.scope, one.scope),
        "agent": lambda one: one.agent,
        "incident": lambda one: one.incident,
    }.get(asked.by, lambda one: _name(asked.by, one.created_at, zone) if asked.by in OF_TIME else "")
    named: dict[str, list[PromiseCount]] = defaultdict(list)
    made = store.promise_counts(asked.since, asked.until)
    for one in made:
        named[of(one)].append(one)
    whole |= promise_sums(made, now)
    for name, some in named.items():
        if name:
            apart[name] = apart.get(name, {}) | promise_sums(some, now)


def _carriers(store: Store, asked: Asked, zone: ZoneInfo, whole: dict[str, float], apart: Apart) -> None:
    for count in store.carrier_counts(asked.since, asked.until):
        sums = {"offered_lines": float(count.offered), "refused_lines": float(count.refused)}
        whole.update(added((whole, sums)))
        if asked.by in OF_TIME or asked.by == "carrier":
            name = count.carrier if asked.by == "carrier" else _name(asked.by, count.start, zone)
            apart[name] = added((apart.get(name, {}), sums))


def _rosters(
    store: Store, asked: Asked, zone: ZoneInfo, now: datetime, whole: dict[str, float], apart: Apart
) -> None:
    """Only where there is a roster are raw spans read."""
    shifts = _within(store.shifts_between(asked.since, asked.until), asked.since, min(asked.until, now))
    if not shifts:
        return
    spans = store.spans_between(asked.since, asked.until, agents=sorted({one.agent for one in shifts}))
    by_agent = adherence_sums(shifts, spans, now)
    whole.update(added((whole, *by_agent.values())))
    if asked.by == "agent":
        for agent, sums in by_agent.items():
            apart[agent] = apart.get(agent, {}) | sums
    if asked.by not in OF_TIME:
        return
    for name in list(apart):
        since, until = _stretch(asked.by, name, zone)
        some = _within(shifts, since, until)
        his = [span for span in spans if since <= span.since < until]
        apart[name] = added((apart[name], *adherence_sums(some, his, now).values()))


def _within(shifts: Iterable[Shift], since: datetime, until: datetime) -> list[Shift]:
    cut = (replace(one, since=max(one.since, since), until=min(one.until, until)) for one in shifts)
    return [one for one in cut if one.since < one.until]


def _stretch(by: str, name: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start = datetime.strptime(name, _FORMATS[by]).replace(tzinfo=zone)
    if by == "half-hour":
        return start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=30)
    day = start.date()
    after = (
        (day.replace(day=28) + timedelta(days=4)).replace(day=1) if by == "month" else day + timedelta(days=1)
    )
    return start.astimezone(UTC), datetime.combine(after, time(0), zone).astimezone(UTC)
