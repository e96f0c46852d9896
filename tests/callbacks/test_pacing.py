"""E5: callbacks never take a line or an agent that live callers need. E1: they begin slowly."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callbacks.policy import CallbackPolicy
from callbacks.rules import how_many_to_start, order_key
from callbacks.values import Matter, Promise

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
few = st.integers(0, 40)


@given(few, few, few, few, st.floats(0, 1e5), st.floats(0, 2), few, few)
def test_never_more_in_flight_than_agents_and_lines_leave(
    agents: int, lines: int, waiting: int, in_flight: int, stable: float, factor: float, kept: int, spare: int
) -> None:
    policy = CallbackPolicy(factor=factor, agent_reserve=kept, line_reserve=spare)
    started = how_many_to_start(agents, lines, waiting, in_flight, stable, policy)
    assert started >= 0
    if started:
        assert waiting == 0
        assert in_flight + started <= agents * factor - kept
        assert in_flight + started <= lines - spare


def test_nothing_starts_while_somebody_waits_in_the_queue() -> None:
    assert how_many_to_start(10, 10, 1, 0, 1e4, CallbackPolicy()) == 0


def test_after_recovery_one_more_call_is_allowed_for_every_step_of_the_ramp() -> None:
    """E1: agents return at once but are not flooded."""
    policy = CallbackPolicy(ramp=1, ramp_every=15.0)
    assert [how_many_to_start(20, 20, 0, 0, after, policy) for after in (0, 14.9, 15, 60)] == [1, 1, 2, 5]


def test_a_call_that_holds_its_agent_and_line_is_not_counted_against_the_free_ones() -> None:
    policy = CallbackPolicy(ramp=100, line_reserve=1)
    assert how_many_to_start(2, 3, 0, 2, 0, policy, with_agent=2) == 2
    assert how_many_to_start(2, 3, 0, 2, 0, policy, with_agent=0) == 0


def test_the_line_kept_for_live_callers_is_never_taken() -> None:
    assert how_many_to_start(5, 1, 0, 0, 1e4, CallbackPolicy(line_reserve=1)) == 0


def test_who_waited_longest_comes_first_and_ties_go_by_number(promise: Callable[..., Promise]) -> None:
    early = promise(id=9, created_at=NOW - timedelta(minutes=5))
    tried = promise(id=1, created_at=NOW - timedelta(hours=1), place_at=NOW + timedelta(minutes=10))
    same = promise(id=3), promise(id=2)
    assert [one.id for one in sorted((tried, *same, early), key=order_key)] == [9, 2, 3, 1]


def test_e0_danger_comes_first_whatever_waits_and_however_long(promise: Callable[..., Promise]) -> None:
    old = promise(id=1, matter=Matter.COMPLAINT, place_at=NOW - timedelta(days=3))
    danger = promise(id=2, matter=Matter.DANGER, place_at=NOW)
    later = promise(id=3, matter=Matter.DANGER, place_at=NOW + timedelta(minutes=1))
    head_start = {Matter.COMPLAINT: 1e6}
    ranked = sorted((old, later, danger), key=lambda one: order_key(one, head_start))
    assert [one.id for one in ranked] == [2, 3, 1]


def test_a_matter_overtakes_by_its_head_start_and_no_more(promise: Callable[..., Promise]) -> None:
    """A fault of 12:00 with four hours comes before a bill of 8:30 and after one of 7:30; nobody is put off for ever."""
    noon = NOW.replace(hour=12, minute=0)
    fault = promise(id=1, matter=Matter.FAULT, place_at=noon)
    bills = [
        promise(id=2, matter=Matter.BILL, place_at=noon - timedelta(hours=3, minutes=30)),
        promise(id=3, matter=Matter.BILL, place_at=noon - timedelta(hours=4, minutes=30)),
    ]
    ranked = sorted((fault, *bills), key=lambda one: order_key(one, CallbackPolicy().head_start))
    assert [one.id for one in ranked] == [3, 1, 2]


@given(few, few, few, st.floats(0, 5), few)
def test_e5_on_credit_no_more_start_than_it_is_worth_and_the_reserve_stays(
    agents: int, lines: int, waiting: int, credit: float, spare: int
) -> None:
    policy = CallbackPolicy(line_reserve=spare, ramp_every=0)
    started = how_many_to_start(agents, lines, waiting + 1, 0, 1e4, policy, credit=credit)
    assert 0 <= started <= max(0, min(credit + 1e-6, lines - spare))
