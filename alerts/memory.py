"""What the dispatcher knows: the book, kept in the journal, and the time that both run on.

After a kill the journal gives the book again; a journal that fails costs the memory, and nobody's message.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.book import Book, Errand, Try
from alerts.keeping import left_intended, long_over
from alerts.ports import Journal, JournalFailed, JournalHeld
from alerts.writer import Writer
from fallback.time import Now

log = structlog.get_logger()

COMPACT_EVERY = timedelta(hours=1)


class Memory:
    """changed: called after every entry. trouble: hears what is wrong with the journal, "" when it is well again."""

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], Now],
        changed: Callable[[], None],
        trouble: Callable[[str], None],
    ) -> None:
        self.book = Book()
        self._clock, self._changed, self._trouble = clock, changed, trouble
        self._start = clock()
        self._writer = Writer(journal, trouble)
        self._early: list[Callable[[], None]] | None = []
        self._compact_at = self.now() + COMPACT_EVERY

    def now(self) -> datetime:
        """Wall time of the start plus what has passed since: a step of the clock neither hurries nor silences anybody."""
        return self._start.wall + timedelta(seconds=self._clock().mono - self._start.mono)

    def note(self, entry: dict[str, Any]) -> None:
        """Into the book now, into the journal with the next sync, which comes before anything is sent."""
        self.book.apply(entry)
        self._writer.put(entry)
        self._changed()

    async def flush(self) -> bool:
        """Returns when all that was noted is in the journal: True; or cannot be written: False."""
        return await self._writer.flush()

    async def close(self) -> None:
        """After a last flush."""
        await self._writer.flush()
        self._writer.close()

    def when_loaded(self, call: Callable[[], None]) -> None:
        """At once, or as soon as the journal was read (``begin``), in the order in which it was asked."""
        if self._early is not None:
            self._early.append(call)
        else:
            call()

    async def load(self) -> None:
        """Reads the journal. Raises JournalHeld when another process works on it; without its memory one still tells what
        comes from now on.
        """
        try:
            loaded = await self._writer.load()
        except JournalHeld:
            raise
        except JournalFailed as problem:
            self._trouble(str(problem))
            return
        for entry in loaded.entries:
            self._take(entry)
        if loaded.damaged:
            self._trouble(f"{loaded.damaged} damaged lines of the journal were set aside: {loaded.aside}")

    def _take(self, entry: dict[str, Any]) -> None:
        """An entry from the future was written before the clock was set back: it counts as written now."""
        try:
            if datetime.fromisoformat(entry["at"]) > self.now():
                entry["at"] = self.now().isoformat()
            self.book.apply(entry)
        except (KeyError, ValueError, TypeError) as problem:
            log.warning("a journal entry makes no sense", entry=entry.get("e"), problem=str(problem))

    def settle(self) -> list[tuple[Errand, Try]]:
        """What was intended when the last run ended may have been sent, or not: unknown from now on. Returns these."""
        entries = left_intended(self.book, self.now())
        for entry in entries:
            self.note(entry)
        return [self.book.by_key[entry["key"]] for entry in entries]

    def begin(self) -> None:
        """What was asked before the journal was read is done now."""
        early, self._early = self._early or [], None
        for call in early:
            call()

    async def compact_in_time(self) -> None:
        """Once an hour."""
        if self.now() >= self._compact_at:
            await self.compact()

    async def compact(self) -> None:
        """Drops what is long over, from book and journal."""
        self._compact_at = self.now() + COMPACT_EVERY
        gone = long_over(self.book, self.now())
        if gone:
            self.book.forget(gone)
            dropped = await self._writer.compact(lambda entry: entry["incident"] not in gone)
            log.info("alert journal compacted", incidents=len(gone), lines=dropped)
