"""Tells the core its calendar: opening hours, planned windows and working days, some weeks ahead."""

import asyncio
from collections.abc import Callable

import structlog

from ami_bridge.clock import Clock
from config.calendar import calendar_for
from config.policy import SitePolicy
from fallback.events import CalendarTold, Event

log = structlog.get_logger()

EVERY_SECONDS = 6 * 3600.0  # the calendar reaches weeks ahead, so one that fails to be told is no hurry
RETRY_SECONDS = 60.0


class CalendarSource:
    """Works the calendar out in a thread, because recurring windows and holidays of weeks take their time."""

    def __init__(self, policy: SitePolicy, put: Callable[[Event], None], clock: Clock) -> None:
        self._policy = policy
        self._put = put
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled. What cannot be worked out is told, and what was told before stays."""
        while True:
            try:
                told = await asyncio.to_thread(calendar_for, self._policy, self._clock().wall)
            except Exception:
                log.exception("the calendar cannot be worked out; what was known stays in force")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._put(CalendarTold(told))
            await asyncio.sleep(EVERY_SECONDS)
