"""Speaks a dialogue on one FastAGI connection.

What is said to Asterisk is in ``ivr.agi_steps``; here it is awaited, and what Asterisk cannot answer is done: the line is made
durable, the book is asked. Commands are never sent ahead: Asterisk does not look at a second one that came in the same packet.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import structlog

from ivr.agi_header import call_facts
from ivr.agi_line import AgiLine
from ivr.agi_steps import StepFailed, Talk, Voice
from ivr.dialogue import advance, start
from ivr.policy import CallerPolicy
from ivr.ports import Desk
from ivr.steps import Admit, Admitted, Away, End, Input, Kept, Look, NotKept, Seen, Spool, Step
from ivr.values import CallFacts, Left, Outage

__all__ = ["AgiCall", "Keep", "Service", "StepFailed"]

Keep = Callable[[Left], Awaitable[None]]
log = structlog.get_logger()
STEP_SECONDS = 240.0  # longest prompts and slowest fingers; a guard against leaks, not a rule for callers
COMMAND_SECONDS = 4.0  # an answer to a command that plays nothing
DESK_SECONDS = 1.0  # the caller hears silence meanwhile
LONGEST_KEEP = 3.0  # the dialplan waits 4 s, also for the first step; the promise has to begin before that


@dataclass(frozen=True, slots=True)
class Service:
    """What every call needs. keep: returns when the line is durable; clock: aware UTC; prompts: their folder as Asterisk sees it;
    desk: None where nobody can look; outages: see ``ivr.ports.Outages``.
    """

    policy: CallerPolicy
    zone: tzinfo
    prompts: str
    keep: Keep
    clock: Callable[[], datetime]
    desk: Desk | None
    outages: Callable[[datetime], Sequence[Outage]]


class AgiCall:
    """One call under way."""

    def __init__(self, line: AgiLine, service: Service) -> None:
        self._line, self._service = line, service

    async def run(self) -> End:
        """The whole dialogue, and how it ended. Raises CallerGone and StepFailed."""
        service = self._service
        call = call_facts(self._line.header or {})
        if not call.scope:
            raise StepFailed("the dialplan is an older one: render it again")
        now = service.clock()
        dialogue, steps = start(call, service.policy, service.zone, now, service.outages(now))
        voice = Voice(service.prompts, dialogue.language)
        while True:
            given = await self._answered(voice, steps, call)
            if isinstance(given, End):
                return given
            dialogue, steps = advance(dialogue, given, service.clock())

    async def _answered(self, voice: Voice, steps: tuple[Step, ...], call: CallFacts) -> Input | End:
        """Do the steps in order; the last one is answered, or ends the call."""
        last = await self._say(voice.perform(steps))
        if isinstance(last, Spool):
            return await self._spool(last.left)
        if isinstance(last, Look):
            return await self._look(last)
        if isinstance(last, Admit):
            return await self._admit(last, call)
        return last

    async def _say(self, talk: Talk) -> Input | Spool | Look | Admit | End:
        try:
            line = next(talk)
            while True:
                seconds = STEP_SECONDS if line.startswith(b"GOSUB") else COMMAND_SECONDS
                line = talk.send(await self._line.ask(line, seconds))
        except StopIteration as done:
            answer: Input | Spool | Look | Admit | End = done.value
            return answer

    async def _spool(self, left: Left) -> Kept | NotKept:
        """The facts are out, so the next tier has them if this never comes back."""
        most = min(self._service.policy.keep_seconds, LONGEST_KEEP)
        self._line.give(most)
        try:
            async with asyncio.timeout(most):
                await self._service.keep(left)
        except Exception as reason:
            log.warning("spool did not keep", unique_id=left.unique_id, reason=type(reason).__name__)
            return NotKept()
        return Kept()

    async def _look(self, step: Look) -> Seen | Away:
        """Nobody to ask, too slow or broken: then nobody can look at the moment."""
        if self._service.desk is None:
            return Away()
        self._line.give(DESK_SECONDS)
        try:
            async with asyncio.timeout(DESK_SECONDS):
                return Seen(await self._service.desk.look(step.number, step.reference))
        except Exception as reason:
            log.warning("nobody could look into the book", reason=type(reason).__name__)
            return Away()

    async def _admit(self, step: Admit, call: CallFacts) -> Admitted:
        """A limit that nobody can look up keeps nobody from leaving a number; the book looks again."""
        if self._service.desk is None:
            return Admitted()
        self._line.give(DESK_SECONDS)
        try:
            async with asyncio.timeout(DESK_SECONDS):
                return Admitted(await self._service.desk.admit(step.number, call.caller_id))
        except Exception as reason:
            log.warning("limits could not be looked up", reason=type(reason).__name__)
            return Admitted()
