"""Whole calls through the third driver: what callers hear, what they leave, and what a request that comes twice may do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio_caller import (
    NOW,
    SECRET,
    Memory,
    Refused,
    Shelf,
    TwilioCall,
    app_in_memory,
    by_prompt,
    run_twiml,
    through,
)
from twilio_rings import KEYED_OFFERS, OFFERS, POLICY, TALKATIVE, keyed, only, own, ring

from ivr.policy import Region
from ivr.twiml.facts import WITHHELD
from ivr.twiml.trail import Seal
from ivr.values import Asks, CallFacts, Outage

# -- whole calls


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_one_key_leaves_the_own_number_and_the_promise_comes_after_the_line(language: str) -> None:
    """B4, C1: in both languages."""
    first = by_prompt(own())
    wanted = ["9"] if language == "en" else []
    call, memory = ring(lambda heard: wanted.pop() if wanted else first(heard))
    left = only(memory)
    assert (left.number, left.source, left.matter) == ("13912345678", "own", "bill")
    assert (left.wanted, left.promised, left.tier, left.language) == (True, True, 4, language)
    assert left.reference == Seal(SECRET).reference(call.sid)
    assert call.ended == "hangup"
    assert (language, "promise") in call.heard
    assert {spoken for spoken, _ in call.heard[call.heard.index((language, "matter")) :]} == {language}


def test_danger_and_the_phrase_come_before_anything_is_asked() -> None:
    """B1, B6."""
    call, _ = ring({})
    assert call.prompts[:3] == ["danger", "digit-8", "message-fault"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_keyed_number_is_read_back_before_it_is_kept(language: str) -> None:
    """C5."""
    call, memory = ring(keyed("13800000000#"), policy=replace(POLICY, languages=(language,)))
    left = only(memory)
    assert (left.number, left.source, left.matter) == ("13800000000", "keyed", "complaint")
    read = call.prompts.index("read-back")
    assert call.prompts[read + 1 : read + 12] == [f"digit-{digit}" for digit in "13800000000"]


@pytest.mark.parametrize(
    "caller", [*sorted(WITHHELD), "anonymous", "", "client:somebody", "sip:1@example.test"]
)
def test_a_caller_who_withholds_his_number_is_asked_for_one(caller: str) -> None:
    call, memory = ring(keyed(), call=TwilioCall(lambda *_: (500, ""), caller=caller))
    assert only(memory).number == "13800000000"
    assert set(KEYED_OFFERS) & set(call.prompts)
    assert not set(OFFERS) & set(call.prompts)


def test_withheld_numbers_are_words_spelled_on_the_keys() -> None:
    assert {"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"} == WITHHELD


def test_the_policy_s_shortest_form_takes_the_own_number_without_a_key() -> None:
    call, memory = ring({}, policy=replace(POLICY, dialogue="message"))
    assert only(memory).number == "13912345678"
    assert only(memory).promised
    assert call.prompts[:4] == ["danger", "digit-8", "message-fault", "language"]  # B6: in every length
    assert not set(OFFERS) & set(call.prompts)


def test_who_leaves_in_the_middle_of_the_shortest_form_has_only_called() -> None:
    _, memory = ring(lambda heard: None, policy=replace(POLICY, dialogue="message"))
    assert (only(memory).wanted, only(memory).number) == (False, "")


@pytest.mark.parametrize("caller", ["13912345678", "+8613912345678"])
def test_one_key_in_the_phrase_asks_for_a_call_though_he_leaves_at_the_next_question(caller: str) -> None:
    call = TwilioCall(lambda *_: (500, ""), caller=caller)
    _, memory = ring(dict.fromkeys(OFFERS, "1") | {"matter": None}, call=call)
    left = only(memory)
    assert (left.wanted, left.number, left.source, left.promised) == (True, "13912345678", "own", False)


@pytest.mark.parametrize("questions", range(6))
def test_who_hangs_up_leaves_what_he_confirmed_and_was_promised_nothing(questions: int) -> None:
    """The same caller hangs up one question later each time."""
    answer, asked = by_prompt(keyed()), [0]

    def until(heard: Sequence[str]) -> str | None:
        asked[0] += 1
        return answer(heard) if asked[0] <= questions else None

    call, memory = ring(until)
    left = only(memory)
    assert left.wanted == (questions >= 1)
    assert left.source == ("keyed" if questions >= 3 else "own" if questions else "none")
    assert left.promised == (questions >= 4)
    assert ("promise" in call.prompts) == left.promised


def test_every_call_is_on_the_missed_list_before_anything_else() -> None:
    _, memory = ring(lambda heard: None)
    left = only(memory)
    assert (left.wanted, left.number, left.caller_id) == (False, "", "+8613912345678")


def test_planned_outages_of_a_region_are_told() -> None:
    """B5."""
    policy = replace(TALKATIVE, regions=(Region("north", "1"), Region("south", "2")))
    outages = (Outage("north", NOW + timedelta(hours=3), NOW + timedelta(hours=5)),)
    for region, told in (("1", True), ("2", False)):
        app = app_in_memory(Memory(), Shelf(policy, outages))
        answers = {"offer": "3", "more-menu": "2", "region-north": region}
        call = TwilioCall(through(app)).run(by_prompt(answers))
        assert ("outage-from" in call.prompts) == told
        assert ("outage-none" in call.prompts) != told


def test_nobody_here_can_look_into_the_book_so_details_are_not_told() -> None:
    call, _ = ring({"offer": "3", "more-menu": "1"}, policy=TALKATIVE)
    assert "no-lookup" in call.prompts


def test_who_only_wants_to_know_when_it_is_over_leaves_just_that() -> None:
    """B8."""
    call, memory = ring({"offer": "3", "more-menu": "3", "notice": "1", "confirm": "1"}, policy=TALKATIVE)
    (notice,) = [left for left in memory.kept if left.asks is Asks.NOTICE]
    assert (notice.number, notice.part) == ("13912345678", 2)
    assert "notice-kept" in call.prompts


# -- what cannot be kept


def test_a_full_disk_promises_nothing_and_says_so() -> None:
    call, memory = ring(own(), Memory(full=True))
    assert memory.left == []
    assert "promise" not in call.prompts
    assert call.prompts[-1] == "not-noted"


def test_a_call_that_cannot_be_kept_here_goes_on_at_the_next_site() -> None:
    call, _ = ring(own(), Memory(full=True), next_url="https://second.test/voice/power")
    assert call.ended == "https://second.test/voice/power"
    assert "promise" not in call.prompts
    assert "not-noted" not in call.prompts


# -- the same request twice, and other processes


@pytest.mark.parametrize("answers", [own(), keyed()])
def test_the_same_request_is_answered_the_same_way_and_keeps_no_second_thing(
    answers: Mapping[str, str | None],
) -> None:
    memory = Memory()
    app = app_in_memory(memory, Shelf(POLICY))
    call = TwilioCall(through(app)).run(by_prompt(answers))
    before = memory.left
    for sent in call.sent:
        assert call.again(sent) == (200, sent.answer)
    assert memory.left == before


def test_an_old_request_hours_later_says_the_same_and_changes_nothing_of_what_was_left() -> None:
    memory, clock = Memory(), [NOW]
    app = app_in_memory(memory, Shelf(POLICY), clock=lambda: clock[0])
    call = TwilioCall(through(app)).run(by_prompt(own()))
    before = [replace(left, at=NOW) for left in memory.left]
    clock[0] += timedelta(hours=2)
    for sent in call.sent:
        status, text = call.again(sent)
        assert status == 200
        assert text.count("<Play>") == sent.answer.count("<Play>")
    assert [replace(left, at=NOW) for left in memory.left] == before
    clock[0] += timedelta(hours=5)
    assert call.again(call.sent[-1])[0] == 403


def test_every_request_may_be_answered_by_another_process() -> None:
    memory, shelf = Memory(), Shelf(POLICY)

    def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        return through(app_in_memory(memory, shelf))(url, fields, headers)

    TwilioCall(post).run(by_prompt(keyed()))
    assert only(memory).promised
    assert only(memory).number == "13800000000"


def test_a_policy_that_changes_in_the_middle_of_a_call_asks_nothing_again_that_was_confirmed() -> None:
    memory, shelf = Memory(), Shelf(POLICY)
    answer = by_prompt(keyed())

    def change(heard: Sequence[str]) -> str | None:
        if "matter" in heard and shelf.policy == POLICY:
            shelf.policy = replace(POLICY, max_tries=2)
        return answer(heard)

    call = TwilioCall(through(app_in_memory(memory, shelf))).run(change)
    assert call.prompts.count("enter-number") == call.prompts.count("read-back") == 1
    assert (only(memory).number, only(memory).source, only(memory).promised) == ("13800000000", "keyed", True)


@pytest.mark.parametrize("failed", ["begin", "confirm", "matter"])
def test_the_fallback_address_goes_on_where_the_first_site_died(failed: str) -> None:
    """Twilio tells the fallback address which one failed, and what travels in that is all that is needed."""
    first, second = Memory(), Memory()
    here, there = (through(app_in_memory(memory, Shelf(POLICY))) for memory in (first, second))
    answer, dead = by_prompt(keyed()), [False]

    def dying(heard: Sequence[str]) -> str | None:
        dead[0] = dead[0] or failed in heard or (failed == "begin" and "message-fault" in heard)
        return answer(heard)

    def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        return (503, "") if dead[0] else here(url, fields, headers)

    call = TwilioCall(post)
    with pytest.raises(Refused):
        call.run(dying)
    asked = len(call.prompts)
    call.post = there
    call.run(answer, fields={"ErrorCode": "11200", "ErrorUrl": call.sent[-1].url})
    again = call.prompts[asked:]
    assert ("message-fault" in again) == (failed == "begin")
    assert ("enter-number" in again) == (failed == "begin")
    assert (only(second).number, only(second).promised) == ("13800000000", True)


def test_an_address_that_is_not_ours_begins_the_call_anew() -> None:
    memory = Memory()
    call = TwilioCall(through(app_in_memory(memory, Shelf(POLICY))))
    call.run(by_prompt(own()), fields={"ErrorUrl": "https://other.test/step?t=x&t=\x00"})
    assert call.prompts[0] == "danger"
    assert only(memory).promised


def test_times_of_the_answers_stand_in_the_address_not_in_the_process() -> None:
    clock = [NOW]
    memory = Memory()

    def tick() -> datetime:
        clock[0] += timedelta(seconds=7)
        return clock[0]

    TwilioCall(through(app_in_memory(memory, Shelf(POLICY), clock=tick))).run(by_prompt(keyed()))
    assert only(memory).at <= clock[0]
    assert only(memory).at - NOW >= timedelta(seconds=7 * 4)


# -- recordings


@pytest.mark.parametrize(("seconds", "kept"), [("12", True), ("", False)])
def test_a_message_is_asked_for_at_the_provider_and_named_on_the_line(seconds: str, kept: bool) -> None:
    wishes: list[str] = []
    answers = own() | {"ask-message": "1", "leave-message": seconds}
    call, memory = ring(answers, policy=TALKATIVE, wishes=wishes)
    left = only(memory)
    assert left.promised
    assert (left.recording != "") == kept
    assert wishes == ([left.recording] if kept else [])
    assert all(status == 204 for status, _ in call.ready())
    assert ("message-kept" in call.prompts) == kept


def test_who_hangs_up_while_he_speaks_has_left_what_he_said() -> None:
    wishes: list[str] = []
    _, memory = ring(own() | {"ask-message": "1", "leave-message": None}, policy=TALKATIVE, wishes=wishes)
    assert only(memory).recording == wishes[0]
    assert only(memory).number == "13912345678"


# -- all of it

KEYS = st.sampled_from(
    ["", "0", "1", "2", "3", "5", "7", "8", "9", "*", "13800000000", "110", "0000000", "123456"]
)


@settings(max_examples=60)
@given(keys=st.lists(KEYS, max_size=60), talkative=st.booleans(), withheld=st.booleans(), full=st.booleans())
def test_every_call_ends_whatever_is_keyed_and_promises_only_what_is_kept(
    keys: list[str], talkative: bool, withheld: bool, full: bool
) -> None:
    left_over = list(keys)

    def answer(heard: Sequence[str]) -> str:
        pressed = left_over.pop(0) if left_over else ""
        return pressed if "leave-message" not in heard else "5"

    caller = TwilioCall(lambda *_: (500, ""), caller="anonymous" if withheld else "+8613912345678")
    policy = TALKATIVE if talkative else POLICY
    call, memory = ring(answer, Memory(full=full), policy, caller)
    assert call.ended == "hangup"
    words = {"promise", "promise-soon", "promise-open", "promise-short", "danger-noted"}
    promised = words & set(call.prompts)
    assert bool(promised) <= any(left.promised for left in memory.kept)
    assert max(len(sent.url) for sent in call.sent) < 2_200


def test_the_driver_for_tables_leaves_what_the_call_left() -> None:
    facts = CallFacts("CA7", "power", "zh-CN", "fault", own="13912345678", key="2")
    (left,) = run_twiml(facts, ["13800000000", "1", "3"], POLICY)
    assert (left.unique_id, left.number, left.source, left.matter) == (
        "CA7",
        "13800000000",
        "keyed",
        "complaint",
    )
    assert left.asks is Asks.CALL
