"""Mass sign-out (A3): most members of a queue gone within a minute, outside shift changes and closing.

A member who leaves and is back counts for nothing, however often. Once it has happened, the queue is back when at
least half of those who were there before are.
"""

from dataclasses import replace

from fallback.events import Presence
from fallback.policy import Policy
from fallback.state import State, changed
from fallback.time import Now


def reachable(state: State, queue: str) -> int:
    """How many members of a queue can be reached now."""
    return sum(presence is not Presence.UNREACHABLE for presence in state.members.get(queue, {}).values())


def left(state: State, queue: str, member: str, policy: Policy, now: Now) -> State:
    """The state after a member who could be reached is gone; its presence is already written down.

    While the queue's pools are excused, or Asterisk has just booted, leaving says nothing.
    """
    if now.mono < state.boot_grace_until_mono or _is_excused(state, queue, policy):
        return state
    rules, before = policy.agents, state.departures.get(queue, {})
    gone = {name: at for name, at in before.items() if at > now.mono - rules.mass_within}
    gone[member] = now.mono
    state = changed(state, departures={**state.departures, queue: gone})
    were = reachable(state, queue) + len(gone)
    if were < rules.mass_least or len(gone) < rules.mass_share * were:
        return state
    return changed(state, mass={**state.mass, queue: max(were, state.mass.get(queue, 0))})


def came_back(state: State, queue: str, member: str) -> State:
    """The state after a member can be reached (again)."""
    gone = state.departures.get(queue, {})
    if member not in gone:
        return state
    there = {name: at for name, at in gone.items() if name != member}
    return changed(state, departures={**state.departures, queue: there})


def is_over(state: State, queue: str) -> bool:
    """Whether at least half of those who were there before the mass sign-out are."""
    return 2 * reachable(state, queue) >= state.mass.get(queue, 0)


def forgotten(state: State, queues: frozenset[str]) -> State:
    """The state without what is known of these queues' sign-outs: their excuse begins."""
    if not queues & (state.departures.keys() | state.mass.keys()):
        return state
    return replace(
        state,
        departures={queue: gone for queue, gone in state.departures.items() if queue not in queues},
        mass={queue: were for queue, were in state.mass.items() if queue not in queues},
    )


def _is_excused(state: State, queue: str, policy: Policy) -> bool:
    return any(pool.name in state.excused for pool in policy.pools.values() if pool.queue == queue)
