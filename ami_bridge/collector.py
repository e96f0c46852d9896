"""Brings spool lines of every tier into the book."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from ami_bridge.clock import Clock
from ami_bridge.pause import news_or
from ami_bridge.store_thread import StoreThread
from callbacks.importer import Importer, ImportReport
from store import StoreProblem

log = structlog.get_logger()

COLLECT_SECONDS = 0.5
TIDY_SECONDS = 3600.0
BUNCH_SECONDS = (
    0.3  # captures of a burst are brought in together: a transaction each would cost a disk sync each
)


class Collector:
    """backlog: lines of this bridge's own spool that are not yet in the book. wake: called when something new is.

    tidy: called once an hour, in a thread of its own, because folders of many recordings take their time and neither captures
    nor callbacks wait for that; returns sentences about what could not be done.
    """

    def __init__(
        self,
        importer: Importer,
        thread: StoreThread,
        clock: Clock,
        wake: Callable[[], None],
        tidy: Callable[[datetime], Sequence[str]] = lambda _now: (),
    ) -> None:
        self._importer, self._thread, self._clock, self._wake = importer, thread, clock, wake
        self._tidy, self._tidied = tidy, -TIDY_SECONDS
        self._tidying: asyncio.Task[None] | None = None
        self._now = asyncio.Event()
        self.backlog = 0
        self._waiting_since: float | None = None

    def age(self) -> float:
        """Seconds for which lines have waited to get into the book; 0.0 when none does."""
        return 0.0 if self._waiting_since is None else self._clock().mono - self._waiting_since

    def captured(self) -> None:
        """A line was just made durable."""
        self.backlog += 1
        if self._waiting_since is None:
            self._waiting_since = self._clock().mono
        self._now.set()

    async def run(self) -> None:
        """Until cancelled."""
        told: tuple[str, ...] = ()
        while True:
            began = self._clock().mono
            try:
                report = await self._thread(self._importer.run_once, self._clock().wall)
            except StoreProblem as problem:
                log.error("captures wait in the spool", reason=str(problem))
            else:
                if report.problems != told:
                    log.error("spool", problems=report.problems)
                    told = report.problems
                self._collected(report)
                if report.more:
                    continue
                self._up_to(began)
                self._tidy_up()
            await news_or(self._now, COLLECT_SECONDS)
            await asyncio.sleep(BUNCH_SECONDS)

    def _tidy_up(self) -> None:
        """Only after a pass that went well and left nothing to read."""
        busy = self._tidying is not None and not self._tidying.done()
        if busy or self._clock().mono - self._tidied < TIDY_SECONDS:
            return
        self._tidied = self._clock().mono
        self._tidying = asyncio.create_task(self._tidied_up(), name="tidy")

    async def _tidied_up(self) -> None:
        try:
            problems = await asyncio.to_thread(self._tidy, self._clock().wall)
        except StoreProblem as problem:
            log.error("nothing was tidied", reason=str(problem))
        except Exception:  # whatever it is, it keeps no captures out
            log.exception("nothing was tidied")
        else:
            if problems:
                log.error("tidied", problems=tuple(problems))

    def _collected(self, report: ImportReport) -> None:
        self.backlog = max(0, self.backlog - report.lines)
        if report.new or report.completed:
            log.info("collected", new=report.new, completed=report.completed, promises=report.promises)
            self._wake()

    def _up_to(self, began: float) -> None:
        """All that was left before then is in the book; under load something new has always come meanwhile."""
        if not self.backlog:
            self._waiting_since = None
        elif self._waiting_since is not None:
            self._waiting_since = max(self._waiting_since, began)
