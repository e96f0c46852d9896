"""kill -9 before, within and after a line of the journal of each kind: nobody left out, nobody told twice on one way."""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.rungs_child import ORDERS, PEOPLE, READY, SENT

HOW = ("before", "torn", "after")


def start(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "bench.rungs_child", str(folder), *words])


def sent(folder: Path) -> list[dict[str, str]]:
    path = folder / SENT
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def ordered(folder: Path) -> None:
    """One rung for everybody, due now."""
    folder.mkdir()
    order = {"do": "raise", "incident": "INC-1", "rung": "a2.engineer", "roles": PEOPLE, "at": time.time()}
    (folder / ORDERS).write_text(json.dumps(order) + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("line", [1, 3, 5])  # the rung, an intention, a fate; bench.rungs meets them all
def test_a_kill_at_a_line_of_the_journal_leaves_nobody_out_and_tells_nobody_twice(
    tmp_path: Path, line: int
) -> None:
    folders = {how: tmp_path / how for how in HOW}
    for folder in folders.values():
        ordered(folder)
    first = [start(folder, "--die-at", str(line), "--die-how", how) for how, folder in folders.items()]
    assert [child.wait(20) for child in first] == [-9, -9, -9]
    left = {how: {one["person"] for one in sent(folder)} for how, folder in folders.items()}
    again = [start(folder) for folder in folders.values()]
    try:
        for how, folder in folders.items():
            _until_told(folder, PEOPLE)
            ways = Counter((one["person"], one["way"]) for one in sent(folder))
            assert max(ways.values()) == 1, (how, line, left[how])
    finally:
        for child in again:
            child.kill()
            child.wait()


def _until_told(folder: Path, people: tuple[str, ...]) -> None:
    """Everybody by this run or the one before; within a second of readiness when nothing had left to him for sure."""
    end = time.monotonic() + 15
    while {one["person"] for one in sent(folder)} != set(people) or not (folder / READY).exists():
        assert time.monotonic() < end, "somebody was left out"
        time.sleep(0.02)
