"""Keeps the raw records of the queues' calls and of agents' time, writes them in batches, and has half hours counted.

Nothing here makes callers or decisions wait: events are noted in memory, a thread of its own talks to the store. While the store
is away the newest version of each record is kept, at most MOST_KEPT of them; after a kill or a lost link Asterisk is asked what
is still there, and the rest is marked as cut.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from ami_bridge.call_tracker import EVENTS, CallTracker
from ami_bridge.capacity import usable
from ami_bridge.clock import Clock
from ami_bridge.inbox import AmiEvent, LinkUp, Overflow
from ami_bridge.link import LinkDown, Reply
from ami_bridge.store_thread import StoreThread
from callbacks.measures import AgentSpan, AgentState, CallRecord
from fallback.events import LinkLost
from store import Store, StoreProblem

if TYPE_CHECKING:  # the parts build their recorder
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

Act = Callable[[dict[str, str | list[str]]], Awaitable[Reply]]
WRITE_EVERY = 1.0  # seconds
TELL_EVERY = 20.0  # spans that last: a kill costs no more of them
COUNT_EVERY = 20.0
LOOK_AGAIN = 5.0
QUIET = (
    900.0  # a call of which so long nothing was heard is looked for: Asterisk leaves an end out now and then
)
MOST_KEPT = 50_000
COUNT_AT_ONCE = 20  # half hours
LAST_WRITE = 2.0  # seconds for what waits when the bridge ends


@dataclass(frozen=True, slots=True)
class CallSite:
    """What the recorder wants to know of the site, each asked when it is needed.

    queues: those that are ours. incident: key of the open incident of a queue's scope, "" none. full: whether every line of every
    carrier that is up is in use.
    """

    queues: Callable[[], frozenset[str]]
    incident: Callable[[str], str]
    full: Callable[[], bool]


class CallRecorder:
    """One for a bridge and its Asterisk. Feed it everything that comes out of the inbox (``seen``) and let it ``run``."""

    def __init__(
        self,
        pbx: str,
        store: Store,
        act: Act,
        around: CallSite,
        zone: tzinfo,
        clock: Clock,
        wrap_up: float = 0.0,
    ) -> None:
        self._store, self._act, self._around, self._clock = store, act, around, clock
        self._zone = zone
        self._thread = StoreThread()
        self.tracker = CallTracker(pbx, around.queues, around.incident, zone, wrap_up)
        self._records: dict[str, CallRecord] = {}
        self._spans: dict[tuple[object, ...], AgentSpan] = {}
        self._look_due: float | None = None
        self._connected = self._adopted = False
        self._seeing = False  # since the last look no event was lost
        self._told_at = self._counted_at = 0.0
        self.dropped = 0  # rows that found no room while the store was away

    def seen(self, item: object) -> None:
        """An item of the inbox, after it was decided on. Returns at once."""
        match item:
            case AmiEvent():
                if item.name in EVENTS:
                    self.tracker.seen(item.name, item.headers, self._clock())
            case LinkUp():
                self._connected, self._seeing, self._look_due = True, False, self._clock().mono
            case LinkLost():
                self._connected = self._seeing = False
                self._look_due = None
                self.tracker.lost(self._clock())
            case Overflow():
                self._seeing = False
                self.tracker.lost(self._clock())
                self._look_due = self._clock().mono
            case _:
                pass

    async def run(self) -> None:
        """Until cancelled; then what waits is written once more."""
        try:
            while True:
                await asyncio.sleep(WRITE_EVERY)
                await self._round()
        finally:
            self.tracker.lost(self._clock())
            try:
                async with asyncio.timeout(LAST_WRITE):
                    await self.write()
            except TimeoutError:
                log.warning("calls not written at the end", rows=len(self._records) + len(self._spans))
            self._thread.close()

    async def _round(self) -> None:
        now = self._clock()
        if self._look_due is not None and now.mono >= self._look_due:
            await self._look()
        self.tracker.ticks(now)
        if self._seeing:
            self.tracker.seats.site(AgentState.FULL, self._around.full(), now)
            if self._look_due is None and self.tracker.oldest_quiet(now) > QUIET:
                self._look_due = now.mono
        if now.mono - self._told_at >= TELL_EVERY:
            self._told_at = now.mono
            self.tracker.seats.told(now)
        if await self.write() and now.mono - self._counted_at >= COUNT_EVERY:
            self._counted_at = now.mono
            await self._count()

    # -- looking at Asterisk

    async def _look(self) -> None:
        """Which calls and agents are there: after a connect, after events were dropped, and now and then."""
        asked = self._clock()
        try:
            if not self._adopted:
                pbx = self.tracker.pbx
                self.tracker.adopt(await self._thread(self._store.unended_calls, pbx), self._clock())
                self._adopted = True
            waiting, members = await self._queues()
            shown = await self._act({"Action": "CoreShowChannels"})
        except (LinkDown, StoreProblem) as problem:
            log.warning("calls not looked at", reason=str(problem))
            self._look_due = self._clock().mono + LOOK_AGAIN
            return
        if self._look_due is None:  # the link was lost meanwhile
            return
        self._look_due = None
        now = self._clock()
        channels = frozenset(item.get("Uniqueid", "") for item in shown.events)
        self.tracker.looked(waiting, channels, asked, now, missed=not self._seeing)
        known = set(self.tracker.seats.places())
        for item in members:
            if (item.get("Queue", ""), item.get("Location", "")) not in known:
                self._member(item)
        self.tracker.seat_again(now)
        self.tracker.seats.site(AgentState.SEEN, True, now)
        self._seeing = True

    async def _queues(self) -> tuple[dict[tuple[str, str], float], list[dict[str, str]]]:
        waiting: dict[tuple[str, str], float] = {}
        members: list[dict[str, str]] = []
        for queue in sorted(self._around.queues()):
            reply = await self._act({"Action": "QueueStatus", "Queue": queue})
            for item in reply.events:
                if item.get("Event") == "QueueEntry" and item.get("Wait", "").isdigit():
                    waiting[queue, item.get("Uniqueid", "")] = float(item["Wait"])
                elif item.get("Event") == "QueueMember":
                    members.append(dict(item))
        return waiting, members

    def _member(self, item: dict[str, str]) -> None:
        try:
            self.tracker.seats.seen(item, self._clock(), "Location")
        except (KeyError, ValueError):
            self.tracker.malformed["QueueMember"] += 1

    # -- writing

    async def write(self) -> bool:
        """One transaction with all that waits; False when the store is away, and then it waits on."""
        self._take()
        if not self._records and not self._spans:
            return True
        records, spans = self._records, self._spans
        self._records, self._spans = {}, {}
        try:
            await self._thread(self._store.put_calls, [*records.values()], [*spans.values()], self._zone)
        except StoreProblem as problem:
            log.error("store away, call records wait", rows=len(records) + len(spans), reason=str(problem))
            self._records, self._spans = records | self._records, spans | self._spans
            return False
        return True

    def _take(self) -> None:
        tracker = self.tracker
        self._records |= tracker.changed
        self._spans |= tracker.seats.spans
        tracker.changed, tracker.seats.spans = {}, {}
        for kept in (self._records, self._spans):
            while len(kept) > MOST_KEPT:
                del kept[next(iter(kept))]  # type: ignore[arg-type]  # a key of this one
                self.dropped += 1

    async def _count(self) -> None:
        try:
            await self._thread(self._store.count_half_hours, self._zone, COUNT_AT_ONCE, self.tracker.pbx)
        except StoreProblem as problem:
            log.warning("half hours not counted", reason=str(problem))


def recorder_of(parts: "Parts") -> CallRecorder:
    """The bridge's own."""
    site = CallSite(
        queues=lambda: parts.brain.translator.site.queues,
        incident=lambda queue: _incident(parts, queue),
        full=lambda: _full(parts),
    )
    policy = parts.policy
    zone, wrap_up = ZoneInfo(policy.timezone), policy.measures.wrap_up
    return CallRecorder(policy.pbx_id, parts.store, parts.link.action, site, zone, parts.clock, wrap_up)


def _incident(parts: "Parts", queue: str) -> str:
    """Of the first scope that this queue serves and that has one open."""
    for name, scope in parts.policy.fallback.scopes.items():
        known = parts.brain.state.scopes.get(name)
        if scope.queue == queue and known is not None and known.incident is not None:
            return known.incident.key
    return ""


def _full(parts: "Parts") -> bool:
    """A carrier that is down brings no callers, so its lines are not asked for."""
    state, trunks = parts.brain.state, parts.policy.fallback.trunks.values()
    there = [one for one in trunks if usable(state.components.get(one.name))]
    return bool(there) and all(state.in_use.get(one.name, 0) >= one.channels for one in there)
