"""Events that tell about components: trunks, members, queues."""

from collections.abc import Mapping
from dataclasses import replace

from fallback.decision import Decision
from fallback.events import Evidence, MemberGone, MemberSeen, Presence, QueueSeen, TrunkSeen
from fallback.health import hear
from fallback.policy import Policy, Pool
from fallback.state import ComponentState, State
from fallback.step import refused, with_components, with_scopes
from fallback.time import Now


def trunk_seen(state: State, event: TrunkSeen, policy: Policy, now: Now) -> Decision:
    """A reading about a trunk. While our link is lost it is late news of a past link, and left out."""
    before = state.components.get(event.trunk)
    if before is None or event.trunk not in policy.trunks:
        return refused(state, event.trunk, event, f"no trunk is called {event.trunk!r}", now)
    if not state.linked:
        return Decision(state)
    heard = hear(before, event.evidence, event.good, event.detail, now.mono)
    return Decision(state) if heard is before else _decided(state, state, {heard.name: heard}, policy, now)


def member_seen(state: State, event: MemberSeen, policy: Policy, now: Now) -> Decision:
    """The presence of a member."""
    members = state.members.get(event.queue)
    if members is None:
        return refused(state, event.queue, event, f"no pool watches a queue {event.queue!r}", now)
    known = members.get(event.member)
    if known is event.presence or not state.linked:
        return Decision(state)
    if known is not None and Presence.UNREACHABLE not in (known, event.presence):
        # By far the most frequent: a reachable member does something else, which says nothing about the pool.
        there = {**members, event.member: event.presence}
        return Decision(replace(state, members={**state.members, event.queue: there}))
    return _with_members(state, event.queue, {**members, event.member: event.presence}, policy, now)


def member_gone(state: State, event: MemberGone, policy: Policy, now: Now) -> Decision:
    """A member signed out."""
    members = state.members.get(event.queue)
    if members is None:
        return refused(state, event.queue, event, f"no pool watches a queue {event.queue!r}", now)
    if event.member not in members or not state.linked:
        return Decision(state)
    left = {name: presence for name, presence in members.items() if name != event.member}
    return _with_members(state, event.queue, left, policy, now)


def queue_seen(state: State, event: QueueSeen, policy: Policy, now: Now) -> Decision:
    """Callers waiting. Nothing is decided from it yet (A8 will)."""
    known = state.waiting.get(event.queue)
    if known is None:
        return refused(state, event.queue, event, f"no scope has a queue {event.queue!r}", now)
    if known == event.waiting:
        return Decision(state)
    return Decision(replace(state, waiting={**state.waiting, event.queue: event.waiting}))


def heard_pools(
    state: State, policy: Policy, now: Now, queue: str | None = None
) -> dict[str, ComponentState]:
    """The pools (of one queue, or all) whose members say something new about them."""
    heard: dict[str, ComponentState] = {}
    for pool in policy.pools.values():
        if queue is None or pool.queue == queue:
            before = state.components[pool.name]
            after = _hear_members(before, pool, state.members.get(pool.queue, {}), now.mono)
            if after is not before:
                heard[pool.name] = after
    return heard


def _hear_members(
    before: ComponentState, pool: Pool, members: Mapping[str, Presence], mono: float
) -> ComponentState:
    reachable = sum(presence is not Presence.UNREACHABLE for presence in members.values())
    good = reachable >= pool.minimum
    said = before.evidence.get(Evidence.MEMBERS)
    if said is not None and said.good == good:
        return before
    detail = f"{reachable} of {len(members)} members can be reached, {pool.minimum} wanted"
    return hear(before, Evidence.MEMBERS, good, detail, mono)


def _with_members(
    before: State, queue: str, members: Mapping[str, Presence], policy: Policy, now: Now
) -> Decision:
    state = replace(before, members={**before.members, queue: members})
    heard = heard_pools(state, policy, now, queue)
    return _decided(before, state, heard, policy, now) if heard else Decision(state)


def _decided(
    before: State, state: State, heard: Mapping[str, ComponentState], policy: Policy, now: Now
) -> Decision:
    after, changes = with_components(state, heard, policy, now)
    if not changes:
        return Decision(after)
    return with_scopes(before, after, policy, now, changes)
