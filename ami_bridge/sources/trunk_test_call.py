"""Our own call out on one trunk that must arrive on another (D1, ``Evidence.TESTCALL``).

It is guarded as callbacks are: written down before it is made, sent through the guarded context, whose lock, fence and time
refuse a stale or doubled originate, and never made a second time because nobody knows what became of the first. It is made
only while lines are plenty and nobody waits, and not more often than every LEAST_EVERY seconds.

It is recognised by its caller id, a random number; where carriers put their own in its place, by the number dialled, if
the policy says that nobody else dials it. On arrival both ends are hung up at once, so it rings nobody who is slower
than a manager event; still, give it a number that leads nowhere in the dial plan.
"""

import asyncio
import json
import os
import random
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import structlog

from ami_bridge.attempts import FAMILY, stage_of
from ami_bridge.clock import Clock
from ami_bridge.events import CallEvent, TrunkCallEnded, TrunkRang
from ami_bridge.link import Link, LinkDown, NotSent
from ami_bridge.originate import DIAL_CONTEXT, Guard, Headers
from ami_bridge.sources.trunk_share import CAUSES, Verdict
from config.sources import TestCall
from fallback.events import Event, Evidence, TrunkSeen

log = structlog.get_logger()

LEAST_EVERY = 300.0
LOOK_AGAIN = 30.0  # seconds, when it did not fit
JITTER = 0.1
NONCE_DIGITS = 9
SAME_DIGITS = 7  # the last digits of two ways of writing one number
SENT_WITHIN = 5.0  # seconds in which the guard takes it
SETTLE = 1.0  # seconds that hang-up handlers may need for the last word
_STAGE = re.compile(r"end,([A-Z]+),\d+,\d+,(\d+)")


class Room(Protocol):
    """What a test call asks of the bridge before it is made."""

    def guard(self) -> Guard | None:
        """Fence and Asterisk's time; None while nothing may be dialled."""

    def plenty(self, trunk: str) -> bool:
        """Whether the trunk has lines to spare, and nobody waits."""


class TestCallBook:
    """When each test call was last made, kept in a file, so that a restart does not make one too many."""

    __test__ = False  # no test class, whatever a test runner thinks of its name

    def __init__(self, file: Path) -> None:
        self._file = file
        self._made = self._load()

    def last(self, name: str) -> datetime | None:
        """Aware UTC; None: never."""
        return self._made.get(name)

    def begin(self, name: str, at: datetime) -> None:
        """On the disk when this returns. Raises OSError: then the call must not be made."""
        self._made[name] = at
        new = self._file.with_suffix(".new")
        with new.open("w", encoding="utf-8") as out:
            json.dump({one: made.isoformat() for one, made in self._made.items()}, out)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self._file)

    def _load(self) -> dict[str, datetime]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): datetime.fromisoformat(at).astimezone(UTC) for name, at in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as problem:
            log.error("when test calls were made cannot be read", file=str(self._file), reason=str(problem))
            return {}


@dataclass(slots=True)
class _Open:
    """A test call under way. rang: the trunk that it went out on let it ring somewhere."""

    nonce: str
    arrived: "asyncio.Future[str]"
    rang: bool = False


