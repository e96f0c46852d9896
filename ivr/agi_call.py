"""Speaks a dialogue on one AGI connection.

A step costs two exchanges: one ``MSet`` with everything to remember and the new absolute time-out, and the step itself.
Commands are never sent ahead: Asterisk reads a second one from the same packet only when a third arrives.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, tzinfo
from math import ceil

from ivr.agi_line import AgiLine
from ivr.agi_wire import command
from ivr.dialogue import advance, start
from ivr.policy import CallerPolicy
from ivr.sounds import Sounds
from ivr.steps import Ask, End, Input, Kept, Keys, NotKept, Play, SetFacts, SetLanguage, Spool, Step
from ivr.values import CallFacts, Left

Keep = Callable[[Left], Awaitable[None]]
GRACE_SECONDS = 4  # silence that a frozen server may cost a caller before the dialplan goes on
COMMAND_SECONDS = 4.0  # an answer to a command that plays nothing


class StepFailed(Exception):
    """Asterisk could not do a step (a prompt is missing, say): the call is left to the dialplan."""


class AgiCall:
    """One call under way. keep: returns when the line is durable; clock: aware UTC."""

    def __init__(
        self,
        line: AgiLine,
        policy: CallerPolicy,
        zone: tzinfo,
        sounds: Sounds,
        keep: Keep,
        clock: Callable[[], datetime],
    ) -> None:
        self._line, self._policy, self._zone = line, policy, zone
        self._sounds, self._keep, self._clock = sounds, keep, clock
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
        seconds = self._sounds.seconds(self._language, step.prompts)
        await self._remember(seconds)
        files = self._files(step.prompts)
        if len(files) == 1:  # only this one tells when the file is missing
            await self._do(command("STREAM FILE", files[0], ""), seconds)
        else:
            await self._do(command("EXEC", "Playback", "&".join(files)), seconds)

    async def _ask(self, step: Ask) -> Keys:
        seconds = self._sounds.seconds(self._language, step.prompts) + step.seconds * step.digits
        await self._remember(seconds)
        files = self._files(step.prompts)
        if len(files) == 1:
            limits = str(int(step.seconds * 1000)), str(step.digits)
            return Keys(await self._do(command("GET DATA", files[0], *limits), seconds))
        arguments = f"HF_IN,{'&'.join(files)},{step.digits},,1,{step.seconds:g}"
        await self._do(command("EXEC", "Read", arguments), seconds)
        reply = await self._line.ask(_HEARD, COMMAND_SECONDS)
        status, _, keys = reply.data.partition(":")
        if reply.failed or status == "ERROR":
            raise StepFailed("a prompt cannot be played")
        return Keys(keys)

    async def _spool(self, left: Left) -> Input:
        """Facts first, so that the next tier has them if this one never comes back."""
        wait = self._policy.keep_seconds
        if self._facts:
            await self._remember(wait)
        self._line.give(wait)
        try:
            async with asyncio.timeout(wait):
                await self._keep(left)
        except Exception:
            return NotKept()
        return Kept()

    # -- commands

    async def _remember(self, seconds: float | None = None) -> None:
        """Everything to remember, and the time-out for a step of so many seconds, in one exchange."""
        pairs = [f"{name}={value}" for name, value in self._facts]
        if seconds is not None:
            pairs.insert(0, f"TIMEOUT(absolute)={ceil(seconds) + GRACE_SECONDS}")
        self._facts = []
        if pairs:
            await self._do(command("EXEC", "MSet", ",".join(pairs)), COMMAND_SECONDS)

    async def _do(self, line: bytes, seconds: float) -> str:
        reply = await self._line.ask(line, seconds)
        if reply.failed:
            raise StepFailed(line.split(b" ", 2)[1].decode())
        return reply.result

    def _files(self, prompts: tuple[str, ...]) -> list[str]:
        return [self._sounds.path(self._language, prompt) for prompt in prompts]


_HEARD = command("GET FULL VARIABLE", "${READSTATUS}:${FILTER(0-9*#,${HF_IN})}")


def call_facts(header: dict[str, str]) -> CallFacts:
    """What the dialplan says of the call. All of it comes from a telephone line and is taken with care."""
    arguments = [header.get(f"agi_arg_{n}", "") for n in range(1, 8)]
    scope, language, message, recovery, incident, key, own = arguments
    caller_id = _number(header.get("agi_callerid", ""))
    return CallFacts(
        unique_id=header.get("agi_uniqueid", ""),
        scope=scope,
        language=language,
        message=message or "fault",
        caller_id=caller_id,
        own=own if "agi_arg_7" in header else caller_id,
        key=key[:1],
        recovery_at=_moment(recovery),
        incident=incident,
    )


def _number(text: str) -> str:
    """A caller id that is a number, with its "+"; anything else (unknown, anonymous, a name) is none."""
    return text if text.removeprefix("+").isdecimal() and text.isascii() else ""


def _moment(epoch: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    except (ValueError, OverflowError, OSError):
        return None
