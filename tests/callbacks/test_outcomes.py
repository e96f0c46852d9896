"""What an outcome leads to (E2, E8), and what the line says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt, attempt_key, line_outcome, with_disposition
from callbacks.values import CLOSED_STATES, Matter, Outcome, Promise, PromiseState

POLICY = CallbackPolicy()
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
OURS = {Outcome.NO_AGENT, Outcome.NOT_DIALLED}
AGAIN = [
    Outcome.BUSY,
    Outcome.NO_ANSWER,
    Outcome.VOICEMAIL,
    Outcome.REJECTED,
    Outcome.AGAIN,
    Outcome.UNKNOWN,
]
Build = Callable[..., Promise]


def moved_on(promise: Promise, outcome: Outcome, policy: CallbackPolicy, at: datetime) -> Promise:
    after = after_attempt(promise, outcome, policy, at)
    return replace(
        promise,
        state=after.state,
        due_at=after.due_at,
        place_at=after.place_at,
        attempts=after.attempts,
        line_failures=after.line_failures,
        attention=after.attention,
    )


@given(
    st.lists(st.sampled_from(sorted(set(Outcome) - OURS)), min_size=40, max_size=40),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_every_promise_closes_within_bounded_attempts(
    outcomes: list[Outcome], attempts: int, failures: int
) -> None:
    """E8: whatever happens on the line, a promise ends after at most max_attempts + max_line_failures - 1
    calls.
    """
    policy = CallbackPolicy(max_attempts=attempts, max_line_failures=failures)
    one = Promise(1, "power", "13912341234", PromiseState.DIALLING, NOW, NOW, 0, 1, Matter.FAULT, "zh-CN")
    for calls, outcome in enumerate(outcomes, start=1):
        one = moved_on(one, outcome, policy, NOW)
        if one.state in CLOSED_STATES:
            assert calls <= attempts + failures - 1
            return
        assert one.state is PromiseState.OPEN
    pytest.fail("it never closed")


@given(st.sampled_from(sorted(OURS)), st.integers(0, 100), st.integers(0, 100))
def test_nobody_is_given_up_whose_phone_never_rang(outcome: Outcome, attempts: int, failures: int) -> None:
    """E8, "never dialled" is 0: without a call there is no attempt, no lost place and no end."""
    one = Promise(
        1,
        *("power", "13912341234", PromiseState.DIALLING, NOW, NOW, attempts, 1, Matter.FAULT, "zh-CN"),
        place_at=NOW - timedelta(hours=1),
        line_failures=failures,
    )
    after = after_attempt(one, outcome, POLICY, NOW)
    assert (after.state, after.attempts, after.line_failures) == (PromiseState.OPEN, attempts, failures)
    assert after.place_at == one.place_at


@pytest.mark.parametrize("outcome", AGAIN)
def test_who_was_not_reached_is_called_again_after_the_policys_interval(
    outcome: Outcome, promise: Build
) -> None:
    """E2: several attempts, each counted."""
    after = after_attempt(promise(attempts=1), outcome, POLICY, NOW)
    assert (after.state, after.attempts, after.reason) == (PromiseState.OPEN, 2, outcome.value)
    assert after.due_at == NOW + timedelta(seconds=POLICY.retry_after[outcome])
    assert after.place_at == after.due_at


@pytest.mark.parametrize("outcome", AGAIN)
def test_the_last_allowed_attempt_closes_as_unreachable(outcome: Outcome, promise: Build) -> None:
    """E8: unreachable after the policy's attempts."""
    after = after_attempt(promise(attempts=POLICY.max_attempts - 1), outcome, POLICY, NOW)
    assert (after.state, after.attempts) == (PromiseState.UNREACHABLE, POLICY.max_attempts)


def test_answered_and_refused_close_at_once(promise: Build) -> None:
    assert after_attempt(promise(), Outcome.ANSWERED, POLICY, NOW).state is PromiseState.DONE
    assert after_attempt(promise(), Outcome.REFUSED, POLICY, NOW).state is PromiseState.REFUSED


