"""What an AGI exchange costs us, against a bare asyncio server that speaks AGI."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.agi_peer import Tally, play
from bench.cpu import cpu_seconds
from bench.report import Figure, show
from lab.site import prompt_cache

REACH = 3.0


@contextmanager
def server(module: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """(port, pid) of a server program."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.wait()


def _cost(module: str, arguments: Sequence[str], sessions: int) -> tuple[float, Tally]:
    """Microseconds of the server's CPU for an exchange."""
    with server(module, *arguments) as (port, pid):
        asyncio.run(play(port, sessions // 10, 20))  # warm
        before = cpu_seconds(pid)
        tally = asyncio.run(play(port, sessions, 20))
        return (cpu_seconds(pid) - before) / tally.exchanges * 1e6, tally


def measure(sessions: int, prompts: Path) -> Figure:
    """Whole dialogues on our server, then as many exchanges a session on the floor."""
    ours, tally = _cost("bench.agi_ours", [str(prompts)], sessions)
    each = round(tally.exchanges / tally.sessions)
    floor, _ = _cost("bench.agi_floor", [str(each)], sessions)
    return Figure(
        "exchange",
        ours,
        "us CPU",
        floor,
        ours / floor,
        f"<= {REACH:g} x the floor",
        ours / floor <= REACH,
        tally.exchanges,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.exchange", description=__doc__)
    parser.add_argument("--sessions", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show([measure(options.sessions, prompt_cache())], options.json)


if __name__ == "__main__":
    sys.exit(main())
