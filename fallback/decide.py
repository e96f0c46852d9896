"""``decide``: one event in, the next state, what to write down and what to do out.

Total and pure: every well-typed event either moves the state or is refused with a Change of kind ``refused``
that names what was wrong; a refused event changes nothing. Cheap when nothing changes, since it runs for
every event.

Deadlines are state, not timers: ``next_deadline`` tells when a Tick is due, and a Tick that comes late or
twice does no harm. Holds run on ``now.mono``; what people state (end of an override, recovery time) is
compared with ``now.wall``. Every Tick rebases the one on the other, so a step of the wall clock corrects
itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf, isinf
from types import MappingProxyType
from typing import Any

from fallback import adopting, cases, edges, health, links, overrides, readings, scopes, waiting
from fallback.decision import Decision, WantFlag
from fallback.events import (
    CalendarTold,
    CallerLeft,
    CallerWaits,
    ClockStepped,
    Event,
    LinesSeen,
    LinkLost,
    MemberGone,
    MemberSeen,
    OverrideEnded,
    OverrideSet,
    PartSeen,
    QueueSeen,
    RecoveryTimeSet,
    SnapshotTaken,
    Tick,
    TrunkSeen,
)
from fallback.modes import Mode
from fallback.policy import Policy
from fallback.restore import initial, restore
from fallback.state import State
from fallback.step import grace_of, is_behind_link, refused, times_of, with_components, with_scopes
from fallback.time import Now

__all__ = [
    "adopt",
    "callbacks_allowed",
    "decide",
    "initial",
    "next_deadline",
    "ready_since",
    "restore",
    "tick",
    "wanted_flags",
]

_OF_CALLS = frozenset({QueueSeen, CallerWaits, CallerLeft, LinesSeen})
WALL_SLACK = 0.002  # seconds by which wall deadlines are told late, so that a Tick at one finds it due
REBASE_FROM = 0.001  # seconds of drift between the clocks below which nothing is rebased
STEP_FROM = 1.0  # seconds from which the wall clock was set, so that the calendar is looked at again


def decide(state: State, event: Event, policy: Policy, now: Now) -> Decision:
    """What follows from ``event``. Never raises for a well-typed event and a state of this policy."""
    handler = _HANDLERS.get(type(event))
    if handler is None:
        return refused(state, "", event, f"no rule for an event of type {type(event).__name__}", now)
    decision = handler(state, event, policy, now)
    after = decision.state
    if (
        type(event) in _OF_CALLS and after.scopes is state.scopes
    ):  # with every call, and nothing follows from it
        return decision if after.callers is state.callers else waiting.bring(state, decision, policy, now)
    if _is_over(state, decision, event):
        return decision
    if after.scopes is not state.scopes or after.callers is not state.callers:
        decision = waiting.bring(state, decision, policy, now)
    return cases.follow(state, decision, policy, now, event)


def tick(state: State, event: Tick, policy: Policy, now: Now) -> Decision:
    """Everything that time alone brings: shifts and windows turn, overrides and announced times end, holds run
    out, rungs are due.
    """
    before = _rebased(state, now)
    if _due(before, policy, before.wall_offset) > now.mono:
        return Decision(before)
    turned, heard, rows, told = edges.at_edge(before, policy, now)
    moved, changes = with_components(turned, {**turned.components, **heard}, policy, now)
    first = overrides.expired(moved, policy, now)
    rows = (*rows, *changes, *first.changes)
    return with_scopes(first.state, first.state, policy, now, rows, (*told, *first.actions))


def adopt(state: State, old: Policy, new: Policy, now: Now) -> Decision:
    """Another policy on a running state: modes, overrides, incidents and cases are kept as far as it holds their
    scopes; components that it brings are UNKNOWN, those that it drops are gone. Every flag is told again.
    """
    decision = adopting.adopted(state, old, new, now)
    decision = waiting.bring(state, decision, new, now, was_armed=old.armed)
    return cases.follow(state, decision, new, now)


def next_deadline(state: State, policy: Policy) -> float | None:
    """Mono time at which the next Tick is due; None: nothing waits for time. It may lie in the past."""
    due = _due(state, policy, state.wall_offset - WALL_SLACK)
    return None if isinf(due) else due


def _due(state: State, policy: Policy, wall_offset: float) -> float:
    due = min(state.edge_at - wall_offset, cases.deadline(state, policy, wall_offset))
    for name, component in state.components.items():
        if state.linked or not is_behind_link(policy, name):
            grace = grace_of(state, policy, name)
            due = min(due, health.deadline(component, times_of(policy, name), grace))
    for name, scope in state.scopes.items():
        due = min(due, scopes.deadline(scope, policy.scopes[name], policy, state, wall_offset))
    return due


def _is_over(before: State, decision: Decision, event: Event) -> bool:
    """Whether nothing can follow: the event was refused, or it is a Tick at which nothing was due."""
    if isinstance(event, Tick):
        return decision.state.scopes is before.scopes
    return decision.state is before and bool(decision.changes)


def wanted_flags(state: State, policy: Policy) -> tuple[WantFlag, ...]:
    """Level: what every Asterisk should hold now. () while the policy is not armed (observe)."""
    if not policy.armed:
        return ()
    return tuple(scopes.flag_of(scope, policy.scopes[name]) for name, scope in state.scopes.items())


def callbacks_allowed(state: State, scope: str) -> bool:
    """Whether callbacks of a scope may start now (E1, A6): effective NORMAL, surely well, our link stands."""
    return ready_since(state, scope) is not None


def ready_since(state: State, scope: str) -> float | None:
    """Mono time since which callbacks of a scope are allowed, for the ramp; None: not allowed, or unknown."""
    known = state.scopes.get(scope)
    if known is None or not state.linked or known.effective is not Mode.NORMAL:
        return None
    return known.ready_since_mono


def _rebased(state: State, now: Now) -> State:
    offset = now.wall.timestamp() - now.mono
    moved = abs(offset - state.wall_offset)
    if moved < REBASE_FROM:
        return state
    return replace(state, wall_offset=offset, edge_at=state.edge_at if moved < STEP_FROM else -inf)


# Each handler takes the one event type it is filed under; Any stands for it.
_HANDLERS: Mapping[type, Callable[[State, Any, Policy, Now], Decision]] = MappingProxyType(
    {
        **cases.HANDLERS,
        TrunkSeen: readings.trunk_seen,
        PartSeen: readings.part_seen,
        MemberSeen: readings.member_seen,
        MemberGone: readings.member_gone,
        QueueSeen: waiting.queue_seen,
        CallerWaits: waiting.caller_waits,
        CallerLeft: waiting.caller_left,
        LinesSeen: waiting.lines_seen,
        CalendarTold: edges.calendar_told,
        ClockStepped: edges.clock_stepped,
        LinkLost: links.link_lost,
        SnapshotTaken: links.snapshot_taken,
        Tick: tick,
        OverrideSet: overrides.override_set,
        OverrideEnded: overrides.override_ended,
        RecoveryTimeSet: overrides.recovery_time_set,
    }
)
