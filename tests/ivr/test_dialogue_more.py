"""Behind key 3: an open promise and what may be done with it, planned outages by region, and a notice instead of a callback."""

from dataclasses import replace
from datetime import timedelta

import pytest
from heard import CALL, NOW, OUTAGES, POLICY, WHOLE, WITHHELD, Heard

from ivr.policy import CallerPolicy
from ivr.steps import Away, End, Kept, Look, NotKept, Play, Seen, Spool
from ivr.values import Asks, CallFacts, Outage, PromiseSeen

OWN = "13912345678"
OPEN = PromiseSeen(OWN, known=True, state="open", due_at=NOW + timedelta(hours=3))
HEARD_OF = PromiseSeen(OWN)
REFERENCE = "402913"


def menu(call: CallFacts = CALL, policy: CallerPolicy = POLICY) -> Heard:
    return Heard(call, policy, OUTAGES).answer("3")


def opened(promise: PromiseSeen = OPEN) -> Heard:
    return menu().answer("1", Seen(HEARD_OF), REFERENCE, Seen(promise))


# -- the menu


def test_key_3_leads_to_the_menu_also_from_the_phrase_and_from_another_tier() -> None:
    assert menu().asked == ("more-menu", "more-notice", "back")
    assert menu().facts["HF_KEY"] == "3"
    assert Heard(replace(CALL, key="3")).asked == menu().asked


@pytest.mark.parametrize("length", ["short", "express", "message"])
def test_while_lines_are_short_there_is_no_menu(length: str) -> None:
    heard = Heard(replace(WITHHELD, length=length)).answer("3")
    assert heard.asked[0] == "wrong-key"


def test_a_star_leads_back_and_no_way_through_the_menu_is_endless() -> None:
    heard = menu().answer("*")
    assert heard.asked == ("offer", "more")
    assert heard.facts["HF_KEY"] == ""
    heard.answer("3", "*", "3", "*")
    assert heard.left.number == OWN  # out of tries: taken down as one who stays


# -- an open promise


def test_that_there_is_one_is_all_that_is_heard_without_its_reference() -> None:
    heard = menu().answer("1")
    assert heard.last == Look(OWN)
    heard.answer(Seen(replace(OPEN, known=False, state="", due_at=None)))
    assert heard.asked == ("open-promise", "enter-reference")
    assert heard.answer(REFERENCE).last == Look(OWN, REFERENCE)
    assert heard.facts["HF_KEYED"] == ""  # a reference is no number that another tier may read back


def test_a_wrong_reference_says_nothing_of_the_promise_and_is_asked_for_as_often_as_anything() -> None:
    heard = menu().answer("1", Seen(HEARD_OF), REFERENCE, Seen(None))
    assert heard.asked == ("reference-wrong", "enter-reference")
    heard.answer("111111", Seen(HEARD_OF), "12")
    assert heard.asked == ("offer", "more")
    assert not any(prompt.startswith("promise-state") for prompt in heard.spoken)


def test_with_its_reference_he_hears_its_state_and_when_we_mean_to_call() -> None:
    due = ("promise-due", "today", "hour-13", "minute-0")
    assert opened().asked == ("promise-state-open", *due, "promise-menu")
    for state in ("claimed", "dialling", "talking"):
        assert opened(replace(OPEN, state=state)).asked == (f"promise-state-{state}", "promise-menu")


def test_leaving_it_as_it_is_writes_nothing_down_and_ends() -> None:
    heard = opened().answer("1")
    assert heard.played == [("promise-kept", "goodbye")]
    assert heard.lines == []
    assert (heard.facts["HF_SPOOLED"], heard.facts["HF_DONE"]) == ("1", "1")


def test_a_cancel_is_durable_before_it_is_said_and_can_be_undone() -> None:
    heard = opened().answer("3")
    (cancel,) = heard.lines
    assert (cancel.asks, cancel.about, cancel.owner, cancel.number) == (Asks.CANCEL, REFERENCE, OWN, OWN)
    assert (cancel.part, cancel.wanted, cancel.promised) == (2, False, False)
    assert "promise-cancelled" not in heard.spoken
    heard.answer(Kept())
    assert heard.asked == ("promise-cancelled", "undo")
    assert heard.facts["HF_PARTS"] == "1"
    heard.answer("1", Kept())
    undo = heard.lines[1]
    assert (undo.asks, undo.about, undo.part) == (Asks.UNDO, REFERENCE, 3)
    assert heard.played == [("promise-restored",), ("goodbye",)]
    assert heard.last == End(done=True)


def test_who_is_silent_after_a_cancel_has_cancelled() -> None:
    heard = opened().answer("3", Kept(), "")
    assert heard.played == [("goodbye",)]
    assert [line.asks for line in heard.lines] == [Asks.CANCEL]


def test_an_undo_that_cannot_be_kept_goes_to_the_next_tier_which_offers_a_callback_again() -> None:
    heard = opened().answer("3", Kept(), "1", NotKept())
    assert heard.last == End(done=False)
    assert heard.facts["HF_SPOOLED"] == ""


def test_a_promise_that_is_cancelled_already_can_be_had_back() -> None:
    heard = opened(replace(OPEN, state="cancelled", due_at=None))
    assert heard.asked == ("promise-state-cancelled", "undo")
    assert heard.answer("1").lines[0].asks is Asks.UNDO


