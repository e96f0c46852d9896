"""E2, E4, E8: what outcomes lead to when hours and days count. A caller is followed through the days as a dispatcher would."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from calling_days import calendar_around
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.policy import CallbackPolicy
from callbacks.rules.deadlines import owed
from callbacks.rules.hours import CallCalendar, day_of, may_call, next_call
from callbacks.rules.outcomes import Next, after_attempt
from callbacks.values import CLOSED_STATES, Matter, Outcome, Promise, PromiseState

MONDAY = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # 9:00 in the zone of the calendar
OURS = {Outcome.NO_AGENT, Outcome.NOT_DIALLED}
NOT_REACHED = {Outcome.BUSY, Outcome.NO_ANSWER, Outcome.VOICEMAIL, Outcome.REJECTED, Outcome.UNKNOWN}
COUNTED = {*NOT_REACHED, Outcome.AGAIN}


@dataclass(frozen=True)
class Try:
    at: datetime
    outcome: Outcome
    after: Next


def tried(
    outcomes: list[Outcome],
    created: datetime,
    policy: CallbackPolicy,
    calendar: CallCalendar,
    matter: Matter = Matter.BILL,
    delay: float = 0.0,
) -> list[Try]:
    """Each attempt is made ``delay`` seconds after it is due, in hours, until the promise is closed."""
    one = Promise(1, "power", "13912341234", PromiseState.DIALLING, created, created, 0, 1, matter, "zh-CN")
    found: list[Try] = []
    due = created
    for outcome in outcomes:
        at = due + timedelta(seconds=delay)
        at = at if matter is Matter.DANGER else next_call(calendar, at)
        after = after_attempt(one, outcome, policy, at, calendar)
        found.append(Try(at, outcome, after))
        if after.state in CLOSED_STATES:
            break
        one = replace(
            one,
            due_at=after.due_at,
            place_at=after.place_at,
            attempts=after.attempts,
            line_failures=after.line_failures,
            tries=one.tries + 1,
            attention=after.attention,
        )
        due = after.due_at
    return found


created_at = st.integers(0, 14 * 86_400).map(lambda seconds: MONDAY + timedelta(seconds=seconds))
calendars = st.sampled_from(
    [
        calendar_around(MONDAY, since, until, working_only=working, holidays=holidays)
        for since, until, working, holidays in (
            (8, 21, False, ()),
            (0, 24, False, ()),
            (9, 17, True, ()),
            (10, 16, True, (1, 2, 3, 9)),
            (7, 22, False, (0, 1, 14, 15)),
        )
    ]
)
many = st.lists(
    st.sampled_from(sorted(set(Outcome) - {Outcome.ANSWERED, Outcome.REFUSED})), min_size=20, max_size=40
)


@settings(max_examples=50)
@given(many, created_at, calendars, st.integers(1, 4), st.floats(0, 7200))
def test_e4_the_next_attempt_is_always_in_calling_hours(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar, per_day: int, delay: float
) -> None:
    policy = CallbackPolicy(most_per_day=per_day, max_attempts=12)
    for one in tried(outcomes, created, policy, calendar, delay=delay):
        if one.after.state is PromiseState.OPEN:
            assert may_call(calendar, one.after.due_at)
            assert one.after.due_at > one.at


@settings(max_examples=50)
@given(many, created_at, calendars, st.integers(1, 4), st.floats(0, 7200))
def test_e2_no_day_sees_more_attempts_that_count_than_most_per_day(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar, per_day: int, delay: float
) -> None:
    policy = CallbackPolicy(most_per_day=per_day, max_attempts=12, try_days=0)
    days = [
        day_of(calendar, one.at)
        for one in tried(outcomes, created, policy, calendar, delay=delay)
        if one.outcome in COUNTED
    ]
    assert all(days.count(day) <= per_day for day in days)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(sorted(NOT_REACHED)), min_size=20, max_size=20), created_at, calendars)
def test_e2_whoever_is_not_reached_is_closed_within_the_policy_s_working_days(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar
) -> None:
    """E8: when its attempts are made, every promise has an end, and inside E2's days."""
    policy = CallbackPolicy()
    made = tried(outcomes, created, policy, calendar)
    until = owed(Matter.BILL, created, policy, calendar).give_up_at
    assert made[-1].after.state is PromiseState.UNREACHABLE
    assert until is not None
    assert made[-1].at < until


@settings(max_examples=50)
@given(many, created_at, calendars, st.integers(1, 6), st.integers(0, 6), st.floats(0, 200_000))
def test_e2_nobody_is_given_up_before_the_least_attempts(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar, least: int, more: int, delay: float
) -> None:
    """However late the attempts were: the days alone give nobody up."""
    policy = CallbackPolicy(least_attempts=least, max_attempts=least + more, max_line_failures=99)
    last = tried(outcomes, created, policy, calendar, delay=delay)[-1]
    if last.after.state is PromiseState.UNREACHABLE:
        assert last.after.attempts >= least


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from(sorted(Outcome)), min_size=1, max_size=40),
    created_at,
    calendars,
    st.floats(0, 90_000),
)
def test_e8_no_promise_is_closed_that_was_never_dialled(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar, delay: float
) -> None:
    """Only an attempt that reached the line ends it, or line failures that the leader is shown."""
    made = tried(outcomes, created, CallbackPolicy(), calendar, delay=delay)
    if made[-1].after.state in CLOSED_STATES:
        reached = any(one.outcome not in OURS | {Outcome.CONGESTION} for one in made)
        assert reached or made[-1].after.attention


