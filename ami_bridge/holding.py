"""Holds one Asterisk, or stands by for it: by a lease in the shared store, and a fence in that Asterisk (docs/adr/0027).

Only the holder decides, writes, dials and tells. It renews its lease several times within its length and counts it from before it
asked, on the monotonic clock, so that one that was frozen knows before its first write that time has passed. Where the store is
away nobody can take over: the holder goes on, and looks before each write whether the fence in Asterisk is still its own.
With a store of this machine alone there is nobody to share with, and none of this is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

from ami_bridge.clock import Clock
from ami_bridge.link import Headers, Link, LinkDown, NotSent
from ami_bridge.store_thread import StoreThread
from store import Store, StoreAway, StoreProblem
from store.holders import ROLE, Hold

T = TypeVar("T")
log = structlog.get_logger()

LEASE = 3.0  # seconds
RENEW, TRY = 0.7, 0.3  # seconds between renewals, and between tries of whoever stands by
SOON = 0.05  # seconds between looks of a bridge that starts, until its link stands
PATIENCE = 1.2  # seconds for an answer of the store
ECHO = (
    0.8  # seconds for Asterisk to answer a ping: a link that swallows everything looks well for much longer
)
LINK_GRACE = 1.8  # seconds without an answer after which somebody else may take over who gets one
START_GRACE = (
    4.0  # seconds in which a bridge that starts waits for its link before it takes an Asterisk without one
)
AWAY = 5.0  # seconds for which a store that did not answer is not asked for a fence
CHECKED = 4.0  # seconds for which an answer holds of whether it is ours
OTHERS = 10.0  # seconds between looks for other Asterisks
SILENT = 5  # seconds after which a beat says that nobody holds this Asterisk any more
SITE = f"{ROLE}site"  # what one bridge does for all Asterisks
SITE_LEASE = 6.0
WRITES = frozenset(
    {"DBPut", "DBDel", "DBDelTree", "Setvar", "Originate", "Redirect", "Hangup", "QueuePause", "Command"}
)
LOOK = 0.1  # seconds between looks whether something is still held


class Holding:
    """fence: the one that stands in Asterisk by our hand. taken: called when this Asterisk is about to become ours, with the
    lease, None without a store; what it returns is called when it has. lost: with the reason. prepared: the store's tables are
    known to be those of this version.
    """

    def __init__(
        self,
        pbx: str,
        who: str,
        store: Store,
        link: Link,
        clock: Clock,
        fence: Callable[[], int],
        taken: Callable[[Hold | None], Awaitable[Callable[[], None]]],
        lost: Callable[[str], None],
        prepared: bool = True,
    ) -> None:
        self.pbx, self.who = pbx, who
        self._link, self._clock, self._fence = link, clock, fence
        self._taken, self._lost = taken, lost
        self.shared = store.is_shared
        self.holds = not self.shared
        self.others: frozenset[str] = frozenset()  # Asterisks of this book besides ours, by pbx id
        self._until = self._site_until = float("-inf")
        self._store = store
        self._door = store.beside(PATIENCE) if self.shared else store
        self._thread = StoreThread()
        self._stands_by = False  # and has said so
        self._turn = asyncio.Lock()
        self._checked = float("-inf")  # when it was last found out whether it is ours; monotonic
        self._prepared = prepared
        self._reached = self._away = float(
            "-inf"
        )  # when the store last answered, and last did not; monotonic
        self._answered = clock().mono  # when Asterisk last did; monotonic
        self._started, self._looked = clock().mono, float("-inf")

    # -- what the others ask

    @property
    def sure(self) -> bool:
        """Whether this Asterisk is ours without any doubt, at this moment."""
        return self.holds and (not self.shared or self._clock().mono < self._until)

    @property
    def acts(self) -> bool:
        """Whether it is ours as far as anybody can know: the lease stands, or Asterisk was asked a moment ago."""
        return self.holds and (self.sure or self._clock().mono - self._checked < CHECKED)

    async def settled(self) -> None:
        """Returns when it is known whether this Asterisk is ours. Whoever was frozen finds out here, before he does anything."""
        if not self.holds or self.acts:
            return
        async with self._turn:
            if self.holds and not self.acts:
                await self._step()

    @property
    def site(self) -> bool:
        """Whether what there is one of for all Asterisks is ours to do."""
        return self.holds and (not self.shared or self._clock().mono < self._site_until)

    def concerns(self, key: str) -> bool:
        """Whether a capture is ours to tell of: it was left here, or where no bridge of this book is."""
        pbx = key.partition(":")[0]
        return pbx == self.pbx or (pbx not in self.others and not self._store.mark)

    async def gate(self, headers: Headers) -> None:
        """Before anything that changes Asterisk. Raises NotSent where another bridge holds it, or may."""
        if not self.shared or headers["Action"] not in WRITES or self.sure:
            return
        if self.holds:
            await self._ask_asterisk()
        if not self.holds:
            raise NotSent("another bridge holds this Asterisk")

    async def number(self, standing: int, own: int) -> int:
        """The next fence: above the one that stands in Asterisk, and our last one. Raises LinkDown when it is not ours."""
        before, ms = max(standing, own), int(self._clock().wall.timestamp() * 1000)
        if not self.shared:
            return max(before + 1, ms)
        began = self._clock().mono
        try:
            if self._away > self._reached and began - self._away < AWAY:
                raise StoreAway("the store gave no answer a moment ago")
            hold = await self._ask(
                lambda: self._door.take_hold(self.pbx, self.who, LEASE, linked=True, least=before)
            )
        except StoreProblem:
            if own and standing > own:
                self._lose("another bridge has raised the fence")
            if not self.holds:
                raise LinkDown("another bridge holds this Asterisk") from None
            return max(before + 1, ms)
        if hold is None:
            self._lose("another bridge has taken it")
            raise LinkDown("another bridge holds this Asterisk")
        self._until = began + LEASE
        fence: int = hold.fence
        return fence

    async def read(self, call: Callable[[Store], T]) -> T:
        """Something of the store that must not wait for what others have it do, nor for long. Raises StoreProblem."""
        self._door.pbx, self._door.mark = self._store.pbx, self._store.mark
        answer: T = await self._ask(lambda: call(self._door))
        return answer

    # -- its life

    async def run(self) -> None:
        """Until cancelled."""
        while self.shared:
            async with self._turn:
                await self._step()
            await asyncio.sleep(self._pause())
        await asyncio.Event().wait()

    def _pause(self) -> float:
        is_starting = self._clock().mono - self._started < START_GRACE
        if self.holds:
            return RENEW
        return SOON if is_starting and not self._link.connected else TRY

    async def _step(self) -> None:
        try:
            await (self._keep() if self.holds else self._try())
        except StoreProblem as problem:
            await self._without_store(problem)
        except LinkDown as problem:
            log.warning("not yet held", reason=str(problem))
        self._checked = self._clock().mono

    async def close(self) -> None:
        """Lets whoever stands by have it at once."""
        if self.shared:
            try:
                if self.holds:
                    await self._ask(lambda: self._door.give_up_hold(self.pbx, self.who))
                    await self._ask(lambda: self._door.give_up_hold(SITE, self.who))
            except StoreProblem:
                pass  # it lapses by itself
            self._thread.close()
            self._door.close()

    async def _keep(self) -> None:
        if not self._prepared:
            await self._prepare()
        linked = await self._reaches()
        began = self._clock().mono
        if not await self._ask(lambda: self._door.renew_hold(self.pbx, self.who, LEASE, linked=linked)):
            hold = await self._ask(lambda: self._door.take_hold(self.pbx, self.who, LEASE, linked=linked))
            if hold is None:
                self._lose("another bridge has taken it")
                return
            self._until = began + LEASE
            (await self._taken(hold))()  # it was ours without the store's word
        self._until = began + LEASE
        await self._keep_site()
        if began - self._looked > OTHERS:
            self._looked = began
            rows = await self._ask(self._door.holders)
            self.others = frozenset(one.pbx for one in rows if not one.pbx.startswith(ROLE)) - {self.pbx}

    async def _keep_site(self) -> None:
        began, kept = self._clock().mono, False
        if began < self._site_until:
            kept = await self._ask(lambda: self._door.renew_hold(SITE, self.who, SITE_LEASE))
        if kept or await self._ask(lambda: self._door.take_hold(SITE, self.who, SITE_LEASE)) is not None:
            self._site_until = began + SITE_LEASE
        else:
            self._site_until = float("-inf")

    async def _try(self) -> None:
        linked = await self._echoes()
        began = self._clock().mono
        if not linked and began - self._started < START_GRACE:
            return
        if not self._prepared:
            await self._prepare()
            began = self._clock().mono
        hold = await self._ask(lambda: self._door.take_hold(self.pbx, self.who, LEASE, linked=linked))
        if hold is not None:
            self._until, self._stands_by = began + LEASE, False
            await self._begin(hold)
        elif not self._stands_by and linked:
            self._stands_by = True
            log.info("standing by", pbx=self.pbx)

    async def _prepare(self) -> None:
        """The store was away when we started: its tables are those of this version from now on."""
        await self._thread(self._store.migrate)
        await self._thread(self._store.ping)
        self._prepared = True

    async def _without_store(self, problem: StoreProblem) -> None:
        """Whoever holds goes on as long as nobody else has raised the fence. Whoever stands by waits; one that has just been
        started takes an Asterisk on which no bridge beats.
        """
        if self.holds:
            log.warning("the lease cannot be renewed", reason=str(problem))
            if not self.sure and self._link.connected:
                try:
                    await self._ask_asterisk()
                except LinkDown as silent:
                    log.warning("nor can Asterisk be asked", reason=str(silent))
        elif self._reached == float("-inf") and self._link.connected and await self._is_left_alone():
            log.warning("held without the store, which is away", pbx=self.pbx)
            await self._begin(None)

    async def _begin(self, hold: Hold | None) -> None:
        """Nothing is decided by us before what was decided is known."""
        begin = await self._taken(hold)
        self.holds = True
        begin()

    # -- small things

    async def _reaches(self) -> bool:
        """Whether we reach Asterisk, or did a moment ago."""
        return await self._echoes() or self._clock().mono - self._answered < LINK_GRACE

    async def _echoes(self) -> bool:
        if self._link.connected:
            try:
                await self._link.action({"Action": "Ping"}, timeout=ECHO)
            except LinkDown:
                return False
            self._answered = self._clock().mono
            return True
        return False

    async def _ask_asterisk(self) -> None:
        """Another bridge that took over has raised the fence above ours. Raises LinkDown."""
        standing = await self._number_of("fence")
        if self._fence() and standing > self._fence():
            self._lose("another bridge has raised the fence")

    async def _is_left_alone(self) -> bool:
        reply = await self._link.action({"Action": "Getvar", "Variable": "EPOCH"})
        epoch = reply.headers.get("Value", "")
        return epoch.isascii() and epoch.isdigit() and int(epoch) - await self._number_of("beat") > SILENT

    async def _number_of(self, key: str) -> int:
        reply = await self._link.action({"Action": "DBGet", "Family": "holdfast", "Key": key})
        values = [item.get("Val", "") for item in reply.events if item.get("Event") == "DBGetResponse"]
        return max([0, *(int(text) for text in values if text.isascii() and text.isdigit())])

    def _lose(self, reason: str) -> None:
        self._until = self._site_until = float("-inf")
        if self.holds:
            self.holds = False
            log.warning("another bridge holds this Asterisk now", pbx=self.pbx, reason=reason)
            self._lost(reason)

    async def _ask(self, call: Callable[[], Any]) -> Any:
        """Never waits for long: a lease that is asked for too late is none."""
        try:
            async with asyncio.timeout(2 * PATIENCE):
                answer = await self._thread(call)
        except TimeoutError:
            self._away = self._clock().mono
            raise StoreAway(f"the store gave no answer within {2 * PATIENCE:g} s") from None
        except StoreProblem:
            self._away = self._clock().mono
            raise
        self._reached = self._clock().mono
        return answer


async def only_while(
    held: Callable[[], bool], work: Callable[[], Coroutine[Any, Any, None]], shared: bool
) -> None:
    """Until cancelled: the work, while it is ours to do. Its errors are raised."""
    if not shared:
        await work()
        return
    doing: asyncio.Task[None] | None = None
    try:
        while True:
            if doing is not None and doing.done():
                doing.result()
            if held() and (doing is None or doing.done()):
                doing = asyncio.create_task(work())
            elif not held() and doing is not None:
                await _end(doing)
                doing = None
            await asyncio.sleep(LOOK)
    finally:
        if doing is not None:
            await _end(doing)


async def _end(doing: "asyncio.Task[None]") -> None:
    doing.cancel()
    await asyncio.wait({doing})
