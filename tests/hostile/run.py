"""Streams without end, and what they may not do: crash, hang, or make us grow."""

import asyncio
import random
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .caller_side import CallerEnd, hushed, lines
from .manager import HELLO, ManagerEnd
from .mangle import CAPTURES, SESSIONS, mangled, pieces, sources, window

HANGS = 5  # seconds for one stream
GROWTH = 24.0  # MB that the process may grow by after the first tenth
TELL_EVERY = 50_000


@dataclass(frozen=True, slots=True)
class Report:
    """streams of each kind; messages: of the manager; calls: dialogues that left something; slowest: seconds of one stream."""

    agi: int
    ami: int
    messages: int
    kept: int
    seconds: float
    slowest: float
    grown: float


def megabytes() -> float:
    """What the process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _hang(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"a stream took more than {HANGS} s")


async def streams(count: int, seed: int, say: Callable[[str], None]) -> Report:
    """Half of them AGI, half of them AMI. Raises what went wrong, with the number of its stream."""
    hushed()
    agi, ami = sources(SESSIONS, "*.agi"), sources(CAPTURES, "*/*.ami")
    callers, manager = CallerEnd(), ManagerEnd()
    began, slowest, messages, first = time.perf_counter(), 0.0, 0, 0.0
    before = signal.signal(signal.SIGALRM, _hang)
    try:
        for number in range(count):
            dice = random.Random(f"{seed} {number}")
            begun = time.perf_counter()
            signal.alarm(HANGS)
            try:
                if number % 2:
                    messages += manager.hear(pieces(_manager_stream(ami, dice), dice))
                else:
                    await callers.hear(_caller_stream(agi, dice))
            except BaseException as error:
                error.add_note(f"stream {number} of seed {seed}")
                raise
            slowest = max(slowest, time.perf_counter() - begun)
            if number == count // 10:
                first = megabytes()
            if (number + 1) % TELL_EVERY == 0:
                say(f"{number + 1} streams in {time.perf_counter() - began:.0f} s, {megabytes():.0f} MB")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    took = time.perf_counter() - began
    return Report((count + 1) // 2, count // 2, messages, callers.kept, took, slowest, megabytes() - first)


def _manager_stream(ami: list[bytes], dice: random.Random) -> bytes:
    data = dice.choice(ami).removeprefix(HELLO)
    return mangled(window(data, b"\r\n\r\n", dice), dice)


def _caller_stream(agi: list[bytes], dice: random.Random) -> list[bytes]:
    """Most come in step, as Asterisk speaks; the rest comes however packets were cut."""
    session = mangled(dice.choice(agi), dice)
    return lines(session) if dice.random() < 0.7 else list(pieces(session, dice))


async def split_everywhere(step: int = 1) -> int:
    """Every recorded conversation, cut at every byte (or each ``step``-th), says and does the same. Returns how many cuts."""
    hushed()
    callers, cuts = CallerEnd(), 0
    for session in sources(SESSIONS, "*.agi"):
        whole = await callers.hear(lines(session))
        assert len(whole) > 1, "a recorded session that leads to no dialogue"
        for cut in range(1, len(session), step):
            assert await callers.hear(_cut(lines(session), cut)) == whole, f"cut at {cut}"
            cuts += 1
    manager = ManagerEnd()
    for capture in sources(CAPTURES, "*/*.ami"):
        data = capture.partition(b"\r\n")[2]
        messages = manager.hear([data])
        for cut in range(1, len(data), step * max(1, len(data) // 12_000)):
            assert manager.hear([data[:cut], data[cut:]]) == messages, f"cut at {cut}"
            cuts += 1
    return cuts


def _cut(parts: list[bytes], at: int) -> list[bytes]:
    """The same parts, one of them in two packets."""
    cut: list[bytes] = []
    for part in parts:
        cut += [part[:at], part[at:]] if 0 < at < len(part) else [part]
        at -= len(part)
    return cut


def main_report(count: int, seed: int, say: Callable[[str], None]) -> Report:
    """The same from outside a loop."""
    return asyncio.run(streams(count, seed, say))
