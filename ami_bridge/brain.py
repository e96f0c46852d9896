"""The one consumer of the inbox: takes items in order, decides, records, and says what is wanted.

Algorithm of a step: read both clocks once → ``decide`` → hand the wanted flags on, and the changes to the recorder. Neither a
slow disk nor a store that is away stops switching (docs/adr/0008).
After a connect and after dropped events a snapshot is taken before anything else is decided.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from ami_bridge.clock import Clock
from ami_bridge.codes import CodeKeyed, keyed
from ami_bridge.events import CallEvent
from ami_bridge.flags import Flags
from ami_bridge.inbox import AmiEvent, Inbox, LinkTrouble, LinkUp, Overflow
from ami_bridge.link import Link, LinkDown
from ami_bridge.recorder import Recorder
from ami_bridge.site import Site
from ami_bridge.snapshot import Snapshot, take
from ami_bridge.translate import Translator
from fallback.decide import adopt, decide, wanted_flags
from fallback.decision import Decision, TellStaff
from fallback.events import Event, LinkLost, Tick
from fallback.policy import Policy
from fallback.state import State
from store import StoreProblem

log = structlog.get_logger()

LOG_AFTER = 0.02  # seconds; a switch and its log lines must not share a turn of the loop
TICK_SECONDS = 0.2
LOOK_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A person's event, and where the decision on it is awaited."""

    event: Event
    answer: "asyncio.Future[Decision]"


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The last look around was not finished; due again if the link still stands."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """This Asterisk has become ours: it is looked at before anything is written."""


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """Another policy is in force: what it watches is to be looked at."""


@dataclass(frozen=True, slots=True)
class Broke:
    """What follows from a decision could not be handed on: the consumer ends with this."""

    error: Exception


class Listener(Protocol):
    """Who wants to know what the consumer has seen."""

    async def on_looked(self) -> None:
        """The picture is whole, and no flag is written yet; may talk to Asterisk and have the brain step."""

    async def on_connected(self, snapshot: Snapshot) -> None:
        """The picture is whole and decided on; may talk to Asterisk."""

    def on_lost(self) -> None:
        """The link is gone."""

    def on_call(self, event: CallEvent) -> None:
        """Something happened to one of our calls."""

    def on_change(self) -> None:
        """The state changed in a way that was recorded."""

    def on_overflow(self, dropped: int) -> None:
        """The inbox was full, and so many manager events were dropped."""

    def on_code(self, code: CodeKeyed) -> None:
        """Somebody has keyed a code on a phone."""

    def on_decided(self, decision: Decision) -> None:
        """What is to be done besides flags: alerts, waiting callers. Must not wait."""


async def _at_once() -> None:
    pass


def _deaf(_item: object) -> None:
    """Nobody listens."""


@dataclass
class Brain:
    """Holds the state between two events; the only one who changes it."""

    policy: Policy
    state: State
    clock: Clock
    inbox: Inbox
    link: Link
    translator: Translator
    flags: Flags
    recorder: Recorder
    listener: Listener
    tap: Callable[[object], None] = _deaf  # hears every item after it was decided on; must not wait
    last_step_mono: float = 0.0
    looked: bool = False  # the picture is whole, and whoever waits for it was told
    greeted: bool = False  # on_connected was done under this link
    acting: Callable[[], bool] = lambda: True  # whether what we decide counts; whoever stands by only watches
    settled: Callable[[], Awaitable[None]] = _at_once  # returns when it is known whether it does

    async def run(self) -> None:
        """Until cancelled: one item after another."""
        self.last_step_mono = self.clock().mono  # nothing has stood still before there was anything to do
        while True:
            item = await self.inbox.get()
            await self.settled()
            await self._take(item)
            self.tap(item)

    async def tick_for_ever(self) -> None:
        """Lets time pass in the core."""
        while True:
            self.inbox.put_nowait(Tick())
            await asyncio.sleep(TICK_SECONDS)

    async def ask(self, event: Event) -> Decision:
        """What the core decides on a person's event, in its turn among all others."""
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait(Asked(event, answer))
        return await answer

    async def _take(self, item: object) -> None:
        match item:
            case AmiEvent(name="UserEvent"):
                code = keyed(item.headers)
                if code is not None:
                    self.listener.on_code(code)
            case AmiEvent():
                for event in self.translator(item):
                    if isinstance(event, CallEvent):
                        self.listener.on_call(event)
                    else:
                        self.step(event)
            case LinkUp():
                self.greeted = False
                await self._look_around()
            case Overflow():
                log.warning("events were dropped", count=item.dropped)
                self.listener.on_overflow(item.dropped)
                await self._look_around()
            case PolicyChanged() | TakenOver():
                if self.link.connected:
                    await self._look_around()
            case LookAgain():
                if self.link.connected and not self.looked:
                    await self._look_around()
            case LinkTrouble():
                self.listener.on_change()
            case LinkLost():
                self.greeted = False
                self.flags.linked(False)
                self.listener.on_lost()
                self.step(item)
            case Asked() if not self.acting():
                if not item.answer.done():
                    item.answer.set_exception(StoreProblem("another bridge holds this Asterisk now"))
            case Asked():
                if not item.answer.done():  # whoever gave up was told that it was not done
                    item.answer.set_result(self.step(item.event))
            case Broke():
                raise item.error
            case _:
                self.step(item)  # type: ignore[arg-type]  # all that is left are the core's events

    async def _look_around(self) -> None:
        """Snapshot → decide → write, in this order. An answer that comes too late does not end the link: look again then.

        The fence is raised once for a connection: a higher one would end the callbacks that wait for an agent.
        """
        self.looked, translator = False, self.translator
        try:
            snapshot = await take(self.link, translator.site, self.clock().wall, translator.memory)
        except LinkDown as problem:  # if the link is lost that is in the inbox, and a new LinkUp will follow
            log.warning("no snapshot", reason=str(problem))
            self._look_again()
            return
        if (
            translator is not self.translator
        ):  # it was taken with the names of an earlier policy; another look is due
            return
        for trouble in snapshot.problems:
            log.error("snapshot", problem=trouble)
        self.step(snapshot.taken)
        if not self.acting():
            self.looked = True
            return
        try:
            await self.listener.on_looked()
        except LinkDown as problem:
            log.warning("not yet connected", reason=str(problem))
            self._look_again()
            return
        self.flags.linked(True)
        self.flags.want(wanted_flags(self.state, self.policy))
        if self.greeted:
            self.looked = True
            return
        try:
            await self.listener.on_connected(snapshot)
        except LinkDown as problem:
            log.warning("not yet connected", reason=str(problem))
            self._look_again()
        else:
            self.looked = self.greeted = True

    def _look_again(self) -> None:
        asyncio.get_running_loop().call_later(LOOK_AGAIN_SECONDS, self.inbox.put_nowait, LookAgain())

    def take_over(self, state: State) -> None:
        """This Asterisk has become ours: what was decided before stands, until a look around says otherwise."""
        self.state = state
        self.recorder.take_over()
        self.looked = self.greeted = False

    def give_over(self) -> None:
        """It is another bridge's: from now on we only watch."""
        self.recorder.give_over()
        self.greeted = False
        self.flags.linked(False)

    def use(self, policy: Policy, site: Site, who: str) -> Decision:
        """Another policy from now on, with its names. Never waits; a snapshot follows for whatever it watches newly."""
        decision = adopt(self.state, self.policy, policy, self.clock())
        decision = decision._replace(changes=tuple(replace(one, who=who) for one in decision.changes))
        self.policy, self.state = policy, decision.state
        self.translator = Translator(site, self.translator.memory)
        self._perform(decision)
        self.inbox.put_nowait(PolicyChanged())
        return decision

    def step(self, event: Event) -> Decision:
        """Decides on one event and hands on what follows. Never waits."""
        now = self.clock()
        decision = decide(self.state, event, self.policy, now)
        self.state = decision.state
        self.last_step_mono = now.mono
        if decision.changes or decision.actions:
            self._perform(decision)
        return decision

    def _perform(self, decision: Decision) -> None:
        """The flags first: callers wait for them. Then the record, then the log."""
        if not self.acting():
            return
        self.flags.want(wanted_flags(self.state, self.policy))
        if decision.changes:
            self.recorder.put(decision.changes, self.state)
        loop = asyncio.get_running_loop()
        loop.call_soon(self._hand_on, decision)  # after the flags' own turn
        loop.call_later(LOG_AFTER, self._tell, decision)

    def _hand_on(self, decision: Decision) -> None:
        """A break here must not be swallowed by the loop: staff would not be told, and nobody would know."""
        try:
            self.listener.on_decided(decision)
        except Exception as error:
            self.inbox.put_nowait(Broke(error))

    def _tell(self, decision: Decision) -> None:
        for one in decision.changes:
            log.info(
                "change", kind=one.kind, subject=one.subject, old=one.old, new=one.new, reason=one.reason
            )
        for action in decision.actions:
            if isinstance(action, TellStaff):
                log.warning("staff", scope=action.scope, text=action.text_id, detail=action.detail)
        self.listener.on_change()
