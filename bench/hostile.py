"""Calls in progress while strangers hold, dribble into and flood the FastAGI port: how much later we answer a caller.

A thousand sockets that say nothing, a hundred that send a byte a second, and headers of 10 MB one after the other come from
another process. Meanwhile dialogues go on; what is timed is our reply to a line of AGI. Floor: the same without strangers.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench import agi_peer
from bench.exchange import server
from bench.report import Figure, quantile, show
from lab.site import prompt_cache

IDLE, SLOW, HEADER = 1000, 100, 10_000_000
AT_ONCE = 20
REACH = 3.0  # times
LATEST = 0.020  # seconds: what a held dialogue may cost; a ratio of less than this hurts nobody


async def _dialogue(port: int, number: int, took: list[float], lost: list[int]) -> None:
    """One call, each of our replies timed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data, commands = agi_peer.HEADER % (7, number), 0
    with contextlib.suppress(ConnectionError):
        while True:
            sent = time.perf_counter()
            writer.write(data)
            line = await reader.readline()
            if not line:
                break
            took.append(time.perf_counter() - sent)
            commands += 1
            data = agi_peer.answer(line)
    lost.append(commands < 2)
    writer.close()


async def _dialogues(port: int, seconds: float) -> tuple[list[float], int]:
    """Replies in seconds, and how many calls were not served."""
    took: list[float] = []
    lost: list[int] = []
    end = time.monotonic() + seconds

    async def worker(number: int) -> None:
        while time.monotonic() < end:
            number += AT_ONCE
            await _dialogue(port, number, took, lost)
            await asyncio.sleep(0.02)

    await asyncio.gather(*(worker(number) for number in range(AT_ONCE)))
    return took, sum(lost)


@contextmanager
def strangers(port: int) -> Iterator[None]:
    """All three kinds, until it is left."""
    process = multiprocessing.Process(target=_besiege, args=(port,), daemon=True)
    process.start()
    time.sleep(2.0)
    try:
        yield
    finally:
        process.terminate()
        process.join(10)


def _besiege(port: int) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_all_strangers(port))


async def _all_strangers(port: int) -> None:
    kinds = [_hold(port) for _ in range(IDLE)] + [_dribble(port) for _ in range(SLOW)] + [_flood(port)]
    await asyncio.gather(*kinds)


async def _hold(port: int) -> None:
    """Connects and is silent; comes back when it is thrown out."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.read(1)
            writer.close()
        await asyncio.sleep(1.0)


async def _dribble(port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            for byte in b"agi_network: yes\nagi_uniqueid: 1.1\n":
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(1.0)
        await asyncio.sleep(0.1)


async def _flood(port: int) -> None:
    """A header of 10 MB, again and again."""
    block = b"agi_arg_1: " + b"x" * 65_000 + b"\n"
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(HEADER // len(block)):
                writer.write(block)
                await writer.drain()
            writer.close()
        await asyncio.sleep(0.05)


def measure(seconds: float) -> list[Figure]:
    """p99 of a reply, besieged and at peace."""
    with server("bench.agi_ours", str(prompt_cache())) as (port, _):
        asyncio.run(_dialogues(port, 1.0))
        peace, _ = asyncio.run(_dialogues(port, seconds))
        with strangers(port):
            besieged, lost = asyncio.run(_dialogues(port, seconds))
    p99, floor = quantile(besieged, 0.99), quantile(peace, 0.99)
    print(
        f"p50 {quantile(peace, 0.5) * 1000:.2f} → {quantile(besieged, 0.5) * 1000:.2f} ms, "
        f"p99 {floor * 1000:.2f} → {p99 * 1000:.2f} ms; calls not served: {lost}",
        file=sys.stderr,
    )
    good = (p99 / floor <= REACH or p99 <= LATEST) and lost == 0
    reach = f"<= {REACH:g} x, or <= {LATEST * 1000:g} ms; none lost"
    return [Figure("hostile", p99 * 1000, "ms", floor * 1000, p99 / floor, reach, good, len(besieged))]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.seconds), options.json)


if __name__ == "__main__":
    sys.exit(main())
