"""How much is asked while lines are short, what a message becomes, and what waiting callers hear, on real Asterisk."""

import time
import wave

import pytest
from hotline import Hotline
from scripted_agi import ScriptedAgi, done

pytestmark = pytest.mark.asterisk
NUMBER, SOURCE, MATTER, PROMISED, RECORDING = 5, 6, 7, 10, 15
OWN = "13912345678"


def facts(line: list[str]) -> tuple[str, ...]:
    return line[NUMBER], line[SOURCE], line[MATTER], line[PROMISED]


def test_the_shorter_the_dialogue_the_less_is_asked_also_in_tier_3(either: Hotline) -> None:
    """The port is closed: tier 3 asks at once."""
    either.flag()
    either.put("holdfast", "length", "full")
    full = (
        either.call()
        .runs("Read", "/offer&")
        .keys("1")
        .runs("Read", "/matter")
        .runs("Playback", "reference-is")
    )
    assert full.ran("Read", "/more")
    either.put("holdfast", "length", "express")
    express = either.call().runs("Read", "/offer-short").keys("1").ended()
    keyed = either.call("anonymous").runs("Read", "/offer-short-keyed").keys("2").runs("Read", "enter-number")
    keyed.keys("13800001111#").runs("Read", "confirm").keys("1").ended()
    either.put("holdfast", "length", "message")
    message = either.call().runs("Playback", "/promise-short").ended()
    either.beat(60)  # without a bridge, what it said of lengths is old
    short = either.call().runs("Read", "/offer").hang_up()
    assert [facts(line) for line in either.lines()] == [
        (OWN, "own", "", "1"),
        (OWN, "own", "", "1"),
        ("13800001111", "keyed", "", "1"),
        (OWN, "own", "", "1"),
        ("", "none", "", "0"),
    ]
    assert not message.ran("Read", "/offer")
    assert not short.ran("Read", "/more")
    assert not any(call.ran("Read", "/matter") for call in (express, keyed, message))


def test_a_message_is_kept_also_when_its_caller_hangs_up_and_an_empty_one_is_none(either: Hotline) -> None:
    beep = f"{either.lab.prompts_dir}/zh-CN/digit-1"
    record = f'GOSUB "holdfast-step" "record" "1" "{beep},left-1,{{most}},2"'
    either.flag()
    with ScriptedAgi(
        either.lab, record.format(most="9"), "GET VARIABLE HF_IN", done(HF_SPOOLED="1")
    ) as bridge:
        call = (
            either.call(who="test-talker")
            .runs("Read", "message-fault")
            .keys("1")
            .runs("Record", "left-1.wav")
        )
        time.sleep(1.5)
        call.keys("#").ended()
        call = either.call(who="test-talker").runs("Read", "message-fault").keys("1").runs("Record")
        time.sleep(1.2)
        call.hang_up()
        (line,) = either.lines()
        with wave.open(str(either.recordings / "left-1.wav")) as sound:
            assert 0.3 < sound.getnframes() / sound.getframerate() < 2
    assert bridge.replies[1] in ("200 result=1 (1)", "200 result=1 (2)")
    assert (line[RECORDING], facts(line)) == ("left-1.wav", (OWN, "own", "", "0"))
    (either.recordings / "left-1.wav").unlink()
    with ScriptedAgi(
        either.lab, record.format(most="1"), "GET VARIABLE HF_IN", "GET VARIABLE HF_RECORDING"
    ) as bridge:
        call = (
            either.call()
            .runs("Read", "message-fault")
            .keys("1")
            .runs("Record")
            .runs("Read", "/matter")
            .hang_up()
        )
    assert bridge.replies[1] == "200 result=1 (0)"
    assert [one[RECORDING] for one in either.lines() if one[1] == call.unique_id] == [""]


def test_a_waiting_caller_hears_an_apology_and_has_his_key_by_the_rendered_queue_alone(
    either: Hotline,
) -> None:
    """B7."""
    mine = either.lab.holdfast_conf_dir / "queues_test.conf"
    mine.write_text("[patient](holdfast-power)\njoinempty = yes\n")
    try:
        with either.rendered(apology_after=1):
            since = len(either.lab.log.read_text())
            either.events.act(
                Action="Originate",
                Channel="Local/listens@test-person/n",
                Application="Queue",
                Data="patient",
                Async="true",
            )
            end = time.monotonic() + 5
            while "/zh-CN/apology" not in either.lab.log.read_text()[since:] and time.monotonic() < end:
                time.sleep(0.1)
            heard = either.lab.log.read_text()[since:]
            assert "Playing" in next(line for line in heard.splitlines() if "/zh-CN/apology" in line)
            assert "holdfast-power" not in either.lab.cli("queue show")
    finally:
        mine.unlink()
        either.lab.cli("channel request hangup all")
