"""The dialogue as a table: what is asked, what is kept, and what is promised."""

from dataclasses import replace
from datetime import timedelta

import pytest
from heard import CALL, NOW, POLICY, REFERENCED, WHOLE, WITHHELD, Heard

from ivr.dialogue import TABLE, Answer, Stage, UnknownAnswer, advance
from ivr.dialogue.asking import QUESTIONS
from ivr.lengths import Length
from ivr.policy import Region
from ivr.steps import (
    Admit,
    Admitted,
    Ask,
    Away,
    End,
    Kept,
    Look,
    Next,
    NotKept,
    Play,
    Record,
    Recorded,
    Seen,
    SetFacts,
    SetLanguage,
    Spool,
)
from ivr.values import PromiseSeen


def test_one_key_in_the_phrase_leads_straight_to_the_matter() -> None:
    heard = Heard(replace(CALL, key="1"))
    assert heard.asked == ("matter",)
    assert heard.facts == {}  # the dialplan has set them when the key came


def test_a_number_settled_in_the_dialogue_becomes_variables_at_once() -> None:
    heard = Heard().answer("1")
    assert heard.facts == {"HF_WANTED": "1", "HF_NUMBER": "13912345678", "HF_SOURCE": "own"}


def test_a_caller_id_in_another_form_is_put_into_the_form_that_is_dialled() -> None:
    assert Heard(replace(CALL, own="+8613912345678", key="1")).facts["HF_NUMBER"] == "13912345678"


def test_express_asks_nothing_after_the_key() -> None:
    heard = Heard(replace(CALL, key="1"), replace(POLICY, dialogue="express"))
    assert isinstance(heard.order[-1], Spool)
    assert (heard.left.number, heard.left.matter, heard.left.wanted) == ("13912345678", "unstated", True)


def test_the_line_is_durable_before_anything_is_promised() -> None:
    heard = Heard(replace(CALL, key="1")).answer("2", Kept())
    kinds = [type(step) for step in heard.order]
    assert kinds.index(Spool) < kinds.index(Play)
    assert heard.order[-4:] == [
        Play(("promise", "goodbye")),
        SetFacts((("HF_PROMISED", "1"),)),
        SetFacts((("HF_DONE", "1"),)),
        End(done=True),
    ]


def test_what_cannot_be_kept_is_not_promised_and_left_to_the_next_tier() -> None:
    heard = Heard(replace(CALL, key="1")).answer("2", NotKept())
    assert heard.order[-1] == End(done=False)
    assert "promise" not in heard.spoken
    assert "HF_SPOOLED" not in heard.facts
    assert "HF_DONE" not in heard.facts


@pytest.mark.parametrize(
    ("key", "matter"),
    [("1", "fault"), ("2", "bill"), ("3", "complaint"), ("4", "tipoff"), ("5", "question")],
)
def test_c1_each_matter_has_its_key(key: str, matter: str) -> None:
    heard = Heard(replace(CALL, key="1")).answer(key)
    assert heard.left.matter == matter
    assert heard.facts["HF_MATTER"] == matter


def test_c5_a_keyed_number_is_read_back_until_confirmed() -> None:
    heard = Heard(WITHHELD).answer("2", "13800001111")
    digits = tuple(f"digit-{d}" for d in "13800001111")
    assert heard.played[-1] == ("read-back",)  # deaf: a digit that is keyed late is no yes
    assert heard.asked == (*digits, "confirm")
    assert "HF_NUMBER" not in heard.facts
    assert heard.answer("2").asked == ("enter-number",)
    assert heard.facts["HF_KEYED"] == ""  # no other tier takes it up
    heard.answer("13900002222", "1")
    assert heard.facts["HF_NUMBER"] == "13900002222"
    assert heard.answer("1").left.source == "keyed"


def test_a_local_number_gets_the_sites_area_code_and_is_read_back_with_it() -> None:
    assert "digit-5" in Heard(WITHHELD).answer("2", "88886666").asked
    assert Heard(WITHHELD).answer("2", "88886666", "1", "1").left.number == "057188886666"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("139123", "number-refused"),
        ("110", "number-refused"),
        ("139123456", "number-invalid"),
        ("0014155552671", "number-refused"),
        ("057116812345", "number-refused"),
    ],
)
def test_what_may_not_be_dialled_is_refused_at_capture_with_a_reason(number: str, reason: str) -> None:
    assert Heard().answer("2", number).asked == (reason, "enter-number")


def test_a_caller_id_that_may_not_be_dialled_is_taken_back_and_a_number_asked_for() -> None:
    heard = Heard(replace(CALL, own="0014155552671", key="1"))
    assert heard.facts["HF_NUMBER"] == ""
    assert heard.facts["HF_OWN"] == ""
    assert heard.asked == ("enter-number",)


