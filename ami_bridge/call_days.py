"""When people may be called (requirement E4): the policy's calendar, kept up to date beside everything else.

Working it out reads tables of holidays, which takes seconds the first time: never on the event loop.
"""

import asyncio

import structlog

from ami_bridge.clock import Clock
from ami_bridge.pause import news_or
from callbacks.rules import CallCalendar
from config.call_hours import CallDays
from config.policy import SitePolicy

log = structlog.get_logger()

LOOK_SECONDS = 60.0  # a day begins at most so much late
WAIT_SECONDS = 15.0
NOTHING_YET = CallCalendar((), ())  # nobody but for danger is called by it


class CallDaysKeeper:
    """calendar: of the policy in force and of today, as far as it is known; before that nothing is a time to call in."""

    def __init__(self, policy: SitePolicy, clock: Clock) -> None:
        self.calendar = NOTHING_YET
        self._policy, self._clock = policy, clock
        self._days = CallDays()
        self._now = asyncio.Event()
        self._there = asyncio.Event()

    async def wait(self) -> None:
        """Until the calendar is known, some seconds at most: a person who has asked waits rather than being refused."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._there.wait()
        except TimeoutError:
            log.error("the hours in which people may be called are not known yet")

    def known(self) -> CallCalendar | None:
        """The calendar for rules that do without one; None while it is not known."""
        return None if self.calendar is NOTHING_YET else self.calendar

    def use(self, policy: SitePolicy) -> None:
        """A new policy: worked out at once; until then the old hours hold."""
        self._policy = policy
        self._now.set()

    async def run(self) -> None:
        """Until cancelled: at the start, on a new policy, and when a day begins."""
        while True:
            self._now.clear()
            await self.refresh()
            await news_or(self._now, LOOK_SECONDS)

    async def refresh(self) -> None:
        """What cannot be worked out leaves what was known."""
        try:
            self.calendar = await asyncio.to_thread(self._days.at, self._policy, self._clock().wall)
        except Exception:
            log.exception(
                "the hours in which people may be called cannot be worked out; what was known stays"
            )
        else:
            self._there.set()