class TrunkTestCall:
    """One test call of the policy, made again and again. Hand it every call event of the link (``heard``).

    dial: template of the trunk that it goes out on, with ``{number}``.
    """

    def __init__(
        self,
        test: TestCall,
        dial: str,
        link: Link,
        room: Room,
        book: TestCallBook,
        put: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self._test = test
        self._dial = dial
        self._link = link
        self._room = room
        self._book = book
        self._put = put
        self._clock = clock
        self._open: _Open | None = None

    def heard(self, event: CallEvent) -> None:
        """Looks whether an incoming call is the one that is awaited, and what became of the outgoing one."""
        if self._open is None:
            return
        if isinstance(event, TrunkCallEnded) and event.linked_id == channel_id(self._open.nonce):
            self._open.rang = self._open.rang or (event.outgoing and event.heard_of)
        if not isinstance(event, TrunkRang) or event.trunk != self._test.into:
            return
        ours = event.caller.endswith(self._open.nonce) or (
            self._test.by_number and _same(event.called, self._test.number)
        )
        if ours and not self._open.arrived.done():
            self._open.arrived.set_result(event.unique_id)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._wait())
            if not await self.make():
                await asyncio.sleep(LOOK_AGAIN)

    def _wait(self) -> float:
        """Seconds until the next one is due, moved a little so that it is never in step with anything."""
        every = max(LEAST_EVERY, self._test.every) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        last = self._book.last(self._test.name)
        gone = (self._clock().wall - last).total_seconds() if last else every
        return max(0.0, every - gone) if gone >= 0 else every

    async def make(self) -> bool:
        """One test call, if it fits now; False when it did not, and nothing was dialled."""
        guard = self._room.guard()
        if guard is None or not all(self._room.plenty(one) for one in (self._test.out, self._test.into)):
            return False
        nonce = "".join(secrets.choice("123456789") for _ in range(NONCE_DIGITS))
        try:
            await asyncio.to_thread(self._book.begin, self._test.name, self._clock().wall)
        except OSError as problem:
            log.error("no test call: it could not be written down", test=self._test.name, reason=str(problem))
            return False
        self._open = _Open(nonce, asyncio.get_running_loop().create_future())
        try:
            await self._make(self._open, guard)
        except LinkDown as problem:
            log.warning("test call without a result", test=self._test.name, reason=str(problem))
        finally:
            self._open = None
        return True

    async def _make(self, made: _Open, guard: Guard) -> None:
        nonce = made.nonce
        try:
            reply = await self._link.action(originate(self._test, self._dial, nonce, guard))
        except NotSent:
            return
        if not reply.ok:
            log.error("Asterisk refused a test call", test=self._test.name, reason=reply.message)
            return
        unique_id = None
        try:
            async with asyncio.timeout(self._test.timeout):
                unique_id = await made.arrived
        except TimeoutError:
            pass
        finally:
            for channel in (unique_id, channel_id(nonce)):
                if channel:
                    await self._link.action({"Action": "Hangup", "Channel": channel})
        await asyncio.sleep(SETTLE)
        stage = await stage_of(self._link, key_of(nonce))
        await self._link.action({"Action": "DBDel", "Family": FAMILY, "Key": key_of(nonce)})
        self._judge(unique_id is not None, stage, made.rang)

    def _judge(self, arrived: bool, stage: str | None, rang: bool) -> None:
        test = self._test
        blamed = (test.out, test.into) if arrived else whom_to_blame(test, stage, rang)
        log.info("test call", test=test.name, arrived=arrived, stage=stage or "", trunks=blamed)
        words = "arrived" if arrived else f"did not arrive ({stage or 'not dialled'})"
        for trunk in blamed:
            detail = f"test call {test.name}: out on {test.out}, {words} on {test.into}"
            self._put(TrunkSeen(trunk, Evidence.TESTCALL, arrived, detail))


def key_of(nonce: str) -> str:
    """The test call's key in the guarded context and in AstDB."""
    return f"test{nonce}"


def channel_id(nonce: str) -> str:
    """The unique id of its first channel; unlike those of attempts, so that nobody takes it for a callback."""
    return f"hft-{nonce}"


def originate(test: TestCall, dial: str, nonce: str, guard: Guard) -> Headers:
    """The headers of the one originate, through the guarded context that callbacks use."""
    seconds = int(test.timeout)
    variables = {
        "HF_DIAL": dial.format(number=test.number),
        "HF_SHOWN": nonce,
        "HF_FENCE": str(guard.fence),
        "HF_NOT_AFTER": str(guard.epoch + int(SENT_WITHIN)),
        "HF_RING": str(seconds),
        "HF_DIRECT": "1",
    }
    return {
        "Action": "Originate",
        "Channel": f"Local/{key_of(nonce)}@{DIAL_CONTEXT}/n",
        "Application": "Wait",
        "Data": "1",
        "Async": "true",
        "Timeout": str(seconds * 1000),
        "CallerID": nonce,
        "ChannelId": channel_id(nonce),
        "OtherChannelId": f"{channel_id(nonce)}-2",
        "Variable": [f"{name}={value}" for name, value in variables.items()],
    }


def whom_to_blame(test: TestCall, stage: str | None, rang: bool) -> tuple[str, ...]:
    """The trunks that a call which did not arrive speaks against.

    One that the first trunk refused by its own fault says nothing of the second, and one that rang or was answered somewhere
    was carried by the first. One that was dialled and is heard of nowhere speaks against both. Busy, rejected or never dialled
    say nothing.
    """
    if stage is None:
        return ()
    ended = _STAGE.fullmatch(stage)
    status = ended[1] if ended else ""
    if rang or status == "ANSWER":
        return (test.into,)
    if ended is None or status in ("NOANSWER", "CANCEL"):
        return (test.out, test.into)
    said, _ = CAUSES.get(int(ended[2]), (Verdict.NOTHING, ""))
    return (test.out,) if said is Verdict.AGAINST else ()


def _same(called: str, number: str) -> bool:
    """Whether two ways of writing a number mean the same one."""
    left, right = (re.sub(r"\D", "", text)[-SAME_DIGITS:] for text in (called, number))
    return bool(left) and left == right
