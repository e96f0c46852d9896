"""What a dialogue may ask of us: the caller's own promise, whether one more number may be taken, and planned outages.

The same policy and outages are written down for the tiers that have no bridge (``ivr.book_file``).
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import structlog

from ami_bridge.clock import Clock
from ami_bridge.pause import news_or
from callbacks.policy import LimitPolicy
from callbacks.rules.limits import exceeded
from config.calendar import calendar_for, reread
from config.policy import SitePolicy
from ivr.book_file import DialogueBook, write
from ivr.values import Outage, PromiseSeen
from store import Store

log = structlog.get_logger()
T = TypeVar("T")

LOOKERS = 2  # threads of their own: a caller must not wait behind an import
MOST_WAITING = 40  # looks at once; more are answered by "nobody can look at the moment"
WRITE_SECONDS = 600.0
RETRY_SECONDS = 10.0
DAYS_AHEAD = 9  # outages begin to be told a week before; the file is read for a while after it was written


class Busy(Exception):
    """Too many look at once, or the store hangs."""


class BookDesk:
    """Satisfies ``ivr.ports.Desk``. as_dialled: a number as the site dials it. Its time-out is the driver's."""

    def __init__(
        self, store: Store, limits: LimitPolicy, as_dialled: Callable[[str], str], clock: Clock
    ) -> None:
        self.limits = limits
        self._store, self._as_dialled, self._clock = store, as_dialled, clock
        self._threads = ThreadPoolExecutor(LOOKERS, "look-up")
        self._waiting = 0

    async def look(self, number: str, reference: str) -> PromiseSeen | None:
        """The promise as its caller may hear of it; raises StoreProblem or Busy."""
        found = await self._ask(lambda: self._store.look_up(self._as_dialled(number), reference))
        if found is None:
            return None
        if not found.known:
            return PromiseSeen(found.number)
        state = found.state.value if found.state else ""
        return PromiseSeen(found.number, True, state, found.matter.value, found.attempts, found.due_at)

    async def admit(self, number: str, caller_id: str) -> bool:
        """Whether a keyed number is within the limits; raises StoreProblem or Busy."""
        number, caller = self._as_dialled(number), self._as_dialled(caller_id) if caller_id else ""
        limits, now = self.limits, self._clock().wall
        counts = await self._ask(lambda: self._store.caller_counts(caller, number, limits, now))
        broken = exceeded(counts, limits, keyed=True)
        if broken:
            log.warning("a keyed number is not taken", limit=broken)
        return not broken

    def close(self) -> None:
        """Looks that hang end by the store's own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, look: Callable[[], T]) -> T:
        """A caller who gives up leaves his look to its thread, which counts until it is over."""
        if self._waiting >= MOST_WAITING:
            raise Busy("too many look at once")
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, look)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: "asyncio.Future[Any]") -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # whoever asked may be gone


class BookFile:
    """The planned outages, and the file. trouble: why it cannot be written, "" while it can.

    Called with a time it says which outages callers may ask for (``ivr.ports.Outages``).
    """

    def __init__(
        self,
        path: Path,
        policy: SitePolicy,
        spool_dir: Path,
        recordings_dir: Path,
        prompts_dir: Path,
        clock: Clock,
    ) -> None:
        self.path, self._policy, self._clock = path, policy, clock
        self._folders = spool_dir, recordings_dir, prompts_dir
        self._outages: tuple[Outage, ...] = ()
        self._now = asyncio.Event()
        self.trouble = ""

    def __call__(self, now: datetime) -> Sequence[Outage]:
        """Those that have not ended and start within seven days (requirement B5). now: aware UTC."""
        return self._book().coming(now)

    def use(self, policy: SitePolicy) -> None:
        """A new policy: written down at once."""
        self._policy = policy
        self._now.set()

    async def run(self) -> None:
        """Until cancelled: at the start, after each change, and every ten minutes."""
        while True:
            self._now.clear()
            await self.refresh()
            await news_or(self._now, RETRY_SECONDS if self.trouble else WRITE_SECONDS)

    async def refresh(self) -> None:
        """Works the outages out and writes the file, in a thread: recurring windows of weeks take their time."""
        try:
            policy = self._policy
            outages = await asyncio.to_thread(_outages, policy, self._clock().wall)
        except Exception:
            log.exception("planned outages cannot be worked out; what was known stays")
        else:
            self._outages = outages
        await self._write()

    async def _write(self) -> None:
        book = replace(self._book(), written_at=self._clock().wall)
        try:
            await asyncio.to_thread(write, self.path, book)
        except OSError as problem:
            trouble = f"{self.path} cannot be written ({problem.strerror or problem}): tiers without a bridge go by an old one"
            if trouble != self.trouble:
                log.error("dialogue book", problem=trouble)
            self.trouble = trouble
        else:
            self.trouble = ""

    def _book(self) -> DialogueBook:
        spool, recordings, prompts = self._folders
        return DialogueBook(
            policy=self._policy.caller,
            outages=self._outages,
            pbx_id=self._policy.pbx_id,
            spool_dir=spool,
            recordings_dir=recordings,
            prompts_dir=prompts,
        )


def _outages(policy: SitePolicy, now: datetime) -> tuple[Outage, ...]:
    """Of all planned windows; what a site plans for one region is told to whoever asks for that region."""
    policy, problems = reread(policy)
    for problem in problems:
        log.error("an iCalendar file is left as it was", problem=problem)
    windows = calendar_for(policy, now, DAYS_AHEAD).planned
    return tuple(Outage(one.region, one.when.start, one.when.end) for one in windows if one.when.end > now)
