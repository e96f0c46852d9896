"""Does what people ask for through the store, each thing exactly once, and always answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from ami_bridge.attempts import Attempts
from ami_bridge.brain import Brain
from ami_bridge.clock import Clock
from ami_bridge.dispatch import Dispatcher, NoLine
from ami_bridge.intents import (
    ApplyPolicy,
    Dial,
    Payload,
    Refused,
    StateOutcome,
    ask,
    in_time,
    read,
)
from ami_bridge.link import LinkDown
from ami_bridge.store_thread import StoreThread
from callbacks.values import PromiseState
from store import ClaimLost, Store, StoreProblem, UnknownRow
from store.intents import Intent, IntentState

log = structlog.get_logger()

LOOK_SECONDS = 0.3


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
    _calling: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled: looks for intents and does them."""
        while True:
            try:
                for intent in await self.thread(self.store.pending_intents):
                    await self._take(intent)
            except StoreProblem as problem:
                log.warning("intents wait", reason=str(problem))
            await asyncio.sleep(LOOK_SECONDS)

    async def _take(self, intent: Intent) -> None:
        """A call waits for the dispatcher's turn, so it is done beside the others: a leader's word must not wait behind it."""
        if intent.id in self._calling:
            return
        if intent.kind != "dial":
            await self._do(intent)
            return
        task = asyncio.create_task(self._do(intent), name=f"intent {intent.id}")
        self._calling[intent.id] = task
        task.add_done_callback(lambda _: self._calling.pop(intent.id, None))

    async def _do(self, intent: Intent) -> None:
        state, result = IntentState.APPLIED, ""
        try:
            result = await self._perform(read(intent.kind, intent.payload), intent.who)
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
        await self.thread(self.store.finish_intent, intent.id, state, result, self.clock().wall)

    async def _perform(self, payload: Payload, who: str) -> str:
        match payload:
            case Dial():
                return await self._dial(payload)
            case StateOutcome():
                return await self._outcome(payload, who)
            case ApplyPolicy():
                return await self.apply_policy(payload.digest, who)
            case _:
                said = await ask(payload, who, self.brain.ask)
                if not await self.brain.recorder.written():
                    return f"{said} (the store is away: in force, and recorded when it is back)"
                return said

    async def act(self, kind: str, payload: object, who: str) -> str:
        """The same for whoever comes over the local socket, without the store; raises Refused."""
        wish = read(kind, payload)
        if isinstance(wish, Dial | StateOutcome | ApplyPolicy):
            raise Refused(f"{kind} needs the store; ask again when it is back")
        return await ask(wish, who, self.brain.ask)

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
