"""Work beside the decisions, which nobody waits for: kept until it is over, and told when it breaks."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger()

LAST_WAIT = 0.5  # seconds for notes that are on their way into the record when the run ends


class Beside:
    """One for a bridge; everything in its event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins at once."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    async def end(self) -> None:
        """Notes for the record are finished; what waits for Asterisk is given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WAIT)
        for task in self._tasks:
            task.cancel()

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("work beside the decisions broke", exc_info=problem)
