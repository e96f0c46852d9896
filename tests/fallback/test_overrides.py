"""What people set by hand: modes with who, why and an end (A6), and recovery times (B2)."""

from datetime import datetime, timedelta, timezone

import pytest
from fallback_story import POLICY, START, agents, at, snapshot, well

from fallback.decide import callbacks_allowed, decide, next_deadline, wanted_flags
from fallback.decision import Text
from fallback.events import Event, LinkLost, OverrideEnded, OverrideSet, Presence, RecoveryTimeSet, Tick
from fallback.modes import DialplanAction, Mode
from fallback.time import Now


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def override(
    mode: Mode = Mode.OUTAGE, until: float | None = 600, who: str = "leader", why: str = "drill"
) -> OverrideSet:
    return OverrideSet("power", mode, who, why, None if until is None else after(until))


def test_an_override_decides_the_effective_mode_and_leaves_the_computed_one() -> None:
    story = well()
    story.do(override())
    scope = story.scope()
    assert (scope.computed, scope.effective, scope.action) == (
        Mode.NORMAL,
        Mode.OUTAGE,
        DialplanAction.CAPTURE,
    )
    assert story.flags()[-1].mode is Mode.OUTAGE
    row = next(row for row in story.changes if row.kind == "mode")
    assert (row.who, row.reason) == ("leader", "drill")
    assert story.rows("override") == [("", "OUTAGE")]
    assert (Text.OVERRIDE_SET, "OUTAGE, leader: drill") in story.told()


def test_an_override_ends_by_itself_and_the_scope_recovers_before_it_is_normal() -> None:
    story = well()
    story.do(override(until=600))
    story.wait(599.9)
    assert story.scope().effective is Mode.OUTAGE
    story.wait(0.2)
    assert story.scope().override is None
    assert story.scope().effective is Mode.RECOVERING
    assert not callbacks_allowed(story.state, "power")
    story.wait(60)
    assert story.scope().effective is Mode.NORMAL
    assert story.scope().incident is None


def test_a_late_tick_ends_an_override_just_as_well() -> None:
    story = well()
    story.do(override(until=600))
    story.now = 5000.0
    story.do(Tick())
    assert story.scope().override is None


def test_an_override_to_normal_lets_callers_pass_while_the_pool_is_down_but_no_callbacks() -> None:
    story = well()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(override(Mode.NORMAL))
    assert (story.scope().computed, story.scope().action) == (Mode.OUTAGE, DialplanAction.PASS)
    assert not callbacks_allowed(story.state, "power")
    story.wait(600)
    assert story.scope().effective is Mode.OUTAGE


def test_an_override_to_normal_cuts_the_recovery_hold_short() -> None:
    story = well()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(*agents(Presence.FREE))
    story.wait(20)
    story.do(override(Mode.NORMAL, until=story.now + 3600))
    assert callbacks_allowed(story.state, "power")


def test_a2_degraded_can_be_set_by_hand_and_offers_callers_a_callback() -> None:
    story = well()
    story.do(override(Mode.DEGRADED))
    assert (story.scope().effective, story.scope().action) == (Mode.DEGRADED, DialplanAction.OFFER)
    assert not callbacks_allowed(story.state, "power")
    assert story.incident().kind == "A2"


def test_a6_evacuated_has_its_own_message_and_ends_only_by_a_leader() -> None:
    story = well()
    story.do(override(Mode.EVACUATED, until=None, why="fire"))
    assert story.flags()[-1].message == "evacuation"
    assert story.scope().action is DialplanAction.EVACUATE
    assert story.incident().kind == "A6"
    story.wait(7 * 86400)
    assert story.scope().effective is Mode.EVACUATED
    story.do(OverrideEnded("power", "leader", "all clear"))
    assert story.scope().effective is Mode.RECOVERING


def test_a6_the_review_time_of_an_evacuation_nags_once_and_ends_nothing() -> None:
    story = well()
    story.do(override(Mode.EVACUATED, until=3600))
    story.wait(7200)
    assert story.scope().effective is Mode.EVACUATED
    assert [text for text, _ in story.told()].count(Text.EVACUATION_REVIEW) == 1


def test_an_evacuation_is_not_replaced_by_something_that_ends_by_itself() -> None:
    story = well()
    story.do(override(Mode.EVACUATED, until=None))
    (row,) = story.do(override(Mode.OUTAGE)).changes
    assert row.kind == "refused"
    assert "a leader must end that first" in row.reason


