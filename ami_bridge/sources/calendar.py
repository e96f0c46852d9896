"""Tells the core its calendar: opening hours, planned windows and working days, some weeks ahead."""

import asyncio
from collections.abc import Callable

import structlog

from ami_bridge.clock import Clock
from config.calendar import calendar_for, reread, years_not_confirmed
from config.policy import SitePolicy
from fallback.calendar import Calendar
from fallback.events import CalendarTold, Event

log = structlog.get_logger()

EVERY_SECONDS = 6 * 3600.0  # the calendar reaches weeks ahead, so one that fails to be told is no hurry
RETRY_SECONDS = 60.0


class CalendarSource:
    """Works the calendar out in a thread, because recurring windows and holidays of weeks take their time.

    iCalendar files are read again each time; one that cannot be read leaves the windows that it had.
    """

    def __init__(self, policy: SitePolicy, put: Callable[[Event], None], clock: Clock) -> None:
        self._policy = policy
        self._put = put
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled. What cannot be worked out is told, and what was told before stays."""
        while True:
            try:
                told = await asyncio.to_thread(self._work_out)
            except Exception:
                log.exception("the calendar cannot be worked out; what was known stays in force")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._put(CalendarTold(told))
            await asyncio.sleep(EVERY_SECONDS)

    def _work_out(self) -> Calendar:
        now = self._clock().wall
        self._policy, problems = reread(self._policy)
        for problem in problems:
            log.error("an iCalendar file is left as it was", problem=str(problem))
        doubtful = years_not_confirmed(self._policy, now)
        if doubtful:
            remedy = "check the working days of these years, then list them in hours.workdays.confirmed"
            log.warning("working days are not announced yet", years=doubtful, remedy=remedy)
        return calendar_for(self._policy, now)
