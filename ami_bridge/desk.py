"""Does what people ask for through the store, each thing exactly once, and always answers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from ami_bridge.attempts import Attempts
from ami_bridge.brain import Brain
from ami_bridge.clock import Clock
from ami_bridge.dispatch import Dispatcher, NoLine
from ami_bridge.intents import (
    AckDuty,
    ApplyPolicy,
    Declare,
    Dial,
    Payload,
    Refused,
    StartDrill,
    StateOutcome,
    Word,
    ask,
    in_time,
    read,
)
from ami_bridge.link import LinkDown
from ami_bridge.store_thread import StoreThread
from callbacks.values import PromiseState
from fallback.cases.people import declared_subject
from store import ClaimLost, Store, StoreProblem, UnknownRow
from store.intents import Intent, IntentState

log = structlog.get_logger()

LOOK_SECONDS = 0.3
DRILL_LATE = timedelta(minutes=15)  # after which nobody expects the drill that was asked for to begin
CLOCKS_APART = timedelta(seconds=5)  # between whoever asks and us


def _ours(intent: Intent) -> Intent | None:
    return intent


@dataclass(slots=True)
class Desk:
    """Takes pending intents in order."""

    store: Store
    thread: StoreThread
    brain: Brain
    dispatcher: Dispatcher
    attempts: Attempts
    clock: Clock
    apply_policy: Callable[[str, str], Awaitable[str]]  # digest, who → what came of it; raises Refused
    take_on: Callable[[Sequence[str], str, str], int]  # captures, matter, who → how many reports were open
    route: Callable[[Intent], Intent | None] = _ours  # as we are to do it; None: another bridge's
    _calling: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)
    _done: dict[int, tuple[IntentState, str]] = field(default_factory=dict)  # done, and not yet answered

    async def run(self) -> None:
        """Until cancelled: looks for intents and does them."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in self._calling.values():
                task.cancel()

    async def _look(self) -> None:
        try:
            for intent in await self.thread(self.store.pending_intents):
                if (ours := self.route(intent)) is not None:
                    await self._take(ours)
        except StoreProblem as problem:
            log.warning("intents wait", reason=str(problem))

    async def _take(self, intent: Intent) -> None:
        """A call waits for the dispatcher's turn, so it is done beside the others: a leader's word must not wait behind it."""
        if intent.id in self._calling:
            return
        if intent.kind != "dial":
            await self._do(intent)
            return
        task = asyncio.create_task(self._do_aside(intent), name=f"intent {intent.id}")
        self._calling[intent.id] = task
        task.add_done_callback(lambda _: self._calling.pop(intent.id, None))

    async def _do_aside(self, intent: Intent) -> None:
        try:
            await self._do(intent)
        except StoreProblem as problem:
            log.warning("an intent waits", id=intent.id, reason=str(problem))

    async def _do(self, intent: Intent) -> None:
        """What was done when the store went away before the answer was in is only answered when it is back."""
        if intent.id not in self._done:
            self._done[intent.id] = await self._outcome_of(intent)
        state, result = self._done[intent.id]
        await self.thread(self.store.finish_intent, intent.id, state, result, self.clock().wall)
        del self._done[intent.id]

    async def _outcome_of(self, intent: Intent) -> tuple[IntentState, str]:
        """Raises StoreProblem for what could not be done without the store, and was not."""
        state, result = IntentState.APPLIED, ""
        try:
            result = await self._perform(read(intent.kind, intent.payload), intent)
        except (Refused, ClaimLost, UnknownRow, NoLine) as reason:
            state, result = IntentState.REFUSED, str(reason)
        except LinkDown as reason:
            state, result = IntentState.FAILED, f"Asterisk could not be asked: {reason}"
        except StoreProblem:
            raise
        except Exception as reason:  # one intent that breaks us must not do so again after every restart
            log.exception("intent broke", id=intent.id)
            state, result = (
                IntentState.FAILED,
                f"this went wrong here: {type(reason).__name__}; see the bridge's log",
            )
        log.info("intent", id=intent.id, kind=intent.kind, who=intent.who, state=state.value, result=result)
        return state, result

    async def _perform(self, payload: Payload, intent: Intent) -> str:
        who = intent.who
        match payload:
            case Declare() if key := self._declared_before(payload, intent):
                return f"opened already as {key}"
            case StartDrill():  # the others are harmless late, or refused by the core; this one may reach callers
                in_time(intent.at + DRILL_LATE, self.clock().wall)
                return await self._ask(payload, who)
            case Dial():
                return await self._dial(payload)
            case StateOutcome():
                return await self._outcome(payload, who)
            case ApplyPolicy():
                return await self.apply_policy(payload.digest, who)
            case AckDuty():
                return self._take_on(payload, who)
            case _:
                return await self._ask(payload, who)

    async def _ask(self, wish: Word, who: str) -> str:
        said = await ask(wish, who, self.brain.ask)
        if not await self.brain.recorder.written():
            return f"{said} (the store is away: in force, and recorded when it is back)"
        return said

    def _declared_before(self, wish: Declare, intent: Intent) -> str:
        """Key of the incident that this very intent has opened: a kill may come before the answer. "" for none."""
        before = [
            one.key
            for one in self.brain.state.cases.values()
            if (one.scope, one.kind, one.by_hand) == (wish.scope, wish.kind, True)
            and one.opened_at >= intent.at - CLOCKS_APART
            and one.subject == declared_subject(wish.kind, wish.detail)
        ]
        return before[0] if before else ""

    async def act(self, kind: str, payload: object, who: str) -> str:
        """The same for whoever comes over the local socket, without the store; raises Refused."""
        wish = read(kind, payload)
        if isinstance(wish, AckDuty):
            return self._take_on(wish, who)
        if isinstance(wish, Dial | StateOutcome | ApplyPolicy):
            raise Refused(f"{kind} needs the store; ask again when it is back")
        return await ask(wish, who, self.brain.ask)

    def _take_on(self, wish: AckDuty, who: str) -> str:
        if not (wish.captures or wish.matter):
            raise Refused("name captures, or a matter: danger, fault or all")
        count = self.take_on(wish.captures, wish.matter, who)
        if not count:
            raise Refused(
                "nothing of that waits for the duty role; it was taken on already, or is no danger or fault"
            )
        return f"{count} taken on by {who}"

    async def _dial(self, wish: Dial) -> str:
        in_time(wish.not_after, self.clock().wall)
        promise = await self.thread(self.store.promise, wish.promise)
        if promise is None:
            raise Refused(f"promise {wish.promise} is not in the book")
        if promise.state is not PromiseState.CLAIMED or promise.holder != wish.agent:
            raise Refused(f"promise {promise.id} is not claimed by {wish.agent}; take it first")
        scope = self.brain.policy.scopes.get(promise.scope)
        if scope is None:
            raise Refused(f"the policy has no scope {promise.scope!r} any more; cancel promise {promise.id}")
        if not self.dispatcher.link.connected:
            raise Refused("the manager link to Asterisk is down; try again when it is back")
        # Asterisk would ring whatever channel stands here: only phones that it named itself as members are rung.
        if wish.agent not in self.brain.state.members.get(scope.queue, {}):
            raise Refused(f"{wish.agent} is not a member of the queue {scope.queue}")
        return await self.dispatcher.call_for(promise, wish.agent, wish.not_after)

    async def _outcome(self, wish: StateOutcome, who: str) -> str:
        attempt = await self.thread(self.store.attempt, wish.attempt)
        if attempt is None or attempt.promise_id != wish.promise:
            raise Refused(f"attempt {wish.attempt} is not of promise {wish.promise}")
        if attempt.agent and attempt.agent != wish.agent:
            raise Refused(f"promise {wish.promise} is with {attempt.agent}, not with {wish.agent}")
        now = self.clock().wall
        if not await self.attempts.state_outcome(wish.attempt, wish.outcome, who, wish.note, now):
            raise Refused("an outcome was stated already")
        return f"{wish.outcome.value} recorded"
