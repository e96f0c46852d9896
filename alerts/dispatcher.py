"""Tells staff, until someone acknowledges: raised rungs become messages, and every message has one known fate.

The order that makes a kill harmless: the rung is in the journal → the decision behind it is recorded → the message is in
the journal as intended → it is sent. What a kill left intended is unknown afterwards, so the next way follows at once,
with the same reference. Nothing here sleeps through news: every call wakes the one loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerts.book import (
    Errand,
    Try,
    fate_entry,
    rung_entry,
    try_entry,
)
from alerts.keeping import awaiting, figures, needless
from alerts.links import Links
from alerts.memory import Memory
from alerts.messages import message_of, news_of, words_of
from alerts.notes import end_note, note_of, stop_entry
from alerts.plan import Item, Plan, make_plan
from alerts.policy import AlertPolicy, Way
from alerts.ports import Journal, Sender
from alerts.roster import on_duty
from alerts.rules import UNREACHED
from alerts.values import AlertFigures, AlertNews, Fate, Message, NewsKind, Receipt
from fallback.decision import RaiseRung, StopRungs, TellEnd
from fallback.time import Now

log = structlog.get_logger()

REMINDER = "REMINDER-"  # begins the key of what is no incident and never ends
DUTY = "DUTY-"  # the same for reports to the duty role, which end when somebody takes them on

RECORD_PATIENCE = (
    5.0  # seconds for the decision behind a rung to be recorded; then staff are told all the same
)
DISK_AGAIN = 5.0  # seconds until a journal that took nothing is tried again
LAST_WAIT = 1.0  # seconds for what is being sent when the run ends
LOOK_AGAIN = 60.0  # seconds without news or deadline, at most


class Alerts:
    """One of these for a bridge. All methods belong to its event loop; none of them blocks.

    recorded: returns when the decision behind what was raised so far is durable, or the store is away. tell: hears
    AlertNews; it must not block. links: signs acknowledgement links; None: messages carry none.
    """

    def __init__(
        self,
        policy: AlertPolicy,
        journal: Journal,
        senders: Mapping[Way, Sender],
        clock: Callable[[], Now],
        recorded: Callable[[], Awaitable[None]],
        tell: Callable[[AlertNews], None],
        links: Links | None = None,
    ) -> None:
        self.policy = policy
        self._senders = senders
        self._clock = clock
        self._recorded = recorded
        self._tell = tell
        self.quiet = False  # nothing is sent while this is set; what is due is sent when it is not any more
        self._links = links or Links("", "")
        self._memory = Memory(journal, clock, self._woken, self._journal_news)
        self._book = self._memory.book
        self._wake = asyncio.Event()
        self._ready = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    # -- what the bridge asks

    def raise_rung(self, rung: RaiseRung) -> None:
        """Its roles are told, from now on. The same key twice is the same rung, also after a restart."""
        self._memory.when_loaded(lambda: self._raise(rung))

    def stop(self, stop: StopRungs) -> None:
        """Of these rungs nothing is sent any more that has not left by now."""
        self._memory.when_loaded(lambda: self._stop(stop))

    def end(self, end: TellEnd) -> None:
        """Nothing more is sent of the incident, and everybody who was told hears that it is over."""
        self._memory.when_loaded(lambda: self._end(end))

    def end_all_but(self, open_: Collection[str]) -> None:
        """After a restart: incidents that were closed while a kill came between the record and this journal are ended."""
        self._memory.when_loaded(lambda: self._end_all_but(frozenset(open_)))

    def receipt(self, key: str, receipt: Receipt) -> None:
        """Late news of a message: a provider's callback, the end of a call. Unknown keys are passed over."""
        self._memory.when_loaded(lambda: self._receipt(key, receipt))

    def use(self, policy: AlertPolicy, quiet: bool = False) -> None:
        """A new policy, from now on; ways and people are looked up when something is sent. quiet: nothing is."""
        self.policy, self.quiet = policy, quiet
        self._wake.set()

    def when_loaded(self, call: Callable[[], None]) -> None:
        """At once, or as soon as the journal was read, in the order in which it was asked."""
        self._memory.when_loaded(call)

    def told(self) -> list[AlertNews]:
        """News of every message that the journal still holds, as it stands: what a kill kept out of the record."""
        return [
            news_of(NewsKind.MESSAGE, errand, one, self.policy, one.at, "")
            for errand, one in self._book.by_key.values()
        ]

    def taken_on(self) -> list[AlertNews]:
        """Who has confirmed first, for each incident that is not over: a kill may have kept it from whoever decides."""
        confirmed = [
            (one.at, errand, one)
            for errand, one in self._book.by_key.values()
            if one.fate is Fate.CONFIRMED and errand.rung.incident not in self._book.ended
        ]
        first: dict[str, AlertNews] = {}
        for at, errand, one in sorted(confirmed, key=lambda found: found[0]):
            news = news_of(NewsKind.ACKNOWLEDGED, errand, one, self.policy, at, "")
            first.setdefault(errand.rung.incident, news)
        return list(first.values())

    async def acknowledge(self, key: str, how: str = "web") -> bool:
        """A person confirmed this message, and of a gathered one only this part, by a page or a key; durable on return.
        False for an unknown key.
        """
        await self._ready.wait()
        known = key in self._book.by_key
        self._receipt(key, Receipt(Fate.CONFIRMED, how), how, alone=True)
        await self._memory.flush()
        return known

    async def written(self) -> None:
        """Returns when everything asked before is in the journal (or the journal cannot be written, which is told)."""
        await self._ready.wait()
        await self._memory.flush()

    async def ready(self) -> None:
        """Returns when the journal was read and what a kill left behind is settled."""
        await self._ready.wait()

    def knows(self, key: str) -> bool:
        """Whether a rung was taken in."""
        return key in self._book.rungs

    def awaiting(self, way: Way) -> tuple[str, ...]:
        """Keys of messages on this way that may still bring news: a call that has not said its end."""
        return awaiting(self._book, way, self.now() - timedelta(hours=1))

    def needless(self, way: Way) -> tuple[str, ...]:
        """Keys of messages on this way that are on their way still, though nobody needs them any more."""
        return needless(self._book, way, self.now() - timedelta(hours=1))

    def find(self, short: str) -> tuple[Errand, Try] | None:
        """The message with this short id (of a link), None when it is unknown or long over."""
        return self._book.by_key.get(self._book.by_token.get(short, ""))

    def words_of(self, errand: Errand) -> str:
        """What the person was told of this rung, without the link."""
        return words_of(errand, self.policy)

    def figures(self) -> AlertFigures:
        """Counts over everything that the journal still holds."""
        return figures(self._book)

    def now(self) -> datetime:
        """Wall time of the start plus what has passed since: a step of the clock neither hurries nor silences anybody."""
        return self._memory.now()

    @property
    def busy(self) -> bool:
        """Whether something is being sent, or waits to be looked at."""
        return bool(self._sending) or self._wake.is_set()

    # -- the loop

    async def run(self) -> None:
        """Until cancelled. Raises JournalHeld when another process works on the same journal."""
        try:
            await self._load()
            while True:
                self._wake.clear()
                next_at = await self._round()
                await self._pause(next_at)
        finally:
            if self._sending:  # an order that is cut off is unknown afterwards, and costs a second message
                await asyncio.wait(self._sending, timeout=LAST_WAIT)
            for task in self._sending:
                task.cancel()
            await self._memory.close()

    async def _round(self) -> datetime | None:
        """Sends what is due; returns when to look again."""
        plan = self._plan()
        if plan.batches:
            await self._let_record()
            plan = self._plan()  # an acknowledgement may have come meanwhile
        messages = [self._intend(batch) for batch in plan.batches]
        durable = await self._memory.flush()
        for message in messages:
            self._in_background(self._send(message))
        await self._memory.compact_in_time()
        if durable:
            return plan.next_at
        soon = self.now() + timedelta(seconds=DISK_AGAIN)
        return min(soon, plan.next_at or soon)

    def _plan(self) -> Plan:
        if self.quiet:
            return Plan()
        plan = make_plan(self._book, self.policy, self.now())
        for errand, why in plan.over:
            self._close(errand, why)
        return plan

    async def _pause(self, next_at: datetime | None) -> None:
        most = LOOK_AGAIN
        if next_at is not None:
            most = min(most, max(0.0, (next_at - self.now()).total_seconds()))
        try:
            async with asyncio.timeout(most):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _let_record(self) -> None:
        try:
            async with asyncio.timeout(RECORD_PATIENCE):
                await self._recorded()
        except TimeoutError:
            log.warning("staff are told before the decision is recorded", waited=RECORD_PATIENCE)

    # -- one message

    def _intend(self, batch: list[Item]) -> Message:
        """Writes down that it is about to leave, and makes it."""
        first = batch[0]
        for item in batch:
            self._note(try_entry(item.errand, item.way, item.key, first.key, self.now()))
        for errand, one in self._book.together(first.key):
            self._say(errand, one)
        if len(batch) > 1:
            self._tell(replace(self._news(NewsKind.GATHERED, first.errand), detail=str(len(batch))))
        return message_of(batch, self.policy, self._links)

    async def _send(self, message: Message) -> None:
        if all(errand.closed for errand, _ in self._book.together(message.key)):
            self._receipt(message.key, Receipt(Fate.STOPPED))
            return
        self._receipt(message.key, await self._try_to_send(message))

    async def _try_to_send(self, message: Message) -> Receipt:
        sender = self._senders.get(message.way)
        if sender is None:
            return Receipt(Fate.FAILED, f"the way {message.way} is not set up", permanent=True)
        patience = self.policy.send_timeout
        try:
            async with asyncio.timeout(patience):
                return await sender.send(message)
        except TimeoutError:
            return Receipt(Fate.UNKNOWN, f"no answer within {patience:g} s")
        except Exception as problem:  # whatever a way raises, the next one must follow
            log.exception("a way to reach staff failed", way=message.way, key=message.key)
            return Receipt(Fate.UNKNOWN, f"{type(problem).__name__}")

    # -- what changes the book

    def _raise(self, rung: RaiseRung) -> None:
        if self.knows(rung.key) or rung.incident in self._book.ended:
            return
        now = self.now()
        note = note_of(rung, now)
        people: dict[str, str] = {}
        for role in rung.roles:
            for person in on_duty(self.policy, role, self._clock().wall):
                people.setdefault(person.name, role)
        self._note(rung_entry(note, list(people.items())))
        if not people:
            said = AlertNews(NewsKind.NOBODY, now, rung.incident, rung.key, detail=", ".join(rung.roles))
            log.error("nobody to tell", rung=rung.key, roles=rung.roles)
            self._tell(replace(said, due_at=rung.due_at, drill=rung.drill))

    def _stop(self, stop: StopRungs) -> None:
        self._note(stop_entry(stop, self.now()))

    def _end(self, end: TellEnd) -> None:
        if end.incident not in self._book.last or end.incident in self._book.ended:
            return
        people = [(errand.person, errand.role, way.value) for errand, way in self._book.told(end.incident)]
        self._note(rung_entry(end_note(end, self.now()), people, kind="end"))

    def _end_all_but(self, open_: frozenset[str]) -> None:
        newest = {rung.incident: rung for rung in self._book.rungs.values()}
        for incident, rung in newest.items():
            is_other = incident.startswith((REMINDER, DUTY))
            if incident not in open_ and incident not in self._book.ended and not is_other:
                self._end(TellEnd(incident, rung.facts, rung.drill))

    def _receipt(self, key: str, receipt: Receipt, how: str = "", alone: bool = False) -> None:
        found = self._book.together(key)
        if alone:
            found = [(errand, one) for errand, one in found if one.key == key]
        if not found:
            log.warning("news of a message that nobody knows", key=key, fate=receipt.fate)
        for errand, one in found:
            before = one.fate
            self._note(fate_entry(errand.rung.incident, one.key, receipt, self.now()))
            if one.fate is before:
                continue
            self._say(errand, one)
            if one.fate is Fate.CONFIRMED and errand.rung.incident not in self._book.ended:
                self._tell(self._news(NewsKind.ACKNOWLEDGED, errand, one, how))

    def _close(self, errand: Errand, why: str) -> None:
        rung = errand.rung
        entry = {"e": "over", "at": self.now().isoformat(), "incident": rung.incident, "rung": rung.key}
        self._note({**entry, "person": errand.person, "why": why})
        if why == UNREACHED:
            log.warning("no way has reached a person for sure", rung=rung.key, role=errand.role)
            self._tell(self._news(NewsKind.UNREACHED, errand))

    def _note(self, entry: dict[str, Any]) -> None:
        self._memory.note(entry)

    def _woken(self) -> None:
        self._wake.set()

    # -- starting

    async def _load(self) -> None:
        await self._memory.load()
        for errand, one in self._memory.settle():
            self._say(errand, one)
        self._memory.begin()
        await self._memory.compact()
        self._ready.set()

    # -- small things

    def _in_background(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _say(self, errand: Errand, one: Try) -> None:
        log.info("alert", key=one.key, fate=one.fate, detail=one.detail)
        self._tell(self._news(NewsKind.MESSAGE, errand, one))

    def _news(self, kind: NewsKind, errand: Errand, one: Try | None = None, how: str = "") -> AlertNews:
        return news_of(kind, errand, one, self.policy, self.now(), how)

    def _journal_news(self, trouble: str) -> None:
        kind = NewsKind.TROUBLE if trouble else NewsKind.WELL
        (log.error if trouble else log.info)("alert journal", trouble=trouble)
        self._tell(AlertNews(kind, self.now(), detail=trouble))
