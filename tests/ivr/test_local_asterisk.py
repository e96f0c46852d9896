"""Tier 2 as it is shipped, on real Asterisks: our own script, its own line in the spool, and tier 3 when it is killed."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hotline import POLICY, Hotline, silent_prompts
from hotline_calls import Call

from callbacks.spool_line import decode
from callbacks.values import Capture
from config.asterisk import DialplanSite, ScopeLine, render
from ivr import book_file
from ivr.book_file import DialogueBook
from lab import Lab

pytestmark = pytest.mark.asterisk

PROGRAM = Path(sys.executable).with_name("holdfast-local-agi")
SCRIPT = "holdfast_local.agi"
OWN = "13912345678"


def put_book(lab: Lab, **policy: object) -> Path:
    """The file that a bridge would have left, with an empty spool beside it."""
    folder = lab.run_dir / "tier2"
    spool = folder / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    for file in spool.iterdir():
        file.unlink()
    rules = replace(POLICY, dialogue="short", **policy)  # type: ignore[arg-type]  # any field by name
    book = DialogueBook(rules, (), "pbx1", spool, folder / "recordings", lab.prompts_dir, datetime.now(UTC))
    book_file.write(folder / "dialogue.json", book)
    return folder / "dialogue.json"


def spooled(book: Path) -> list[Capture]:
    return [
        decode(line) for file in (book.parent / "spool").iterdir() for line in file.read_bytes().splitlines()
    ]


@contextmanager
def local(hotline: Hotline, **policy: object) -> Iterator[Path]:
    """The bridge is dead, and tier 2 is there."""
    book = put_book(hotline.lab, **policy)
    script = hotline.lab.holdfast_conf_dir / SCRIPT
    with hotline.rendered(local_agi=str(script), local_program=PROGRAM, local_book=book, agi_start=10):
        script.chmod(0o755)
        hotline.beat(60)
        hotline.flag()
        yield book


def pressed_1(hotline: Hotline) -> Call:
    return hotline.call(OWN).runs("Read", "/message-fault").keys("1").runs("TryExec", SCRIPT)


def test_a_call_through_the_script_is_in_the_spool_once_and_nowhere_else(either: Hotline) -> None:
    with local(either) as book:
        call = pressed_1(either).runs("Read", "/matter").keys("2").runs("Playback", "/promise").ended()
        (capture,) = spooled(book)
        assert (capture.number, str(capture.matter), capture.tier) == (OWN, "bill", 2)
        assert capture.key == f"pbx1:{call.unique_id}"
        assert (capture.promised, capture.wanted, len(capture.reference)) == (True, True, 6)
        assert not either.lines(0.5)


def test_a_script_that_is_killed_leaves_the_call_to_tier_3_which_asks_nothing_again(either: Hotline) -> None:
    with local(either) as book:
        call = pressed_1(either).runs("Read", "/matter")
        (pid,) = _scripts(book)
        os.kill(pid, signal.SIGKILL)
        call.runs("Playback", "/promise").ended()
        assert spooled(book) == []
        (line,) = either.lines()
        assert (line[1], line[5], line[6]) == (call.unique_id, OWN, "own")


def test_a_caller_who_hangs_up_takes_the_script_with_him_and_is_written_down(either: Hotline) -> None:
    with local(either) as book:
        pressed_1(either).runs("Read", "/matter").hang_up()
        (line,) = either.lines()
        assert (line[5], line[6]) == (OWN, "own")
        end = time.monotonic() + 5
        while _scripts(book) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _scripts(book)
        assert spooled(book) == []


def test_a_spool_that_cannot_be_written_promises_nothing_in_tier_2(hotline: Hotline) -> None:
    with local(hotline) as book:
        (book.parent / "spool").rmdir()
        call = pressed_1(hotline).runs("Read", "/matter").keys("2").ended()
        (line,) = hotline.lines()
        assert (line[1], line[5], line[7]) == (call.unique_id, OWN, "bill")


@pytest.mark.parametrize("version", ["lab", "lab16"])
def test_keys_that_come_by_rtp_reach_the_script(version: str, request: pytest.FixtureRequest) -> None:
    chosen: Lab = request.getfixturevalue(version)
    book = put_book(chosen, choice_seconds=3.0, max_tries=3)
    silent_prompts(chosen.prompts_dir)
    folder = chosen.holdfast_conf_dir
    files = render(
        DialplanSite(
            scopes=(ScopeLine("power", "power"),),
            prompts_dir=chosen.prompts_dir,
            tier3_dir=chosen.tier3_dir,
            agi_host=chosen.agi_host,
            agi_port=chosen.agi_port,
            agi_start=10,
            local_agi=str(folder / SCRIPT),
            local_program=PROGRAM,
            local_book=book,
        )
    )
    was = {name: (folder / name).read_text() if (folder / name).exists() else None for name in files}
    try:
        for name, text in files.items():
            (folder / name).write_text(text)
        (folder / SCRIPT).chmod(0o755)
        chosen.reload()
        chosen.cli(
            f"database put holdfast beat {int(time.time()) - 60}"
        )  # too old for tier 1, not for the flag
        chosen.cli("database put holdfast-scope power capture,OUTAGE,fault,,INC-1")
        # pressed twice, because the machine may be slow to start the script; the second one then comes to nothing
        chosen.call(OWN, keys=((0.5, "1"), (3.0, "2"), (6.0, "2")), give_up_after=25).result(40)
        (capture,) = spooled(book)
        assert (capture.number, str(capture.matter), capture.tier) == (OWN, "bill", 2)
    finally:
        for family in ("holdfast", "holdfast-scope"):
            chosen.cli(f"database deltree {family}")
        for name, before in was.items():
            if before is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(before)
        chosen.reload()


def _scripts(book: Path) -> list[int]:
    """Process ids of scripts that serve a call with this book."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(book) in words and os.fsencode(PROGRAM) in words:
                found.append(int(entry.name))
    return found
