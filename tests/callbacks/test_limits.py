"""How many callbacks may be asked for in a day."""

from dataclasses import replace

import pytest

from callbacks.policy import LimitPolicy
from callbacks.rules.limits import Counts, exceeded, prefix_of

LIMITS = LimitPolicy(per_caller_day=3, per_number_day=2, prefix_digits=4, per_prefix_day=10, per_day=100)
NONE = LimitPolicy(per_caller_day=0, per_number_day=0, per_prefix_day=0, per_day=0)
CASES = [("caller", 3), ("number", 2), ("prefix", 10), ("day", 100)]


@pytest.mark.parametrize(("name", "most"), CASES)
def test_a_limit_is_reached_by_the_one_that_would_go_beyond_it(name: str, most: int) -> None:
    counts = Counts()
    assert exceeded(replace(counts, **{name: most - 1}), LIMITS, keyed=True) == ""
    assert exceeded(replace(counts, **{name: most}), LIMITS, keyed=True) == name


def test_a_caller_s_own_number_knows_no_limit_by_prefix_or_day() -> None:
    assert exceeded(Counts(prefix=10**6, day=10**6), LIMITS, keyed=False) == ""


@pytest.mark.parametrize(("name", "most"), CASES[:2])
def test_one_caller_and_one_number_are_limited_however_it_was_left(name: str, most: int) -> None:
    assert exceeded(replace(Counts(), **{name: most}), LIMITS, keyed=False) == name


def test_0_is_no_limit() -> None:
    assert exceeded(Counts(10**9, 10**9, 10**9, 10**9), NONE, keyed=True) == ""


def test_the_first_limit_that_is_broken_is_named() -> None:
    assert exceeded(Counts(3, 2, 10, 100), LIMITS, keyed=True) == "caller"
    assert exceeded(Counts(0, 2, 10, 100), LIMITS, keyed=True) == "number"


@pytest.mark.parametrize(
    ("number", "prefix"),
    [("057188886666", "0571"), ("+85221234567", "+8522"), ("12345", "1234"), ("123", "12"), ("", "")],
)
def test_a_prefix_is_shared_by_neighbours_and_never_the_whole_number(number: str, prefix: str) -> None:
    assert prefix_of(number, LIMITS) == prefix


def test_the_shipped_limits_let_a_town_ring_in_and_stop_a_machine() -> None:
    usual = LimitPolicy()
    assert exceeded(Counts(caller=1, number=1, prefix=150, day=9_000), usual, keyed=True) == ""
    assert exceeded(Counts(number=usual.per_number_day), usual, keyed=True) == "number"
