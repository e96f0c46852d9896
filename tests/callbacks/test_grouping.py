"""C3: repeat reports of one fault in one place are one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.rules.grouping import fault_key, keys_near
from callbacks.values import Asks, Capture, Matter

POLICY = CallbackPolicy()
Build = Callable[..., Capture]


def test_two_callers_of_one_region_report_one_fault(capture: Build) -> None:
    one, other = capture("a", region="north"), capture("b", region="north", number="02188888888")
    assert fault_key(one, POLICY) == fault_key(other, POLICY) != ""


@pytest.mark.parametrize(
    "other", [{"region": "south"}, {"scope": "water"}, {"matter": Matter.BILL}, {"asks": Asks.CANCEL}, {"region": ""}]
)  # fmt: skip
def test_another_place_line_or_matter_is_another_fault(capture: Build, other: dict[str, Any]) -> None:
    assert fault_key(capture("a", region="north"), POLICY) != fault_key(
        capture("b", **{"region": "north"} | other), POLICY
    )


def test_what_has_no_place_has_no_key(capture: Build) -> None:
    assert fault_key(capture(), POLICY) == ""
    assert fault_key(capture(region="north"), CallbackPolicy(group_within=0)) == ""
    assert keys_near("") == ()


def test_a_fault_goes_on_over_the_edge_of_its_window(capture: Build) -> None:
    first = capture("a", region="north")
    window = timedelta(seconds=POLICY.group_within)
    later = fault_key(capture("b", region="north", at=first.at + window), POLICY)
    assert later != fault_key(first, POLICY)
    assert keys_near(later) == (later, fault_key(first, POLICY))
    assert fault_key(first, POLICY) not in keys_near(
        fault_key(capture("c", region="north", at=first.at + 2 * window), POLICY)
    )
