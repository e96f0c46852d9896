"""A caller who hangs up at any step, on a real Asterisk: one line, with what was confirmed, and nobody lost."""

import time

import pytest
from hotline import Bridge, Hotline, silent_prompts
from hotline_lines import CALLER_ID, facts, in_phrase

pytestmark = pytest.mark.asterisk


def test_hanging_up_in_the_phrase_leaves_one_line_of_a_caller_who_did_not_ask(either: Hotline) -> None:
    in_phrase(either).hang_up()
    (line,) = either.lines()
    assert line[CALLER_ID] == "13912345678"
    assert facts(line) == ("", "none", "", "0", "0")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["1", "matter"], ("13912345678", "own", "", "1", "0")),
        (["2", "enter-number"], ("13912345678", "own", "", "1", "0")),
        (["2", "enter-number", "1380000", ""], ("13912345678", "own", "", "1", "0")),
        (["2", "enter-number", "13800001111#", "confirm"], ("13912345678", "own", "", "1", "0")),
        (
            ["2", "enter-number", "13800001111#", "confirm", "1", "matter"],
            ("13800001111", "keyed", "", "1", "0"),
        ),
    ],
)
def test_hanging_up_in_tier_1_leaves_one_line_with_what_was_confirmed(
    hotline: Hotline, bridge: Bridge, steps: list[str], expected: tuple[str, ...]
) -> None:
    call = in_phrase(hotline)
    for keys, then in zip(steps[::2], steps[1::2], strict=True):
        call.keys(keys)
        if then:
            call.asked(then)
    call.hang_up()
    assert [facts(line) for line in hotline.lines()] == [expected]
    assert not bridge.kept


def test_hanging_up_during_the_promise_leaves_the_kept_line_and_no_other(
    hotline: Hotline, bridge: Bridge
) -> None:
    silent_prompts(hotline.lab.prompts_dir, only="promise", seconds=2)
    call = in_phrase(hotline).keys("1").asked("matter").keys("1").asked("GOSUB", "promise").hang_up()
    silent_prompts(hotline.lab.prompts_dir, only="promise")
    assert [left.unique_id for left in bridge.kept] == [call.unique_id]
    assert not hotline.lines(0.3)


def test_hanging_up_at_each_step_of_tier_3_leaves_one_line(either: Hotline) -> None:
    either.beat(60)
    in_phrase(either).keys("1").runs("Read", "/matter").hang_up()
    in_phrase(either, "anonymous").keys("2").runs("Read", "enter-number").hang_up()
    call = in_phrase(either, "anonymous").keys("2").runs("Read", "enter-number").keys("13800001111#")
    call.runs("Read", "confirm").hang_up()
    call = in_phrase(either, "anonymous").keys("2").runs("Read", "enter-number").keys("13800001111#")
    call.runs("Read", "confirm").keys("2").runs("Read", "enter-number").hang_up()
    time.sleep(0.5)
    assert [facts(line) for line in either.lines()] == [
        ("13912345678", "own", "", "1", "0"),
        ("", "none", "", "1", "0"),
        ("13800001111", "keyed", "", "1", "0"),  # all there is of him
        ("", "none", "", "1", "0"),  # he called it wrong
    ]


@pytest.mark.parametrize(
    ("steps", "number"),
    [
        (["13800001111#", "confirm"], "13800001111"),
        (["13800001111#", "confirm", "2", "enter-number"], ""),
        (["13800001111#", "confirm", "2", "enter-number", "010", ""], ""),
        (["13800001111", ""], ""),  # left while keying: nobody knows whether it was whole
        (["16812345#", "number-refused"], ""),
    ],
)
def test_a_caller_without_a_caller_id_who_leaves_during_the_read_back_is_not_lost(
    hotline: Hotline, bridge: Bridge, steps: list[str], number: str
) -> None:
    call = in_phrase(hotline, "anonymous").keys("2").asked("enter-number")
    for keys, then in zip(steps[::2], steps[1::2], strict=True):
        call.keys(keys)
        if then:
            call.asked(then)
    call.hang_up()
    source = "keyed" if number else "none"
    assert [facts(line) for line in hotline.lines()] == [(number, source, "", "1", "0")]
