"""How many agents a centre has: as many as Erlang's formula C asks for at that hour, and reserve staff after a storm."""

from collections.abc import Callable
from functools import cache
from math import exp

from bench.storm_people import DAY, HOUR, TALK, TALK_SPREAD, WRAP, Days, rate

LEVEL, WITHIN = 0.8, 20.0  # this share answered in so many seconds
LEAST = 3  # agents at any hour
HALF_HOUR = 1800
HANDLING = TALK * exp(TALK_SPREAD**2 / 2) + WRAP  # seconds that a call takes an agent, in the mean
CALLED_IN, RESERVE_UNTIL = (
    1.0 * HOUR,
    DAY + 21 * HOUR,
)  # after the storm began; the end of the next day's calling hours
FROM, UNTIL = 8 * HOUR, 21 * HOUR  # of the day, for the reserve


def erlang_c(agents: int, load: float) -> float:
    """Share of calls that wait, when nobody gives up; 1.0 when the agents cannot carry the load."""
    if agents <= load:
        return 1.0
    blocked = 1.0
    for agent in range(1, agents + 1):
        blocked = load * blocked / (agent + load * blocked)
    return agents * blocked / (agents - load * (1 - blocked))


def within(agents: int, load: float, handling: float) -> float:
    """Share of calls that are answered in 20 s, each taking an agent so many seconds in the mean (exponential)."""
    return 1 - erlang_c(agents, load) * exp(-(agents - load) * WITHIN / handling)


@cache
def agents_for(calls_per_second: float, extra: float = 0.0) -> int:
    """As few as keep the service level, and by ``extra`` (a share) more."""
    load = calls_per_second * HANDLING
    agents = max(LEAST, int(load) + 1)
    while within(agents, load, HANDLING) < LEVEL:
        agents += 1
    return round(agents * (1 + extra))


def roster(days: Days, storm_at: float, reserve: float) -> Callable[[float], int]:
    """Agents at a time: of a usual day, and ``reserve`` (a share) more from an hour after the storm began until the end of the
    next day, while people may be called.
    """

    def agents(at: float) -> int:
        called_in = storm_at + CALLED_IN <= at < RESERVE_UNTIL and FROM <= at % DAY < UNTIL
        usual = rate(at // HALF_HOUR * HALF_HOUR, days, burst=False)
        return agents_for(usual, reserve if called_in else 0.0)

    return agents
