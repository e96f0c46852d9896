"""Danger has its key before everything (requirement B6): who is on call is rung, or it is written down at once."""

import time

import pytest
from hotline import Hotline
from hotline_calls import Call

pytestmark = pytest.mark.asterisk
NUMBER, SOURCE, MATTER, WANTED, PROMISED = 5, 6, 7, 9, 10
PERSON = "Local/{}@test-person/n"


def oncall(*people: str) -> tuple[tuple[str, ...], ...]:
    return tuple((PERSON.format(person),) for person in people)


def facts(line: list[str]) -> tuple[str, ...]:
    return line[NUMBER], line[SOURCE], line[MATTER], line[WANTED], line[PROMISED]


def in_danger(hotline: Hotline, caller_id: str = "13912345678") -> Call:
    return hotline.call(caller_id).runs("Read", "/danger&").keys("8")


def test_whoever_is_on_call_is_rung_one_after_another_until_somebody_presses_1(either: Hotline) -> None:
    with either.rendered(oncall=oncall("busy", "listens", "presses")):
        either.flag("evacuate", mode="EVACUATED", message="evacuation")
        call = in_danger(either)
        assert call.heard_after("Read", "/danger&") < 1
        call.runs("Playback", "danger-connecting").runs("Dial", "busy").runs("Dial", "listens")
        call.runs("Dial", "presses")  # a voicemail had answered before
        time.sleep(4.8)
        call.hang_up()
        assert call.ran("UserEvent", "HoldfastDanger,Scope: power")
        assert not either.lines(0.3)


def test_danger_that_nobody_takes_is_written_at_once_and_said_so(either: Hotline) -> None:
    with either.rendered(oncall=oncall("leaves")):
        either.flag()
        either.beat(60)
        call = in_danger(either).runs("Dial", "leaves").runs("Playback", "danger-noted", timeout=5).ended()
        assert not call.ran("Read", "/matter")
        withheld = in_danger(either, "anonymous").runs("Read", "enter-number").keys("13800001111#")
        withheld.runs("Read", "/confirm").keys("1").runs("Playback", "danger-noted").ended()
        assert [facts(line) for line in either.lines()] == [
            ("13912345678", "own", "danger", "1", "1"),
            ("13800001111", "keyed", "danger", "1", "1"),
        ]


def test_who_hangs_up_while_it_rings_has_left_a_danger(either: Hotline) -> None:
    with either.rendered(oncall=oncall("rings")):
        either.flag()
        in_danger(either).runs("Dial", "rings").hang_up()
        assert [facts(line) for line in either.lines()] == [("13912345678", "own", "danger", "1", "0")]


def test_without_anybody_on_call_danger_is_noted_in_every_mode_that_takes_callers(either: Hotline) -> None:
    either.flag()
    in_danger(either).runs("Playback", "danger-noted").ended()
    either.flag("notice", mode="PLANNED", message="planned")
    in_danger(either).runs("Playback", "danger-noted").ended()
    assert {facts(line) for line in either.lines()} == {("13912345678", "own", "danger", "1", "1")}
    assert len(either.lines()) == 2


def test_danger_has_its_key_while_asterisk_alone_reads_a_number_back_and_no_end_of_it_can_be_keyed(
    hotline: Hotline,
) -> None:
    hotline.flag()
    hotline.beat(60)
    call = hotline.call().runs("Read", "/danger&").keys("2").runs("Read", "enter-number").keys("13800001111#")
    call.runs("Read", "/confirm").keys("8").runs("Playback", "danger-noted").ended()
    withheld = in_danger(hotline, "anonymous").runs("Read", "enter-number").keys("13800001111#")
    withheld.runs("Read", "/confirm").keys("8").runs("Read", "/confirm").runs(
        "Playback", "danger-noted"
    ).ended()
    assert [facts(line) for line in hotline.lines()] == [
        ("13912345678", "own", "danger", "1", "1"),
        ("13800001111", "keyed", "danger", "1", "1"),
    ]


def test_danger_has_its_key_while_the_hotline_works_and_while_callers_wait(either: Hotline) -> None:
    with either.rendered(oncall=oncall("leaves")):
        either.flag("pass", mode="NORMAL")
        either.sign_in()
        either.lab.cli("queue pause member Local/1@test-agent queue power")
        in_danger(either).runs("Dial", "leaves").runs("Playback", "danger-noted").ended()
        call = either.call().runs("Read", "/danger&").runs("Queue", timeout=4)
        time.sleep(0.5)
        call.keys("8").runs("Dial", "leaves").runs("Playback", "danger-noted").ended()
        assert [facts(line)[2] for line in either.lines()] == ["danger", "danger"]


def test_a_way_that_is_lost_leads_to_the_next_way_to_the_same_person(hotline: Hotline) -> None:
    lost = ("Local/1@nowhere/n", PERSON.format("presses"))
    with hotline.rendered(oncall=(lost, (PERSON.format("busy"),))):
        hotline.flag()
        call = in_danger(hotline).runs("Dial", "nowhere").runs("Dial", "presses")
        call.hang_up()
        assert not call.ran("Dial", "busy")
