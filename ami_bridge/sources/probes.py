"""Asks applications again and again whether they work (A2, D4).

Each probe is a task of its own with at most one question under way, so what runs at once is bounded by their number,
and one that hangs until its time is over holds up no other.
"""

import asyncio
from collections.abc import Callable, Iterable
from random import Random

import structlog

from ami_bridge.clock import Clock
from ami_bridge.sources.probes_ask import Answer, ask
from ami_bridge.sources.probes_thread import Lane
from ami_bridge.sources.probes_together import Together
from config.sources import Probe
from fallback.events import Event, Evidence

log = structlog.get_logger()


class Probes:
    """Tells ``PartSeen`` with PROBE after every round, and with LATENCY too when the probe has a limit and got an answer.

    Where several probes ask about one component, it is good when none of them found it bad the last time it asked.
    seed: for the jitter; None: different in every process.
    """

    def __init__(
        self,
        probes: Iterable[Probe],
        put: Callable[[Event], None],
        clock: Clock,
        seed: int | None = None,
    ) -> None:
        self._probes = tuple(probes)
        self._clock = clock
        self._random = Random(seed)  # noqa: S311  # spreads load; nobody gains by guessing it
        self._together = Together(put)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for probe in self._probes:
                group.create_task(self._repeat(probe), name=f"probe {probe.name}")

    async def _repeat(self, probe: Probe) -> None:
        """The first rounds are spread over a second; later ones keep their own time, and one that is late is left out."""
        lane = Lane(f"probe-{probe.name}")
        await asyncio.sleep(min(1.0, probe.every) * self._random.random())
        due = self._clock().mono
        while True:
            self._tell(probe, await self._ask(probe, lane))
            due = max(due + self._interval(probe), self._clock().mono)
            await asyncio.sleep(due - self._clock().mono)

    async def _ask(self, probe: Probe, lane: Lane) -> Answer:
        try:
            return await ask(probe, lane, self._clock)
        except (
            Exception
        ) as problem:  # a fault of ours in one probe must not end the others, nor look like good news
            log.exception("probe failed", probe=probe.name)
            return Answer(False, 0.0, f"the probe itself failed: {type(problem).__name__}")

    def _interval(self, probe: Probe) -> float:
        return probe.every * (1.0 + probe.jitter * self._random.uniform(-1.0, 1.0))

    def _tell(self, probe: Probe, answer: Answer) -> None:
        self._say(probe, Evidence.PROBE, answer.good, answer.detail)
        if answer.good and probe.latency_limit:
            slow = answer.seconds > probe.latency_limit
            detail = f"answers in {answer.seconds:.2f} s, limit {probe.latency_limit:g} s" if slow else ""
            self._say(probe, Evidence.LATENCY, not slow, detail)

    def _say(self, probe: Probe, evidence: Evidence, good: bool, detail: str) -> None:
        self._together.say(probe.component, evidence, probe.name, good, f"{probe.name}: {detail}")
