"""Tells those who asked for it that the service is back (requirement B8): one message each, by text or by a call of our own.

A round: what an earlier run left is settled → for each scope that is stable, as for callbacks, so many as the pace and the lines
allow → each is written down as intended, then sent. What came of it is written down in its turn; while the store is away it
waits in memory, and a kill leaves "intended" behind, which is never sent again. What was sent also stands on our own disk, for a
book that becomes an older copy.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from alerts.call_way import AlertCall
from alerts.policy import Way
from alerts.ports import Sender
from alerts.values import Fate, Message, Receipt
from ami_bridge.alert_calls import NEVER_BEGAN, AlertCalls, call_id, spoken_by
from ami_bridge.clock import Clock
from ami_bridge.originate import Guard, Headers
from ami_bridge.store_thread import StoreThread
from ami_bridge.told import Told as ToldFile
from callbacks.policy import NoticePolicy
from callbacks.rules.notifying import (
    AGAIN_AFTER,
    CALL,
    SMS,
    Notice,
    Told,
    after,
    first_way,
    how_many,
    is_expired,
)
from callbacks.values import NoticeState
from fallback.policy import Trunk
from store import Store, StoreProblem

log = structlog.get_logger()

LOOK_SECONDS = 2.0
SEND_SECONDS = 10.0
NO_CHANNEL_YET = (
    3.0  # seconds after which a call that was ordered is among the channels in use, or never will be
)
PROMPT = "notice-restored"
CONTEXT = "holdfast-notice"
PREFIX = "notice/"
Ending = Callable[[], Coroutine[Any, Any, None]]


class Site(Protocol):
    """What notices need to know of the moment."""

    def stable(self) -> Iterable[str]:
        """Scopes whose callers may be called."""
        ...

    def line(self, scope: str, soon: int) -> Trunk | None:
        """A free line of a scope beyond the reserve, when so many ordered calls are no channel yet; None: none."""
        ...

    def refused(self, number: str) -> str:
        """Why a number may not be dialled; "" when it may."""
        ...

    def texts(self) -> Sender | None:
        """The way for text messages, None where there is none."""
        ...

    def international(self, number: str) -> str:
        """The number in E.164, "" where it has no such form."""
        ...

    def words(self, scope: str, language: str) -> str:
        """The approved words."""
        ...


@dataclass
class Notices:
    """calls: a way of its own through the guarded contexts; ``ordered`` makes its orders."""

    policy: NoticePolicy
    store: Store
    thread: StoreThread
    calls: AlertCalls
    site: Site
    clock: Clock
    told: ToldFile = field(default_factory=ToldFile)
    elsewhere: Callable[[], bool] = lambda: (
        False
    )  # whether calls may have been made by another Asterisk, which we cannot ask
    _begun: deque[datetime] = field(default_factory=lambda: deque(maxlen=10_000))
    _calling: dict[str, Notice] = field(default_factory=dict)  # by key of the call
    _not_before: dict[str, datetime] = field(default_factory=dict)
    _endings: list[Ending] = field(default_factory=list)  # what the store has not taken yet
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _settled: bool = False

    def __post_init__(self) -> None:
        self.calls.receipt = self._heard

    def use(self, policy: NoticePolicy, shown: str) -> None:
        """A new policy, from the next message on."""
        self.policy, self.calls.shown = policy, shown
        self.told.expires = policy.expires

    def connected(self) -> None:
        """The link stands again: calls from before it are looked at by what AstDB says."""
        self.calls.adopt(())

    async def run(self) -> None:
        """Until cancelled."""
        self._settled = False
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.calls.run(), name="notice calls")
                group.create_task(self._rounds(), name="notice rounds")
        finally:
            for task in self._tasks:
                task.cancel()

    async def _rounds(self) -> None:
        while True:
            try:
                await self.round()
            except StoreProblem as problem:
                log.warning("notices wait", reason=str(problem))
            await asyncio.sleep(LOOK_SECONDS)

    async def round(self) -> None:
        """One look; raises StoreProblem."""
        await self._write_endings()
        if not self._settled:
            await self._settle()
        now = self.clock().wall
        latest = now + timedelta(seconds=AGAIN_AFTER)  # later ones were set before the clock was set back
        self._not_before = {key: at for key, at in self._not_before.items() if now < at <= latest}
        count = how_many(self._begun, self.policy, LOOK_SECONDS, now)
        for scope in self.site.stable():
            if count <= 0:
                return
            waiting = await self.thread(self.store.waiting_notices, scope, count, frozenset(self._not_before))
            for notice in waiting:
                count -= await self._begin(notice)

    async def _settle(self) -> None:
        """What the last run was about to send: calls may be asked after, of a text nobody can say."""
        now = self.clock().wall
        for notice in await self.thread(self.store.intended_notices):
            if notice.way == CALL and not self.elsewhere():
                self._calling[_key(notice)] = notice
                self.calls.adopt([_key(notice)])
            else:
                await self._end(notice, NoticeState.UNKNOWN, "the run ended while it was being sent", now)
        self._settled = True

    # -- one notice

    async def _begin(self, notice: Notice) -> int:
        """1 when something is on its way; raises StoreProblem."""
        now = self.clock().wall
        if is_expired(notice, self.policy, now):
            await self._end(notice, NoticeState.EXPIRED, "", now)
            return 0
        if refused := self.site.refused(notice.number):
            await self._end(notice, NoticeState.FAILED, f"may not be dialled: {refused}", now)
            return 0
        if (said := self.told.of(notice)) is not None:
            state = NoticeState.UNKNOWN if said is NoticeState.INTENDED else said
            await self._end(notice, state, "sent before the book became an older copy", now)
            return 0
        heard = await self.thread(self.store.told_since, notice) or self.told.other(notice)
        if heard is not None:
            await self._same(notice, heard, now)
            return 0
        way = first_way(self.policy, self._possible(notice))
        if not way:
            self._later(notice)
            return 0
        return await self._send(notice, way, "")

    async def _same(self, notice: Notice, heard: NoticeState, now: datetime) -> None:
        """He was told by another notice, or is just being told."""
        if heard is NoticeState.INTENDED:
            self._later(notice)
        else:
            await self._end(notice, heard, "told by another notice to the same number", now)

    async def _send(self, notice: Notice, way: str, before: str) -> int:
        """before: the way that surely was not heard, or "". Nothing is intended while no line is free."""
        now = self.clock().wall
        trunk = self._line(notice) if way == CALL else None
        if way == CALL and trunk is None:
            if before:
                await self._release(notice, "no line is free", now)
            return 0
        if not await self.thread(self.store.intend_notice, notice.key, way, now, after=before):
            return 0
        if not await self._note(notice, NoticeState.INTENDED, now):
            await self._release(notice, "what is sent cannot be written down", now)
            return 0
        notice = replace(notice, way=way, at=now)
        self._begun.append(now)
        log.info("notice", capture=notice.key, way=way, scope=notice.scope)
        self._aside(self._text(notice) if trunk is None else self._call(notice, trunk))
        return 1

    async def _call(self, notice: Notice, trunk: Trunk) -> None:
        key = _key(notice)
        self._calling[key] = notice
        dial = trunk.dial.format(number=notice.number)
        order = AlertCall(call_id(key), key, dial, notice.language, {"scope": notice.scope})
        receipt = await self.calls.place(order)
        if receipt.fate is Fate.FAILED:  # how a call that is on its way ends is told later
            self._heard(key, receipt)

    async def _text(self, notice: Notice) -> None:
        sender = self.site.texts()
        if sender is None:
            await self._over(notice, SMS, Told.NOT_SENT, "text messages are not set up any more")
            return
        message = Message(
            key=_key(notice),
            incident="",
            rung="",
            role="",
            person="",
            way=Way.SMS,
            address=self.site.international(notice.number),
            words=self.site.words(notice.scope, notice.language),
            language=notice.language,
            reference="",
            due_at=notice.asked_at,
        )
        try:
            async with asyncio.timeout(SEND_SECONDS):
                receipt = await sender.send(message)
        except TimeoutError:
            receipt = Receipt(Fate.UNKNOWN, f"no answer within {SEND_SECONDS:g} s")
        except Exception as problem:  # whatever a way raises, it may have left
            log.exception("a text message failed", capture=notice.key)
            receipt = Receipt(Fate.UNKNOWN, type(problem).__name__)
        await self._over(notice, SMS, told(receipt), receipt.detail)

    # -- what came of it

    def _heard(self, key: str, receipt: Receipt) -> None:
        """News of a call. One that was answered and spoken to is over, whatever follows."""
        notice = self._calling.pop(key, None)
        if notice is not None and receipt.fate is not Fate.SENT:
            self._aside(self._over(notice, CALL, told(receipt), receipt.detail))

    async def _over(self, notice: Notice, way: str, outcome: Told, detail: str) -> None:
        """Never raises for the store: what it does not take now it is told again."""

        async def ending() -> None:
            await self._follow(notice, way, outcome, detail)

        self._endings.append(ending)
        try:
            await self._write_endings()
        except StoreProblem as problem:
            log.warning("what came of a notice waits", reason=str(problem))

    async def _write_endings(self) -> None:
        while self._endings:
            ending = self._endings.pop(0)
            try:
                await ending()
            except StoreProblem:
                self._endings.insert(0, ending)
                raise

    async def _follow(self, notice: Notice, way: str, outcome: Told, detail: str) -> None:
        step = after(outcome, way, self.policy, self._possible(notice))
        now = self.clock().wall
        log.info("notice over", capture=notice.key, way=way, outcome=outcome.value, detail=detail)
        if step.state is not None:
            await self._note(notice, step.state, now)
            await self._end(notice, step.state, detail, now)
        elif step.way:
            await self._send(notice, step.way, way)
        else:
            await self._release(notice, detail, now)

    async def _release(self, notice: Notice, detail: str, now: datetime) -> None:
        """Surely nothing left: it waits again. Our own disk first: a kill in between leaves what a kill always leaves."""
        self._later(notice)
        await self._note(notice, NoticeState.WAITING, now)
        await self.thread(self.store.release_notice, notice.key, detail, now)

    async def _note(self, notice: Notice, state: NoticeState, now: datetime) -> bool:
        """False when our own disk does not take it."""
        try:
            await asyncio.to_thread(self.told.put, notice, state, now)
        except OSError as problem:
            log.error("what callers are told cannot be written down", reason=problem.strerror or str(problem))
            return False
        return True

    async def _end(self, notice: Notice, state: NoticeState, detail: str, now: datetime) -> None:
        await self.thread(self.store.end_notice, notice.key, state, detail, now)

    # -- small things

    def _possible(self, notice: Notice) -> set[str]:
        possible = {CALL}
        if self.site.texts() is not None and self.site.international(notice.number):
            possible.add(SMS)
        return possible

    def _line(self, notice: Notice) -> Trunk | None:
        now = self.clock().wall
        recent = now - timedelta(seconds=NO_CHANNEL_YET)
        return self.site.line(notice.scope, sum(recent < at <= now for at in self._begun))

    def _later(self, notice: Notice) -> None:
        self._not_before[notice.key] = self.clock().wall + timedelta(seconds=AGAIN_AFTER)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a notice broke", exc_info=problem)


def told(receipt: Receipt) -> Told:
    """What a way's receipt means for a notice. Pure.

    A call that Asterisk has never seen rang nobody, or, if Asterisk died with its newest second, for no longer than that.
    """
    match receipt.fate:
        case Fate.SENT | Fate.DELIVERED | Fate.CONFIRMED:
            return Told.HEARD
        case Fate.FAILED:
            return Told.NOT_SENT if receipt.untouched or receipt.detail == NEVER_BEGAN else Told.NOT_HEARD
        case _:
            return Told.UNKNOWN


def ordered(call: AlertCall, dial: str, guard: Guard, shown: str) -> Headers:
    """The order for a call to a caller: he hears the one prompt. Pure."""
    return spoken_by(CONTEXT, PROMPT, call, dial, guard, shown)


def _key(notice: Notice) -> str:
    """Of one sending: the guarded context knows each of them, and refuses what it has seen."""
    return f"{PREFIX}{notice.key}/{round(notice.at.timestamp() * 1000) if notice.at else 0}"
