"""Two lines of one call are one capture (design section 4: all tiers end in the same book, once each)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.rules import merge
from callbacks.values import Capture, Matter, NumberSource

BASE = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
numbers = st.sampled_from(["", "13912341234", "13800000000", "+8613700000000"])
captures = st.builds(
    Capture,
    key=st.just("pbx1:1763720100.1"),
    at=st.integers(0, 90).map(lambda seconds: BASE + timedelta(seconds=seconds)),
    scope=st.just("power"),
    caller_id=numbers,
    number=numbers,
    source=st.sampled_from(NumberSource),
    matter=st.sampled_from(Matter),
    language=st.sampled_from(["", "zh-CN", "en"]),
    tier=st.integers(1, 4),
    wanted=st.booleans(),
    promised=st.booleans(),
    incident=st.sampled_from(["", "INC-1"]),
)


def said(one: Capture) -> list[bool]:
    """Which of its parts say something."""
    usable = bool(one.number) and one.source is not NumberSource.NONE
    stated = one.matter is not Matter.UNSTATED
    return [usable, stated, bool(one.caller_id), bool(one.incident), bool(one.language)]


@given(captures)
def test_a_line_read_twice_changes_nothing(one: Capture) -> None:
    assert merge(one, one) == one


@given(captures, captures)
def test_the_order_in_which_the_lines_are_found_does_not_matter(one: Capture, other: Capture) -> None:
    assert merge(one, other) == merge(other, one)


@given(captures, captures)
def test_reading_either_line_again_after_the_merge_changes_nothing(one: Capture, other: Capture) -> None:
    whole = merge(one, other)
    assert merge(whole, one) == whole
    assert merge(whole, other) == whole


@given(captures, captures)
def test_nothing_that_the_caller_left_gets_lost(one: Capture, other: Capture) -> None:
    whole = merge(one, other)
    assert whole.wanted == (one.wanted or other.wanted)
    assert whole.promised == (one.promised or other.promised)
    assert whole.at == max(one.at, other.at)
    assert said(whole) == [mine or theirs for mine, theirs in zip(said(one), said(other), strict=True)]


def test_a_keyed_number_beats_the_caller_id_whichever_tier_wrote_it(capture: Callable[..., Capture]) -> None:
    own = capture(source=NumberSource.OWN, tier=3, at=BASE + timedelta(seconds=20))
    keyed = capture(number="13800000000", source=NumberSource.KEYED, tier=1)
    assert merge(own, keyed).number == "13800000000"


def test_a_number_corrected_in_the_next_tier_stands(capture: Callable[..., Capture]) -> None:
    first = capture(number="13800000000", source=NumberSource.KEYED, tier=1)
    corrected = capture(number="13800000001", source=NumberSource.KEYED, tier=3)
    assert merge(first, corrected).number == "13800000001"


def test_a_hang_up_handler_with_less_takes_nothing_away(capture: Callable[..., Capture]) -> None:
    full = capture(matter=Matter.COMPLAINT)
    bare = replace(full, number="", source=NumberSource.NONE, matter=Matter.UNSTATED, wanted=False, tier=3)
    assert replace(merge(full, bare), tier=1) == full


def test_two_calls_are_never_merged(capture: Callable[..., Capture]) -> None:
    with pytest.raises(ValueError, match=r"pbx1:1.*pbx1:2"):
        merge(capture("pbx1:1"), capture("pbx1:2"))
