"""What the calendar means now: who is closed, which planned window lasts, whose bad news does not count.

All of it is constant between two *edges* (the start or end of a shift, of its grace, of a window), so a Tick at
the next edge is enough. Intervals hold their start and not their end.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

from fallback.calendar import Calendar, PlannedWindow
from fallback.policy import Policy, Scope


def is_closed(calendar: Calendar, scope: str, at: datetime) -> bool:
    """Whether the moment lies outside the scope's opening hours; a scope without any is always open."""
    shifts = calendar.shifts.get(scope)
    return shifts is not None and not any(shift.holds(at) for shift in shifts)


def window_of(calendar: Calendar, scope: Scope, at: datetime) -> PlannedWindow | None:
    """The planned window that the scope is in: the first that began. One for another region does not count."""
    for window in calendar.planned:
        if window.when.holds(at) and scope.name in window.scopes and window.region in ("", scope.region):
            return window
    return None


def excused(policy: Policy, calendar: Calendar, at: datetime) -> frozenset[str]:
    """Components whose bad evidence does not count now.

    Named by a window that lasts; used only by scopes that are closed, unless the whole site needs the part; pools
    around the start and end of a shift of a scope that they serve (A3: no false mass sign-out).
    """
    names = {name for window in calendar.planned if window.when.holds(at) for name in window.components}
    closed = {name for name in policy.scopes if is_closed(calendar, name, at)}
    changing = {name for name in policy.scopes if _changes_shift(policy, calendar, name, at)}
    for name in (*policy.trunks, *policy.pools, *policy.parts):
        users = {scope.name for scope in policy.scopes.values() if _uses(scope, name)}
        if users and users <= closed and not (name in policy.parts and policy.parts[name].site):
            names.add(name)
        if name in policy.pools and users & changing:
            names.add(name)
    return frozenset(names)


def next_edge(policy: Policy, calendar: Calendar, at: datetime) -> float:
    """Epoch seconds of the first moment after ``at`` from which the calendar may mean something else; inf: none."""
    return min((edge.timestamp() for edge in _edges(policy, calendar) if edge > at), default=inf)


def outlived(calendar: Calendar, at: datetime) -> Calendar:
    """The calendar without what it says, once it is known no further: every scope is open then. Same object else."""
    if calendar.known_until is None or at < calendar.known_until:
        return calendar
    return replace(calendar, shifts={}, planned=(), known_until=None)


def _uses(scope: Scope, component: str) -> bool:
    return component in scope.pools or component in scope.trunks or component in scope.parts


def _changes_shift(policy: Policy, calendar: Calendar, scope: str, at: datetime) -> bool:
    grace = timedelta(seconds=policy.agents.shift_grace)
    return any(
        edge - grace <= at < edge + grace
        for shift in calendar.shifts.get(scope, ())
        for edge in (shift.start, shift.end)
    )


def _edges(policy: Policy, calendar: Calendar) -> Iterator[datetime]:
    grace = timedelta(seconds=policy.agents.shift_grace)
    for shifts in calendar.shifts.values():
        for shift in shifts:
            for edge in (shift.start, shift.end):
                yield from (edge - grace, edge, edge + grace)
    for window in calendar.planned:
        yield from (window.when.start, window.when.end)
    if calendar.known_until is not None:
        yield calendar.known_until
