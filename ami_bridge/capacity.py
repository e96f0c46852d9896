"""What callbacks may use at this moment: free agents, free lines, callers who wait. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fallback.events import Presence
from fallback.policy import Policy, Trunk
from fallback.state import ComponentState, Health, State


@dataclass(frozen=True, slots=True)
class Capacity:
    """Of one scope. waiting: live callers in its queue, without our own callbacks."""

    free_agents: int
    free_lines: int
    waiting: int


def capacity(
    scope: str, state: State, policy: Policy, in_use: Mapping[str, int], queued_by_us: int
) -> Capacity:
    """Counted from the core's picture and the channels that live now.

    in_use: trunk → channels. queued_by_us: callbacks of this scope that wait for an agent; the queue counts them too.
    """
    known = policy.scopes[scope]
    members = state.members.get(known.queue, {})
    return Capacity(
        free_agents=sum(presence is Presence.FREE for presence in members.values()),
        free_lines=sum(free for _, free in free_lines(scope, state, policy, in_use)),
        waiting=max(0, state.waiting.get(known.queue, 0) - queued_by_us),
    )


def free_lines(
    scope: str, state: State, policy: Policy, in_use: Mapping[str, int]
) -> tuple[tuple[Trunk, int], ...]:
    """The scope's healthy trunks with their free channels, the freest first."""
    healthy = healthy_lines(scope, state, policy)
    free = [(trunk, max(0, trunk.channels - in_use.get(trunk.name, 0))) for trunk in healthy]
    return tuple(sorted(free, key=lambda pair: -pair[1]))


def healthy_lines(scope: str, state: State, policy: Policy) -> tuple[Trunk, ...]:
    """The scope's trunks that carry calls now."""
    trunks: Iterable[Trunk] = (policy.trunks[name] for name in policy.scopes[scope].trunks)
    return tuple(trunk for trunk in trunks if usable(state.components.get(trunk.name)))


def usable(component: ComponentState | None) -> bool:
    """Surely well, or a carrier that nothing watches: the core counts its lines as usable too."""
    if component is None:
        return True
    return component.health is Health.UP or (component.health is Health.UNKNOWN and not component.owes)