def test_an_override_can_take_the_place_of_another() -> None:
    story = well()
    story.do(override(Mode.DEGRADED), override(Mode.OUTAGE, until=1200))
    assert story.rows("override") == [("", "DEGRADED"), ("DEGRADED", "OUTAGE")]
    story.wait(700)
    assert story.scope().effective is Mode.OUTAGE


NAIVE = datetime(2026, 11, 21, 12)  # noqa: DTZ001 - the naive one is the point


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (
            OverrideSet("gas", Mode.OUTAGE, "leader", "drill", after(60)),
            "no scope is called 'gas'; known: power",
        ),
        (override(who="  "), "who is missing"),
        (override(why=""), "why is missing"),
        (override(until=None), "until is missing"),
        (override(until=-1), "until is past"),
        (override(until=0), "until is past"),
        (override(until=13 * 3600), "until is too far away: at most 43200 s"),
        (override(Mode.EVACUATED, until=-5), "until is past"),
        (OverrideSet("power", Mode.OUTAGE, "leader", "drill", NAIVE), "until has no time zone"),
        (OverrideEnded("gas", "leader", ""), "no scope is called 'gas'"),
        (OverrideEnded("power", "leader", ""), "nothing to end"),
        (RecoveryTimeSet("gas", after(60), "leader"), "no scope is called 'gas'"),
        (RecoveryTimeSet("power", after(-60), "leader"), "the recovery time is past"),
        (RecoveryTimeSet("power", NAIVE, "leader"), "the recovery time has no time zone"),
        (RecoveryTimeSet("power", after(60), " "), "who is missing"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(event: Event, named: str) -> None:
    story = well()
    before = story.state
    decision = story.do(event)
    (row,) = decision.changes
    assert (row.kind, row.new) == ("refused", type(event).__name__)
    assert named in row.reason
    assert decision.actions == ()
    assert story.state is before


def test_ending_an_override_needs_a_name() -> None:
    story = well()
    story.do(override())
    (row,) = story.do(OverrideEnded("power", " ", "")).changes
    assert (row.kind, row.reason) == ("refused", "who is missing: say who ends it")


def test_b2_a_recovery_time_is_in_the_flag_until_it_has_passed() -> None:
    story = well()
    story.do(override(until=7200), RecoveryTimeSet("power", after(1800), "engineer"))
    assert story.flags()[-1].recovery_at == after(1800)
    story.wait(1801)
    assert story.scope().recovery_at is None
    assert story.flags()[-1].recovery_at is None
    assert (Text.RECOVERY_PASSED, after(1800).isoformat()) in story.told()
    rows = story.rows("recovery")
    assert rows == [("", after(1800).isoformat()), (after(1800).isoformat(), "")]


def test_b2_a_recovery_time_can_be_taken_back_and_is_kept_in_utc() -> None:
    story = well()
    shanghai = timezone(timedelta(hours=8))
    story.do(RecoveryTimeSet("power", after(1800).astimezone(shanghai), "engineer"))
    kept = story.scope().recovery_at
    assert kept is not None
    assert kept.utcoffset() == timedelta(0)
    story.do(RecoveryTimeSet("power", None, "engineer"))
    assert wanted_flags(story.state, POLICY)[0].recovery_at is None
    assert [row.who for row in story.changes if row.kind == "recovery"] == ["engineer", "engineer"]


def test_b2_the_recovery_time_goes_with_the_incident() -> None:
    story = well()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(RecoveryTimeSet("power", after(7200), "engineer"), *agents(Presence.FREE))
    story.wait(10 + 60)
    assert story.scope().incident is None
    assert story.scope().recovery_at is None


def test_an_override_ends_while_the_link_is_lost() -> None:
    story = well()
    story.do(LinkLost("reset"), override(until=600))
    story.wait(601)
    assert story.scope().effective is Mode.RECOVERING
    story.do(snapshot())
    story.wait(60)
    assert story.scope().effective is Mode.NORMAL


def test_a_step_of_the_wall_clock_moves_the_deadline_with_it() -> None:
    story = well()
    story.do(override(until=600))
    stepped = Now(START + timedelta(seconds=500), at(story.now).mono)
    assert next_deadline(story.state, POLICY) == pytest.approx(stepped.mono + 600, abs=0.01)
    state = decide(story.state, Tick(), POLICY, stepped).state
    assert next_deadline(state, POLICY) == pytest.approx(stepped.mono + 100, abs=0.01)
