"""Our own health (D5): each part of ``fallback.policy.OWN_PARTS`` asked now and then what is wrong with it, and the clock.

OWN evidence convinces at once and both ways, so what is near its limit is steadied here (see ``own_checks``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from ami_bridge.clock import Clock
from ami_bridge.sources.own_checks import Lately
from config.sources import OwnWatch as Limits
from fallback.events import ClockStepped, Event, Evidence, PartSeen

log = structlog.get_logger()

Check = Callable[[], str | None]
"""What is wrong, in a few words; "" when all is well; None when nobody can say now, and then nothing is told."""
SlowCheck = Callable[[], Awaitable[str | None]]
"""The same for what may hang."""

CLOCK_SECONDS = 1.0
CLOCK_CALM = 120.0  # seconds after a step for which the part "clock" stays bad
SLOW_PATIENCE = 5.0
SAME_MOMENT = 0.2  # seconds that two readings of the clocks may differ and still be one moment


class OwnWatch:
    """Tells PartSeen with OWN for every check, every ``limits.every`` seconds, and ClockStepped for a step of the wall clock.

    checks, slow: by the name of the part. A check that raises is told as what is wrong.
    """

    def __init__(
        self,
        limits: Limits,
        checks: Mapping[str, Check],
        put: Callable[[Event], None],
        clock: Clock,
        slow: Mapping[str, SlowCheck] | None = None,
    ) -> None:
        self._limits = limits
        self._checks = dict(checks)
        self._slow = dict(slow or {})
        self._put = put
        self._clock = clock
        self._stepped = Lately(clock, CLOCK_CALM)
        self._checks.setdefault("clock", self._stepped)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_clock(), name="own clock")
            group.create_task(self._ask_all(), name="own parts")
            for part, check in self._slow.items():
                group.create_task(self._ask_slow(part, check), name=f"own {part}")

    async def _ask_all(self) -> None:
        while True:
            for part, check in self._checks.items():
                self._tell(part, self._said_by(part, check))
            await asyncio.sleep(self._limits.every)

    def _said_by(self, part: str, check: Check) -> str | None:
        try:
            return check()
        except (
            Exception
        ) as problem:  # whoever cannot be asked is not well, and the others are asked all the same
            log.exception("own check failed", part=part)
            return f"cannot be asked: {type(problem).__name__}"

    async def _ask_slow(self, part: str, check: SlowCheck) -> None:
        while True:
            try:
                async with asyncio.timeout(SLOW_PATIENCE):
                    said = await check()
            except TimeoutError:
                said = f"no answer within {SLOW_PATIENCE:g} s"
            except Exception as problem:
                log.exception("own check failed", part=part)
                said = f"cannot be asked: {type(problem).__name__}"
            self._tell(part, said)
            await asyncio.sleep(self._limits.every)

    def _tell(self, part: str, said: str | None) -> None:
        if said is not None:
            self._put(PartSeen(part, Evidence.OWN, not said, said[:200]))

    async def _watch_clock(self) -> None:
        """A step is a jump of the wall clock against the monotonic one between two looks; being set slowly is none."""
        before = self._apart()
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            now = self._apart()
            if abs(now - before) > self._limits.clock_step:
                self._say_step(now - before)
            before = now

    def _apart(self) -> float:
        """Wall minus monotonic clock. Both are read one after the other; if we were stopped in between, read again."""
        last = self._difference()
        for _ in range(5):
            again = self._difference()
            if abs(again - last) < SAME_MOMENT:
                break
            last = again
        return again

    def _difference(self) -> float:
        now = self._clock()
        return now.wall.timestamp() - now.mono

    def _say_step(self, seconds: float) -> None:
        log.error("the wall clock stepped", seconds=round(seconds, 3))
        self._put(ClockStepped(seconds))
        self._stepped.say(f"stepped by {seconds:+.1f} s")
        self._tell("clock", self._stepped())
