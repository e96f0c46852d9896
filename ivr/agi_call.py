"""Speaks a dialogue on one AGI connection.

A step runs in the dialplan (``holdfast-step``), which limits the silence after it by itself; so nothing here needs to know
how long a prompt is. What is to be remembered goes out before it in one ``MSet``. Commands are never sent ahead:
Asterisk does not look at a second one that came in the same packet.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo

import structlog

from ivr.agi_header import call_facts
from ivr.agi_line import AgiLine
from ivr.agi_wire import command
from ivr.dialogue import advance, start
from ivr.policy import CallerPolicy
from ivr.steps import Ask, End, Input, Kept, Keys, NotKept, Play, SetFacts, SetLanguage, Spool, Step
from ivr.values import Left

Keep = Callable[[Left], Awaitable[None]]
log = structlog.get_logger()
STEPS = "holdfast-step"
STEP_SECONDS = 240.0  # longest prompts and slowest fingers; a guard against leaks, not a rule for callers
COMMAND_SECONDS = 4.0  # an answer to a command that plays nothing
LONGEST_KEEP = (
    3.0  # the dialplan waits 4 s after a step and 5 s for the first; the promise has to begin before that
)


class StepFailed(Exception):
    """Asterisk could not do a step (a prompt is missing, say): the call is left to the dialplan."""


class AgiCall:
    """One call under way. keep: returns when the line is durable; clock: aware UTC; prompts: their folder."""

    def __init__(
        self,
        line: AgiLine,
        policy: CallerPolicy,
        zone: tzinfo,
        prompts: str,
        keep: Keep,
        clock: Callable[[], datetime],
    ) -> None:
        self._line, self._policy, self._zone = line, policy, zone
        self._prompts, self._keep, self._clock = prompts, keep, clock
        self._language = ""
        self._facts: list[tuple[str, str]] = []

    async def run(self) -> bool:
        """The whole dialogue; True when the caller has heard all of it. Raises CallerGone and StepFailed."""
        call = call_facts(self._line.header or {})
        dialogue, steps = start(call, self._policy, self._zone, self._clock())
        self._language = dialogue.language
        while True:
            given = await self._perform(steps)
            if isinstance(given, bool):
                return given
            dialogue, steps = advance(dialogue, given, self._clock())

    async def _perform(self, steps: tuple[Step, ...]) -> Input | bool:
        """Do the steps in order; the last one is answered, or ends the call."""
        for step in steps:
            if isinstance(step, SetFacts):
                self._facts += step.facts
            elif isinstance(step, SetLanguage):
                self._language = step.language
            elif isinstance(step, Play):
                await self._play(step)
            elif isinstance(step, Ask):
                return await self._ask(step)
            elif isinstance(step, Spool):
                return await self._spool(step.left)
            elif isinstance(step, End):
                await self._remember()
                return step.done
        raise AssertionError("a dialogue's steps end with a question or with End")

    # -- steps

    async def _play(self, step: Play) -> None:
        await self._remember()
        await self._do(command("GOSUB", STEPS, "play", "1", self._files(step.prompts)), STEP_SECONDS)

    async def _ask(self, step: Ask) -> Keys:
        await self._remember()
        arguments = f"{self._files(step.prompts)},{step.digits},{step.seconds:g}"
        await self._do(command("GOSUB", STEPS, "ask", "1", arguments), STEP_SECONDS)
        reply = await self._line.ask(_HEARD, COMMAND_SECONDS)
        status, colon, keys = reply.data.partition(":")
        if reply.failed or not colon or status == "ERROR":
            raise StepFailed("a prompt cannot be played, or the dialplan is an older one: render it again")
        return Keys(keys)

    async def _spool(self, left: Left) -> Input:
        """Facts first, so that the next tier has them if this one never comes back."""
        await self._remember()
        self._line.give(self._policy.keep_seconds)
        try:
            async with asyncio.timeout(min(self._policy.keep_seconds, LONGEST_KEEP)):
                await self._keep(left)
        except Exception as reason:
            log.warning("spool did not keep", unique_id=left.unique_id, reason=type(reason).__name__)
            return NotKept()
        return Kept()

    # -- commands

    async def _remember(self) -> None:
        """Everything to remember, in one exchange and in order."""
        if self._facts:
            pairs = ",".join(f"{name}={value}" for name, value in self._facts)
            self._facts = []
            await self._do(command("EXEC", "MSet", pairs), COMMAND_SECONDS)

    async def _do(self, line: bytes, seconds: float) -> None:
        reply = await self._line.ask(line, seconds)
        if reply.failed:
            raise StepFailed(line.split(b" ", 2)[1].decode())

    def _files(self, prompts: tuple[str, ...]) -> str:
        folder = f"{self._prompts}/{self._language}"
        return "&".join(f"{folder}/{prompt}" for prompt in prompts)


_HEARD = command("GET VARIABLE", "HF_IN")