def test_another_number_is_read_back_and_named_in_the_request() -> None:
    heard = opened().answer("2", "13800001111", "1")
    (change,) = heard.lines
    assert (change.asks, change.number, change.source) == (Asks.CHANGE, "13800001111", "keyed")
    assert (change.about, change.owner) == (REFERENCE, OWN)
    assert heard.answer(Kept()).played == [("read-back",), ("promise-changed",), ("goodbye",)]


def test_a_promise_is_not_moved_to_a_number_that_was_never_confirmed() -> None:
    heard = opened().answer("2", "13800001111", "", "", "")
    assert heard.lines == []


def test_a_promise_for_another_number_is_found_by_keying_it() -> None:
    heard = menu().answer("1", Seen(None))
    assert heard.asked == ("open-none", "enter-number")
    assert heard.answer("13800001111", "1").asked == ("enter-reference",)
    assert heard.answer(REFERENCE).last == Look("13800001111", REFERENCE)
    heard.answer(Seen(OPEN), "3")
    assert (heard.lines[0].owner, heard.lines[0].source) == ("13800001111", "keyed")


def test_whose_number_is_withheld_keys_it_and_nobody_is_asked_about_limits() -> None:
    heard = Heard(WITHHELD, admit=None).answer("3", "1")
    assert heard.asked == ("enter-number",)
    assert heard.answer("13800001111").asked[-1] == "confirm"


@pytest.mark.parametrize("sight", [(Away(), Away()), (Seen(HEARD_OF), Away())])
def test_where_nobody_can_look_what_he_wants_is_taken_down_all_the_same(
    sight: tuple[Away | Seen, Away],
) -> None:
    heard = menu().answer("1", sight[0], REFERENCE, sight[1])
    assert heard.asked == ("no-lookup", "promise-menu")
    heard.answer("3", Kept())
    assert (heard.lines[0].asks, heard.lines[0].about) == (Asks.CANCEL, REFERENCE)
    assert heard.asked == ("request-taken", "undo")


def test_a_request_that_cannot_be_kept_is_not_said_to_be() -> None:
    heard = opened().answer("3", NotKept())
    assert heard.last == End(done=False)
    assert "promise-cancelled" not in heard.spoken
    assert "HF_SPOOLED" not in heard.facts


def test_requests_of_an_earlier_tier_are_counted_on() -> None:
    heard = Heard(replace(CALL, key="3", parts=2)).answer("1", Away(), REFERENCE, Away(), "3")
    assert heard.lines[0].part == 4


def test_the_next_tier_says_that_a_request_was_taken_and_asks_nothing_more() -> None:
    heard = Heard(replace(CALL, key="3", parts=1, spooled=True))
    assert heard.played == [("request-taken", "goodbye")]
    assert heard.last == End(done=True)


# -- planned outages (B5)


def test_b5_planned_outages_are_told_of_a_region_with_those_of_all_regions() -> None:
    heard = menu(policy=WHOLE).answer("2")
    assert heard.asked[0] == "region-intro"
    heard.answer("1")
    first = (
        "outage-from",
        "tomorrow",
        "hour-8",
        "minute-0",
        "outage-until",
        "tomorrow",
        "hour-12",
        "minute-0",
    )
    assert heard.played[0] == first
    assert heard.played[1][:3] == ("outage-from", "month-11", "day-23")
    assert heard.asked == ("offer", "more")


def test_b5_of_another_region_only_what_concerns_all_is_told() -> None:
    assert len(menu(policy=WHOLE).answer("2", "2").played) == 1


def test_b5_who_chooses_no_region_hears_of_all_with_their_names() -> None:
    heard = menu(policy=WHOLE).answer("2", "", "", "")
    assert [prompts[0] for prompts in heard.played] == ["region-west", "outage-from"]


def test_b5_nothing_planned_is_said_without_asking_for_a_region() -> None:
    heard = Heard(CALL, WHOLE).answer("3", "2")
    assert heard.played == [("outage-none",)]


def test_b5_one_that_is_under_way_is_told_until_when() -> None:
    now = Outage("", NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    over = Outage("", NOW - timedelta(hours=9), NOW - timedelta(hours=8))
    heard = Heard(CALL, POLICY, (over, now)).answer("3", "2")
    assert heard.played == [("outage-now", "outage-until", "today", "hour-11", "minute-0")]


# -- only a notice (B8)


def test_b8_a_notice_is_asked_for_with_one_key_and_is_no_promise_of_a_call() -> None:
    heard = menu().answer("3")
    assert heard.last == Spool(heard.left)
    left = heard.left
    assert (left.asks, left.number, left.source, left.wanted) == (Asks.NOTICE, OWN, "own", False)
    assert (left.part, left.about, left.owner) == (2, "", "")
    assert heard.answer(Kept()).played == [("notice-kept",), ("goodbye",)]


def test_b8_without_a_number_of_his_own_it_goes_to_one_that_he_keys() -> None:
    heard = Heard(WITHHELD).answer("3", "3", "13800001111", "1")
    assert (heard.left.asks, heard.left.number, heard.left.source) == (Asks.NOTICE, "13800001111", "keyed")


def test_b8_a_site_may_offer_no_notice() -> None:
    heard = menu(policy=replace(POLICY, offer_notice=False))
    assert heard.asked == ("more-menu", "back")
    assert heard.answer("3").asked[0] == "wrong-key"


def test_after_the_menu_a_callback_can_still_be_asked_for() -> None:
    heard = menu(policy=WHOLE).answer("2", "1", "1", "1", "1", "2", Kept())
    assert (heard.left.part, heard.left.matter) == (1, "fault")
    assert Play(("promise", "goodbye")) in heard.order
