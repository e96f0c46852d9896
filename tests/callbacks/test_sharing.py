"""E5: while callers wait, callbacks have their share and no more."""

from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.policy import CallbackPolicy
from callbacks.rules.pacing import how_many_to_start
from callbacks.rules.sharing import Share

POLICY = CallbackPolicy(ramp_every=0)


def a_day(share: float, calls: int) -> Share:
    """A queue that is never empty: an agent takes a call, then a callback starts if it may."""
    account = Share()
    for _ in range(calls):
        account = account.answered(3, share)
        for _ in range(how_many_to_start(0, 99, 3, 0, 1e4, POLICY, credit=account.credit)):
            account = account.started(3)
    return account


def test_with_a_tenth_every_tenth_call_is_a_callback() -> None:
    account = a_day(0.1, 900)
    assert (account.live, account.callbacks) == (900, 100)
    assert account.measured == 0.1


@settings(max_examples=30)
@given(st.floats(0, 0.9), st.integers(50, 200))
def test_neither_live_callers_nor_callbacks_are_starved(share: float, calls: int) -> None:
    account = a_day(share, calls)
    assert account.callbacks <= calls * share / (1 - share) + 1e-6
    assert account.callbacks >= calls * share / (1 - share) - 1.001


def test_with_no_share_none_starts_while_anybody_waits() -> None:
    assert a_day(0.0, 500).callbacks == 0


def test_a_share_of_everything_never_waits() -> None:
    assert a_day(1.0, 5).callbacks >= 5


def test_a_quiet_hour_puts_nothing_by_and_costs_nothing() -> None:
    account = Share()
    for _ in range(100):
        account = account.answered(0, 0.5).started(0)
    assert account == Share()
    assert account.measured is None


@settings(max_examples=30)
@given(st.floats(0, 0.49), st.integers(0, 300))
def test_no_rush_of_callbacks_is_saved_up(share: float, calls: int) -> None:
    account = Share()
    for _ in range(calls):
        account = account.answered(1, share)
    assert account.credit < 2.0


def test_e5_the_lines_kept_for_live_callers_are_kept_on_credit_too() -> None:
    assert how_many_to_start(0, 1, 5, 0, 1e4, CallbackPolicy(line_reserve=1), credit=1.0) == 0


def test_one_that_waits_for_its_agent_is_enough() -> None:
    assert how_many_to_start(0, 9, 5, 1, 1e4, POLICY, credit=1.0) == 0
    assert how_many_to_start(0, 9, 5, 1, 1e4, POLICY, with_agent=1, credit=1.0) == 1