def test_a_withheld_number_is_offered_keying_only() -> None:
    assert Heard(WITHHELD).asked == ("offer-keyed", "more")
    assert Heard(WITHHELD).answer("1").asked == ("enter-number",)


def test_b2_a_known_recovery_time_is_said_once_with_day_hour_and_minute() -> None:
    heard = Heard(replace(CALL, recovery_at=NOW + timedelta(hours=4, minutes=30)))
    assert heard.asked == ("recovery-at", "today", "hour-14", "minute-30", "offer", "more")
    assert "recovery-at" not in heard.answer("*").asked


def test_b2_who_chose_in_the_phrase_hears_the_recovery_time_with_the_promise() -> None:
    call = replace(CALL, key="1", language="en", recovery_at=NOW + timedelta(days=1))
    heard = Heard(call).answer("1", Kept())
    assert heard.played == [("recovery-at", "hour-10", "minute-0", "tomorrow", "promise", "goodbye")]


def test_a_recovery_time_that_is_over_is_not_announced() -> None:
    assert Heard(replace(CALL, recovery_at=NOW - timedelta(minutes=1))).asked == ("offer", "more")


def test_b6_nine_changes_the_language_and_says_danger_key_and_message_again() -> None:
    heard = Heard().answer("9")
    assert SetLanguage("en") in heard.order
    assert heard.facts["HF_LANG"] == "en"
    assert heard.asked == ("danger", "digit-8", "message-fault", "offer", "more")
    assert heard.facts["HF_KEY"] == ""  # or another tier would change it once more
    assert heard.answer("1", "1").left.language == "en"


def test_nine_is_a_wrong_key_where_there_is_one_language() -> None:
    assert Heard(policy=replace(POLICY, languages=("zh-CN",))).answer("9").asked == (
        "wrong-key",
        "offer",
        "more",
    )


def test_a_star_repeats_and_a_wrong_key_is_named() -> None:
    assert Heard().answer("*").asked == ("offer", "more")
    assert Heard().answer("7").asked == ("wrong-key", "offer", "more")


def test_silence_to_the_end_takes_the_own_number_and_says_so() -> None:
    heard = Heard().answer("", "", "", Kept())
    assert (heard.left.number, heard.left.source, heard.left.wanted) == ("13912345678", "own", True)
    assert "own-number" in heard.spoken


def test_silence_without_a_number_is_written_down_and_told_that_nothing_can_be_promised() -> None:
    heard = Heard(WITHHELD).answer("", "", "", Kept())
    assert (heard.left.number, heard.left.wanted, heard.left.promised) == ("", False, False)
    assert heard.spoken[-1] == "no-number"
    assert heard.facts["HF_DONE"] == "1"


def test_a_number_that_was_read_back_and_not_objected_to_stands() -> None:
    assert Heard(WITHHELD).answer("2", "13800001111", "", "", "").left.number == "13800001111"


def test_a_number_called_wrong_is_never_kept() -> None:
    heard = Heard(WITHHELD).answer("2", "13800001111", "2", "13800001111", "2", "13800001111", "2")
    assert heard.left.number == ""
    assert heard.left.wanted


def test_the_promise_to_one_whom_only_the_queue_let_go_speaks_of_no_fault() -> None:
    heard = Heard(replace(CALL, message="unanswered", key="1")).answer("1", Kept())
    assert heard.played == [("promise-soon", "goodbye")]


def test_an_answer_that_was_not_asked_for_is_refused_and_names_both() -> None:
    with pytest.raises(UnknownAnswer, match=r"kept.*choice"):
        advance(Heard().dialogue, Kept(), NOW)


def test_every_question_has_a_row_for_silence_repeat_and_a_wrong_key() -> None:
    for answer in (Answer.SILENCE, Answer.REPEAT, Answer.WRONG):
        assert {s for s, a in TABLE if a is answer} | {Stage.KEYING} >= set(QUESTIONS), answer


@pytest.mark.parametrize(
    ("message", "promise"),
    [("fault", "promise"), ("degraded", "promise"), ("surge", "promise-soon"), ("closed", "promise-open")],
)
def test_b4_what_is_promised_fits_what_the_caller_was_told(message: str, promise: str) -> None:
    heard = Heard(replace(CALL, message=message, key="1")).answer("1", Kept())
    assert heard.played == [(promise, "goodbye")]


def test_the_time_since_which_he_waited_goes_with_what_he_leaves() -> None:
    since = NOW - timedelta(minutes=7)
    assert Heard(replace(CALL, key="1", waited_since=since)).answer("1").left.waited_since == since


# -- lengths


