"""Callbacks take the line that the policy prefers, and leave the reserve to live callers (E5)."""

import pytest

from ami_bridge.line_choice import LATELY, LineRecord, choose
from callbacks.policy import CallbackPolicy, LineChoice
from callbacks.values import Outcome
from fallback.policy import Trunk

A, B, C = (Trunk(name, name, "PJSIP/{number}@" + name, 10) for name in "abc")
COSTS = {"a": 3.0, "b": 1.0}


def rules(lines: LineChoice) -> CallbackPolicy:
    return CallbackPolicy(lines=lines, costs=COSTS)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([(A, 5), (B, 2), (C, 9)], "b"),
        ([(A, 5), (B, 0), (C, 9)], "a"),  # the cheaper one is full
        ([(A, 0), (B, 0), (C, 9)], "c"),  # one without a cost comes last
    ],
)
def test_the_cheapest_with_room_is_taken(lines: list[tuple[Trunk, int]], wanted: str) -> None:
    chosen = choose(lines, rules(LineChoice.COST), {}, 0)
    assert chosen is not None
    assert chosen.name == wanted


def test_the_freest_is_taken_unless_the_policy_says_otherwise() -> None:
    assert choose([(A, 5), (B, 2), (C, 9)], rules(LineChoice.FREE), {"c": 1.0}, 0) is C


def test_the_one_that_failed_least_lately_is_taken_and_the_freest_of_equals() -> None:
    failed = {"a": 0.5, "b": 0.1, "c": 0.1}
    assert choose([(A, 9), (B, 2), (C, 5)], rules(LineChoice.HEALTH), failed, 0) is C
    assert choose([(A, 9), (B, 2), (C, 0)], rules(LineChoice.HEALTH), failed, 0) is B


@pytest.mark.parametrize("how", list(LineChoice))
def test_what_is_kept_for_live_callers_is_not_taken(how: LineChoice) -> None:
    assert choose([(A, 1), (B, 1)], rules(how), {}, 2) is None
    assert choose([(A, 2), (B, 1)], rules(how), {}, 2) is not None


def test_only_what_the_line_spoiled_speaks_against_it_and_only_lately() -> None:
    record = LineRecord()
    for outcome in (Outcome.CONGESTION, Outcome.REJECTED, Outcome.BUSY, Outcome.ANSWERED):
        record.ended("a", outcome, 0.0)
    record.ended("b", Outcome.NO_ANSWER, 10.0)
    record.ended("c", Outcome.NOT_DIALLED, 10.0)  # never reached it
    assert record.failed(20.0) == {"a": 2 / 5, "b": 0.0}
    assert record.failed(LATELY + 5) == {"b": 0.0}
