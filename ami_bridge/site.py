"""The part of the policy that is needed to understand Asterisk's names."""

from collections.abc import Mapping
from dataclasses import dataclass

from fallback.policy import Policy


@dataclass(frozen=True, slots=True)
class Site:
    """trunks: PJSIP endpoint → our name of the trunk. queues: the queues we look at; others are ignored."""

    trunks: Mapping[str, str]
    queues: frozenset[str]


def site_of(policy: Policy) -> Site:
    """Everything that the policy names."""
    return Site(
        trunks={trunk.endpoint: trunk.name for trunk in policy.trunks.values()},
        queues=frozenset(pool.queue for pool in policy.pools.values())
        | frozenset(scope.queue for scope in policy.scopes.values()),
    )
