"""What the components of one scope say, taken together."""

from collections.abc import Mapping
from dataclasses import dataclass

from fallback.policy import Policy, Scope
from fallback.state import ComponentState, Health

POOL_LOST = "A3"
LINES_LOST = "A4"


@dataclass(frozen=True, slots=True)
class Need:
    """Something that calls for an incident: its kind (requirements A) and what it concerns."""

    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Picture:
    """needs: what is lost. out: callers cannot be served. healthy: all that callers need is well.

    whole: healthy, and no trunk is missing either. lines_left: channels of the trunks that are not lost.
    partial: the lost trunks while others are left, comma separated.
    """

    needs: tuple[Need, ...]
    out: bool
    healthy: bool
    whole: bool
    lines_left: int
    lines_total: int
    partial: str


def look(scope: Scope, policy: Policy, components: Mapping[str, ComponentState]) -> Picture:
    """The picture of a scope while our link stands. Names that the policy does not hold are left out."""
    pools = [components[name] for name in scope.pools if name in components]
    trunks = [(policy.trunks[name], components[name]) for name in scope.trunks if name in policy.trunks]
    lost_pools = tuple(Need(POOL_LOST, pool.name) for pool in pools if pool.health is Health.DOWN)
    lost_trunks = tuple(trunk.name for trunk, state in trunks if is_lost(state))
    no_lines = bool(trunks) and all(state.health is Health.DOWN for _, state in trunks)
    some_lines = not trunks or len(lost_trunks) < len(trunks)
    healthy = some_lines and all(pool.health is Health.UP for pool in pools)
    return Picture(
        needs=lost_pools + tuple(Need(LINES_LOST, name) for name in lost_trunks),
        out=bool(lost_pools) or no_lines,
        healthy=healthy,
        whole=healthy and not lost_trunks,
        lines_left=sum(trunk.channels for trunk, state in trunks if not is_lost(state)),
        lines_total=sum(trunk.channels for trunk, _ in trunks),
        partial=", ".join(lost_trunks) if some_lines else "",
    )


def is_lost(trunk: ComponentState) -> bool:
    """Whether to do without a trunk: DOWN, or not yet proved to be back.

    A trunk that nobody ever spoke against is used, even while nothing is known of it: some carriers answer no
    OPTIONS.
    """
    return trunk.owes
