"""Where a tier hands a call to the next, or a language to the other: nothing is lost, and the right words are said."""

import shutil
import time

import pytest
from hotline import Bridge, Hotline
from hotline_calls import Call
from scripted_agi import HANG, ScriptedAgi

from callbacks.tier3 import parse

pytestmark = pytest.mark.asterisk
NUMBER, SOURCE, WANTED, PROMISED = 5, 6, 9, 10
OWN = "13912345678"


def facts(line: list[str]) -> tuple[str, ...]:
    return line[NUMBER], line[SOURCE], line[WANTED], line[PROMISED]


def test_a_scope_s_own_words_are_heard_in_every_tier_and_language(hotline: Hotline, bridge: Bridge) -> None:
    """B3: the same file by the dial plan and by the bridge; the standard phrase where nobody has said the message."""
    folder = hotline.lab.prompts_dir
    own = [folder / place for place in ("zh-CN/message-storm@power.wav", "en/message-fault@power.wav")]
    for file in own:
        shutil.copy(folder / "zh-CN/message-fault.wav", file)
    try:
        hotline.flag(message="storm")
        call = hotline.call().runs("Read", "/zh-CN/message-storm@power&").keys("9")
        call.runs("Read", "/en/message-fault@power&").hang_up()
        hotline.flag()
        hotline.put("holdfast", "length", "full")
        call = hotline.call().runs("Read", "/zh-CN/message-fault&").asked("offer").keys("9")
        call.runs("Read", "/en/message-fault@power&").hang_up()
    finally:
        for file in own:
            file.unlink()
    assert not bridge.kept


def test_what_an_earlier_tier_wrote_down_gets_its_own_words_in_tier_3(either: Hotline) -> None:
    """A request is no promise; a promise ends with a goodbye as in tiers 1 and 2."""
    either.flag()
    for facts_set, word in (
        ("HF_SPOOLED=1,HF_PARTS=1", "/request-taken"),
        ("HF_SPOOLED=1", "/no-number"),
        (f"HF_SPOOLED=1,HF_NUMBER={OWN},HF_SOURCE=own", "/promise"),
    ):
        with ScriptedAgi(either.lab, f'EXEC "MSet" "{facts_set}"'):
            call = either.call().runs("Read", "message-fault").runs("TryExec").runs("Playback", word).ended()
        assert call.ran("Playback", "/goodbye") == (word != "/no-number")
        assert call.ran("Playback", "/promise") == (word == "/promise")
    assert not either.lines(0.3)


def test_in_the_shortest_form_whoever_stays_to_the_end_of_the_phrase_is_called_back(either: Hotline) -> None:
    """And whoever leaves before it, or presses a key that means nothing, is taken for nothing that he did not do."""
    either.flag()
    either.put("holdfast", "length", "message")
    with ScriptedAgi(either.lab, HANG) as bridge:
        either.call().runs("Read", "message-fault").runs("TryExec").hang_up()
        either.call("13700000000").runs("Read", "message-fault").hang_up()
    given = bridge.arguments
    assert (given["number"], given["source"], given["wanted"]) == (OWN, "own", "1")
    lost = either.call("13600000000").runs("Read", "message-fault").keys("0").runs("Read", "/offer-short")
    lost.hang_up()
    assert [facts(line) for line in either.lines()] == [
        (OWN, "own", "1", "0"),
        ("", "none", "0", "0"),
        ("", "none", "0", "0"),
    ]


def test_the_language_that_he_chose_goes_with_him_to_a_person_and_back(hotline: Hotline) -> None:
    hotline.sign_in()
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")
    hotline.beat(60)
    hotline.flag(mode="DEGRADED")
    call = hotline.call().runs("Read", "/zh-CN/message-fault").keys("9").runs("Read", "/en/message-fault")
    call.keys("0").runs("Queue")
    time.sleep(0.5)
    call.keys("8").runs("Playback", "/en/danger-noted").ended()


def test_who_asks_in_the_queue_to_be_called_back_and_hangs_up_is_called_back(either: Hotline) -> None:
    """What he heard there is: press 1 at any time to be called back."""
    either.sign_in()
    either.lab.cli("queue pause member Local/1@test-agent queue power")
    either.flag("offer", mode="SURGE", message="surge")
    call = either.call().runs("Read", "offer-waiting").runs("Queue")
    time.sleep(0.5)
    call.keys("1").runs("Read", "/offer").hang_up()
    assert [facts(line) for line in either.lines()] == [(OWN, "own", "1", "0")]


def test_a_gosub_line_without_a_scope_promises_nothing_that_the_book_cannot_take(hotline: Hotline) -> None:
    hotline.beat(60)
    call = Call(hotline.events, OWN, "1@test-nameless").runs("Read", "message-unanswered").keys("1")
    call.runs("Read", "/matter").ended()
    (line,) = hotline.lines()
    assert parse("|".join(line).encode(), "pbx1").scope == "power"
