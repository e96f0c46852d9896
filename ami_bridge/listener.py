"""What follows when the link or the decisions tell something: the fence, flags, calls, staff and pages hear of it."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from ami_bridge.beside import Beside
from ami_bridge.codes import CodeKeyed
from ami_bridge.events import (
    AgentTook,
    CallbackProgress,
    CallEvent,
    Hangup,
    Leg,
    LiveTaken,
    OriginateAnswered,
)
from ami_bridge.flags import SCOPE_FAMILY
from ami_bridge.snapshot import Snapshot
from fallback.decision import BringWaiting, Decision
from fallback.modes import Mode
from store import StoreProblem

if TYPE_CHECKING:  # the parts make their listener
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

FLAG_LOOKS, FLAG_SECONDS = 100, 0.02
HEARD_FOR = 15.0  # seconds: longer than a lease and a look around; what is older was written down by the holder of then
MOST_HEARD = 1000


class BridgeListener:
    """Satisfies ``ami_bridge.brain.Listener``. beside: what it starts besides the decisions."""

    def __init__(self, parts: "Parts", beside: Beside) -> None:
        self._parts, self._beside = parts, beside
        self.ready = asyncio.Event()  # the link stood, all was looked at and decided, the fence raised
        self._heard: deque[tuple[float, Callable[..., object], tuple[str, ...]]] = deque(maxlen=MOST_HEARD)

    async def on_looked(self) -> None:
        """The fence first: whoever held this Asterisk before us writes nothing from then on. What was keyed on phones while we
        were away comes before our own flags: they would take it back.
        """
        if not self._parts.brain.greeted:
            await self._parts.heart.raise_fence()
        await self._parts.codes.take_now(self._parts.brain.step)

    async def on_connected(self, snapshot: Snapshot) -> None:
        """The fence stands: look at what was in flight, and from now on dial."""
        parts, heart = self._parts, self._parts.heart
        parts.attempts.booted_at = snapshot.taken.booted_at
        parts.dispatcher.channels = snapshot.channels
        parts.attempts.fence, parts.attempts.life = heart.fence, heart.life
        if not parts.policy.fallback.armed:
            await self._let_go()
        parts.dispatcher.fence_raised_at = parts.clock().wall
        parts.dispatcher.wake()
        parts.lengths.connected()
        parts.staff.connected()
        parts.notices.connected()
        parts.surroundings.connected()
        if not self.ready.is_set():
            self.ready.set()
            log.info("ready", asterisk=parts.link.state.value)

    async def _let_go(self) -> None:
        """Only observing: no flag of an earlier, armed run may go on holding callers, and no lamp say so."""
        self._parts.flags.let_go(self._parts.policy.fallback.scopes)
        await self._parts.link.action({"Action": "DBDelTree", "Family": SCOPE_FAMILY})

    def on_lost(self) -> None:
        """Nothing is dialled until the fence was raised again."""
        self._parts.dispatcher.fence_raised_at = None
        self._parts.surroundings.lost()
        self.on_change()

    def on_call(self, event: CallEvent) -> None:
        """Wakes the dispatcher; keeps who talks for the page."""
        self._parts.surroundings.heard(event)
        match event:
            case CallbackProgress(attempt, Leg.CALLER, "ANSWER"):
                if not self._parts.dispatcher.rings_customer_first(attempt):
                    self._talks(attempt)
            case AgentTook(attempt, _, member):
                self._write_down(self._parts.store.set_agent, attempt, member)
                if self._parts.dispatcher.rings_customer_first(attempt):
                    self._talks(attempt)
            case LiveTaken(queue, _):
                self._parts.dispatcher.live_taken(queue)
            case Hangup(attempt) | OriginateAnswered(attempt, ok=False):
                self._parts.portrait.talking.discard(attempt)
                self._parts.dispatcher.wake()
            case _:
                pass
        self._parts.portrait.soon()

    def _talks(self, attempt: str) -> None:
        """Agent and caller of one of our calls are connected."""
        self._parts.portrait.talking.add(attempt)
        self._write_down(self._parts.store.mark_talking, attempt)

    def _write_down(self, call: Callable[..., object], *args: str) -> None:
        """The holder does. Whoever stands by hears the same at the same moment, and keeps it: a holder that is frozen in the
        middle of writing keeps the row, and waiting for that would keep us from taking over.
        """
        if self._parts.holding.holds:
            self._beside.start(self._note(call, *args))
        else:
            self._heard.append((self._parts.clock().mono, call, args))

    def take_over(self) -> None:
        """This Asterisk has become ours: what was heard of its calls while nobody could act is written down now."""
        since = self._parts.clock().mono - HEARD_FOR
        for at, call, args in self._heard:
            if at >= since:
                self._beside.start(self._note(call, *args))
        self._heard.clear()

    def on_change(self) -> None:
        """The page should show it soon."""
        self._parts.portrait.soon()

    def on_overflow(self, dropped: int) -> None:
        """Our inbox was full."""
        self._parts.health.overflow.say(f"{dropped} manager events were dropped")
        self._parts.surroundings.lost()
        self._parts.surroundings.connected()

    def on_code(self, code: CodeKeyed) -> None:
        """Somebody has keyed a code on a phone."""
        self._parts.codes.heard(code)

    def on_decided(self, decision: Decision) -> None:
        """Alerts and waiting callers. Flags are on their way already."""
        self._parts.portrait.decided(decision.changes)
        self._parts.staff.perform(decision.actions)
        for action in decision.actions:
            if isinstance(action, BringWaiting):
                self._beside.start(self._bring(action))
        for change in decision.changes:
            if change.kind == "mode" and change.new == Mode.EVACUATED:
                self._beside.start(self._clear_queue(change.subject))

    async def _bring(self, order: BringWaiting) -> None:
        if not self._parts.policy.fallback.armed:  # only observing: nobody is touched
            return
        for _ in range(FLAG_LOOKS):  # what they hear is in the flag, which is on its way
            if self._parts.flags.confirmed(order.scope)[0]:
                break
            await asyncio.sleep(FLAG_SECONDS)
        await self._parts.waiting.bring(order)

    async def _clear_queue(self, scope: str) -> None:
        """Nobody is offered a call where people were sent out (A6), also not by a callback that waits already."""
        known = self._parts.policy.fallback.scopes.get(scope)
        if known is not None and self._parts.policy.fallback.armed:
            await self._parts.waiting.hang_up(await self._parts.waiting.own_waiting([known.queue]))

    async def _note(self, call: Callable[..., object], *args: str) -> None:
        try:
            await self._parts.thread(call, *args)
        except StoreProblem as problem:
            log.warning("not noted", reason=str(problem))
