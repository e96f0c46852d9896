"""The one shape of an outgoing call (E2): it always enters the guarded contexts, with all that the guard compares."""

from datetime import UTC, datetime

from ami_bridge.originate import (
    Guard,
    Headers,
    Line,
    attempt_of,
    by_claim,
    channel_id,
    customer_first,
    through_queue,
)
from callbacks.policy import CallbackPolicy
from callbacks.values import Attempt

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
GUARD = Guard(fence=77, epoch=1_000_000)
LINE = Line("carrier-b", "PJSIP/{number}@carrier-b", "95598")
RULES = CallbackPolicy(not_after=20, ring_seconds=30, agent_patience=60)
ATTEMPT = Attempt("4-1-77", 4, "power", "13900001234", "carrier-b", NOW)
OWN = Attempt("4-2-77", 4, "power", "13900001234", "carrier-b", NOW, agent="PJSIP/agent-1")


def variables(headers: Headers) -> dict[str, str]:
    given = headers["Variable"]
    assert isinstance(given, list)
    return dict(one.split("=", 1) for one in given)


def test_a_callback_waits_in_the_queue_and_dials_behind_the_guard() -> None:
    headers = through_queue(ATTEMPT, "power", LINE, GUARD, RULES)
    assert headers["Channel"] == "Local/4-1-77@holdfast-queue/n"
    assert (headers["Context"], headers["Exten"], headers["Priority"]) == ("holdfast-dial", "4-1-77", "1")
    assert (headers["Async"], headers["Timeout"]) == ("true", "60000")
    assert variables(headers) == {
        "HF_ATTEMPT": "4-1-77",
        "HF_NUMBER": "13900001234",
        "HF_SCOPE": "power",
        "HF_QUEUE": "power",
        "HF_DIAL": "PJSIP/13900001234@carrier-b",
        "HF_SHOWN": "95598",
        "HF_FENCE": "77",
        "HF_NOT_AFTER": "1000020",
        "HF_RING": "30",
    }


def test_both_halves_of_a_callback_can_be_recognised_later() -> None:
    headers = through_queue(ATTEMPT, "power", LINE, GUARD, RULES)
    ids = (headers["ChannelId"], headers["OtherChannelId"])
    assert ids == ("hf-4-1-77", "hf-4-1-77-2")
    assert [attempt_of(str(one)) for one in ids] == ["4-1-77", "4-1-77"]


def test_a_call_of_somebody_else_is_no_attempt_of_ours() -> None:
    assert attempt_of("1763720100.15") is None
    assert attempt_of("") is None
    assert attempt_of(channel_id("9-12-1763720100000")) == "9-12-1763720100000"


def test_an_agents_own_claim_rings_his_phone_first_and_goes_straight_to_the_dial_leg() -> None:
    headers = by_claim(OWN, LINE, GUARD, RULES)
    assert headers["Channel"] == "PJSIP/agent-1"
    assert (headers["Context"], headers["Exten"]) == ("holdfast-dial", "4-2-77")
    assert (variables(headers)["HF_DIRECT"], headers["Timeout"]) == ("1", "30000")
    assert "HF_QUEUE" not in variables(headers)


def test_the_time_an_agent_lets_his_phone_ring_is_added_to_what_the_guard_allows() -> None:
    """The guard meets this call only when the agent has answered."""
    queued = variables(through_queue(ATTEMPT, "power", LINE, GUARD, RULES))["HF_NOT_AFTER"]
    claimed = variables(by_claim(OWN, LINE, GUARD, RULES))["HF_NOT_AFTER"]
    assert int(claimed) - int(queued) == RULES.ring_seconds


def test_a_customer_who_is_rung_first_is_asked_in_his_language_and_given_time_to_press() -> None:
    headers = customer_first(ATTEMPT, "power", LINE, GUARD, RULES, "zh-CN")
    assert headers["Channel"] == "Local/4-1-77@holdfast-customer-dial/n"
    assert (headers["Context"], headers["Exten"], headers["Timeout"]) == (
        "holdfast-customer",
        "4-1-77",
        "50000",
    )
    given = variables(headers)
    assert (given["HF_QUEUE"], given["HF_LANG"], given["HF_PRESS"], given["HF_PATIENCE"]) == (
        "power",
        "zh-CN",
        "10",
        "60",
    )
    assert (given["HF_FENCE"], given["HF_NOT_AFTER"], given["HF_SHOWN"]) == ("77", "1000020", "95598")


def test_the_half_that_dials_the_customer_has_the_first_name_in_every_way() -> None:
    """So what Asterisk tells of the dialling means the caller's side."""
    headers = customer_first(ATTEMPT, "power", LINE, GUARD, RULES, "en")
    ids = str(headers["ChannelId"]), str(headers["OtherChannelId"])
    assert ids[1] == channel_id(ATTEMPT.key)
    assert [attempt_of(one) for one in ids] == [ATTEMPT.key] * 2
    assert not ids[0].startswith(ids[1])  # Asterisk would refuse the second: it compares beginnings


def test_a_callback_whose_turn_it_is_says_so() -> None:
    assert "HF_TURN" not in variables(through_queue(ATTEMPT, "power", LINE, GUARD, RULES))
    assert variables(through_queue(ATTEMPT, "power", LINE, GUARD, RULES, turn=True))["HF_TURN"] == "1"
