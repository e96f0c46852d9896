"""What holds for every story that can be told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fallback_story import AGENTS, POLICY, START, Story, agents, at, contact, well
from hypothesis import given, settings
from hypothesis import strategies as st

from fallback.decide import decide, initial, next_deadline, restore
from fallback.events import (
    Event,
    Evidence,
    LinkLost,
    MemberGone,
    MemberSeen,
    OverrideEnded,
    OverrideSet,
    Presence,
    QueueSeen,
    RecoveryTimeSet,
    SnapshotTaken,
    Tick,
    TrunkSeen,
)
from fallback.modes import ACTION, Mode
from fallback.replay import Modes, replay
from fallback.state import Health, State, to_saved

# The same stories every time: a surprise belongs into a search (more examples, another seed), not into a gate.
fast = settings(max_examples=60, deadline=None, derandomize=True)

TRUNKS = st.sampled_from(["carrier-a", "carrier-b", "no-such"])
QUEUES = st.sampled_from(["power", "water", "no-such"])
SCOPES = st.sampled_from(["power", "water", "no-such"])
WHO = st.sampled_from(["leader", "", "  "])
TIMES = st.none() | st.integers(-100, 20_000).map(lambda s: START + timedelta(seconds=s))
READINGS = st.builds(TrunkSeen, TRUNKS, st.sampled_from(Evidence), st.booleans(), st.text(max_size=3))
MEMBERS = st.builds(MemberSeen, QUEUES, st.sampled_from(AGENTS), st.sampled_from(Presence))
SNAPSHOTS = st.builds(
    SnapshotTaken,
    st.integers(-10_000, 500).map(lambda s: START + timedelta(seconds=s)),
    st.lists(READINGS, max_size=3).map(tuple),
    st.lists(MEMBERS, max_size=4).map(tuple),
    st.just(()),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    READINGS,
    MEMBERS,
    st.builds(MemberGone, QUEUES, st.sampled_from(AGENTS)),
    st.builds(QueueSeen, QUEUES, st.integers(0, 9)),
    st.just(LinkLost("reset")),
    SNAPSHOTS,
    st.just(Tick()),
    st.builds(OverrideSet, SCOPES, st.sampled_from(Mode), WHO, WHO, TIMES),
    st.builds(OverrideEnded, SCOPES, WHO, WHO),
    st.builds(RecoveryTimeSet, SCOPES, TIMES, WHO),
)
STORIES = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 3.0, 7.0, 31.0, 700.0]), EVENTS), max_size=40)


def tell(steps: list[tuple[float, Event]], check: Callable[[Story], None]) -> Story:
    """Tells a story that starts with a snapshot of a site that is well, and checks after every event."""
    story = well()
    for seconds, event in steps:
        story.wait(seconds)
        check(story)
        story.do(event)
        check(story)
    return story


def nothing(_: Story) -> None:
    """decide raising, or a deadline in the past after a Tick, is what would fail."""


@fast
@given(STORIES)
def test_decide_never_raises_and_a_tick_leaves_no_deadline_in_the_past(
    steps: list[tuple[float, Event]],
) -> None:
    story = tell(steps, nothing)
    state = decide(story.state, Tick(), POLICY, at(story.now)).state
    due = next_deadline(state, POLICY)
    assert due is None or due > at(story.now).mono


@fast
@given(STORIES)
def test_never_computed_normal_while_a_mandatory_pool_or_every_trunk_is_down(
    steps: list[tuple[float, Event]],
) -> None:
    def check(story: Story) -> None:
        for name, scope in story.state.scopes.items():
            served = POLICY.scopes[name]
            health = {part: story.component(part).health for part in (*served.pools, *served.trunks)}
            lost = any(health[pool] is Health.DOWN for pool in served.pools)
            if lost or all(health[trunk] is Health.DOWN for trunk in served.trunks):
                assert scope.computed is Mode.OUTAGE

    tell(steps, check)


@fast
@given(STORIES)
def test_effective_and_action_follow_from_computed_and_override(steps: list[tuple[float, Event]]) -> None:
    def check(story: Story) -> None:
        for scope in story.state.scopes.values():
            assert scope.effective is (scope.override.mode if scope.override else scope.computed)
            assert scope.action is ACTION[scope.effective]
            assert scope.computed is not Mode.EVACUATED

    tell(steps, check)


@fast
@given(STORIES)
def test_every_override_but_evacuated_ends_by_itself(steps: list[tuple[float, Event]]) -> None:
    story = tell(steps, nothing)
    story.wait(POLICY.override_max + 1)
    for scope in story.state.scopes.values():
        assert scope.override is None or scope.override.mode is Mode.EVACUATED


@fast
@given(STORIES)
def test_replaying_the_change_rows_gives_the_same_modes(steps: list[tuple[float, Event]]) -> None:
    story = tell(steps, nothing)
    start = {name: Modes() for name in POLICY.scopes}
    expected = {name: Modes(s.computed, s.effective) for name, s in story.state.scopes.items()}
    assert replay(story.changes, start) == expected


@fast
@given(STORIES)
def test_a_refused_event_changes_nothing(steps: list[tuple[float, Event]]) -> None:
    story = well()
    for seconds, event in steps:
        story.wait(seconds)
        before = story.state
        decision = story.do(event)
        if any(row.kind == "refused" for row in decision.changes):
            assert decision.state is before
            assert (len(decision.changes), decision.actions) == (1, ())


@fast
@given(STORIES)
def test_saying_the_same_again_switches_nobody(steps: list[tuple[float, Event]]) -> None:
    story = tell(steps, nothing)
    if steps:
        again = story.do(steps[-1][1])
        assert not [row for row in again.changes if row.kind in ("mode", "computed", "capacity", "incident")]


@fast
@given(STORIES)
def test_what_the_store_keeps_is_enough_for_the_same_modes_after_a_restart(
    steps: list[tuple[float, Event]],
) -> None:
    story = tell(steps, nothing)
    saved = to_saved(story.state)
    assert to_saved(restore(POLICY, saved, at(story.now))) == saved


@fast
@given(STORIES)
def test_incidents_are_open_exactly_between_their_rows_and_never_two_at_once(
    steps: list[tuple[float, Event]],
) -> None:
    story = tell(steps, nothing)
    for name, scope in story.state.scopes.items():
        is_open = False
        for old, new in story.rows("incident", name):
            assert is_open == (old != "")
            is_open = new != "closed"
        assert is_open == (scope.incident is not None)


FLAPS = st.lists(st.tuples(st.floats(0.1, 5.9), st.floats(0.1, 9.9)), max_size=6)


@fast
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


@fast
@given(st.lists(st.tuples(st.floats(0.1, 5.9), st.floats(0.1, 50)), max_size=20))
def test_a_contact_that_never_stays_bad_switches_nobody(flips: list[tuple[float, float]]) -> None:
    story = well()
    for bad, good in flips:
        story.do(contact("carrier-a", False), contact("carrier-b", False))
        story.wait(bad)
        story.do(contact("carrier-a", True), contact("carrier-b", True))
        story.wait(good)
    assert story.flags() == []


@fast
@given(STORIES)
def test_an_untouched_state_stays_as_it_was(steps: list[tuple[float, Event]]) -> None:
    """decide returns a new state; the one that it was given can be kept and used again."""
    state: State = initial(POLICY, at(0))
    for seconds, event in steps:
        kept: Any = repr(state)
        after = decide(state, event, POLICY, at(seconds)).state
        assert repr(state) == kept
        state = after
