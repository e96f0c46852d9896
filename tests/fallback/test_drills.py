"""F4: drills ring the same ladders with a mark, touch callers only if live, and always end."""

from dataclasses import replace
from datetime import timedelta

from case_story import HOUR, MINUTE, PLANNED, SITE, Cases, wall, well_site
from fallback_story import agents, at, contact

from fallback.cases.drills import overdue
from fallback.decision import WantFlag
from fallback.events import Closed, DrillEnded, DrillStarted, OverrideSet, Presence
from fallback.modes import Mode
from fallback.policy import DrillPlan

LASTS = 1800.0


def flags(story: Cases) -> list[str]:
    return [f"{a.scope} {a.mode}" for a in story.actions if isinstance(a, WantFlag)]


def test_f4_a_silent_drill_rings_its_ladder_with_a_mark_and_touches_no_caller() -> None:
    story = well_site()
    story.do(DrillStarted("platform", "leader"))
    case = story.case()
    assert (case.key, case.drill, case.live) == ("DRILL-platform-20261121T100000Z", "platform", False)
    story.wait(LASTS - 1)
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.supervisor", "a3.managers"]
    assert all(r.drill and r.facts["drill"] == "platform" for r in story.raised())
    assert flags(story) == []
    assert story.state.scopes["power"].incident is None


def test_f4_a_drill_ends_by_hand_with_who_took_part_and_how_it_went() -> None:
    story = well_site()
    story.do(DrillStarted("carrier", "leader"))
    key = story.case().key
    story.do(DrillEnded(key, "leader", "early shift", "supervisor answered in 2 minutes"))
    assert not story.state.cases
    started, ended = story.rows("drill")
    assert (started.subject, started.new, started.reason) == (
        "carrier",
        "started",
        "silent: carrier-a is pulled",
    )
    assert (ended.new, ended.who, ended.incident) == ("ended", "leader", key)
    assert ended.reason == "participants: early shift; evaluation: supervisor answered in 2 minutes"
    assert [(end.incident, end.drill) for end in story.ends()] == [(key, True)]


def test_f4_a_live_drill_sets_its_mode_takes_it_back_and_calls_nobody_in_earnest() -> None:
    story = well_site()
    story.do(DrillStarted("platform", "leader", live=True))
    scope = story.state.scopes["power"]
    assert (scope.effective, scope.incident) == (Mode.OUTAGE, None)
    assert scope.override is not None
    assert scope.override.until == wall(LASTS)
    story.wait(LASTS)
    assert story.state.scopes["power"].override is None
    story.wait(HOUR)
    assert flags(story) == ["power OUTAGE", "power RECOVERING", "power NORMAL"]
    assert all(r.drill for r in story.raised())
    assert not story.state.cases
    assert len(story.ends()) == 1


def test_f4_a_live_outage_drill_calls_out_no_plan_in_earnest() -> None:
    story = well_site(PLANNED)
    story.do(DrillStarted("platform", "leader", live=True))
    story.wait(5 * MINUTE)
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.supervisor"]
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(10)
    assert "major.everybody" in [r.rung for r in story.raised() if not r.drill]


def test_f4_a_live_evacuation_drill_ends_by_itself_and_by_hand() -> None:
    story = well_site()
    story.do(DrillStarted("fire", "leader", live=True))
    assert story.state.scopes["power"].effective is Mode.EVACUATED
    story.wait(LASTS)
    assert story.state.scopes["power"].override is None
    story.do(DrillStarted("fire", "leader", live=True))
    story.do(DrillEnded(story.case().key, "leader"))
    assert story.state.scopes["power"].override is None


def test_what_happens_in_earnest_during_a_live_drill_is_an_incident_and_no_drill() -> None:
    story = well_site()
    story.do(DrillStarted("platform", "leader", live=True), *agents(Presence.UNREACHABLE))
    story.wait(10)
    earnest = [r for r in story.raised() if not r.drill]
    assert [r.rung for r in earnest] == ["a3.engineer"]
    assert {case.drill for case in story.state.cases.values()} == {"platform", ""}


def test_a_mode_that_a_person_sets_over_a_live_drill_outlives_the_drill() -> None:
    story = well_site()
    story.do(DrillStarted("platform", "leader", live=True))
    story.do(OverrideSet("power", Mode.EVACUATED, "leader", "real fire", None))
    story.wait(HOUR)
    assert story.state.scopes["power"].effective is Mode.EVACUATED
    assert [case.kind for case in story.state.cases.values()] == ["A6"]


def test_a_drill_outlives_a_restart_and_ends_in_its_time() -> None:
    story = well_site()
    story.do(DrillStarted("platform", "leader"))
    story.restart(6 * MINUTE)
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.supervisor"]
    story.restart(HOUR)
    assert not story.state.cases
    assert story.rows("drill")[-1].reason == "its time is over"


def test_drills_that_cannot_be_are_refused_with_the_reason() -> None:
    story = well_site(
        replace(
            SITE,
            drills={
                **SITE.drills,
                "odd": DrillPlan("odd", "x", "x", "A4", "power", "a4", (), "SIDEWAYS"),
                "lost": DrillPlan("lost", "x", "x", "A4", "nowhere", "a4"),
                "site": DrillPlan("site", "x", "x", "A4", "", "a4", (), "OUTAGE"),
                "long": DrillPlan("long", "x", "x", "A4", "power", "a4", (), "OUTAGE", lasts=2 * 86400),
            },
        )
    )
    story.do(DrillStarted("none", "leader"), DrillStarted("carrier", " "))
    story.do(
        DrillStarted("odd", "leader", True),
        DrillStarted("lost", "leader"),
        DrillStarted("site", "leader", True),
    )
    story.do(DrillStarted("long", "leader", True))
    assert not story.state.cases
    story.do(DrillStarted("carrier", "leader"), DrillStarted("carrier", "leader"))
    story.do(Closed(story.case().key, "leader", "done"), DrillEnded(story.case().key, ""))
    story.do(contact("carrier-a", False))
    story.wait(10)
    story.do(DrillStarted("platform", "leader", True))
    reasons = [reason.split(":")[0] for reason in story.refusals()]
    assert reasons == [
        "no drill is called 'none'; known",
        "who is missing",
        "its mode 'SIDEWAYS' is none; known",
        "its scope 'nowhere' is none; known",
        "its plan names no scope",
        "its mode cannot be set",
        "it runs already as DRILL-carrier-20261121T100000Z",
        "it is a drill",
        "who is missing",
        "the scope has a manual mode or an incident in earnest",
    ]


def test_f4_a_drill_never_held_or_held_too_long_ago_is_overdue() -> None:
    month = timedelta(days=30)
    drills = {
        "a": replace(SITE.drills["carrier"], name="a", every=month.total_seconds()),
        "b": replace(SITE.drills["carrier"], name="b", every=month.total_seconds()),
        "never": replace(SITE.drills["carrier"], name="never", every=0.0),
        "new": replace(SITE.drills["carrier"], name="new"),
    }
    now = at(0)
    held = {"a": now.wall - month + timedelta(seconds=1), "b": now.wall - month}
    assert overdue(drills, held, now) == ("b", "new")
