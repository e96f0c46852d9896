"""Ladders of A1–A10 and OWN: who is told of what at which minute, until somebody has it or it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from case_story import DAY, HOUR, MINUTE, PLANNED, SITE, Cases, seen, wall, well_site
from fallback_story import agents, contact, snapshot

from fallback.calendar import Calendar, Interval, PlannedWindow
from fallback.cases.rungs import workday_end
from fallback.decision import Text
from fallback.events import (
    Acknowledged,
    CalendarTold,
    CallerLeft,
    CallerWaits,
    Closed,
    Declared,
    LinesSeen,
    LinkLost,
    OverrideEnded,
    OverrideSet,
    Presence,
)
from fallback.modes import Mode

CALLERS = [f"SIP/in-{n}" for n in range(6)]


def test_a2_engineer_at_once_then_supervisor_managers_higher_and_vendor() -> None:
    story = well_site()
    story.do(seen("crm", False))
    story.wait(61 * MINUTE)
    # Both scopes need the application: each has its case, and each ladder its rungs.
    power = [r for r in story.raised() if r.facts["scope"] == "power"]
    assert [(r.rung, (r.due_at - wall(0)).total_seconds() / MINUTE) for r in power] == [
        ("a2.engineer", 0), ("a2.supervisor", 5), ("a2.managers", 10), ("a2.higher", 30), ("a2.vendor", 60)
    ]  # fmt: skip
    assert power[2].roles == ("operations manager", "centre manager")
    assert len({r.text for r in power}) == len(power)
    assert (power[0].key, power[0].facts["subject"]) == (f"{power[0].incident}/a2.engineer", "A2 crm")


def test_a2_acknowledged_stops_what_stops_and_goes_on_with_what_goes_on() -> None:
    story = well_site()
    story.do(seen("crm", False))
    story.wait(6 * MINUTE)
    for key in tuple(story.state.cases):
        story.do(Acknowledged(key, "engineer on duty", "call"))
    story.wait(2 * HOUR)
    assert {name for name, _ in story.rungs()} == {"a2.engineer", "a2.supervisor", "a2.vendor"}
    stop = story.stops()[0]
    assert stop.rungs == ("a2.engineer", "a2.supervisor", "a2.managers", "a2.higher")
    assert stop.who == "engineer on duty"


def test_a3_pool_lost_has_its_ladder_and_its_end_is_told() -> None:
    story = well_site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(12 * MINUTE)
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.supervisor", "a3.managers"]
    key = story.case().key
    story.do(*agents(Presence.FREE))
    story.wait(5 * MINUTE)
    assert not story.state.cases
    assert [end.incident for end in story.ends()] == [key]
    assert story.told(Text.INCIDENT_CLOSED) == [key]


def test_a4_supervisor_at_once_and_the_ladder_changes_when_it_gets_graver() -> None:
    story = well_site()
    story.do(contact("carrier-a", False))
    story.wait(7 * MINUTE)
    assert {name for name, _ in story.rungs()} == {"a4.supervisor"}
    case = next(case for case in story.state.cases.values() if case.scope == "power")
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(10)
    graver = story.state.cases[case.key]
    assert (case.kind, graver.kind, graver.ladder) == ("A4", "A3", "a3")
    # The new ladder counts from the moment at which it got graver: nobody hears "not fixed in 5 minutes" after seconds.
    assert graver.raised == ("a4.supervisor", "a3.engineer")
    story.wait(5 * MINUTE)
    assert story.state.cases[case.key].raised[-1] == "a3.supervisor"
    story.restart(5 * MINUTE)
    story.wait(10)
    assert story.state.cases[case.key].raised[-1] == "a3.managers"


def test_a5_engineer_and_centre_leader_at_once_supervisor_after_half_an_hour() -> None:
    story = well_site()
    story.do(seen("ups", False))
    story.wait(31 * MINUTE)
    power = [r for r in story.raised() if r.facts["scope"] == "power"]
    assert [(r.rung, r.roles) for r in power] == [
        ("a5.now", ("engineer", "centre leader")), ("a5.supervisor", ("supervisor",))
    ]  # fmt: skip


def test_a5_of_the_whole_site_is_told_once_and_not_once_more_for_every_scope() -> None:
    story = well_site()
    story.do(seen("mains", False))
    story.wait(31 * MINUTE)
    assert story.rungs() == [("a5.now", 0), ("a5.supervisor", 30)]
    assert {(c.scope, c.kind, c.ladder) for c in story.state.cases.values()} == {
        ("", "A5", "a5"), ("power", "A5", ""), ("water", "A5", "")
    }  # fmt: skip
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(10)
    assert [r.rung for r in story.raised() if r.facts["scope"] == "power"] == [
        "a3.engineer", "a3.supervisor", "a3.managers", "a3.higher"
    ]  # fmt: skip
    story.do(seen("mains", True), *agents(Presence.FREE))
    story.wait(5 * MINUTE)
    assert not story.state.cases


def test_a6_everybody_at_once_whoever_has_taken_it_on() -> None:
    story = well_site()
    story.do(OverrideSet("power", Mode.EVACUATED, "leader", "fire", None))
    assert story.rungs() == [("a6.everybody", 0)]
    key = story.case().key
    assert story.raised()[0].facts["mode"] == "EVACUATED"
    story.do(Acknowledged(key, "centre leader", "web"))
    assert story.stops()[0].rungs == ()
    story.do(OverrideEnded("power", "leader", "fire is out"))
    story.wait(5 * MINUTE)
    assert [end.incident for end in story.ends()] == [key]


def test_a7_two_or_more_hurt_go_to_the_centre_leader() -> None:
    story = well_site()
    story.do(
        Declared("power", "A7", "one slipped", "leader", 1), Declared("water", "A7", "two fell", "leader", 2)
    )
    assert [(r.facts["scope"], r.rung) for r in story.raised()] == [
        ("power", "a7.logged"), ("water", "a7.logged"), ("water", "a7.hurt")
    ]  # fmt: skip
    assert story.raised()[2].facts["hurt"] == "2"


def test_a7_the_connect_rate_is_assessed_after_ten_minutes_once() -> None:
    story = well_site()
    story.do(Declared("power", "A7", "storm", "leader"))
    story.do(CallerWaits("power", CALLERS[0]), CallerWaits("power", CALLERS[1]), LinesSeen("carrier-a", 3))
    story.wait(10 * MINUTE - 1)
    assert story.told(Text.CONNECT_RATE) == []
    story.wait(1)
    said = ["power: NORMAL, 2 waiting, 3 of 3 agents free, 3 of 10 lines in use"]
    assert story.told(Text.CONNECT_RATE) == said
    story.restart(60)
    story.wait(HOUR)
    assert story.told(Text.CONNECT_RATE) == said


def surge(story: Cases) -> None:
    story.do(*(CallerWaits("power", channel) for channel in CALLERS))
    story.wait(15)


def test_a8_l1_to_l4_while_it_surges_and_no_further() -> None:
    story = well_site()
    surge(story)
    assert (story.case().kind, story.case().scope, story.case().ladder) == ("A8", "power", "a8")
    story.wait(76 * MINUTE)
    due = [minute for _, minute in story.rungs()]
    assert [name for name, _ in story.rungs()] == ["a8.l1", "a8.l2", "a8.l3", "a8.l4"]
    assert [minute - due[0] for minute in due] == [0, 30, 60, 75]
    story.do(*(CallerLeft("power", channel) for channel in CALLERS))
    story.wait(5 * MINUTE)
    assert not story.state.cases
    assert len(story.ends()) == 1


def test_a8_that_is_over_calls_no_reserve() -> None:
    story = well_site()
    surge(story)
    story.wait(10 * MINUTE)
    story.do(*(CallerLeft("power", channel) for channel in CALLERS))
    story.wait(HOUR)
    assert [name for name, _ in story.rungs()] == ["a8.l1"]


def test_a8_a_restart_within_a_surge_neither_ends_it_nor_calls_anybody_again() -> None:
    story = well_site()
    surge(story)
    key = story.case().key
    story.restart(31 * MINUTE)
    assert story.case().key == key
    assert story.state.scopes["power"].surging
    assert [name for name, _ in story.rungs()] == ["a8.l1", "a8.l2"]
    assert story.ends() == []


def test_the_general_plan_after_15_minutes_of_full_lines_the_major_after_30() -> None:
    story = well_site(PLANNED)
    story.do(LinesSeen("carrier-a", 4), LinesSeen("carrier-b", 6))
    story.wait(15 * MINUTE + 1)
    plan = next(case for case in story.state.cases.values() if case.scope == "power")
    assert (plan.subject, plan.ladder, plan.raised) == ("plan general", "general", ("general.one-more",))
    story.wait(15 * MINUTE)
    plan = story.state.cases[plan.key]
    assert (plan.subject, plan.raised) == ("plan major", ("general.one-more", "major.everybody"))
    assert story.raised()[-1].facts["plan"] == "major"


def test_the_major_plan_at_once_when_service_is_lost_beside_the_incidents_own_ladder() -> None:
    story = well_site(PLANNED)
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(10)
    assert sorted(name for name, _ in story.rungs()) == ["a3.engineer", "major.everybody"]
    story.do(*agents(Presence.FREE))
    story.wait(HOUR)
    assert not story.state.cases
    assert len(story.ends()) == 2


def test_a9_the_data_store_is_a_case_of_the_site_until_it_is_back() -> None:
    story = well_site()
    story.do(seen("store", False))
    case = story.case()
    assert (case.scope, case.kind, case.key) == ("", "A9", "INC-store-20261121T100000Z")
    assert story.rungs() == [("a9.engineer", 0)]
    assert story.raised()[0].facts["scope"] == ""
    story.do(seen("store", True))
    story.wait(MINUTE)
    assert not story.state.cases
    assert len(story.ends()) == 1


def test_own_parts_tell_the_engineer_and_outlive_a_lost_link() -> None:
    story = well_site()
    story.do(seen("disk", False), LinkLost("reset"))
    story.wait(31 * MINUTE)
    assert story.rungs() == [("own.engineer", 0), ("own.supervisor", 30)]


def test_a10_a_planned_window_calls_whom_its_ladder_says_and_nobody_for_what_it_excuses() -> None:
    story = well_site()
    window = PlannedWindow("w1", "month end", Interval(wall(0), wall(HOUR)), ("power",), ("crm",))
    story.do(CalendarTold(Calendar(planned=(window,), known_until=wall(30 * DAY))))
    story.wait(MINUTE)
    story.do(seen("crm", False))
    story.wait(30 * MINUTE)
    assert story.state.scopes["power"].effective is Mode.PLANNED
    assert story.rungs() == [("a10.leader", 0)]
    assert story.case().subject == "A10 month end"
    story.do(seen("crm", True))
    story.wait(HOUR)
    assert not story.state.cases
    assert len(story.ends()) == 1


def test_a_restart_raises_what_is_late_at_once_and_nothing_twice() -> None:
    story = well_site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6 * MINUTE)
    story.restart(25 * MINUTE)
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.supervisor", "a3.managers", "a3.higher"]
    story.restart()
    story.wait(30 * MINUTE)
    assert [name for name, _ in story.rungs()][4:] == ["a3.vendor"]


def test_an_acknowledgement_outlives_a_restart() -> None:
    story = well_site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(10)
    story.do(Acknowledged(story.case().key, "engineer on duty", "sms"))
    story.restart(20 * MINUTE)
    story.wait(2 * HOUR)
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.vendor"]


def test_a_ladder_that_gets_graver_after_the_acknowledgement_raises_no_stopping_rung() -> None:
    story = well_site()
    story.do(contact("carrier-a", False))
    story.wait(10)
    key = next(case.key for case in story.state.cases.values() if case.scope == "power")
    story.do(Acknowledged(key, "engineer on duty", "web"), *agents(Presence.UNREACHABLE))
    story.wait(2 * HOUR)
    assert story.state.cases[key].raised == ("a4.supervisor", "a3.vendor")


def test_what_was_declared_ends_only_by_hand() -> None:
    story = well_site()
    story.do(Declared("", "A7", "air conditioning", "leader"))
    story.wait(DAY)
    story.do(Closed(story.case().key, "leader", "mended"))
    assert not story.state.cases
    assert len(story.ends()) == 1


WEEK = tuple(
    Interval(datetime(2026, 11, day, 1, tzinfo=UTC), datetime(2026, 11, day, 9, tzinfo=UTC))
    for day in (20, 22, 24, 25, 26)  # a shifted working Sunday, a Monday off
)


def test_e4_the_third_working_day_follows_the_calendar_with_its_shifted_days() -> None:
    friday = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert workday_end(friday, 3, WEEK) == WEEK[3].end
    assert workday_end(friday - timedelta(hours=3), 3, WEEK) == WEEK[2].end


def test_e4_days_of_which_the_calendar_says_nothing_count_from_monday_to_friday() -> None:
    friday = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert workday_end(friday, 3, ()) == datetime(2026, 11, 26, tzinfo=UTC)
    # Told anew on the Wednesday, a calendar that begins then: Monday and Tuesday are behind.
    assert workday_end(friday, 3, WEEK[3:]) == WEEK[3].end
    assert workday_end(friday, 6, WEEK) == datetime(2026, 12, 1, tzinfo=UTC)
    assert SITE.ladders["a1"].rungs[2].after_workdays == 3


def test_a8_a_surge_below_a_graver_mode_outlives_a_restart_too() -> None:
    story = well_site()
    surge(story)
    story.do(seen("crm", False))
    story.restart()
    assert story.state.scopes["power"].computed is Mode.DEGRADED
    assert sorted(case.kind for case in story.state.cases.values()) == ["A2", "A2", "A8"]
    assert story.ends() == []


def test_a_plan_outlives_a_lost_link_and_a_restart() -> None:
    story = well_site(PLANNED)
    story.do(LinesSeen("carrier-a", 4), LinesSeen("carrier-b", 6))
    story.wait(16 * MINUTE)
    story.do(LinkLost("reset"))
    story.wait(MINUTE)
    story.restart(MINUTE)
    story.wait(MINUTE)
    # Both scopes live on the same lines.
    assert [case.subject for case in story.state.cases.values()] == ["plan general"] * 2
    lines = (LinesSeen("carrier-a", 4), LinesSeen("carrier-b", 6))
    story.do(replace(snapshot(), lines=lines))
    story.wait(16 * MINUTE)
    assert story.rungs() == [("general.one-more", 15)] * 2
    assert story.ends() == []
    story.do(*(LinesSeen(seen.trunk, 0) for seen in lines))
    story.wait(5 * MINUTE)
    assert not story.state.cases