def test_a_full_dialogue_asks_matter_region_and_message_and_speaks_the_reference() -> None:
    heard = Heard(replace(REFERENCED, key="1"), WHOLE)
    assert heard.asked == ("matter",)
    west, east = ("region-west", "press", "digit-1"), ("region-east", "press", "digit-2")
    assert heard.answer("1").asked == ("region-intro", *west, *east)
    assert heard.answer("2").asked == ("ask-message",)
    assert heard.facts["HF_REGION"] == "east"
    assert heard.answer("1").last == Record(("leave-message",), "1-1", WHOLE.message_seconds)
    heard.answer(Recorded("1-1.wav", 7.0), Kept())
    left = heard.left
    assert (left.region, left.recording, left.reference) == ("east", "1-1.wav", "402913")
    assert heard.played == [("message-kept", "promise")]
    assert heard.asked == ("reference-is", *(f"digit-{d}" for d in "402913"), "reference-again")
    assert heard.facts["HF_PROMISED"] == "1"
    assert "HF_DONE" not in heard.facts
    said = heard.asked
    assert heard.answer("*").asked == said
    assert heard.answer("").played[-1] == ("goodbye",)
    assert heard.facts["HF_DONE"] == "1"


def test_a_short_dialogue_asks_number_and_matter_and_says_the_reference_once() -> None:
    heard = Heard(replace(REFERENCED, length="short"), WHOLE)
    assert heard.asked == ("offer",)
    heard.answer("1", "2", Kept())
    assert heard.played == [("promise", "reference-is", *(f"digit-{d}" for d in "402913"), "goodbye")]
    assert heard.ended


def test_an_express_dialogue_takes_the_number_by_one_key_in_the_shortest_words() -> None:
    heard = Heard(replace(REFERENCED, length="express"), WHOLE)
    assert heard.asked == ("offer-short",)
    heard.answer("1", Kept())
    assert heard.played == [("promise-short",)]
    assert (heard.left.number, heard.left.reference) == ("13912345678", "402913")


def test_b2_also_the_shortest_words_say_a_recovery_time_that_is_known() -> None:
    heard = Heard(replace(CALL, length="message", recovery_at=NOW + timedelta(hours=2)))
    assert heard.answer(Kept()).played == [("recovery-at", "today", "hour-12", "minute-0", "promise-short")]


def test_an_express_dialogue_reads_a_keyed_number_back_and_asks_no_limits() -> None:
    heard = Heard(replace(WITHHELD, length="express"), WHOLE, admit=None)
    assert heard.asked == ("offer-short-keyed",)
    assert heard.answer("2", "13800001111").asked[-1] == "confirm"
    assert heard.answer("1", Kept()).left.source == "keyed"


def test_where_only_the_message_is_played_the_own_number_is_taken_without_a_key() -> None:
    heard = Heard(replace(CALL, length="message"))
    assert heard.last == Spool(heard.left)
    assert (heard.left.number, heard.left.wanted, heard.facts) == ("13912345678", True, {})
    assert heard.answer(Kept()).played == [("promise-short",)]
    assert Heard(replace(WITHHELD, length="message")).asked == ("offer-short-keyed",)
    assert Heard(replace(CALL, length="message", key="2", wanted=True)).asked == ("enter-number",)


def test_a_number_that_the_dialplan_took_in_the_shortest_form_is_told_as_one_that_was_not_asked_for() -> None:
    number = CALL.own
    stayed = replace(CALL, length="message", number=number, source="own", wanted=True)
    assert Heard(stayed).answer(Kept()).played == [("promise-short",)]
    premium = Heard(replace(stayed, own="16812345", number="16812345"))
    assert premium.asked == ("offer-short-keyed",)
    assert (premium.facts["HF_OWN"], premium.facts["HF_NUMBER"]) == ("", "")


@pytest.mark.parametrize("length", ["full", "short", "express", "message"])
def test_a_key_that_was_not_offered_in_the_phrase_only_leads_to_the_question(length: str) -> None:
    """0, where nobody is left to whom he could be put through."""
    heard = Heard(replace(CALL, length=length, key="0"))
    assert heard.asked[0] in ("offer", "offer-short")
    assert heard.facts == {}


def test_what_the_call_says_of_its_length_counts_before_the_policy() -> None:
    for length in Length:
        assert Heard(replace(CALL, length=length), replace(POLICY, dialogue="full")).dialogue.length is length
    assert Heard(policy=replace(POLICY, dialogue="adaptive")).dialogue.length is Length.FULL
    assert (
        Heard(replace(CALL, length="endless"), replace(POLICY, dialogue="short")).dialogue.length
        is Length.SHORT
    )


