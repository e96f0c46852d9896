"""Brings entries to disk in their order, many with one sync, without ever holding up the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from alerts.book import Entry
from alerts.ports import Journal, JournalFailed

log = structlog.get_logger()
MOST_KEPT = 10_000  # entries that wait for a disk which takes none


class Writer:
    """One thread, one order. trouble: "" or why the newest entries are not on disk; told: called when that changes.

    A disk that takes nothing does not silence alerts: entries wait in memory, ``flush`` says False, and the caller goes on.
    """

    def __init__(self, journal: Journal, told: Callable[[str], None]) -> None:
        self._journal = journal
        self._told = told
        self._waiting: list[dict[str, Any]] = []
        self._busy = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "alerts-journal")
        self.trouble = ""

    def put(self, entry: dict[str, Any]) -> None:
        """Behind everything that was put before."""
        self._waiting.append(entry)
        if len(self._waiting) > MOST_KEPT:
            del self._waiting[0]

    async def flush(self) -> bool:
        """Whether everything that was put before is durable now."""
        async with self._busy:
            batch, self._waiting = self._waiting, []
            if not batch:
                return not self.trouble
            try:
                await self._in_thread(self._journal.append, batch)
            except JournalFailed as problem:
                self._waiting = [*batch, *self._waiting][-MOST_KEPT:]
                self._say(str(problem))
                return False
            self._say("")
            return True

    async def compact(self, keep: Callable[[Entry], bool]) -> int:
        """How many entries were dropped."""
        async with self._busy:
            try:
                dropped: int = await self._in_thread(self._journal.compact, keep)
            except JournalFailed as problem:
                log.warning("alert journal not compacted", reason=str(problem))
                return 0
            return dropped

    async def load(self) -> Any:
        """What the journal holds; raises JournalFailed."""
        return await self._in_thread(self._journal.load)

    def close(self) -> None:
        """Waits for what is being written."""
        self._thread.shutdown(wait=True)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Shielded: a cancelled waiter must not make entries count as unwritten that are being written."""
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, call, *arguments))

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._told(trouble)
