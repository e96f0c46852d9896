"""Calls people back: once, in order, and never more than free agents and lines can carry.

A round: look at the channels → settle what is in flight → for each scope that is stable, count what may be started, claim that
many, and for each write the attempt's row **before** its originate leaves. A round never overlaps another. Whoever is on the line
at this moment is not called (E6).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from ami_bridge.adoption import Adoption
from ami_bridge.attempt_keys import AttemptKeys
from ami_bridge.attempts import Attempts, at_any_hour
from ami_bridge.capacity import capacity, free_lines
from ami_bridge.channels import Channels, look
from ami_bridge.clock import Clock
from ami_bridge.line_choice import LineRecord, choose
from ami_bridge.lines_kept import LinesKept
from ami_bridge.link import Link, LinkDown, NotSent
from ami_bridge.on_the_line import OnTheLine
from ami_bridge.originate import Guard, Headers, Line, by_claim, customer_first, through_queue
from ami_bridge.own_pauses import OwnPauses
from ami_bridge.site import Site
from ami_bridge.store_thread import StoreThread
from callbacks.policy import CallbackPolicy, Way
from callbacks.rules import CallCalendar, Share, how_many_to_start, may_call, next_call
from callbacks.values import Attempt, Matter, NumberSource, Outcome, Promise
from fallback.decide import ready_since
from fallback.policy import Policy, Trunk
from fallback.state import State
from store import ClaimLost, Store, StoreProblem, UnknownRow

log = structlog.get_logger()

ROUND_SECONDS = 0.5
IDLE_SECONDS = (
    5.0  # between looks while nothing may be dialled and nothing is under way: a full house makes a long list
)
HELD = timedelta(days=1)  # until the leader has mended a number that is none, or a day has passed
WISHED = timedelta(
    hours=1
)  # from the time that a caller wished for on: so long it stands over the quiet hours
NO_NUMBER = ("invalid", "not_a_number")
ONLY_DANGER = frozenset({Matter.DANGER})  # is called at any hour (E4)
# Stages of an attempt (docs/reference/astdb-and-variables.md), by what it holds and what it waits for.
WITH_AGENT = frozenset({"dial", "talk"})
WITH_LINE_ALONE = frozenset({"ring", "ask", "wait"})  # the customer was rung first
IN_QUEUE = frozenset({"queue", "wait"})


async def at_once() -> None:
    """There is nothing to wait for."""


async def no_other_fence() -> None:
    """Where nobody can raise it."""
    raise LinkDown("the fence cannot be raised")


@dataclass
class Dispatcher:
    """fence: token of this link's life, raised at each connect. dialable: "" or why a number may not be dialled. calendar: when
    people may be called; None: at any hour; calendar_known: waits for it. as_dialled: a number as the book has it. raise_fence:
    see ``AttemptKeys``. adoption: hears who talks with agents. shares: by scope, what callbacks got while live callers waited.
    """

    policy: Policy
    callbacks: CallbackPolicy
    site: Site
    store: Store
    thread: StoreThread
    link: Link
    attempts: Attempts
    state: Callable[[], State]
    guard: Callable[[], Guard]
    clock: Clock
    dialable: Callable[[str], str]
    holder: str
    shown: str = ""
    calendar: Callable[[], CallCalendar | None] = at_any_hour
    calendar_known: Callable[[], Awaitable[None]] = at_once
    as_dialled: Callable[[str], str] = str
    raise_fence: Callable[[], Awaitable[None]] = no_other_fence
    adoption: Adoption | None = None
    shares: dict[str, Share] = field(default_factory=dict)
    record: LineRecord = field(default_factory=LineRecord)
    kept: LinesKept = field(default_factory=LinesKept)
    fence_raised_at: datetime | None = None
    channels: Channels = field(default_factory=Channels)
    stages: Mapping[str, str] = field(default_factory=dict)
    _sent_by: dict[str, str] = field(default_factory=dict)  # attempt → trunk
    _looked: tuple[datetime | None, float] = (None, 0.0)  # under which fence, and when (monotonic)
    _look_soon: bool = False  # somebody has begun to talk
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _next: tuple[Policy, CallbackPolicy, Site] | None = None
    _customers: frozenset[str] = frozenset()  # attempts of this run that ring the customer first

    def __post_init__(self) -> None:
        self.pauses = OwnPauses(self.link)
        self._keys = AttemptKeys(
            self.guard, lambda: self.raise_fence(), lambda id_: self.thread(self.store.promise, id_)
        )
        self._on_the_line = OnTheLine(self.as_dialled)
        self.attempts.line_ended = self._line_ended

    def use(self, policy: Policy, callbacks: CallbackPolicy, site: Site) -> None:
        """A new policy, from the next round on: one that is under way may speak of a scope that the new one has lost."""
        self._next = policy, callbacks, site
        self.wake()

    def _adopt(self) -> None:
        if self._next is not None:
            self.policy, self.callbacks, self.site = self._next
            self.shown, self._next = self.callbacks.shown, None

    def wake(self) -> None:
        """Something changed that a round should look at."""
        self._wake.set()

    def live_taken(self, queue: str) -> None:
        """An agent took a live caller out of a queue: it counts for the share of callbacks, and his screen wants to know."""
        for name, scope in self.policy.scopes.items():
            if scope.queue == queue:
                waiting = max(0, self.state().waiting.get(queue, 0) - self._queued(name))
                share = self.shares.get(name, Share())
                self.shares[name] = share.answered(waiting, self.callbacks.share)
        self._look_soon = True
        self.wake()

    def rings_customer_first(self, key: str) -> bool:
        """Whether an answer on the caller's side is only that yet: no agent is with him."""
        return key in self._customers or self.stages.get(key) in WITH_LINE_ALONE

    def _line_ended(self, attempt: Attempt, line: Outcome) -> None:
        self.record.ended(attempt.trunk, line, self.clock().mono)

    async def run(self) -> None:
        """Until cancelled: a round after each wake, and every half second."""
        while True:
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await self._round()

    async def _round(self) -> None:
        if self.fence_raised_at is None or not self.link.connected:
            return
        try:
            async with self._turn:
                self._adopt()
                if self._is_idle():
                    return
                if self._looked[0] != self.fence_raised_at:
                    await self.pauses.find(self._queues())
                self._looked, self._look_soon = (self.fence_raised_at, self.clock().mono), False
                await self._look(self.fence_raised_at)
                for scope in self.policy.scopes:
                    await self._start(scope)
        except (LinkDown, StoreProblem, UnknownRow) as problem:
            log.warning("callbacks wait", reason=str(problem))

    async def _look(self, since: datetime) -> None:
        self.channels = await look(self.link, self.site)
        self.kept.look(self.state(), self.policy, self.channels.others, self.clock().mono)
        self.stages = await self.attempts.settle(self.channels, self.clock().wall, since)
        under_way = self.attempts.under_way
        self._customers = frozenset(self._customers & under_way.keys())
        await self.pauses.end_all_but(under_way.keys())
        self._on_the_line.seen(self.channels.numbers, [one.number for one in under_way.values()])
        for promise_id in self._on_the_line.gone(self.clock().mono):
            await self.thread(self.store.release, promise_id, self.holder)
        if self.adoption is not None:
            await self.adoption.look(self.channels.talks)

    def _queues(self) -> frozenset[str]:
        return frozenset(scope.queue for scope in self.policy.scopes.values())

    def _is_idle(self) -> bool:
        """Whether a look can wait: nothing of ours is in flight, and no scope's callbacks may start."""
        fence, at = self._looked
        if self._look_soon or fence != self.fence_raised_at or self.clock().mono - at >= IDLE_SECONDS:
            return False
        state = self.state()
        in_flight = self.attempts.under_way or self.stages
        return not in_flight and all(ready_since(state, scope) is None for scope in self.policy.scopes)

    async def _start(self, scope: str) -> None:
        since = ready_since(self.state(), scope)
        if since is None or not self._is_processed(scope) or self._way(scope) is Way.CLAIM:
            return
        now = self.clock()
        room = capacity(scope, self.state(), self.policy, self.channels.in_use, self._queued(scope))
        share = self.shares.get(scope, Share())
        stages = list(self.stages.values())
        room_for = partial(
            how_many_to_start,
            room.free_agents,
            room.free_lines + sum(stage in WITH_LINE_ALONE for stage in stages),  # they need no other
            room.waiting,
            len(stages),
            now.mono - since,
            self.callbacks,
            with_agent=sum(stage in WITH_AGENT for stage in stages),
            credit=share.credit,
        )
        rules = self.callbacks
        count = room_for(left=self.kept.of(scope, rules))
        all_may = count > 0 and self._may_call(now.wall)
        count = count or room_for()  # danger leaves only the policy's least
        if count <= 0:
            return
        due = await self.thread(
            self.store.claim_due,
            [scope],
            count,
            now.wall,
            self.holder,
            rules.claim_lease,
            head_start=rules.head_start,
            only=None if all_may else ONLY_DANGER,
        )
        for promise in due:
            if promise.number in self._on_the_line:
                self._on_the_line.keep(promise, now.mono + rules.claim_lease)
            elif await self._call(promise, self.holder, "", turn=room.waiting > 0):
                self.shares[scope] = self.shares.get(scope, Share()).started(room.waiting)

    def _is_processed(self, scope: str) -> bool:
        return self.callbacks.processed is None or scope in self.callbacks.processed

    def _way(self, scope: str) -> Way:
        return self.callbacks.ways.get(scope, self.callbacks.way)

    def _may_call(self, at: datetime) -> bool:
        calendar = self.calendar()
        return calendar is None or may_call(calendar, at)

    def _queued(self, scope: str) -> int:
        """Our own callbacks in the scope's queue. One that Asterisk has not begun with is not in it yet: a live caller is."""
        under_way = self.attempts.under_way
        return sum(
            stage in IN_QUEUE and key in under_way and under_way[key].scope == scope
            for key, stage in self.stages.items()
        )

    async def call_for(self, promise: Promise, agent: str, not_after: datetime) -> str:
        """An agent's own claim: calls it now; returns the attempt's key.

        not_after: aware UTC; the turn may come only after a round. Raises ClaimLost, LinkDown or NoLine.
        """
        await self.calendar_known()
        async with self._turn:
            self._adopt()
            if promise.scope not in self.policy.scopes:
                raise NoLine(f"the policy has no scope {promise.scope!r} any more")
            now = self.clock().wall
            if now > not_after:
                raise NoLine("came too late; ask again")
            if self.fence_raised_at is None:
                raise NoLine("the manager link to Asterisk is not ready; try again in a moment")
            self._allow(promise, now)
            return await self._call(promise, agent, agent)

    def _allow(self, promise: Promise, now: datetime) -> None:
        """Raises NoLine for a call that may not be made now, whoever asks. A caller's own wish stands over the quiet hours."""
        if not self._is_processed(promise.scope):
            raise NoLine(f"the policy has switched callbacks of {promise.scope!r} off (callbacks.processed)")
        wished = promise.wished_at is not None and promise.wished_at <= now < promise.wished_at + WISHED
        calendar = self.calendar()
        if calendar is not None and not (
            wished or promise.matter is Matter.DANGER or may_call(calendar, now)
        ):
            again = next_call(calendar, now)
            raise NoLine(f"people may not be called at this hour; from {again:%Y-%m-%d %H:%M} UTC on")
        if promise.number in self._on_the_line:
            raise NoLine("this caller is on the line at this moment; see who talks with him")

    async def _call(self, promise: Promise, holder: str, agent: str, *, turn: bool = False) -> str:
        """The attempt's key; "" when the dispatcher itself wanted it and it could not be made."""
        now = self.clock().wall
        reason = self.dialable(promise.number)
        if reason:
            await self._cannot_dial(promise, reason, now)
            raise_or_log(
                agent, f"this number may not be dialled ({reason}); the promise is on the leader's list"
            )
            return ""
        trunk = self._line(promise.scope, turn or promise.matter is Matter.DANGER)
        if trunk is None:
            await self.thread(self.store.release, promise.id, holder)
            raise_or_log(agent, "no line is free but those left for callers; try again when one is")
            return ""
        first = not agent and await self._is_customer_first(promise)
        key, guard = await self._keys.next(promise)
        attempt = Attempt(
            key=key,
            promise_id=promise.id,
            scope=promise.scope,
            number=promise.number,
            trunk=trunk.name,
            started_at=now,
            agent=agent,
        )
        try:
            await self.thread(self.store.start_attempt, attempt, holder)
        except ClaimLost:
            if agent:
                raise
            return ""
        self.stages = {**self.stages, attempt.key: ""}
        self._sent_by[attempt.key] = trunk.name
        self._on_the_line.add(attempt.number)  # of whom another scope's promise may be in the same round
        queue, line = self.policy.scopes[attempt.scope].queue, Line(trunk.name, trunk.dial, self.shown)
        if agent:
            await self._pause(attempt)
            order = by_claim(attempt, line, guard, self.callbacks)
        elif first:
            self._customers |= {attempt.key}
            order = customer_first(attempt, queue, line, guard, self.callbacks, promise.language)
        else:
            order = through_queue(attempt, queue, line, guard, self.callbacks, turn=turn)
        await self._originate(attempt, order, "customer" if first else agent or "queue")
        return attempt.key

    async def _is_customer_first(self, promise: Promise) -> bool:
        """Only who rang from this number himself, and not who pressed 1 in vain the last time, or reports danger."""
        if self._way(promise.scope) is not Way.CUSTOMER or promise.matter is Matter.DANGER:
            return False
        if promise.reason == Outcome.NO_AGENT:
            return False
        calls = await self.thread(self.store.captures_of, promise.id)
        own = [one.source is NumberSource.OWN and one.number == promise.number for one in calls]
        return bool(own) and all(own)

    async def _pause(self, attempt: Attempt) -> None:
        try:
            await self.pauses.pause(attempt.agent, attempt.key, self._queues())
        except LinkDown as problem:  # the originate will not leave either
            log.warning("an agent was not paused", attempt=attempt.key, reason=str(problem))

    async def _cannot_dial(self, promise: Promise, reason: str, now: datetime) -> None:
        """Nothing that a caller left ends in silence: what is no number is held open, what is forbidden is closed, and the
        leader sees both.
        """
        if reason in NO_NUMBER:
            await self.thread(self.store.hold, promise.id, now, now + HELD, reason)
        else:
            await self.thread(self.store.cancel, promise.id, now, reason, attention=True)

    async def _originate(self, attempt: Attempt, headers: Headers, by: str) -> None:
        log.info("callback", attempt=attempt.key, trunk=attempt.trunk, by=by)
        try:
            reply = await self.link.action(headers)
        except (NotSent, ValueError) as problem:  # ValueError: a header that Asterisk would misread
            await self._not_dialled(attempt, str(problem))
        except LinkDown as problem:  # it left, and nobody answered: the next look at AstDB tells
            log.warning("originate without an answer", attempt=attempt.key, reason=str(problem))
        else:
            if not reply.ok:
                await self._not_dialled(attempt, reply.message)

    async def _not_dialled(self, attempt: Attempt, reason: str) -> None:
        log.error("callback was not started", attempt=attempt.key, reason=reason)
        self.stages = {key: stage for key, stage in self.stages.items() if key != attempt.key}
        await self.attempts.finish(attempt, Outcome.NOT_DIALLED, self.clock().wall)

    def _line(self, scope: str, first: bool) -> Trunk | None:
        """Of the scope's healthy trunks the one that the policy would take, those about to be used counted as used."""
        self._sent_by = {key: trunk for key, trunk in self._sent_by.items() if key in self.stages}
        holds = WITH_AGENT | WITH_LINE_ALONE
        soon = Counter(trunk for key, trunk in self._sent_by.items() if self.stages[key] not in holds)
        lines = [
            (trunk, free - soon[trunk.name])
            for trunk, free in free_lines(scope, self.state(), self.policy, self.channels.in_use)
        ]
        left = self.callbacks.line_reserve if first else self.kept.of(scope, self.callbacks)
        return choose(lines, self.callbacks, self.record.failed(self.clock().mono), left)


class NoLine(Exception):
    """The call could not be made now; the text says why."""


def raise_or_log(agent: str, text: str) -> None:
    """A person who asked gets an answer (NoLine); what the dispatcher does by itself goes to the log."""
    if agent:
        raise NoLine(text)
    log.warning("callback held back", reason=text)
