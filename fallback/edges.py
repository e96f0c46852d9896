"""When the calendar turns: a shift, its grace or a planned window begins or ends, or the wall clock was set.

Excuses begin: what speaks against those components is forgotten. Excuses end: pools are read anew from their
members, and what was muffled is heard from now on.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import inf

from fallback.decision import Action, Change, Decision, TellStaff, Text
from fallback.events import CalendarTold, ClockStepped
from fallback.hours import excused, next_edge, outlived
from fallback.policy import Policy
from fallback.readings import excuse, hear_pools, is_excused, unmuffle
from fallback.signout import forgotten
from fallback.state import ComponentState, State
from fallback.step import is_behind_link, with_components, with_scopes
from fallback.time import Now


def calendar_told(state: State, event: CalendarTold, policy: Policy, now: Now) -> Decision:
    """Another calendar is in force. Told again without news it changes nothing."""
    if state.calendar_told and event.calendar == state.calendar:
        return Decision(state)
    calendar = event.calendar
    until = calendar.known_until.isoformat() if calendar.known_until else "always"
    old = state.calendar.known_until
    row = Change(
        now.wall,
        "calendar",
        "calendar",
        (old.isoformat() if old else "always") if state.calendar_told else "",
        until,
        f"{len(calendar.shifts)} scopes with hours, {len(calendar.planned)} planned windows",
    )
    known = replace(state, calendar=calendar, calendar_told=True, edge_at=-inf)
    return turned(state, known, policy, now, (row,))


def clock_stepped(state: State, event: ClockStepped, policy: Policy, now: Now) -> Decision:
    """The wall clock was set: due times are told anew, and staff hear of it. Holds are not touched."""
    row = Change(now.wall, "clock", "clock", "", f"{event.seconds:+g} s", "the wall clock was set")
    told = TellStaff("", Text.CLOCK_STEPPED, f"{event.seconds:+g}")
    offset = now.wall.timestamp() - now.mono
    stepped = replace(state, wall_offset=offset, edge_at=-inf)
    return turned(state, stepped, policy, now, (row,), (told,))


def turned(
    before: State,
    state: State,
    policy: Policy,
    now: Now,
    rows: Iterable[Change] = (),
    told: Iterable[Action] = (),
) -> Decision:
    """The decision after the calendar was looked at and time has brought what it brings."""
    after, heard, more_rows, more_told = at_edge(state, policy, now)
    components = {**after.components, **heard}
    moved, changes = with_components(after, components, policy, now)
    return with_scopes(before, moved, policy, now, (*rows, *more_rows, *changes), (*told, *more_told))


def at_edge(
    state: State, policy: Policy, now: Now
) -> tuple[State, dict[str, ComponentState], tuple[Change, ...], tuple[TellStaff, ...]]:
    """The state past the calendar's edge, components that it gives another hearing, and what is to be said.

    The same state, and nothing, while no edge is due.
    """
    if now.wall.timestamp() < state.edge_at:
        return state, {}, (), ()
    calendar = outlived(state.calendar, now.wall)
    names = excused(policy, calendar, now.wall) & state.components.keys()
    edge = next_edge(policy, calendar, now.wall)
    began, ended = names - state.excused, state.excused - names
    after = replace(state, calendar=calendar, excused=names, edge_at=edge)
    after, heard = _excuses_begin(after, began, policy)
    after, again = _excuses_end(after, ended, policy, now)
    if calendar is state.calendar:
        return after, heard | again, (), ()
    until = state.calendar.known_until.isoformat() if state.calendar.known_until else ""
    row = Change(now.wall, "calendar", "calendar", until, "ended", "nothing is known of hours from now on")
    return after, heard | again, (row,), (TellStaff("", Text.CALENDAR_ENDS, until),)


def _excuses_begin(
    state: State, names: frozenset[str], policy: Policy
) -> tuple[State, dict[str, ComponentState]]:
    heard: dict[str, ComponentState] = {}
    for name in names:
        component = state.components[name]
        if is_excused(state, component):
            state, heard[name] = excuse(state, component)
    queues = frozenset(policy.pools[name].queue for name in names if name in policy.pools)
    return forgotten(state, queues), heard


def _excuses_end(
    state: State, names: frozenset[str], policy: Policy, now: Now
) -> tuple[State, dict[str, ComponentState]]:
    """Pools of all queues are read anew: whatever has not changed says nothing new."""
    can_hear = {
        name: state.components[name]
        for name in names
        if name in state.components and (state.linked or not is_behind_link(policy, name))
    }
    state, heard = unmuffle(state, can_hear, now.mono)
    if not state.linked or not any(name in policy.pools for name in names):
        return state, heard
    state = replace(state, components={**state.components, **heard})
    state, pools = hear_pools(state, policy, now)
    return state, heard | pools
