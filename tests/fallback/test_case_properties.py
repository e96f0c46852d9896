"""Whatever happens, in whatever order, and wherever the bridge is killed: each rung once, none left out."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from case_story import PLANNED, Cases, seen, wall, well_site
from fallback_story import AGENTS, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from fallback.decision import RaiseRung
from fallback.events import (
    Acknowledged,
    CallerLeft,
    CallerWaits,
    Closed,
    Declared,
    DrillEnded,
    DrillStarted,
    Event,
    Evidence,
    HandedOver,
    LeaveGranted,
    LinesSeen,
    LinkLost,
    MemberGone,
    MemberSeen,
    OverrideEnded,
    OverrideSet,
    Presence,
    SeatSilent,
    Split,
    TrunkSeen,
)
from fallback.modes import Mode
from fallback.policy import OnAck

pytestmark = pytest.mark.slow

# The gate tells the same stories every time; a search sets HOLDFAST_TRACES, and gets as many new ones for each property.
TRACES = int(os.environ.get("HOLDFAST_TRACES", "0"))
fast = settings(max_examples=TRACES or 90, deadline=None, derandomize=not TRACES)

RUNGS = {f"{ladder.name}.{r.name}": r for ladder in PLANNED.ladders.values() for r in ladder.rungs}
SCOPES = st.sampled_from(["power", "water", ""])
QUEUES = st.sampled_from(["power", "water"])
WHO = st.sampled_from(["leader", "engineer", ""])
TRUNKS = st.sampled_from(["carrier-a", "carrier-b"])
AGENT = st.sampled_from(AGENTS)
CHANNELS = st.sampled_from([f"SIP/{n}" for n in range(8)])
# Which of the open cases, by its place; an event's key is filled in when it happens.
NTH = st.integers(0, 3).map(str)
SNAPSHOTS = st.builds(snapshot, st.just(-86400.0), st.booleans(), st.booleans())
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(seen, st.sampled_from(list(PLANNED.parts)), st.booleans()),
    st.builds(TrunkSeen, TRUNKS, st.just(Evidence.CONTACT), st.booleans()),
    st.builds(MemberSeen, QUEUES, AGENT, st.sampled_from(Presence), st.sampled_from(["", "wang", "li"])),
    st.builds(MemberGone, QUEUES, AGENT),
    st.builds(SeatSilent, QUEUES, AGENT),
    st.builds(LeaveGranted, QUEUES, AGENT, st.just(wall(50_000)), WHO),
    st.builds(CallerWaits, QUEUES, CHANNELS),
    st.builds(CallerLeft, QUEUES, CHANNELS),
    st.builds(LinesSeen, TRUNKS, st.sampled_from([0, 4, 6])),
    st.just(LinkLost("reset")),
    SNAPSHOTS,
    st.builds(OverrideSet, QUEUES, st.sampled_from(Mode), WHO, st.just("why"), st.just(wall(40_000))),
    st.builds(OverrideEnded, QUEUES, WHO, st.just("why")),
    st.builds(Declared, SCOPES, st.sampled_from(["A1", "A2", "A7"]), st.just("x"), WHO, st.integers(0, 3)),
    st.builds(Closed, NTH, WHO, st.just("done")),
    st.builds(Split, NTH, st.sampled_from(["A4 carrier-a", "A3 power-agents", "A2 crm"]), WHO),
    st.builds(Acknowledged, NTH, WHO, st.just("web")),
    st.builds(HandedOver, NTH, WHO, WHO),
    st.builds(DrillStarted, st.sampled_from(list(PLANNED.drills)), WHO, st.booleans()),
    st.builds(DrillEnded, NTH, WHO),
)
KILL = st.floats(0, 4000)
STEPS = st.lists(st.tuples(st.sampled_from([1.0, 7.0, 31.0, 400.0, 2000.0]), EVENTS | KILL), max_size=30)


def named(story: Cases, event: Event) -> Event:
    """The event with the key of the open case whose place it names."""
    nth = getattr(event, "incident", None)
    if nth is None or not story.state.cases:
        return event
    keys = list(story.state.cases)
    # What names an incident is a dataclass.
    return replace(event, incident=keys[int(nth) % len(keys)])  # type: ignore[type-var]  # see above


def happen(story: Cases, event: Event | float) -> None:
    """An event, or a kill for so many seconds after which the link is taken up again."""
    if isinstance(event, float):
        story.restart(event)
        check(story)
        story.do(snapshot())
    else:
        story.do(named(story, event))


def check(story: Cases) -> None:
    """Nothing that is due and goes on is left unraised, by figures that are worked out here once more."""
    for case in story.state.cases.values():
        for rung in PLANNED.ladders[case.ladder].rungs if case.ladder else ():
            stopped = case.acked_by and rung.on_ack is OnAck.STOP
            is_due = (case.climbs_from or case.opened_at) + timedelta(seconds=rung.after) <= wall(story.now)
            if is_due and not stopped and not rung.after_workdays and rung.min_hurt <= case.hurt:
                assert f"{case.ladder}.{rung.name}" in case.raised
    assert all(action.due_at <= wall(story.now) for action in story.raised())


def tell(steps: list[tuple[float, Event | float]]) -> Cases:
    story = well_site(PLANNED)
    for seconds, event in steps:
        story.wait(seconds)
        check(story)
        happen(story, event)
        check(story)
    return story


@fast
@given(STEPS)
def test_each_rung_is_raised_at_most_once_per_case_wherever_the_bridge_is_killed(
    steps: list[tuple[float, Event | float]],
) -> None:
    keys = [action.key for action in tell(steps).raised()]
    assert len(keys) == len(set(keys))


@fast
@given(STEPS)
def test_after_an_acknowledgement_no_stopping_rung_is_raised(
    steps: list[tuple[float, Event | float]],
) -> None:
    story = well_site(PLANNED)
    for seconds, event in steps:
        story.wait(seconds)
        acked = {key for key, case in story.state.cases.items() if case.acked_by}
        before = len(story.actions)
        happen(story, event)
        story.wait(300)
        for action in story.actions[before:]:
            if isinstance(action, RaiseRung) and action.incident in acked:
                assert RUNGS[action.rung].on_ack is OnAck.GO_ON


@fast
@given(STEPS)
def test_a_killed_bridge_raises_the_same_rungs_as_one_that_lived(
    steps: list[tuple[float, Event | float]],
) -> None:
    """Kills that cost no time, and lose nothing that only the link knows, change nothing of what people did."""
    by_hand = Declared | Closed | Acknowledged | HandedOver | DrillStarted | DrillEnded
    lived, killed = well_site(PLANNED), well_site(PLANNED)
    for seconds, event in steps:
        for story in (lived, killed):
            story.wait(seconds)
            if isinstance(event, by_hand) and not (isinstance(event, DrillStarted) and event.live):
                story.do(named(story, event))
        killed.restart()
    assert sorted(a.key for a in killed.raised()) == sorted(a.key for a in lived.raised())


@fast
@given(STEPS)
def test_every_scopes_incident_has_its_case_and_every_case_something_that_holds_it(
    steps: list[tuple[float, Event | float]],
) -> None:
    story = tell(steps)
    for scope in story.state.scopes.values():
        if scope.incident:
            case = story.state.cases[scope.incident.key]
            assert (case.scope, case.opened_at) == (scope.name, scope.incident.opened_at)
    opened = {row.incident for row in story.rows("incident") + story.rows("drill")}
    assert set(story.state.cases) <= opened


@fast
@given(STEPS)
def test_whoever_was_told_is_told_the_end_once(steps: list[tuple[float, Event | float]]) -> None:
    story = tell(steps)
    told = {action.incident for action in story.raised()}
    ends = [end.incident for end in story.ends()]
    assert len(ends) == len(set(ends))
    assert set(ends) == told - set(story.state.cases)


@fast
@given(STEPS)
def test_a_drill_always_ends_and_what_it_sends_is_marked(steps: list[tuple[float, Event | float]]) -> None:
    story = tell(steps)
    story.wait(1801)
    assert not [case for case in story.state.cases.values() if case.drill]
    for action in story.raised():
        assert action.drill == action.incident.startswith("DRILL-")
