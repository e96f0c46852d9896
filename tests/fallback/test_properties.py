"""What holds for every flap trace: one switch per real change. What holds for every trace at all: test_traces.py."""

from dataclasses import replace
from typing import Any

import pytest
from fallback_story import POLICY, agents, at, contact, well
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import TRACES, Adopt, ClockSet, Restart, Step, traces

from fallback.decide import decide, initial
from fallback.events import Evidence, PartSeen, Presence, TrunkSeen
from fallback.policy import Part, PartKind
from fallback.state import Health, State

pytestmark = pytest.mark.slow

# The same stories every time: a surprise belongs into a search (make nightly), not into a gate.
WITH_DISK = replace(POLICY, parts={"disk": Part("disk", PartKind.OWN, "OWN", site=True)})
few = settings(traces, max_examples=max(60, traces.max_examples // 10))

FLAPS = st.lists(st.tuples(st.floats(0.1, 5.9), st.floats(0.1, 9.9)), max_size=6)


@few
@given(st.lists(FLAPS, min_size=1, max_size=4))
def test_one_switch_per_real_change_under_any_flap_trace(outages: list[list[tuple[float, float]]]) -> None:
    """However the members flap around it, an outage of the pool is one switch to capture and one back."""
    story = well()
    for flaps in outages:
        for bad, good in flaps:
            story.do(*agents(Presence.UNREACHABLE))
            story.wait(bad)
            story.do(*agents(Presence.FREE))
            story.wait(good)
        story.do(*agents(Presence.UNREACHABLE))
        story.wait(60)
        for bad, good in flaps:
            story.do(*agents(Presence.FREE))
            story.wait(good)
            story.do(*agents(Presence.UNREACHABLE))
            story.wait(bad)
        story.do(*agents(Presence.FREE))
        story.wait(1000)
    modes = [new for _, new in story.rows("mode")]
    assert modes == ["OUTAGE", "RECOVERING", "NORMAL"] * len(outages)
    assert len(story.flags()) == len(modes)


@few
@given(st.lists(st.tuples(st.floats(0.1, 5.9), st.floats(0.1, 50)), max_size=20))
def test_a_contact_that_never_stays_bad_switches_nobody(flips: list[tuple[float, float]]) -> None:
    story = well()
    for bad, good in flips:
        story.do(contact("carrier-a", False), contact("carrier-b", False))
        story.wait(bad)
        story.do(contact("carrier-a", True), contact("carrier-b", True))
        story.wait(good)
    assert story.flags() == []


@few
@given(TRACES)
def test_an_untouched_state_stays_as_it_was(steps: list[tuple[float, Step]]) -> None:
    """decide returns a new state; the one that it was given can be kept and used again."""
    state: State = initial(POLICY, at(0))
    for seconds, event in steps:
        if isinstance(event, Restart | ClockSet | Adopt):
            continue
        kept: Any = repr(state)
        after = decide(state, event, POLICY, at(seconds)).state
        assert repr(state) == kept
        state = after


KINDS = st.sampled_from([Evidence.REGISTRATION, Evidence.ALARM, Evidence.SHARE])


@few
@given(st.lists(st.tuples(KINDS, st.booleans(), st.floats(0.1, 5.9)), max_size=12))
def test_d1_a_real_loss_of_a_trunk_is_one_loss_and_one_return_whatever_flaps_around_it(
    flips: list[tuple[Evidence, bool, float]],
) -> None:
    """One kind stays bad all the while; however the others flap, the trunk is lost once and back once."""
    story = well()
    kinds = [Evidence.CONTACT, *{kind for kind, _, _ in flips}]
    story.do(*(TrunkSeen("carrier-a", kind, False) for kind in kinds))
    story.wait(30)
    for kind, good, seconds in flips:
        story.do(TrunkSeen("carrier-a", kind, good))
        story.wait(seconds)
    story.do(*(TrunkSeen("carrier-a", kind, True) for kind in kinds))
    story.wait(1000)
    assert [new for _, new in story.rows("capacity")] == ["6/10", "10/10"]
    assert story.rows("incident") == [("", "A4"), ("A4", "closed")]


@few
@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 30.0)), max_size=20))
def test_d5_a_word_convinces_at_once_both_ways(words: list[tuple[bool, float]]) -> None:
    story = well(WITH_DISK)
    for good, seconds in words:
        story.do(PartSeen("disk", Evidence.OWN, good))
        assert (story.component("disk").health is Health.UP) == good
        story.wait(seconds)
