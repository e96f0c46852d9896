"""E2, E3: what is owed until when, and when the leader is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from calling_days import ZONE, calendar_around
from hypothesis import given
from hypothesis import strategies as st

from callbacks.policy import CallbackPolicy
from callbacks.rules.deadlines import (
    Deadline,
    Duty,
    Owed,
    is_late,
    is_near,
    is_to_warn,
    next_deadline,
    owed,
)
from callbacks.rules.hours import may_call
from callbacks.values import CLOSED_STATES, Matter, Promise, PromiseState

POLICY = CallbackPolicy()
FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 10:00 in the zone of the calendar
WEEK = calendar_around(FRIDAY)
HOUR = timedelta(hours=1)
Build = Callable[..., Promise]
moments = st.integers(-10 * 86_400, 20 * 86_400).map(lambda seconds: FRIDAY + timedelta(seconds=seconds))


def local(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=ZONE)


def test_e2_a_first_attempt_within_one_working_day_and_several_within_three() -> None:
    assert owed(Matter.BILL, FRIDAY, POLICY, WEEK) == Owed(local(23, 21), None, local(25, 21))


def test_e3_complaints_are_answered_within_5_days_tip_offs_within_10() -> None:
    assert owed(Matter.COMPLAINT, FRIDAY, POLICY, WEEK).answer_by == FRIDAY + timedelta(days=5)
    assert owed(Matter.TIPOFF, FRIDAY, POLICY, WEEK).answer_by == FRIDAY + timedelta(days=10)


def test_e4_nothing_is_owed_at_an_hour_at_which_nobody_may_be_called_but_for_danger() -> None:
    assert owed(Matter.DANGER, FRIDAY, POLICY, WEEK).first_by == local(24)
    late = owed(Matter.BILL, local(20, 23), POLICY, WEEK)
    assert late.first_by == local(23, 21)


def test_an_answer_is_owed_while_people_may_still_be_called_and_never_later_than_its_days() -> None:
    """Left at 6:00, so five days end at 6:00: the evening before is the last time to call."""
    assert owed(Matter.COMPLAINT, local(20, 6), POLICY, WEEK).answer_by == local(24, 21)
    at_once = CallbackPolicy(answer_days={Matter.COMPLAINT: 0.1})
    assert owed(Matter.COMPLAINT, local(20, 22), at_once, WEEK).answer_by == local(20, 22) + 2.4 * HOUR


def test_what_lies_beyond_the_calendar_is_owed_all_the_same() -> None:
    policy = CallbackPolicy(answer_days={Matter.BILL: 365.0})
    assert owed(Matter.BILL, FRIDAY, policy, WEEK).answer_by == FRIDAY + timedelta(days=365)


def test_a_policy_of_no_days_owes_nothing() -> None:
    assert owed(
        Matter.COMPLAINT, FRIDAY, CallbackPolicy(first_days=0, try_days=0, answer_days={}), WEEK
    ) == Owed(None, None, None)


@given(moments, st.sampled_from(sorted(set(Matter) - {Matter.DANGER})), st.integers(1, 4))
def test_e2_there_is_always_time_to_call_before_it_is_over(at: datetime, matter: Matter, days: int) -> None:
    """A whole working day's calling hours lie between the call and the deadline, which ends with them."""
    by = owed(matter, at, CallbackPolicy(first_days=days), WEEK).first_by
    assert by is not None
    assert may_call(WEEK, by - timedelta(seconds=1))
    assert len([span for span in WEEK.calling if span.start >= at and span.end <= by]) >= days


def test_the_first_attempt_is_owed_until_it_was_begun_the_answer_until_it_is_closed(promise: Build) -> None:
    one = promise(state=PromiseState.OPEN, first_by=FRIDAY, answer_by=FRIDAY + HOUR)
    assert next_deadline(one) == Deadline(Duty.FIRST, FRIDAY)
    tried = replace(one, first_at=FRIDAY - HOUR)
    assert next_deadline(tried) == Deadline(Duty.ANSWER, FRIDAY + HOUR)
    for state in CLOSED_STATES:
        assert next_deadline(replace(one, state=state)) is None
        assert not is_late(replace(one, state=state), FRIDAY + 9 * HOUR)


@pytest.mark.parametrize(
    ("hours", "near", "late"),
    [(-3, False, False), (-2, True, False), (-1, True, False), (0, False, True), (5, False, True)],
)
def test_near_comes_before_late(promise: Build, hours: int, near: bool, late: bool) -> None:
    one = promise(state=PromiseState.OPEN, first_by=FRIDAY)
    at = FRIDAY + hours * HOUR
    assert (is_near(one, POLICY, at), is_late(one, at)) == (near, late)


def test_the_leader_is_told_before_when_it_is_over_and_again_every_warn_repeat(promise: Build) -> None:
    one = promise(state=PromiseState.OPEN, first_by=FRIDAY)
    told = []
    for quarter in range(-4 * 4, 4 * 11):
        at = FRIDAY + quarter * HOUR / 4
        if is_to_warn(one, POLICY, at):
            told.append(quarter / 4)
            one = replace(one, warned_at=at)
    assert told == [-2, 0, 4, 8]


def test_a_second_deadline_is_told_of_though_the_first_was(promise: Build) -> None:
    policy = CallbackPolicy(warn_repeat=0)
    one = promise(state=PromiseState.OPEN, first_by=FRIDAY, answer_by=FRIDAY + 24 * HOUR, warned_at=FRIDAY)
    assert not is_to_warn(one, policy, FRIDAY + 20 * HOUR)
    assert is_to_warn(one, policy, FRIDAY + 22 * HOUR)


def test_what_nobody_owes_is_never_told_of(promise: Build) -> None:
    assert not is_to_warn(promise(state=PromiseState.OPEN), POLICY, FRIDAY + timedelta(days=99))


def test_a_clock_that_was_set_back_silences_nobody(promise: Build) -> None:
    one = promise(state=PromiseState.OPEN, first_by=FRIDAY, warned_at=FRIDAY + timedelta(days=2))
    assert is_to_warn(one, POLICY, FRIDAY)
