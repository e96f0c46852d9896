"""Writes decisions down, in order, without making callers wait for the disk (docs/adr/0008)."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from ami_bridge.store_thread import StoreThread
from fallback.decision import Change
from fallback.state import Case, SavedScope, State, to_saved
from store import Store, StoreProblem

log = structlog.get_logger()

MOST_KEPT = 10_000  # changes kept while the store is away: hours of trouble, a few megabytes
RETRY_SECONDS = 1.0


class Recorder:
    """Takes every decision's changes and the picture after it; one transaction holds all that waited."""

    def __init__(
        self,
        store: Store,
        thread: StoreThread,
        wall: Callable[[], datetime],
        keep: Callable[[Sequence[SavedScope], Sequence[Case]], None] | None = None,
    ) -> None:
        """keep: a copy of what stands, on this machine, before the store has it."""
        self._keep = keep
        self._store = store
        self._thread = thread
        self._wall = wall
        self._waiting: deque[Change] = deque(maxlen=MOST_KEPT)
        self._state = State()
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self._settled = asyncio.Event()  # set while nothing waits, or while the store is known to be away
        self._settled.set()
        self._away = False
        self._ours = True
        self._writing: asyncio.Task[bool] | None = None

    def put(self, changes: tuple[Change, ...], state: State) -> None:
        """Hands over what was decided; returns at once."""
        self._waiting.extend(changes)
        self._state = state
        self._written.clear()
        if not self._away:
            self._settled.clear()
        self._wake.set()

    def take_over(self) -> None:
        """What stands is ours to write from now on."""
        self._ours = True

    def give_over(self) -> None:
        """Another bridge writes what stands; of what still waits only the changes are written, because they happened."""
        self._ours = False

    async def settled(self) -> None:
        """Returns when everything handed over is durable, or the store is away: staff must not wait for it then."""
        await self._settled.wait()

    async def written(self, patience: float = 2.0) -> bool:
        """Waits until everything handed over is durable; False when it is not after ``patience`` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._written.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Until cancelled. What could not be written stays, in order, and is tried again."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if await self.write():
                continue
            await asyncio.sleep(RETRY_SECONDS)
            self._wake.set()

    async def write(self) -> bool:
        """One transaction with all that waits; False when the store is away.

        A write that is under way is waited for first, also one whose own waiter was cancelled: the store's thread goes on
        with it, and what it holds must not be written twice.
        """
        if self._writing is not None:
            await asyncio.wait([self._writing])
        self._writing = asyncio.create_task(self._write(), name="record")
        return await asyncio.shield(self._writing)

    async def _write(self) -> bool:
        batch, state = tuple(self._waiting), self._state
        if not batch:  # nothing was decided: an empty picture would close every incident in the record
            return True
        self._waiting.clear()  # what comes meanwhile must not push out what is being written
        moved = {one.subject for one in batch if one.kind == "component"}
        components = [one for name, one in state.components.items() if name in moved]
        try:
            cases, scopes = tuple(state.cases.values()), to_saved(state)
            if not self._ours:
                await self._thread(self._store.record, batch, [], [], self._wall())
                return self._done()
            if self._keep is not None:
                await asyncio.to_thread(self._keep, scopes, cases)
            await self._thread(self._store.record, batch, scopes, components, self._wall(), cases)
        except StoreProblem as problem:
            log.error("store away, the record waits", changes=len(batch), reason=str(problem))
            self._waiting = deque((*batch, *self._waiting), maxlen=MOST_KEPT)
            self._away = True
            self._settled.set()
            return False
        return self._done()

    def _done(self) -> bool:
        self._away = False
        if self._waiting:
            self._settled.clear()
        else:
            self._written.set()
            self._settled.set()
        return True
