"""A call that comes from another tier: it goes on where it was, and nothing that it says is trusted."""

from dataclasses import replace

from heard import CALL, POLICY, REFERENCED, WHOLE, WITHHELD, Heard

from ivr.steps import Admit, End, Kept, Play, Spool

OTHER = replace(CALL, tier=2, key="2", wanted=True)
CONFIRMED = replace(CALL, tier=2, key="1", wanted=True, number="13912345678", source="own")


def test_a_number_that_was_keyed_and_not_confirmed_is_admitted_and_read_back() -> None:
    heard = Heard(replace(OTHER, keyed="13800001111"), admit=None)
    assert heard.last == Admit("13800001111")
    assert Heard(replace(OTHER, keyed="13800001111")).asked[-1] == "confirm"


def test_what_was_keyed_and_is_no_number_is_forgotten_and_asked_for() -> None:
    heard = Heard(replace(OTHER, keyed="402913"))
    assert heard.asked == ("enter-number",)
    assert heard.facts["HF_KEYED"] == ""


def test_a_keyed_number_counts_only_for_one_who_wants_to_be_called_on_it() -> None:
    assert Heard(replace(CALL, key="3", keyed="13800001111")).asked[0] == "more-menu"


def test_a_confirmed_number_leads_to_what_is_still_missing() -> None:
    assert Heard(CONFIRMED, WHOLE).asked == ("matter",)
    assert Heard(replace(CONFIRMED, matter="bill"), WHOLE).asked[0] == "region-intro"
    assert Heard(replace(CONFIRMED, matter="bill", region="west"), WHOLE).asked == ("ask-message",)
    whole = replace(CONFIRMED, matter="bill", region="west", recording="1-1.wav")
    heard = Heard(whole, WHOLE)
    assert heard.last == Spool(heard.left)
    left = heard.left
    assert (left.number, left.matter, left.region, left.recording, left.tier) == (
        "13912345678",
        "bill",
        "west",
        "1-1.wav",
        2,
    )


def test_a_matter_or_region_that_there_is_not_is_asked_for() -> None:
    assert Heard(replace(CONFIRMED, matter="b1ll"), WHOLE).asked == ("matter",)
    assert Heard(replace(CONFIRMED, matter="bill", region="north"), WHOLE).asked[0] == "region-intro"


def test_a_durable_line_has_only_its_promise_to_come() -> None:
    heard = Heard(replace(CONFIRMED, reference="402913", spooled=True))
    assert heard.lines == []
    assert heard.order[1] == Play(("promise",))
    assert heard.asked[0] == "reference-is"
    heard.answer("")
    assert heard.last == End(done=True)


def test_a_durable_line_without_a_number_promises_nothing() -> None:
    heard = Heard(replace(WITHHELD, tier=2, spooled=True))
    assert heard.spoken == ["no-number"]
    assert heard.facts["HF_DONE"] == "1"


def test_a_number_from_another_tier_that_may_not_be_dialled_is_taken_back() -> None:
    heard = Heard(replace(OTHER, number="0014155552671", source="keyed"))
    assert (heard.facts["HF_NUMBER"], heard.facts["HF_SOURCE"]) == ("", "")
    assert heard.asked == ("enter-number",)


def test_the_tier_of_the_call_is_that_of_its_line() -> None:
    for tier in (1, 2, 4):
        assert Heard(replace(REFERENCED, key="1", tier=tier), POLICY).answer("2", Kept()).left.tier == tier
