"""Stories of opening hours, shifts and planned windows (A10)."""

from dataclasses import replace
from datetime import timedelta

from fallback_story import START, Story, agents, at, contact, snapshot
from kinds_story import (
    HOUR,
    MINUTE,
    SITE,
    brought,
    callers,
    hours,
    modes,
    probed,
    sign_in,
    sign_out,
    site,
    window,
)

from fallback.calendar import Calendar
from fallback.decide import callbacks_allowed, decide, next_deadline, restore
from fallback.decision import TellStaff, Text
from fallback.events import (
    CalendarTold,
    ClockStepped,
    Evidence,
    LinkLost,
    OverrideSet,
    PartSeen,
    Presence,
    Tick,
)
from fallback.modes import DialplanAction, Mode
from fallback.state import Health, to_saved
from fallback.time import Now

THREE = ("agent-1", "agent-2", "agent-3")


def test_a_queue_that_closes_is_closed_and_not_down() -> None:
    story = site()
    story.do(CalendarTold(hours((0, HOUR), (10 * HOUR, 18 * HOUR))))
    story.wait(HOUR - MINUTE)
    story.do(*sign_out(THREE))
    story.wait(MINUTE)
    assert (story.scope().computed, story.scope().action) == (Mode.CLOSED, DialplanAction.CAPTURE)
    assert story.flags()[-1].message == "closed"
    assert not callbacks_allowed(story.state, "power")
    assert modes(story, "water") == []
    story.wait(9 * HOUR - 4 * MINUTE)
    story.do(*sign_in(THREE))
    story.wait(4 * MINUTE)
    assert modes(story) == ["CLOSED", "NORMAL"]
    assert callbacks_allowed(story.state, "power")
    assert (story.rows("incident"), story.rows("component", "power-agents")) == ([], [])


def test_an_outage_outlasts_closing_time_and_its_incident_stays_open() -> None:
    story = site()
    story.do(CalendarTold(hours((0, HOUR))))
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(2 * HOUR)
    assert (story.scope().computed, story.incident().kind) == (Mode.OUTAGE, "A3")
    story.do(*agents(Presence.FREE))
    story.wait(10)
    assert modes(story) == ["OUTAGE", "CLOSED"]
    story.wait(60)
    assert story.scope().incident is None


def test_what_breaks_in_a_closed_scope_is_heard_when_it_opens() -> None:
    story = site()
    story.do(
        CalendarTold(
            replace(
                hours((10 * HOUR, 18 * HOUR)),
                shifts={name: hours((10 * HOUR, 18 * HOUR)).shifts["power"] for name in ("power", "water")},
            )
        )
    )
    story.do(contact("carrier-a", False, "Unreachable"), PartSeen("crm", Evidence.ALERT, False))
    story.wait(10 * HOUR - 1)
    assert [row for row in story.changes if row.kind == "component"] == []
    story.wait(1 + 7)  # a Tick comes some milliseconds after the wall has reached its time
    assert story.scope().partial == "carrier-a"
    assert modes(story) == ["CLOSED", "NORMAL", "DEGRADED"]


def test_what_broke_and_was_mended_in_a_closed_scope_is_never_heard() -> None:
    story = site()
    shifts = hours((10 * HOUR, 18 * HOUR)).shifts["power"]
    story.do(CalendarTold(Calendar({"power": shifts, "water": shifts})))
    story.do(contact("carrier-a", False))
    story.wait(HOUR)
    story.do(contact("carrier-a", True))
    story.wait(11 * HOUR)
    assert [row for row in story.changes if row.kind == "component"] == []


def test_power_is_watched_at_night_as_well() -> None:
    story = site()
    shifts = hours((10 * HOUR, 18 * HOUR)).shifts["power"]
    story.do(CalendarTold(Calendar({"power": shifts, "water": shifts})))
    story.do(PartSeen("mains", Evidence.REPORT, False))
    assert story.component("mains").health is Health.DOWN


def test_closed_follows_the_calendar_even_while_the_link_is_lost() -> None:
    story = site()
    story.do(CalendarTold(hours((0, HOUR), (10 * HOUR, 18 * HOUR))), LinkLost("reset"))
    story.wait(11 * HOUR)
    assert modes(story) == ["CLOSED", "NORMAL"]


def test_a_restart_at_night_opens_nothing_before_the_calendar_is_told_again() -> None:
    story = site()
    story.do(CalendarTold(hours((10 * HOUR, 18 * HOUR))))
    assert modes(story) == ["CLOSED"]
    again = Story(policy=SITE, now=MINUTE, state=restore(SITE, to_saved(story.state), at(MINUTE)))
    again.do(snapshot())
    again.wait(MINUTE)
    assert modes(again) == []
    again.do(CalendarTold(hours((10 * HOUR, 18 * HOUR))))
    again.wait(HOUR)
    assert modes(again) == []


