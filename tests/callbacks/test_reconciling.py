"""After a crash every attempt that was in flight is accounted for, and none is blindly called again."""

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.rules import Finding, answered_at_all, reconcile
from callbacks.values import Outcome

POLICY = CallbackPolicy()


@pytest.mark.parametrize(
    ("stage", "restarted", "outcome"),
    [
        (None, False, Outcome.NOT_DIALLED),
        (None, True, Outcome.UNKNOWN),
        ("queue,1763720100", False, Outcome.NO_AGENT),
        ("queue,1763720100", True, Outcome.UNKNOWN),
        ("dial,1763720100", False, Outcome.UNKNOWN),
        ("dial,1763720100", True, Outcome.UNKNOWN),
        ("end,BUSY,0,1763720100", False, Outcome.BUSY),
        ("end,ANSWER,42,1763720100", True, Outcome.ANSWERED),
        ("end,ANSWER,,1763720100", False, Outcome.NO_ANSWER),
        ("end", False, Outcome.UNKNOWN),
        ("rubbish", False, Outcome.UNKNOWN),
    ],
)
def test_what_is_left_in_astdb_decides(stage: str | None, restarted: bool, outcome: Outcome) -> None:
    found = reconcile(stage, False, restarted, POLICY)
    assert (found.finding, found.outcome) == (Finding.ENDED, outcome)
    assert found.reason


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("stage", ["ring", "ask", "wait", "talk"])
def test_a_customer_who_was_rung_and_lost_sight_of_is_never_called_again_at_once(
    stage: str, restarted: bool
) -> None:
    """E2: one attempt of unknown outcome, and the leader sees how far it had come."""
    found = reconcile(f"{stage},1763720100", False, restarted, POLICY)
    assert (found.finding, found.outcome) == (Finding.ENDED, Outcome.UNKNOWN)
    assert "customer" in found.reason


@pytest.mark.parametrize(
    ("stage", "outcome", "seconds", "word_awaited"),
    [
        ("end,NOPRESS,12,1763720100,16", Outcome.VOICEMAIL, 12, False),
        ("end,HUNGUP,40,1763720100,16", Outcome.NO_ANSWER, 40, False),  # however long he listened
        ("end,DONTCALL,3,1763720100,16", Outcome.REFUSED, 3, False),
        ("end,NOAGENT,20,1763720100,16", Outcome.NO_AGENT, 20, False),
        ("end,ANSWER,90,1763720100,16", Outcome.ANSWERED, 90, True),
        ("end,BUSY,0,1763720100,17", Outcome.BUSY, 0, False),
    ],
)
def test_of_a_customer_who_was_rung_first_only_the_agents_talk_is_a_success(
    stage: str, outcome: Outcome, seconds: float, word_awaited: bool
) -> None:
    found = reconcile(stage, False, False, POLICY)
    assert (found.outcome, found.answered_seconds) == (outcome, seconds)
    assert answered_at_all(found) is word_awaited


@pytest.mark.parametrize("stage", [None, "queue,1", "dial,1", "ring,1", "ask,1", "wait,1", "talk,1"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_living_channel_is_adopted(stage: str | None, restarted: bool) -> None:
    assert reconcile(stage, True, restarted, POLICY).finding is Finding.ADOPT


def test_the_talk_time_that_the_dial_plan_wrote_is_kept() -> None:
    assert reconcile("end,ANSWER,42,1763720100", False, False, POLICY).answered_seconds == 42


@pytest.mark.parametrize(
    ("stage", "status", "answered"),
    [
        ("end,ANSWER,42,1763720100", "ANSWER", True),
        ("end,ANSWER,1,1763720100", "ANSWER", True),
        ("end,answer,,1763720100", "ANSWER", True),
        ("end,BUSY,0,1763720100", "BUSY", False),
        ("end", "", False),
        ("dial,1763720100", "", False),
        (None, "", False),
    ],
)
def test_an_answer_however_short_is_told_apart_from_none(
    stage: str | None, status: str, answered: bool
) -> None:
    """E2: who says no and hangs up after a second was reached, and the agent must be able to state it."""
    found = reconcile(stage, False, False, POLICY)
    assert (found.status, answered_at_all(found)) == (status, answered)


def test_a_call_that_is_still_there_was_not_answered_at_all_yet() -> None:
    assert not answered_at_all(reconcile("dial,1763720100", True, False, POLICY))


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ("end,CHANUNAVAIL,0,1763720100,20", Outcome.CONGESTION),
        ("end,CHANUNAVAIL,0,1763720100,21", Outcome.REJECTED),
        ("end,CHANUNAVAIL,0,1763720100,", Outcome.REJECTED),
        ("end,CHANUNAVAIL,0,1763720100,rubbish", Outcome.REJECTED),
        ("end,CHANUNAVAIL,0,1763720100", Outcome.REJECTED),
        ("end,BUSY,0,1763720100,17", Outcome.BUSY),
        ("end,ANSWER,42,1763720100,16", Outcome.ANSWERED),
    ],
)
def test_the_cause_tells_our_lines_trouble_from_a_caller_who_refuses(stage: str, outcome: Outcome) -> None:
    """E8: a trunk that is not there takes no attempt from the caller. Stages without a cause are still read."""
    assert reconcile(stage, False, False, POLICY).outcome is outcome
