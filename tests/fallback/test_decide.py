"""decide as a whole: total, cheap when nothing changes, and told by its deadlines."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from fallback_story import POLICY, START, Story, at, contact, snapshot, well

from fallback.decide import callbacks_allowed, decide, next_deadline, ready_since
from fallback.decision import Change
from fallback.events import Event, Evidence, MemberGone, MemberSeen, Presence, QueueSeen, Tick, TrunkSeen
from fallback.replay import Modes, replay
from fallback.time import Now


@pytest.mark.parametrize(
    "event",
    [
        contact("carrier-a", True),
        TrunkSeen("carrier-a", Evidence.CONTACT, True, "round trip 21 ms"),
        MemberSeen("power", "agent-1", Presence.FREE),
        MemberGone("power", "agent-9"),
        QueueSeen("power", 0, 12.0),
        Tick(),
    ],
)
def test_what_says_nothing_new_costs_no_copy(event: Event) -> None:
    story = well()
    decision = decide(story.state, event, POLICY, at(story.now))
    assert decision.state is story.state
    assert (decision.changes, decision.actions) == ((), ())


def test_a_member_who_takes_a_call_changes_members_and_nothing_else() -> None:
    story = well()
    before = story.state
    decision = story.do(MemberSeen("power", "agent-1", Presence.BUSY))
    assert (decision.changes, decision.actions) == ((), ())
    assert replace(story.state, members=before.members) == before
    assert story.state.members["power"]["agent-1"] is Presence.BUSY


def test_an_event_of_no_known_type_is_refused() -> None:
    story = well()
    (row,) = decide(story.state, object(), POLICY, at(0)).changes  # type: ignore[arg-type]  # the point
    assert (row.kind, row.reason) == ("refused", "no rule for an event of type object")


def test_the_next_deadline_is_the_nearest_of_all() -> None:
    story = well()
    assert next_deadline(story.state, POLICY) is None
    story.do(contact("carrier-a", False))
    story.wait(2)
    story.do(contact("carrier-b", False))
    assert next_deadline(story.state, POLICY) == at(6).mono


def test_a_scope_that_nobody_knows_gets_no_callbacks() -> None:
    story = well()
    assert not callbacks_allowed(story.state, "gas")
    assert ready_since(story.state, "gas") is None


def test_nothing_is_ready_before_the_first_snapshot() -> None:
    story = Story()
    assert not callbacks_allowed(story.state, "power")
    story.do(snapshot())
    assert callbacks_allowed(story.state, "power")


def test_changes_are_told_in_the_order_of_cause_and_effect() -> None:
    story = well()
    story.do(contact("carrier-a", False), contact("carrier-b", False))
    story.wait(6)
    kinds = [row.kind for row in story.changes if row.subject in ("carrier-a", "carrier-b", "power")]
    assert kinds == [*["component"] * 4, "computed", "mode", "capacity", "incident"]
    assert all(earlier.at <= later.at for earlier, later in pairwise(story.changes))


def test_replay_finds_a_missing_row() -> None:
    row = Change(START, "mode", "power", "OUTAGE", "RECOVERING", "")
    with pytest.raises(ValueError, match="power: a row leaves mode OUTAGE, but it was in NORMAL"):
        replay([row], {"power": Modes()})


def test_now_refuses_a_wall_clock_without_utc() -> None:
    with pytest.raises(ValueError, match="aware UTC"):
        Now(datetime(2026, 11, 21), 0.0)  # noqa: DTZ001 - the naive one is the point
