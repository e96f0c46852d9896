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

from fallback import health, links, overrides, readings, scopes
from fallback.decision import Decision, WantFlag
from fallback.events import (
    Event,
    LinkLost,
    MemberGone,
    MemberSeen,
    OverrideEnded,
    OverrideSet,
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
from fallback.step import refused, times_of, with_components, with_scopes
from fallback.time import Now

__all__ = [
    "callbacks_allowed",
    "decide",
    "initial",
    "next_deadline",
    "ready_since",
    "restore",
    "tick",
    "wanted_flags",
]

WALL_SLACK = 0.002  # seconds by which wall deadlines are told late, so that a Tick at one finds it due
REBASE_FROM = 0.001  # seconds of drift between the clocks below which nothing is rebased


def decide(state: State, event: Event, policy: Policy, now: Now) -> Decision:
    """What follows from ``event``. Never raises for a well-typed event and a state of this policy."""
    handler = _HANDLERS.get(type(event))
    if handler is None:
        return refused(state, "", event, f"no rule for an event of type {type(event).__name__}", now)
    return handler(state, event, policy, now)


def tick(state: State, event: Tick, policy: Policy, now: Now) -> Decision:
    """Everything that time alone brings: overrides and announced times end, holds run out."""
    before = _rebased(state, now)
    if _due(before, policy, before.wall_offset) > now.mono:
        return Decision(before)
    first = overrides.expired(before, policy, now)
    moved, changes = with_components(first.state, first.state.components, policy, now)
    return with_scopes(first.state, moved, policy, now, first.changes + changes, first.actions)


def next_deadline(state: State, policy: Policy) -> float | None:
    """Mono time at which the next Tick is due; None: nothing waits for time. It may lie in the past."""
    due = _due(state, policy, state.wall_offset - WALL_SLACK)
    return None if isinf(due) else due


def _due(state: State, policy: Policy, wall_offset: float) -> float:
    due = inf
    if state.linked:
        for name, component in state.components.items():
            times = times_of(policy, name)
            due = min(due, health.deadline(component, times, state.boot_grace_until_mono))
    for name, scope in state.scopes.items():
        due = min(due, scopes.deadline(scope, policy.scopes[name], wall_offset))
    return due


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
    if abs(offset - state.wall_offset) < REBASE_FROM:
        return state
    return replace(state, wall_offset=offset)


# Each handler takes the one event type it is filed under; Any stands for it.
_HANDLERS: Mapping[type, Callable[[State, Any, Policy, Now], Decision]] = MappingProxyType(
    {
        TrunkSeen: readings.trunk_seen,
        MemberSeen: readings.member_seen,
        MemberGone: readings.member_gone,
        QueueSeen: readings.queue_seen,
        LinkLost: links.link_lost,
        SnapshotTaken: links.snapshot_taken,
        Tick: tick,
        OverrideSet: overrides.override_set,
        OverrideEnded: overrides.override_ended,
        RecoveryTimeSet: overrides.recovery_time_set,
    }
)
