"""Whose turn it is, and how many calls may go out now (requirement E5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import floor
from types import MappingProxyType

from callbacks.policy import CallbackPolicy
from callbacks.values import Matter, Promise

_ROUNDING = 1e-9  # nine ninths are a whole call
NO_START: Mapping[Matter, float] = MappingProxyType({})


def order_key(promise: Promise, head_start: Mapping[Matter, float] = NO_START) -> tuple[bool, datetime, int]:
    """Smaller is sooner: danger first; then by place in the queue less the head start of the matter (seconds); then by promise.

    The place is the time of the first capture, so age decides and ringing again changes nothing (E6); of a caller who kept
    holding, the time since which he held. An attempt that counted moves it to the time at which it may be tried again, so nobody
    has a second turn before everyone who waited longer has had a first; one that failed for our own reasons keeps its place. A
    matter with a head start overtakes those who left theirs at most so much earlier, so nobody is put off for ever.
    """
    place = (promise.place_at or promise.created_at) - timedelta(seconds=head_start.get(promise.matter, 0.0))
    return (promise.matter is not Matter.DANGER, place, promise.id)


def how_many_to_start(
    free_agents: int,
    free_lines: int,
    waiting: int,
    in_flight: int,
    stable_for: float,
    policy: CallbackPolicy,
    *,
    with_agent: int = 0,
    credit: float = 0.0,
    left: int | None = None,
) -> int:
    """How many callbacks may be started now; never negative.

    free_agents, free_lines: free at this moment. waiting: live callers in the queue; while there are any, callbacks start only
    on credit (E5): what ``Share`` has put by for them; then no agent is free, and each takes the next one's turn. in_flight:
    callbacks started and not ended; with_agent: how many of those already hold their agent and their line, which are then no
    longer among the free ones. stable_for: seconds since callbacks became allowed, for the ramp (E1). left: free lines kept
    for callers (``lines_to_leave``), the policy's least unless given; on credit always the least, or the share of callbacks would
    never come while callers who wait fill the lines.
    """
    pending = max(0, in_flight - with_agent)
    agents = floor(free_agents * policy.factor) - policy.agent_reserve - pending
    if left is None or waiting > 0:
        left = policy.line_reserve
    if waiting > 0:
        agents = floor(credit + _ROUNDING) if pending == 0 else 0
    lines = free_lines - left - pending
    return max(0, min(agents, lines, _ramp(stable_for, policy) - in_flight))


def _ramp(stable_for: float, policy: CallbackPolicy) -> int:
    """Calls allowed in flight so long after recovery. A ramp_every of 0 means no ramp."""
    if policy.ramp_every <= 0:
        return 1_000_000
    return policy.ramp + floor(max(0.0, stable_for) / policy.ramp_every)