def test_an_unknown_outcome_waits_its_interval_and_is_shown_to_the_leader(promise: Build) -> None:
    after = after_attempt(promise(), Outcome.UNKNOWN, POLICY, NOW)
    assert after.attention
    assert after.due_at > NOW


def test_what_could_not_be_dialled_is_not_tried_again_at_once(promise: Build) -> None:
    """A refusal that lasts would turn in a circle, and write an attempt on each turn."""
    after = after_attempt(promise(tries=1), Outcome.NOT_DIALLED, POLICY, NOW)
    assert after.due_at == NOW + timedelta(seconds=30)
    assert not after.attention


@pytest.mark.parametrize(
    ("tries", "outcome", "shown"),
    [
        (4, Outcome.NOT_DIALLED, False),
        (5, Outcome.NOT_DIALLED, True),
        (9, Outcome.NOT_DIALLED, True),
        (9, Outcome.NO_AGENT, False),
        (9, Outcome.NO_ANSWER, False),
    ],
)
def test_what_is_not_dialled_after_many_tries_is_shown_to_the_leader(
    tries: int, outcome: Outcome, shown: bool, promise: Build
) -> None:
    """E8: it never ends by itself, so somebody has to hear of it."""
    after = after_attempt(promise(tries=tries), outcome, POLICY, NOW)
    assert (after.state, after.attention) == (PromiseState.OPEN, shown)


def test_congestion_takes_no_attempt_from_the_caller_but_ends_too(promise: Build) -> None:
    """E8: our own lines' trouble says nothing about the caller; it is bounded, and the leader sees it."""
    once = after_attempt(promise(attempts=5), Outcome.CONGESTION, POLICY, NOW)
    assert (once.state, once.attempts, once.line_failures) == (PromiseState.OPEN, 5, 1)
    last = after_attempt(promise(line_failures=POLICY.max_line_failures - 1), Outcome.CONGESTION, POLICY, NOW)
    assert (last.state, last.attention) == (PromiseState.UNREACHABLE, True)


@pytest.mark.parametrize(
    ("status", "seconds", "cause", "outcome"),
    [
        ("ANSWER", 12, None, Outcome.ANSWERED),
        ("ANSWER", 1, None, Outcome.NO_ANSWER),
        ("BUSY", 0, 17, Outcome.BUSY),
        ("NOANSWER", 0, None, Outcome.NO_ANSWER),
        ("CANCEL", 0, None, Outcome.NO_ANSWER),
        ("CONGESTION", 0, 34, Outcome.CONGESTION),
        ("CHANUNAVAIL", 0, None, Outcome.REJECTED),
        ("CHANUNAVAIL", 0, 21, Outcome.REJECTED),
        ("CHANUNAVAIL", 0, 20, Outcome.CONGESTION),
        ("NOAGENT", 0, None, Outcome.NO_AGENT),
        ("chanunavail ", 0, None, Outcome.REJECTED),
        ("", 0, None, Outcome.UNKNOWN),
        ("SOMETHING", 60, None, Outcome.UNKNOWN),
    ],
)
def test_the_lines_words_mean(status: str, seconds: float, cause: int | None, outcome: Outcome) -> None:
    assert line_outcome(status, seconds, POLICY, cause=cause) is outcome


def test_the_agents_word_stands_over_the_lines() -> None:
    assert with_disposition(Outcome.VOICEMAIL, Outcome.ANSWERED) is Outcome.VOICEMAIL
    assert with_disposition(None, Outcome.ANSWERED) is Outcome.ANSWERED


def test_a_key_is_not_used_twice_even_by_a_book_that_was_restored(promise: Build) -> None:
    assert attempt_key(promise(tries=2), 100) == "7-3-100"
    assert attempt_key(promise(tries=2), 200) != attempt_key(promise(tries=2), 100)
