"""Whose turn it is, and how many calls may go out now (requirement E5)."""

from datetime import datetime
from math import floor

from callbacks.policy import CallbackPolicy
from callbacks.values import Promise


def order_key(promise: Promise) -> tuple[datetime, int]:
    """Smaller is sooner: by place in the queue, then by promise.

    The place is the time of the first capture, so age decides and ringing again changes nothing (E6). An
    attempt that counted moves it to the time at which it may be tried again, so nobody has a second turn
    before everyone who waited longer has had a first; one that failed for our own reasons keeps its place.
    """
    return (promise.place_at or promise.created_at, promise.id)


def how_many_to_start(
    free_agents: int,
    free_lines: int,
    waiting: int,
    in_flight: int,
    stable_for: float,
    policy: CallbackPolicy,
    *,
    with_agent: int = 0,
) -> int:
    """How many callbacks may be started now; never negative.

    free_agents, free_lines: free at this moment. waiting: live callers in the queue; any of them stops
    callbacks (E5). in_flight: callbacks started and not ended; with_agent: how many of those already hold
    their agent and their line, which are then no longer among the free ones. stable_for: seconds since
    callbacks became allowed, for the ramp (E1).
    """
    if waiting > 0:
        return 0
    pending = max(0, in_flight - with_agent)
    agents = floor(free_agents * policy.factor) - policy.agent_reserve - pending
    lines = free_lines - policy.line_reserve - pending
    return max(0, min(agents, lines, _ramp(stable_for, policy) - in_flight))


def _ramp(stable_for: float, policy: CallbackPolicy) -> int:
    """Calls allowed in flight so long after recovery. A ramp_every of 0 means no ramp."""
    if policy.ramp_every <= 0:
        return 1_000_000
    return policy.ramp + floor(max(0.0, stable_for) / policy.ramp_every)
