"""Callers who wait, lines in use, and bringing those who wait to the phrase when nobody is queued any more.

Callers are kept by queue in the order in which they joined, so the longest wait is that of the first.
"""

from collections.abc import Iterable, Mapping

from fallback.decision import BringWaiting, Decision
from fallback.events import CallerLeft, CallerWaits, LinesSeen, QueueSeen
from fallback.modes import TAKES_DOWN
from fallback.policy import Policy
from fallback.state import ScopeState, State, changed
from fallback.step import refused, with_scope
from fallback.surge import due_plan, watched
from fallback.time import Now


def queue_seen(state: State, event: QueueSeen, policy: Policy, now: Now) -> Decision:
    """How many wait, by Asterisk's own count; only shown. Our own callbacks are in it, so no surge comes of it."""
    known = state.waiting.get(event.queue)
    if known is None:
        return refused(state, event.queue, event, f"no scope has a queue {event.queue!r}", now)
    if known == event.waiting:
        return Decision(state)
    return Decision(changed(state, waiting={**state.waiting, event.queue: event.waiting}))


def caller_waits(state: State, event: CallerWaits, policy: Policy, now: Now) -> Decision:
    """A caller joined a queue. One who is known already says nothing new."""
    callers = state.callers.get(event.queue)
    if callers is None:
        return refused(state, event.queue, event, f"no scope has a queue {event.queue!r}", now)
    if event.channel in callers or not state.linked:
        return Decision(state)
    there = {**callers, event.channel: now.mono - event.waited}
    if event.waited > 0:
        there = in_order(there)
    return _with_figures(
        changed(state, callers={**state.callers, event.queue: there}), policy, now, event.queue
    )


def caller_left(state: State, event: CallerLeft, policy: Policy, now: Now) -> Decision:
    """A caller does not wait any more."""
    callers = state.callers.get(event.queue)
    if callers is None:
        return refused(state, event.queue, event, f"no scope has a queue {event.queue!r}", now)
    if event.channel not in callers or not state.linked:
        return Decision(state)
    there = dict(callers)
    del there[event.channel]
    return _with_figures(
        changed(state, callers={**state.callers, event.queue: there}), policy, now, event.queue
    )


def lines_seen(state: State, event: LinesSeen, policy: Policy, now: Now) -> Decision:
    """Channels of a trunk in use."""
    known = state.in_use.get(event.trunk)
    if known is None:
        return refused(state, event.trunk, event, f"no trunk is called {event.trunk!r}", now)
    in_use = max(0, event.in_use)
    if known == in_use or not state.linked:
        return Decision(state)
    return _with_figures(
        changed(state, in_use={**state.in_use, event.trunk: in_use}), policy, now, "", event.trunk
    )


def in_order(callers: Mapping[str, float]) -> dict[str, float]:
    """Callers by the time at which they joined."""
    return dict(sorted(callers.items(), key=lambda one: one[1]))


def joined_at(state: State, seen: Iterable[CallerWaits], mono: float) -> dict[str, dict[str, float]]:
    """The callers that a snapshot tells, by queue; queues that no scope has are left out."""
    callers: dict[str, dict[str, float]] = {queue: {} for queue in state.callers}
    for one in seen:
        if one.queue in callers:
            callers[one.queue][one.channel] = mono - one.waited
    return {queue: in_order(there) for queue, there in callers.items()}


def bring(before: State, decision: Decision, policy: Policy, now: Now, was_armed: bool = True) -> Decision:
    """The decision, and bringing those who wait where nobody is queued any more: all when that begins or our link
    is back, afterwards whoever joins; each channel once. Observe brings nobody.
    """
    after = decision.state
    if not policy.armed or (after.scopes is before.scopes and after.callers is before.callers):
        return decision
    actions: list[BringWaiting] = []
    for queue, callers in after.callers.items():
        known = before.callers.get(queue, {})
        if not callers or (after.scopes is before.scopes and callers is known):
            continue
        scope = taken_down(after, queue, policy)
        if not scope:
            continue
        if was_armed and before.linked and taken_down(before, queue, policy):
            callers = {channel: joined for channel, joined in callers.items() if channel not in known}
        if callers:
            waited = {channel: now.mono - joined for channel, joined in callers.items()}
            actions.append(BringWaiting(scope, waited))
    return decision._replace(actions=decision.actions + tuple(actions)) if actions else decision


def taken_down(state: State, queue: str, policy: Policy) -> str:
    """The first scope of a queue if none of its scopes queues anybody now; "" else."""
    served = [name for name, rules in policy.scopes.items() if rules.queue == queue and name in state.scopes]
    is_down = bool(served) and all(state.scopes[name].action in TAKES_DOWN for name in served)
    return served[0] if is_down else ""


def _with_figures(state: State, policy: Policy, now: Now, queue: str, trunk: str = "") -> Decision:
    """Looks at the scopes that this concerns; evaluates only those whose surge or plan moves."""
    decision = Decision(state)
    for name, rules in policy.scopes.items():
        if rules.queue != queue and trunk not in rules.trunks:
            continue
        before = state.scopes[name]
        after = watched(before, rules, policy, state, now)
        if after is not before:
            state = decision.state
            if not _moves(before, after, policy, now):
                moved = changed(state, scopes={**state.scopes, name: after})
                decision = Decision(moved, decision.changes, decision.actions)
                continue
            more = with_scope(state, after, state, policy, now)
            decision = Decision(more.state, decision.changes + more.changes, decision.actions + more.actions)
    return decision


def _moves(before: ScopeState, after: ScopeState, policy: Policy, now: Now) -> bool:
    """Whether more than marks of time has changed."""
    if after.surging is not before.surging:
        return True
    return bool(policy.plans) and due_plan(after, policy.plans, now) != due_plan(before, policy.plans, now)