@settings(max_examples=50)
@given(st.lists(st.sampled_from(sorted(OURS)), min_size=1, max_size=40), created_at, calendars)
def test_e8_days_end_nothing_as_long_as_nobody_s_phone_rang(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar
) -> None:
    made = tried(outcomes, created, CallbackPolicy(), calendar, delay=86_400.0)
    assert {one.after.state for one in made} == {PromiseState.OPEN}


@settings(max_examples=50)
@given(many, created_at, calendars)
def test_e4_danger_waits_for_no_hour_and_no_day(
    outcomes: list[Outcome], created: datetime, calendar: CallCalendar
) -> None:
    policy = CallbackPolicy()
    for one in tried(outcomes, created, policy, calendar, Matter.DANGER):
        if one.after.state is PromiseState.OPEN:
            assert one.after.due_at == one.at + timedelta(seconds=policy.retry_after[one.outcome])


def test_e2_three_a_day_then_a_night() -> None:
    """9:00, 10:00, 11:00; 8:00, 9:00, 10:00 of the next day; then it is closed."""
    made = tried([Outcome.NO_ANSWER] * 9, MONDAY, CallbackPolicy(), calendar_around(MONDAY))
    assert [one.at - MONDAY for one in made] == [timedelta(hours=hour) for hour in (0, 1, 2, 23, 24, 25)]
    assert made[-1].after.state is PromiseState.UNREACHABLE


def test_e2_when_the_days_are_over_the_next_attempt_is_not_waited_for() -> None:
    """Three attempts on the last evening are enough, though the policy allows six."""
    thursday = MONDAY + timedelta(days=3, hours=9)  # 18:00 of the third working day after
    one = Promise(
        *(1, "power", "13912341234", PromiseState.DIALLING, MONDAY, thursday, 2, 1, Matter.BILL, "zh-CN")
    )
    policy, calendar = CallbackPolicy(), calendar_around(MONDAY)
    assert after_attempt(one, Outcome.NO_ANSWER, policy, thursday, calendar).state is PromiseState.UNREACHABLE
    early = after_attempt(replace(one, attempts=1), Outcome.NO_ANSWER, policy, thursday, calendar)
    assert early.state is PromiseState.OPEN


@pytest.mark.parametrize("attempts", [2, 4])
def test_who_asked_to_be_called_again_is_not_given_up_because_of_the_days(attempts: int) -> None:
    late = MONDAY + timedelta(days=8)
    one = Promise(1, "power", "1", PromiseState.TALKING, MONDAY, late, attempts, 1, Matter.BILL, "zh-CN")
    after = after_attempt(one, Outcome.AGAIN, CallbackPolicy(), late, calendar_around(MONDAY))
    assert after.state is PromiseState.OPEN


def test_a_time_that_the_caller_wished_for_begins_the_days_anew() -> None:
    wished = MONDAY + timedelta(days=8)
    one = Promise(
        *(1, "power", "1", PromiseState.TALKING, MONDAY, wished, 3, 1, Matter.BILL, "zh-CN"), wished_at=wished
    )
    calendar = calendar_around(MONDAY)
    assert after_attempt(one, Outcome.BUSY, CallbackPolicy(), wished, calendar).state is PromiseState.OPEN
    unwished = replace(one, wished_at=None)
    assert after_attempt(unwished, Outcome.BUSY, CallbackPolicy(), wished, calendar).state in CLOSED_STATES


def test_without_a_calendar_neither_hours_nor_days_count() -> None:
    night = MONDAY + timedelta(days=20, hours=15)
    one = Promise(1, "power", "1", PromiseState.DIALLING, MONDAY, night, 2, 1, Matter.BILL, "zh-CN")
    assert after_attempt(one, Outcome.BUSY, CallbackPolicy(), night).due_at == night + timedelta(minutes=10)


def test_who_was_told_a_time_is_called_then_also_after_the_last_allowed_attempt() -> None:
    """E8: what was promised by a person is kept; nobody who was reached is called unreachable."""
    last = CallbackPolicy().max_attempts - 1
    one = Promise(1, "power", "1", PromiseState.TALKING, MONDAY, MONDAY, last, 1, Matter.BILL, "zh-CN")
    told = replace(one, wished_at=MONDAY + timedelta(days=1))
    for calendar in (None, calendar_around(MONDAY)):
        after = after_attempt(told, Outcome.AGAIN, CallbackPolicy(), MONDAY, calendar)
        assert (after.state, after.attempts) == (PromiseState.OPEN, last + 1)
    past = replace(one, wished_at=MONDAY - timedelta(days=1))
    assert after_attempt(past, Outcome.AGAIN, CallbackPolicy(), MONDAY).state is PromiseState.UNREACHABLE
    assert after_attempt(told, Outcome.BUSY, CallbackPolicy(), MONDAY).state is PromiseState.UNREACHABLE
