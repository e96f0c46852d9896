"""The harness itself: it would see a loss, a double, a stranger, and a line that a power cut took."""

import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bench.callers import sip, sound
from bench.callers.owed import Due, due, numbers
from bench.callers.person import Person, Way, number
from bench.callers.reckoning import LOST, TWICE, WRONGLY, reckon
from bench.callers.story import Story, silence

from . import power
from .plan import HABITS, faults, people

ROOT = Path(__file__).parents[2]
OWN, OTHER = "13900000001", "13801010101"


def person(way: Way = Way.STAYS, other: str = "") -> Person:
    return Person(1, way, OWN, other, "a", 0.3, None, "1", 1.0)


def story(*heard: str, way: Way = Way.STAYS, other: str = "", keys: str = "") -> Story:
    """Sounds one after the other, each heard whole, from second 1 on; a key in the first half second."""
    told = Story(person(way, other), placed=0.0, answered=1.0)
    at = 1.0
    for name in heard:
        for _ in range(sound.packets(name)):
            at += sound.PACKET
            told.hear(name, at)
    told.keys = [(1.5, key) for key in keys]
    told.ended = at
    return told


def row(called: str, captures: int = 1) -> dict[str, object]:
    return {"number": called, "captures_made": [{"tier": 1}] * captures}


def test_a_promise_heard_to_its_end_must_be_in_the_book() -> None:
    told = story(sound.PHRASE, sound.PROMISE, keys="1")
    assert due(told) is Due.MUST
    assert reckon([told], [row(OWN)], 1.0).found == 1
    assert [one.what for one in reckon([told], [], 1.0).wrong] == [LOST]


def test_a_promise_that_was_cut_may_be_in_the_book_and_may_not() -> None:
    told = story(sound.PHRASE, sound.PROMISE, keys="1")
    told.runs[-1].packets //= 2
    assert due(told) is Due.MAY
    assert not reckon([told], [], 1.0).wrong
    assert not reckon([told], [row(OWN)], 1.0).wrong


def test_whoever_left_early_without_a_key_must_not_be_in_the_book() -> None:
    told = story(sound.OTHER, way=Way.EARLY)
    assert due(told) is Due.MUST_NOT
    assert [one.what for one in reckon([told], [row(OWN)], 1.0).wrong] == [WRONGLY]


def test_two_captures_of_one_caller_or_both_his_numbers_are_twice() -> None:
    told = story(sound.PHRASE, sound.PROMISE, keys="1", other=OTHER)
    told.read_back = OTHER
    assert [one.what for one in reckon([told], [row(OTHER, captures=2)], 1.0).wrong] == [TWICE]
    assert [one.what for one in reckon([told], [row(OTHER), row(OWN)], 1.0).wrong] == [TWICE]


def test_whoever_confirmed_another_number_must_be_called_on_that_one() -> None:
    told = story(sound.PHRASE, sound.READ_BACK, sound.CONFIRM, sound.PROMISE, keys="21", other=OTHER)
    told.read_back = OTHER
    assert numbers(told) == {OTHER}
    assert [one.what for one in reckon([told], [row(OWN)], 1.0).wrong] == [LOST]


def test_whoever_was_asked_about_a_number_that_he_did_not_key_is_called_on_his_own_or_lost() -> None:
    told = story(sound.PHRASE, sound.READ_BACK, sound.CONFIRM, sound.PROMISE, keys="2", other=OTHER)
    told.read_back = OTHER[:-2]
    assert numbers(told) == {OWN}
    assert [one.what for one in reckon([told], [row(OTHER[:-2])], 1.0).wrong] == [LOST]


def test_silence_counts_while_it_is_not_the_callers_turn() -> None:
    told = story(sound.PHRASE, sound.MATTER)
    assert told.ended is not None
    told.ended += 3.0
    assert silence(told, patience=1.0) == pytest.approx(2.0)  # a second of the three was his to press in
    told.runs[-1].sound = sound.OTHER
    assert silence(told, patience=1.0) == pytest.approx(3.0)


def test_the_same_seed_gives_the_same_run_and_every_kind_of_fault() -> None:
    assert faults(200, 5) == faults(200, 5) != faults(200, 6)
    assert {fault.kind for fault in faults(60, 1)} == set(HABITS)
    first, again = people(5, 2.0), people(5, 2.0)
    assert [next(first) for _ in range(50)] == [next(again) for _ in range(50)]


def test_numbers_of_callers_are_all_different_and_no_digit_follows_itself() -> None:
    drawn = [number("138", index) for index in range(5000)]
    assert len(set(drawn)) == 5000
    assert all(a != b for one in drawn for a, b in itertools.pairwise(one[2:]))


def test_every_sound_is_told_by_its_packet(tmp_path: Path) -> None:
    assert len(sound.CODES) == len(sound.SOUNDS)
    for code, name in sound.CODES.items():
        assert sound.hear(bytes(12) + bytes((code,)) * 160) == name
    assert sound.hear(bytes(12) + b"\xff" * 160) == ""
    assert sound.hear(b"short") == ""


def test_a_power_cut_drops_what_was_not_synced_and_nothing_else(tmp_path: Path) -> None:
    spool, ledger = tmp_path / "spool", tmp_path / "ledger"
    spool.mkdir()
    writes = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.chaos import power\n"
        "power.watch(Path(sys.argv[1]), '.jsonl')\n"
        "fd = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)\n"
        "os.write(fd, b'durable line\\n')\n"
        "os.fdatasync(fd)\n"
        "os.write(fd, b'lost line\\n')\n"
    )
    subprocess.run(
        [sys.executable, "-c", writes, str(ledger), str(spool / "a.jsonl")],
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (spool / "a.jsonl").read_bytes() == b"durable line\nlost line\n"
    left = set()
    for seed in range(40):
        (spool / "a.jsonl").write_bytes(b"durable line\nlost line\n")
        power.cut(spool, ".jsonl", ledger, random.Random(seed))
        left.add((spool / "a.jsonl").read_bytes())
    assert b"durable line\n" in left
    assert len(left) > 3, "torn ends too"
    assert all(text.startswith(b"durable line\n") for text in left)


def test_a_sync_of_the_dial_plan_is_noted_with_the_size_that_it_made_durable(tmp_path: Path) -> None:
    file, ledger = tmp_path / "20260701-0800.txt", tmp_path / "ledger"
    file.write_text("hf2|…\n")
    with power.noting_sync(tmp_path, ledger):
        subprocess.run(["sh", "-c", f"sync -d {file}"], check=True)
    assert power.durable(ledger) == {str(file): file.stat().st_size}


def test_an_answer_gives_the_call_its_tag_and_the_port_for_keys() -> None:
    leg = sip.Leg(OWN, "95598", "127.0.0.2:5062", "127.0.0.1:5060", "call-1")
    assert b"INVITE sip:95598@127.0.0.1:5060" in leg.invite(4000)
    answer = sip.parse(
        b"SIP/2.0 200 OK\r\nTo: <sip:95598@x>;tag=abc\r\nCall-ID: call-1\r\nCSeq: 1 INVITE\r\n\r\n"
        b"v=0\r\nm=audio 20034 RTP/AVP 0 101\r\n"
    )
    leg.answered(answer)
    assert (answer.status, answer.method, answer.audio_port) == (200, "INVITE", 20034)
    assert b";tag=abc" in leg.bye()
