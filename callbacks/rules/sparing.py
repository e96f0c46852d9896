"""How many free lines callbacks leave for live callers (requirement E5). Pure.

As long as many promises wait, callbacks take every line that they may, so never fewer than ``lines - left`` are in use. Erlang's
loss formula, cut off below there, says how many callers then find no line; not cut off it is formula B, what the lines refuse by
themselves. So many are left that the two differ by at most ``COST``.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from math import ceil

LATELY = (
    600.0  # seconds over which lines in use are averaged: some calls long, and short beside an hour's rise
)
COST = 0.0001  # what callbacks may add to the share of callers who find no line: a tenth of E5: the load is known late
_STEPS = 100  # how full callers keep the lines is counted in hundredths, upwards


@dataclass(frozen=True, slots=True)
class LineUse:
    """Lines that were held by calls other than callbacks. mean: of the last ten minutes, or since the first look while that is
    less. began, at: of the first look and the last, monotonic seconds; None before it.
    """

    mean: float = 0.0
    began: float | None = None
    at: float = 0.0

    def seen(self, busy: int, mono: float) -> "LineUse":
        """So many are in use now. mono: monotonic seconds, not before the last look."""
        if self.began is None:
            return LineUse(float(busy), mono, mono)
        span = min(LATELY, mono - self.began)
        weight = min(1.0, (mono - self.at) / span) if span > 0 else 1.0
        return replace(self, mean=self.mean + weight * (busy - self.mean), at=mono)


def lines_to_leave(lines: int, used: float, least: int) -> int:
    """Free lines that callbacks leave, of ``lines`` that carry calls. used: lines that other calls held lately, in the mean.

    least: the policy's ``line_reserve``; 0: none are left, whoever calls. Never all of them: the smallest site keeps its promises
    too, one by one, when every line is free.
    """
    if least <= 0 or lines <= 0:
        return 0
    full = min(1.0, max(0.0, used) / lines)
    return min(lines - 1, max(least, _table(lines)[ceil(full * _STEPS)]))


@lru_cache(maxsize=64)
def _table(lines: int) -> tuple[int, ...]:
    """Lines to leave by how full callers keep them, never fewer for more: full lines hide how many callers find none."""
    needed = (_needed(lines, lines * step / _STEPS) for step in range(1, _STEPS + 1))
    return tuple(accumulate(needed, max, initial=0))


def _needed(lines: int, load: float) -> int:
    """As few as keep the cost; all lines where nothing less does. load: lines that callers would hold if none were refused."""
    terms = [1.0]  # how likely so many lines are in use, from all of them downwards, beside all
    for busy in range(lines, 0, -1):
        terms.append(terms[-1] * busy / load)
    alone, likely = 1.0 / sum(terms), accumulate(terms)
    return next((left for left, those in enumerate(likely) if 1.0 / those - alone <= COST), lines)
