"""Calls people back: once, in order, and never more than free agents and lines can carry.

A round: look at the channels → settle what is in flight → for each scope that is stable, count what may be started, claim that
many, and for each write the attempt's row **before** its originate leaves. A round never overlaps another.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ami_bridge.attempts import Attempts
from ami_bridge.capacity import capacity, free_lines
from ami_bridge.channels import Channels, look
from ami_bridge.clock import Clock
from ami_bridge.link import Link, LinkDown, NotSent
from ami_bridge.originate import Guard, Headers, Line, by_claim, through_queue
from ami_bridge.site import Site
from ami_bridge.store_thread import StoreThread
from callbacks.policy import CallbackPolicy
from callbacks.rules import attempt_key, how_many_to_start
from callbacks.values import Attempt, Outcome, Promise
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
NO_NUMBER = ("invalid", "not_a_number")


@dataclass(slots=True)
class Dispatcher:
    """fence: token of this link's life, raised at each connect. dialable: "" or why a number may not be dialled."""

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
    fence_raised_at: datetime | None = None
    channels: Channels = field(default_factory=Channels)
    stages: Mapping[str, str] = field(default_factory=dict)
    _sent_by: dict[str, str] = field(default_factory=dict)  # attempt → trunk
    _looked: tuple[datetime | None, float] = (None, 0.0)  # under which fence, and when (monotonic)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _next: tuple[Policy, CallbackPolicy, Site] | None = None

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
                self._looked = self.fence_raised_at, self.clock().mono
                self.channels = await look(self.link, self.site)
                self.stages = await self.attempts.settle(
                    self.channels, self.clock().wall, self.fence_raised_at
                )
                for scope in self.policy.scopes:
                    await self._start(scope)
        except (LinkDown, StoreProblem, UnknownRow) as problem:
            log.warning("callbacks wait", reason=str(problem))

    def _is_idle(self) -> bool:
        """Whether a look can wait: nothing of ours is in flight, and no scope's callbacks may start."""
        fence, at = self._looked
        if fence != self.fence_raised_at or self.clock().mono - at >= IDLE_SECONDS:
            return False
        state = self.state()
        in_flight = self.attempts.under_way or self.stages
        return not in_flight and all(ready_since(state, scope) is None for scope in self.policy.scopes)

    async def _start(self, scope: str) -> None:
        since = ready_since(self.state(), scope)
        if since is None:
            return
        now = self.clock()
        room = capacity(scope, self.state(), self.policy, self.channels.in_use, self._queued(scope))
        count = how_many_to_start(
            room.free_agents,
            room.free_lines,
            room.waiting,
            len(self.stages),
            now.mono - since,
            self.callbacks,
            with_agent=sum(stage == "dial" for stage in self.stages.values()),
        )
        if count <= 0:
            return
        due = await self.thread(
            self.store.claim_due, [scope], count, now.wall, self.holder, self.callbacks.claim_lease
        )
        for promise in due:
            await self._call(promise, self.holder, "")

    def _queued(self, scope: str) -> int:
        """Our own callbacks in the scope's queue. One that Asterisk has not begun with is not in it yet: a live caller is."""
        under_way = self.attempts.under_way
        return sum(
            stage == "queue" and key in under_way and under_way[key].scope == scope
            for key, stage in self.stages.items()
        )

    async def call_for(self, promise: Promise, agent: str, not_after: datetime) -> str:
        """An agent's own claim: calls it now; returns the attempt's key.

        not_after: aware UTC; the turn may come only after a round. Raises ClaimLost, LinkDown or NoLine.
        """
        async with self._turn:
            self._adopt()
            if promise.scope not in self.policy.scopes:
                raise NoLine(f"the policy has no scope {promise.scope!r} any more")
            if self.clock().wall > not_after:
                raise NoLine("came too late; ask again")
            if self.fence_raised_at is None:
                raise NoLine("the manager link to Asterisk is not ready; try again in a moment")
            return await self._call(promise, agent, agent)

    async def _call(self, promise: Promise, holder: str, agent: str) -> str:
        now = self.clock().wall
        reason = self.dialable(promise.number)
        if reason:
            await self._cannot_dial(promise, reason, now)
            raise_or_log(
                agent, f"this number may not be dialled ({reason}); the promise is on the leader's list"
            )
            return ""
        trunk = self._line(promise.scope)
        if trunk is None:
            await self.thread(self.store.release, promise.id, holder)
            raise_or_log(agent, "no line is free; try again when one is")
            return ""
        guard = self.guard()
        attempt = Attempt(
            key=attempt_key(promise, guard.fence),
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
        await self._originate(attempt, Line(trunk.name, trunk.dial, self.shown), guard)
        return attempt.key

    async def _cannot_dial(self, promise: Promise, reason: str, now: datetime) -> None:
        """Nothing that a caller left ends in silence: what is no number is held open, what is forbidden is closed, and the
        leader sees both.
        """
        if reason in NO_NUMBER:
            await self.thread(self.store.hold, promise.id, now, now + HELD, reason)
        else:
            await self.thread(self.store.cancel, promise.id, now, reason, attention=True)

    async def _originate(self, attempt: Attempt, line: Line, guard: Guard) -> None:
        queue = self.policy.scopes[attempt.scope].queue
        headers: Headers = (
            by_claim(attempt, line, guard, self.callbacks)
            if attempt.agent
            else through_queue(attempt, queue, line, guard, self.callbacks)
        )
        log.info("callback", attempt=attempt.key, trunk=line.trunk, agent=attempt.agent or "by the queue")
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

    def _line(self, scope: str) -> Trunk | None:
        """The scope's healthy trunk with most channels free, those that are about to be used counted as used."""
        self._sent_by = {key: trunk for key, trunk in self._sent_by.items() if key in self.stages}
        soon = Counter(trunk for key, trunk in self._sent_by.items() if self.stages[key] != "dial")
        lines = [
            (trunk, free - soon[trunk.name])
            for trunk, free in free_lines(scope, self.state(), self.policy, self.channels.in_use)
        ]
        if sum(max(0, free) for _, free in lines) <= self.callbacks.line_reserve:
            return None
        return max(lines, key=lambda line: line[1])[0]


class NoLine(Exception):
    """The call could not be made now; the text says why."""


def raise_or_log(agent: str, text: str) -> None:
    """A person who asked gets an answer (NoLine); what the dispatcher does by itself goes to the log."""
    if agent:
        raise NoLine(text)
    log.warning("callback held back", reason=text)
