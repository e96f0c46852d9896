"""Danger on a carrier's fail-over: rung, taken by one who presses 1, else captured (B6); and what travels in addresses."""

from datetime import timedelta

import pytest
from twilio_caller import (
    NOW,
    SECRET,
    Memory,
    Shelf,
    TwilioCall,
    app_in_memory,
    by_prompt,
    through,
)
from twilio_rings import KEYED_OFFERS, OFFERS, POLICY, TALKATIVE, only, own, ring

from ivr.steps import Kept, Keys, NotKept, Recorded
from ivr.twiml.trail import BadTrail, Seal, Trail

# -- danger, requirement B6

ONCALL = ("+442071234567", "+442071234568")
DANGER = dict.fromkeys((*OFFERS, *KEYED_OFFERS), "8")


def danger(
    first: str, second: str = "no-answer", caller: str = "+8613912345678"
) -> tuple[TwilioCall, Memory]:
    oncall = dict(zip(ONCALL, (first, second), strict=True))
    call = TwilioCall(lambda *_: (500, ""), caller=caller, oncall=oncall)
    return ring({**DANGER, "enter-number": "13800000000"}, call=call, oncall=ONCALL)


def test_danger_is_connected_to_the_first_who_presses_1() -> None:
    call, memory = danger("1")
    assert call.rung == [ONCALL[0]]
    assert "danger-noted" not in call.prompts
    assert [(left.matter, left.wanted) for left in memory.left] == [
        ("unstated", False)
    ]  # a call that came in


@pytest.mark.parametrize("first", ["busy", "no-answer", "failed", "silent", "2"])
def test_the_next_is_rung_when_nobody_presses_1(first: str) -> None:
    """A voicemail answers, and presses nothing."""
    call, memory = danger(first, "1")
    assert call.rung == list(ONCALL)
    assert not any(left.wanted for left in memory.left)


@pytest.mark.parametrize("oncall", [ONCALL, ()])
def test_danger_is_captured_when_nobody_takes_it(oncall: tuple[str, ...]) -> None:
    call, memory = ring(DANGER, oncall=oncall)
    left = only(memory)
    assert (left.matter, left.number, left.wanted, left.promised) == ("danger", "13912345678", True, True)
    assert call.prompts[-1] == "danger-noted"


def test_somebody_in_danger_who_hangs_up_while_it_rings_is_captured() -> None:
    _, memory = danger("caller gone")
    assert (only(memory).matter, only(memory).wanted) == ("danger", True)


def test_danger_without_a_number_is_written_down_before_one_is_asked_for() -> None:
    call, memory = ring(
        {**DANGER, "enter-number": None}, call=TwilioCall(lambda *_: (500, ""), caller="anonymous")
    )
    assert [(left.matter, left.number, left.promised) for left in memory.kept] == [("danger", "", False)]
    call, memory = danger("busy", "busy", "anonymous")
    assert (only(memory).number, only(memory).source, only(memory).promised) == ("13800000000", "keyed", True)
    assert call.prompts[-1] == "danger-noted"


def test_danger_after_the_promise_is_a_line_of_its_own_as_on_asterisk() -> None:
    """The duty role may have taken on what the first line says, so it must not be a further word about that."""
    answers = {**own(), "ask-message": "2", "reference-again": "8"}
    call, memory = ring(answers, policy=TALKATIVE)
    first, second = memory.kept
    assert (first.unique_id, first.matter, first.promised) == (call.sid, "bill", True)
    assert (second.unique_id, second.matter, second.number) == (f"{call.sid}-danger", "danger", "13912345678")
    assert call.prompts[-1] == "danger-noted"


def test_danger_that_cannot_be_kept_is_not_called_noted() -> None:
    call, _ = ring(DANGER, Memory(full=True))
    assert call.prompts[-1] == "not-noted"
    assert "danger-noted" not in call.prompts


def test_a_number_that_may_not_be_dialled_is_refused_also_in_danger() -> None:
    call, memory = ring(
        {**DANGER, "enter-number": "110"}, call=TwilioCall(lambda *_: (500, ""), caller="anonymous")
    )
    assert call.prompts.count("enter-number") == POLICY.max_tries
    assert call.prompts[-1] == "no-number"
    assert only(memory).number == ""


def test_danger_that_was_ringing_when_the_site_died_is_captured_at_the_next() -> None:
    memory = Memory()
    app = app_in_memory(memory, Shelf(POLICY), oncall=ONCALL)
    call = TwilioCall(through(app)).run(by_prompt(DANGER))
    (dialled, *_) = [sent for sent in call.sent if "/danger?" in sent.url]
    other = Memory()
    again = TwilioCall(through(app_in_memory(other, Shelf(POLICY)))).run(
        by_prompt({}), fields={"ErrorUrl": dialled.url}
    )
    assert (only(other).matter, only(other).promised) == ("danger", True)
    assert again.prompts == ["danger-noted"]


# -- what travels in addresses


def test_a_trail_comes_back_as_it_was() -> None:
    answers = ((Keys("2"), 3), (Keys(""), 9), (Kept(), 9), (NotKept(), 10), (Recorded("a-1.wav", 12.5), 40))
    trail = Trail(
        "power", "fault", "en", "+1", "+1", NOW, "00ff", "step", "9", answers, (("HF_LANG", "en"),), 2
    )
    seal = Seal(SECRET)
    assert seal.trail(seal.token(trail, "CA1"), "CA1", "step", NOW) == trail


@pytest.mark.parametrize("wrong", ["call", "secret", "place", "age", "torn", "long"])
def test_a_token_is_good_for_its_call_its_address_and_its_time(wrong: str) -> None:
    trail = Trail("power", "fault", "en", "", "", NOW, "00ff", "step")
    token = Seal("another secret of 16" if wrong == "secret" else SECRET).token(trail, "CA1")
    token = {"torn": token[:-1], "long": token + "A" * 4000}.get(wrong, token)
    later = NOW + timedelta(hours=7 if wrong == "age" else 1)
    with pytest.raises(BadTrail):
        Seal(SECRET).trail(
            token, "CA2" if wrong == "call" else "CA1", "begin" if wrong == "place" else "step", later
        )


def test_references_have_six_digits_and_belong_to_their_call() -> None:
    references = {Seal(SECRET).reference(f"CA{n}") for n in range(200)}
    assert len(references) > 190
    assert all(len(one) == 6 and one.isdecimal() for one in references)
    assert Seal("another secret of 16").reference("CA1") != Seal(SECRET).reference("CA1")
