"""Starts the bridge as ``holdfast bridge`` does, with two things that only a test wants: a clock that can be stepped from
outside, and a book of what has been made durable, by which a power cut is played (see power.py).
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import ami_bridge.start as bridge_main
from ami_bridge.clock import read_clocks
from fallback.time import Now

from . import power
from .clock import read_offset

OFFSET = "CHAOS_CLOCK"  # file with one double: seconds that wall time is off
DURABLE = "CHAOS_DURABLE"  # where each sync is written down


def stepped(file: Path) -> Callable[[], Now]:
    """Both clocks; the wall is off by what the file says."""

    def read() -> Now:
        now = read_clocks()
        return Now(now.wall + timedelta(seconds=read_offset(file)), now.mono)

    return read


def main() -> int:
    """The bridge, until it is ended."""
    file = Path(os.environ[OFFSET])
    clock = stepped(file)
    power.watch(Path(os.environ[DURABLE]), ".jsonl")
    stand_in: Any = bridge_main
    stand_in.Bridge = partial(stand_in.Bridge, clock=clock)
    stand_in.Spool = partial(
        stand_in.Spool, clock=lambda: datetime.now(UTC) + timedelta(seconds=read_offset(file))
    )
    return bridge_main.main()


if __name__ == "__main__":
    sys.exit(main())
