"""The part of the policy that is needed to understand Asterisk's names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


def site_of(
    policy: Policy,
    registrations: Mapping[str, str] | None = None,
    alarms: Mapping[str, str] | None = None,
    round_trips: Mapping[str, float] | None = None,
) -> Site:
    """Everything that the policy names, and what its section on sources adds."""
    return Site(
        trunks={trunk.endpoint: trunk.name for trunk in policy.trunks.values()},
        queues=frozenset(pool.queue for pool in policy.pools.values())
        | frozenset(scope.queue for scope in policy.scopes.values()),
        registrations=registrations or {},
        alarms=alarms or {},
        round_trips=round_trips or {},
    )