def test_a_message_is_offered_once_and_silence_is_an_answer() -> None:
    heard = Heard(replace(CALL, key="1"), replace(POLICY, ask_message=True)).answer("2")
    assert heard.asked == ("ask-message",)
    assert heard.answer("").left.recording == ""
    assert heard.facts["HF_LENGTH"] == "short"  # so that no other tier offers it again


def test_a_recording_of_nothing_is_none() -> None:
    heard = Heard(replace(CALL, key="1"), WHOLE).answer("1", "1", "1", Recorded("", 0.0), Kept())
    assert heard.left.recording == ""
    assert "message-kept" not in heard.spoken


# -- danger, a person, limits


def test_b6_the_danger_key_works_at_every_question_of_one_key() -> None:
    confirming = Heard().answer("2", "13800001111")
    in_regions = Heard(replace(CALL, key="1"), WHOLE).answer("1")
    told = Heard(replace(REFERENCED, key="1")).answer("1", Kept())
    asked = [Heard(), Heard(replace(CALL, key="1")), Heard().answer("3"), confirming, in_regions, told]
    for heard in asked:
        heard.answer("8")
        assert heard.last == End(done=False, next=Next.DANGER)
        assert heard.facts["HF_NEXT"] == "danger"


def test_digits_of_a_number_that_come_after_its_time_raise_no_false_alarm() -> None:
    """Seen in a run of faults: 13830580101 keyed after the second silence, and its 8 heard as danger."""
    late = Heard(replace(REFERENCED, length="full"), WHOLE).answer("2", "", "", "", Kept())
    assert "own-number" in late.spoken
    assert late.answer("8").last == End(done=True)
    in_time = Heard(REFERENCED, POLICY).answer("1", "1", Kept())
    assert in_time.answer("8").last == End(done=False, next=Next.DANGER)


def test_b6_where_it_may_be_a_digit_the_danger_key_is_one() -> None:
    assert Heard().answer("2", "8").asked == ("number-refused", "enter-number")
    eight = replace(WHOLE, regions=(Region("west", "8"), Region("east", "18")))
    heard = Heard(replace(CALL, key="1"), eight).answer("1")
    assert isinstance(heard.last, Ask)
    assert heard.last.digits == 2
    assert heard.answer("8").facts["HF_REGION"] == "west"


def test_a_site_may_have_no_danger_key() -> None:
    assert Heard(policy=replace(POLICY, danger_key="")).answer("8").asked[0] == "wrong-key"


def test_zero_leads_to_a_person_only_where_one_is_left() -> None:
    assert Heard().answer("0").asked[0] == "wrong-key"
    heard = Heard(replace(CALL, person=True))
    assert heard.asked == ("offer", "more", "person")
    assert heard.answer("0").last == End(done=False, next=Next.PERSON)
    assert heard.facts["HF_NEXT"] == "person"
    assert Heard(replace(CALL, person=True, key="0")).last == End(done=False, next=Next.PERSON)


def test_a_keyed_number_over_a_limit_is_refused_and_another_one_asked_for() -> None:
    heard = Heard(WITHHELD, admit=None).answer("2", "13800001111")
    assert heard.last == Admit("13800001111")
    assert heard.answer(Admitted(False)).asked == ("number-refused", "enter-number")
    assert heard.facts["HF_KEYED"] == ""
    heard.answer("13800002222", Admitted(), "1", "1")
    assert heard.left.number == "13800002222"


def test_e6_who_has_an_open_promise_hears_so_and_goes_on_as_before() -> None:
    heard = Heard(replace(CALL, key="1"), meet=Seen(PromiseSeen("13912345678")))
    assert heard.asked == ("open-promise", "matter")
    heard.answer("1", Kept())
    assert heard.left.number == "13912345678"
    assert "promise" in heard.spoken


@pytest.mark.parametrize("said", [Seen(None), Away()], ids=["none", "away"])
def test_who_has_none_or_cannot_be_looked_for_hears_nothing_of_it(said: Seen | Away) -> None:
    assert Heard(replace(CALL, key="1"), meet=said).asked == ("matter",)


def test_the_number_is_told_to_the_other_tiers_before_anybody_looks() -> None:
    heard = Heard(meet=None).answer("1")
    assert heard.order[-2:] == [
        SetFacts((("HF_WANTED", "1"), ("HF_NUMBER", "13912345678"), ("HF_SOURCE", "own"))),
        Look("13912345678"),
    ]


def test_in_a_shorter_dialogue_nobody_looks() -> None:
    for length in (Length.SHORT, Length.EXPRESS):
        heard = Heard(replace(CALL, key="1", length=length.value), meet=None)
        assert not any(isinstance(step, Look) for step in heard.order)
