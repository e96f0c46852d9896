"""Which of the lines that are free a callback takes: the freest, the cheapest, or the one that failed least lately (E5)."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callbacks.policy import CallbackPolicy, LineChoice
from callbacks.values import Outcome
from fallback.policy import Trunk

LATELY = 1800.0  # seconds for which the end of a call speaks for or against its line
MOST = 2000  # ends that are remembered
_FAILED = frozenset({Outcome.CONGESTION, Outcome.REJECTED})
_SILENT = frozenset({Outcome.NO_AGENT, Outcome.NOT_DIALLED, Outcome.UNKNOWN})  # they say nothing of a line


@dataclass(slots=True)
class LineRecord:
    """How callbacks ended lately, by trunk. Times are monotonic seconds."""

    _ends: deque[tuple[float, str, bool]] = field(default_factory=lambda: deque(maxlen=MOST))

    def ended(self, trunk: str, outcome: Outcome, mono: float) -> None:
        """A callback on this trunk has ended so, as the line says."""
        if outcome not in _SILENT:
            self._ends.append((mono, trunk, outcome in _FAILED))

    def failed(self, mono: float) -> Mapping[str, float]:
        """Trunk → share of calls that failed lately, 0 to 1; one of which nothing is known is left out.

        One failure counts half until there are more calls, so that a line is not shunned for a single one.
        """
        while self._ends and mono - self._ends[0][0] > LATELY:
            self._ends.popleft()
        calls: dict[str, list[bool]] = {}
        for _, trunk, bad in self._ends:
            calls.setdefault(trunk, []).append(bad)
        return {trunk: sum(ends) / (len(ends) + 1) for trunk, ends in calls.items()}


def choose(
    lines: Sequence[tuple[Trunk, int]], policy: CallbackPolicy, failed: Mapping[str, float], left: int
) -> Trunk | None:
    """The line to take; None when none has room beyond those ``left`` for callers. lines: healthy ones, with their free channels.

    A line without a cost is dearer than all that have one; between equals the freest is taken.
    """
    if sum(max(0, free) for _, free in lines) <= left:
        return None
    room = [(trunk, free) for trunk, free in lines if free > 0]
    match policy.lines:
        case LineChoice.COST:
            dear = max(policy.costs.values(), default=0.0) + 1.0
            return min(room, key=lambda line: (policy.costs.get(line[0].name, dear), -line[1]))[0]
        case LineChoice.HEALTH:
            return min(room, key=lambda line: (failed.get(line[0].name, 0.0), -line[1]))[0]
        case _:
            return max(room, key=lambda line: line[1])[0]
