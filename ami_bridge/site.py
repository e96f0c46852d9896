"""The part of the policy that is needed to understand Asterisk's names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.sources import TrunkWatch
from fallback.policy import Policy


@dataclass(frozen=True, slots=True)
class Site:
    """trunks: PJSIP endpoint → our name of the trunk. queues: the queues we look at; others are ignored.

    registrations: name of an outbound registration in pjsip.conf → trunk; one that is not listed belongs to the trunk
    whose endpoint it names, or is named like. alarms: ``span 1`` or ``channel 3`` (DAHDI) → trunk. round_trips: trunk →
    seconds over which an answer to OPTIONS speaks against it; who is not listed may be slow.
    """

    trunks: Mapping[str, str]
    queues: frozenset[str]
    registrations: Mapping[str, str] = field(default_factory=dict)
    alarms: Mapping[str, str] = field(default_factory=dict)
    round_trips: Mapping[str, float] = field(default_factory=dict)


def site_of(policy: Policy, watch: TrunkWatch | None = None) -> Site:
    """Everything that the policy names, and what its section on the watching of trunks adds."""
    watch = watch or TrunkWatch()
    return Site(
        trunks={trunk.endpoint: trunk.name for trunk in policy.trunks.values()},
        queues=frozenset(pool.queue for pool in policy.pools.values())
        | frozenset(scope.queue for scope in policy.scopes.values()),
        registrations={name: trunk for trunk, name in watch.registrations.items()},
        alarms={_source(one): trunk for trunk, sources in watch.alarms.items() for one in sources},
        round_trips=dict.fromkeys(policy.trunks, watch.rtt_limit) if watch.rtt_limit else {},
    )


def _source(named: str) -> str:
    """A bare number in the policy is a span's."""
    return named if " " in named else f"span {named}"