def test_beyond_what_is_known_every_scope_is_open_and_staff_are_told_once() -> None:
    story = site()
    known = hours((HOUR, 2 * HOUR))
    story.do(CalendarTold(replace(known, known_until=START + timedelta(hours=5))))
    story.wait(24 * HOUR)
    assert modes(story) == ["CLOSED", "NORMAL", "CLOSED", "NORMAL"]
    assert [text for text, _ in story.told("")].count(Text.CALENDAR_ENDS) == 1


def test_a_calendar_that_is_told_again_changes_nothing() -> None:
    story = site()
    story.do(CalendarTold(hours((10 * HOUR, 18 * HOUR))))
    before = story.state
    assert story.do(CalendarTold(hours((10 * HOUR, 18 * HOUR)))).changes == ()
    assert story.state is before


def test_a10_a_window_opens_and_closes_by_itself_with_its_own_message() -> None:
    story = site()
    story.do(CalendarTold(hours(planned=(window(HOUR, 3 * HOUR, "crm"),))))
    story.wait(HOUR)
    scope = story.scope()
    assert (scope.computed, scope.action, scope.planned) == (Mode.PLANNED, DialplanAction.NOTICE, "w3600")
    assert (story.flags()[-1].message, story.incident().kind) == ("month-end", "A10")
    probed(story, False, HOUR)
    assert story.component("crm").health is Health.UNKNOWN
    probed(story, True, HOUR)
    assert modes(story) == ["PLANNED", "NORMAL"]
    story.wait(MINUTE)
    assert story.rows("incident") == [("", "A10"), ("A10", "closed")]


def test_a10_what_the_window_does_not_name_is_an_outage_within_it() -> None:
    story = site()
    story.do(CalendarTold(hours(planned=(window(0, HOUR, "crm"),))))
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    assert (story.scope().computed, story.incident().kind) == (Mode.OUTAGE, "A3")
    assert (story.flags()[-1].message, story.flags()[-1].action) == ("fault", DialplanAction.CAPTURE)
    story.do(*agents(Presence.FREE))
    story.wait(10)
    assert modes(story) == ["PLANNED", "OUTAGE", "PLANNED"]


def test_a10_work_that_outlasts_its_window_is_a_fault_from_then_on() -> None:
    story = site()
    story.do(CalendarTold(hours(planned=(window(0, HOUR, "crm"),))))
    story.wait(1)
    probed(story, False, HOUR + 10)
    assert modes(story) == ["PLANNED", "NORMAL", "DEGRADED"]


def test_a10_when_agents_cannot_work_at_all_callers_are_captured_and_those_who_wait_are_brought() -> None:
    story = site()
    story.do(
        CalendarTold(hours(planned=(window(HOUR, 2 * HOUR, "power-agents", action=DialplanAction.CAPTURE),)))
    )
    story.wait(HOUR - 30)
    story.do(*callers([1]))
    story.wait(30)
    assert story.scope().action is DialplanAction.CAPTURE
    assert brought(story) == [("power", {"PJSIP/carrier-a-1": 30.0})]


def test_a10_a_window_for_another_region_or_scope_is_not_ours() -> None:
    policy = replace(SITE, scopes={**SITE.scopes, "water": replace(SITE.scopes["water"], region="north")})
    story = site(policy)
    story.do(CalendarTold(hours(planned=(window(0, HOUR, scopes=("power", "water"), region="north"),))))
    story.wait(1)
    assert (modes(story), modes(story, "water")) == ([], ["PLANNED"])


def test_a_mode_that_is_set_by_hand_speaks_with_the_scopes_words_even_within_a_window() -> None:
    story = site()
    story.do(CalendarTold(hours(planned=(window(0, HOUR),))))
    story.do(OverrideSet("power", Mode.PLANNED, "leader", "works", START + timedelta(hours=2)))
    assert story.flags()[-1].message == "fault"


def test_d5_a_clock_that_is_set_is_told_and_the_calendar_is_looked_at_again() -> None:
    story = site()
    story.do(CalendarTold(hours((0, 4 * HOUR))))
    story.wait(HOUR)
    ahead = Now(at(story.now).wall + timedelta(hours=5), at(story.now).mono)
    decision = decide(story.state, ClockStepped(5 * HOUR), SITE, ahead)
    assert decision.state.scopes["power"].computed is Mode.CLOSED
    assert next(a.text_id for a in decision.actions if isinstance(a, TellStaff)) is Text.CLOCK_STEPPED
    ticked = decide(story.state, Tick(), SITE, ahead)
    assert ticked.state.scopes["power"].computed is Mode.CLOSED, "even if nobody says so"
    due = next_deadline(ticked.state, SITE)
    assert due is None or due > ahead.mono


def test_d5_no_incident_takes_the_key_of_an_earlier_one_when_the_clock_is_set_back() -> None:
    story = site()
    story.do(CalendarTold(hours(planned=(window(0, MINUTE),))))
    first = story.incident().key
    story.wait(HOUR)
    assert story.scope().incident is None
    back = Now(START, at(story.now).mono)
    again = decide(story.state, Tick(), SITE, back).state.scopes["power"].incident
    assert again is not None
    assert (again.key == first, again.opened_at) == (False, START)
