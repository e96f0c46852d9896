"""What the components of one scope say, taken together."""

from collections.abc import Mapping
from dataclasses import dataclass

from fallback.modes import Mode
from fallback.policy import Part, Policy, Scope
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
    """needs: what is lost. out: callers cannot be served. impaired: they can, but work is slower (A2, A5).

    served: that they can be served is sure. healthy: all that callers need is well. whole: healthy, and neither a
    trunk nor a part is missing. lines_left: channels of the trunks that are not lost.
    partial: the lost trunks while others are left, comma separated.
    """

    needs: tuple[Need, ...]
    out: bool
    impaired: bool
    served: bool
    healthy: bool
    whole: bool
    lines_left: int
    lines_total: int
    partial: str


def look(scope: Scope, policy: Policy, components: Mapping[str, ComponentState]) -> Picture:
    """The picture of a scope. Names that the policy does not hold are left out."""
    pools = [components[name] for name in scope.pools if name in components]
    trunks = [(policy.trunks[name], components[name]) for name in scope.trunks if name in policy.trunks]
    parts = [(policy.parts[name], components[name]) for name in scope.parts if name in policy.parts]
    lost_pools = tuple(Need(POOL_LOST, pool.name) for pool in pools if pool.health is Health.DOWN)
    lost_trunks = tuple(trunk.name for trunk, state in trunks if is_lost(state))
    lost_parts = tuple(part for part, state in parts if state.health is Health.DOWN)
    no_lines = bool(trunks) and all(state.health is Health.DOWN for _, state in trunks)
    some_lines = not trunks or len(lost_trunks) < len(trunks)
    served = (
        some_lines
        and all(pool.health is Health.UP for pool in pools)
        and all(_is_well(state) for part, state in parts if part.effect is Mode.OUTAGE)
    )
    healthy = served and all(_is_well(state) for part, state in parts if part.effect is not Mode.NORMAL)
    return Picture(
        needs=lost_pools
        + tuple(Need(LINES_LOST, name) for name in lost_trunks)
        + tuple(Need(part.failure, part.name) for part in lost_parts),
        out=bool(lost_pools) or no_lines or any(part.effect is Mode.OUTAGE for part in lost_parts),
        impaired=any(_impairs(part) for part in lost_parts),
        served=served,
        healthy=healthy,
        whole=healthy and not lost_trunks and not any(is_lost(state) for _, state in parts),
        lines_left=sum(trunk.channels for trunk, state in trunks if not is_lost(state)),
        lines_total=sum(trunk.channels for trunk, _ in trunks),
        partial=", ".join(lost_trunks) if some_lines else "",
    )


def is_lost(component: ComponentState) -> bool:
    """Whether to do without a trunk: DOWN, or not yet proved to be back. The same for a part.

    A trunk that nobody ever spoke against is used, even while nothing is known of it: some carriers answer no
    OPTIONS.
    """
    return component.owes


def _is_well(part: ComponentState) -> bool:
    """A part of which nothing was ever told is well: power may be watched by nobody but the leader."""
    return part.health is Health.UP or (part.health is Health.UNKNOWN and not part.owes)


def _impairs(part: Part) -> bool:
    return part.effect not in (Mode.NORMAL, Mode.OUTAGE)
