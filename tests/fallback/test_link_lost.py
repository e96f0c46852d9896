"""Our own link and Asterisk's restart (A3: losing only our link makes things unknown, not down)."""

from datetime import datetime

import pytest
from fallback_story import Story, agents, at, contact, snapshot, well

from fallback.decide import callbacks_allowed, next_deadline
from fallback.decision import Text
from fallback.events import (
    Event,
    Evidence,
    LinkLost,
    MemberSeen,
    Presence,
    QueueSeen,
    SnapshotTaken,
    TrunkSeen,
)
from fallback.modes import Mode
from fallback.state import Health


def test_a3_a_lost_link_makes_all_unknown_and_no_mode_moves() -> None:
    story = well()
    story.do(LinkLost("connection reset"))
    assert {component.health for component in story.state.components.values()} == {Health.UNKNOWN}
    story.wait(3600)
    assert story.rows("mode") == story.rows("computed") == []
    assert story.flags() == []
    assert story.told("") == [(Text.LINK_LOST, "connection reset")]
    assert story.rows("link", "link") == [("up", "lost")]


def test_a3_a_lost_link_keeps_an_outage_too() -> None:
    story = well()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(LinkLost("reset"))
    story.wait(3600)
    assert story.scope().effective is Mode.OUTAGE
    assert story.scope().incident is not None


def test_e1_callbacks_wait_while_the_link_is_lost_and_go_on_after_the_snapshot() -> None:
    story = well()
    story.do(LinkLost("reset"))
    assert not callbacks_allowed(story.state, "power")
    story.do(snapshot())
    assert callbacks_allowed(story.state, "power")
    assert story.rows("mode") == []


def test_a_link_that_is_lost_twice_is_told_once() -> None:
    story = well()
    story.do(LinkLost("reset"))
    before = story.state
    assert story.do(LinkLost("refused")).changes == ()
    assert story.state is before


def test_the_snapshot_after_a_lost_link_writes_every_flag_again() -> None:
    story = well()
    story.do(LinkLost("reset"), snapshot())
    assert [flag.mode for flag in story.flags()] == [Mode.NORMAL]
    assert [flag.mode for flag in story.flags("water")] == [Mode.NORMAL]
    assert story.told("")[-1] == (Text.LINK_BACK, "")


def test_what_broke_while_the_link_was_lost_is_found_by_the_snapshot() -> None:
    story = well()
    story.do(LinkLost("reset"))
    story.wait(300)
    story.do(snapshot(power=Presence.UNREACHABLE))
    story.wait(6)
    assert story.scope().effective is Mode.OUTAGE


def test_the_recovery_hold_starts_again_after_a_lost_link() -> None:
    story = well()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(*agents(Presence.FREE))
    story.wait(10 + 50)
    story.do(LinkLost("reset"))
    story.wait(100)
    assert story.scope().effective is Mode.RECOVERING
    story.do(snapshot())
    story.wait(59)
    assert story.scope().effective is Mode.RECOVERING
    story.wait(1)
    assert story.scope().effective is Mode.NORMAL


def test_an_asterisk_that_restarts_is_no_outage_while_its_phones_register() -> None:
    story = well()
    story.do(LinkLost("asterisk went away"))
    story.wait(3)
    story.do(snapshot(booted=story.now, a=False, b=False, power=Presence.UNREACHABLE, water=None))
    story.wait(20)
    story.do(contact("carrier-a", True), contact("carrier-b", True))
    story.do(*agents(Presence.FREE), *agents(Presence.FREE, "water"))
    story.wait(60)
    assert story.rows("mode") == story.rows("incident") == []
    assert callbacks_allowed(story.state, "power")


def test_agents_who_do_not_come_back_after_a_restart_are_an_outage_after_grace_and_hold() -> None:
    story = well()
    story.do(LinkLost("asterisk went away"))
    story.do(snapshot(booted=story.now, power=None))
    story.wait(30 + 5.9)
    assert story.scope().effective is Mode.NORMAL
    story.wait(0.1)
    assert story.scope().effective is Mode.OUTAGE


def test_a_boot_time_in_the_future_counts_as_just_booted() -> None:
    story = well()
    story.do(LinkLost("clock stepped"), snapshot(booted=story.now + 900, power=None))
    assert story.state.boot_grace_until_mono == at(story.now).mono + 30


def test_a_snapshot_without_time_zone_is_refused_at_the_border() -> None:
    with pytest.raises(ValueError, match="booted_at must be aware"):
        SnapshotTaken(datetime(2026, 11, 21), (), (), ())  # noqa: DTZ001 - the naive one is the point


def test_a_snapshot_on_a_standing_link_replaces_members_and_lets_levels_stand() -> None:
    story = well()
    story.do(contact("carrier-a", False))
    story.wait(4)
    story.do(snapshot(a=False, power=None))
    assert story.state.members["power"] == {}
    story.wait(2)
    assert story.component("carrier-a").health is Health.DOWN
    assert story.rows("link", "link") == []


def test_news_of_a_link_that_is_not_up_yet_are_left_to_the_snapshot() -> None:
    story = Story()
    story.do(contact("carrier-a", False), MemberSeen("power", "agent-1", Presence.FREE))
    assert story.component("carrier-a").evidence == {}
    assert story.state.members["power"] == {}
    assert next_deadline(story.state, story.policy) is None


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (TrunkSeen("carrier-x", Evidence.CONTACT, True), "carrier-x"),
        (MemberSeen("sales", "agent-1", Presence.FREE), "sales"),
        (QueueSeen("sales", 3), "sales"),
    ],
)
def test_what_the_policy_does_not_know_is_refused_by_name_and_changes_nothing(
    event: Event, named: str
) -> None:
    story = well()
    before = story.state
    (row,) = story.do(event).changes
    assert (row.kind, row.subject, row.new) == ("refused", named, type(event).__name__)
    assert named in row.reason
    assert story.state is before


def test_callers_waiting_are_kept_by_queue() -> None:
    story = well()
    story.do(QueueSeen("power", 4, 31.0))
    assert story.state.waiting == {"power": 4, "water": 0}
