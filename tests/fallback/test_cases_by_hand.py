"""What people do with incidents: declare, close, split, acknowledge, hand over; refused with a reason that helps."""

from dataclasses import replace

import pytest
from case_story import HOUR, MINUTE, Cases, seen, wall, well_site
from fallback_story import agents, contact

from fallback.decision import StopRungs, Text
from fallback.events import (
    Acknowledged,
    Closed,
    Declared,
    DrillEnded,
    Event,
    HandedOver,
    LeaveGranted,
    MemberGone,
    MemberSeen,
    OverrideSet,
    Presence,
    SeatSilent,
    Split,
)
from fallback.modes import Mode


def outage() -> Cases:
    """carrier-a and the agents of power are lost; both scopes miss the carrier."""
    story = well_site()
    story.do(contact("carrier-a", False), *agents(Presence.UNREACHABLE))
    story.wait(7)
    return story


def key_of(story: Cases, scope: str = "power") -> str:
    return next(case.key for case in story.state.cases.values() if case.scope == scope)


def test_every_open_incident_has_a_case_of_its_key_kind_and_causes() -> None:
    story = outage()
    incident = story.state.scopes["power"].incident
    assert incident is not None
    case = story.state.cases[incident.key]
    assert (case.kind, case.scope, case.opened_at) == (incident.kind, "power", incident.opened_at)
    assert set(case.subject.split("; ")) == {"A4 carrier-a", "A3 power-agents"}


def test_the_first_acknowledgement_stays_and_a_second_person_is_written_down() -> None:
    story = outage()
    key = key_of(story)
    story.do(Acknowledged(key, "engineer on duty", "call"), Acknowledged(key, "supervisor", "web"))
    case = story.state.cases[key]
    assert (case.acked_by, case.acked_at, case.owner) == ("engineer on duty", wall(7), "engineer on duty")
    assert [(r.old, r.new, r.who, r.reason) for r in story.rows("ack")] == [
        ("", "engineer on duty", "engineer on duty", "by call"),
        ("engineer on duty", "supervisor", "supervisor", "by web"),
    ]
    assert len(story.stops()) == 1
    again = story.do(Acknowledged(key, "engineer on duty", "call"))
    assert (again.changes, again.actions) == ((), ())


def test_a_hand_over_names_both_and_keeps_who_acknowledged() -> None:
    story = outage()
    key = key_of(story)
    story.do(
        Acknowledged(key, "engineer on duty", "call"), HandedOver(key, "engineer on duty", "night engineer")
    )
    case = story.state.cases[key]
    assert (case.acked_by, case.owner) == ("engineer on duty", "night engineer")
    (row,) = story.rows("handover")
    assert (row.old, row.new, row.who, row.incident) == (
        "engineer on duty",
        "night engineer",
        "engineer on duty",
        key,
    )


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Acknowledged("INC-none", "engineer", "web"), "no incident 'INC-none' is open; open: INC-"),
        (Acknowledged("KEY", "  ", "web"), "who is missing"),
        (HandedOver("INC-none", "a", "b"), "no incident 'INC-none' is open"),
        (HandedOver("KEY", "", "b"), "who is missing"),
        (HandedOver("KEY", "a", " "), "to is missing"),
        (HandedOver("KEY", "a", "b"), "acknowledge it first"),
        (Declared("nowhere", "A7", "x", "leader"), "no scope is called 'nowhere'; known: power, water"),
        (Declared("power", "A77", "x", "leader"), "no kind is called 'A77'; known: OWN, A1, A10"),
        (Declared("power", "A7", "x", ""), "who is missing"),
        (Declared("power", "A7", " ", "leader"), "detail is missing"),
        (Declared("power", "A7", "x", "leader", -1), "people_hurt is below 0"),
        (Closed("INC-none", "leader", "done"), "no incident 'INC-none' is open"),
        (Closed("KEY", "", "done"), "who is missing"),
        (Closed("KEY", "leader", ""), "why is missing"),
        (Closed("KEY", "leader", "done"), "it is still held open by: A"),
        (Split("INC-none", "A4 carrier-a", "leader"), "no incident 'INC-none' is open"),
        (Split("KEY", "A4 carrier-a", ""), "who is missing"),
        (Split("KEY", "A4 carrier-b", "leader"), "'A4 carrier-b' is no cause of it; its causes: "),
        (DrillEnded("KEY", "leader"), "no drill of this key runs"),
        (LeaveGranted("power", "agent-1", wall(-1), "leader"), "until is past"),
        (
            LeaveGranted("power", "agent-1", wall(9999).replace(tzinfo=None), "leader"),
            "until has no time zone",
        ),
        (LeaveGranted("no-queue", "agent-1", wall(9999), "leader"), "no pool watches a queue 'no-queue'"),
        (LeaveGranted("power", "agent-1", wall(9999), ""), "who is missing"),
        (LeaveGranted("power", " ", wall(9999), "leader"), "member is missing"),
        (SeatSilent("no-queue", "agent-1"), "no pool watches a queue 'no-queue'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_changes_nothing(event: Event, reason: str) -> None:
    story = outage()
    if getattr(event, "incident", "") == "KEY":  # what names an incident is a dataclass
        event = replace(event, incident=key_of(story))  # type: ignore[type-var]  # see above
    before = story.state
    decision = story.do(event)
    assert reason in decision.changes[0].reason
    assert (decision.changes[0].kind, len(decision.changes), decision.actions) == ("refused", 1, ())
    assert decision.state is before


def test_a_declared_case_carries_who_where_and_what_and_no_separator_of_ours() -> None:
    story = well_site()
    story.do(Declared("power", "A1", "headset; broken\n", " leader "))
    case = story.case()
    assert (case.subject, case.by_hand, case.key) == ("A1 headset, broken", True, "INC-A1-20261121T100000Z")
    (row,) = story.rows("incident")
    assert (row.who, row.new, row.incident) == ("leader", "A1", case.key)
    assert story.told(Text.INCIDENT_OPENED) == ["A1 headset, broken"]


def test_two_cases_of_one_second_have_two_keys() -> None:
    story = well_site()
    story.do(Declared("power", "A7", "x", "leader"), Declared("water", "A7", "y", "leader"))
    assert list(story.state.cases) == ["INC-A7-20261121T100000Z", "INC-A7-20261121T100000Z-2"]


def test_a_key_is_never_given_twice_also_within_one_second() -> None:
    story = well_site()
    keys = []
    for _ in range(3):
        story.do(Declared("power", "A7", "x", "leader"))
        (key,) = story.state.cases
        keys.append(key)
        story.do(Closed(key, "leader", "a mistake"))
    assert len(set(keys)) == 3


def test_a_cause_that_works_again_is_not_split_off() -> None:
    story = outage()
    story.do(contact("carrier-a", True))
    story.wait(20)
    story.do(Split(key_of(story), "A4 carrier-a", "leader"))
    assert story.refusals() == ["A4 carrier-a works again: there is nothing to follow up"]


def test_a_cause_that_is_split_off_has_its_own_ladder_from_now_and_ends_by_itself() -> None:
    story = outage()
    parent = key_of(story)
    story.wait(20 * MINUTE)
    story.do(Split(parent, "A4 carrier-a", "leader"))
    child = next(case for case in story.state.cases.values() if case.parent == parent)
    assert (child.kind, child.ladder, child.raised) == ("A4", "a4", ("a4.supervisor",))
    assert (child.subject, story.state.cases[parent].subject) == ("A4 carrier-a", "A3 power-agents")
    story.do(contact("carrier-a", True))
    story.wait(MINUTE)
    assert child.key not in story.state.cases
    assert parent in story.state.cases
    assert child.key in [end.incident for end in story.ends()]


def test_the_only_cause_cannot_be_split_off_and_a_declared_case_has_none() -> None:
    story = well_site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(7)
    story.do(Split(key_of(story), "A3 power-agents", "leader"))
    story.do(Declared("power", "A7", "x", "leader"))
    story.do(Split("INC-A7-20261121T100007Z", "A7 x", "leader"))
    assert story.refusals() == [
        "it is its only cause: nothing would be left",
        "only the incident of a scope has causes that can be split off",
    ]


def test_a_part_of_the_site_that_is_down_holds_its_case_open() -> None:
    story = well_site()
    story.do(seen("disk", False), Closed("INC-disk-20261121T100000Z", "leader", "never mind"))
    assert story.refusals() == ["it is still held open by: OWN disk"]


def test_d2_sign_out_without_leave_during_an_incident_is_told_once_per_member() -> None:
    story = well_site()
    story.do(contact("carrier-a", False))
    story.wait(7)
    story.do(LeaveGranted("power", "agent-2", wall(HOUR), "leader"))
    story.do(MemberGone("power", "agent-1"), MemberGone("power", "agent-2"))
    story.do(MemberSeen("power", "agent-1", Presence.FREE), MemberGone("power", "agent-1"))
    assert story.told(Text.SIGNED_OUT) == ["power agent-1"]
    story.restart()
    assert [row.subject for row in story.rows("seat") if row.new == "signed out"] == ["power agent-1"]


def test_d2_leave_ends() -> None:
    story = well_site()
    story.do(LeaveGranted("power", "agent-2", wall(MINUTE), "leader"), contact("carrier-a", False))
    story.wait(2 * MINUTE)
    story.do(MemberGone("power", "agent-2"))
    assert story.told(Text.SIGNED_OUT) == ["power agent-2"]


def test_d2_without_an_incident_anybody_may_sign_out_and_in_an_evacuation_everybody_must() -> None:
    story = well_site()
    story.do(MemberGone("power", "agent-1"))
    story.wait(10)
    story.do(OverrideSet("power", Mode.EVACUATED, "leader", "fire", None))
    story.do(MemberGone("power", "agent-2"))
    assert story.told(Text.SIGNED_OUT) == []


def test_d2_who_changes_to_another_device_has_not_signed_out() -> None:
    story = well_site()
    story.do(MemberSeen("power", "agent-1", Presence.BUSY, "wang"), contact("carrier-a", False))
    story.wait(7)
    story.do(MemberSeen("power", "mobile-1", Presence.FREE, "wang"), MemberGone("power", "agent-1"))
    assert story.told(Text.SIGNED_OUT) == []


def test_stop_names_the_rungs_of_the_ladders_that_were_climbed_before_too() -> None:
    story = well_site()
    story.do(contact("carrier-a", False))
    story.wait(10)
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(10)
    decision = story.do(Acknowledged(key_of(story), "engineer", "web"))
    (stop,) = (action for action in decision.actions if isinstance(action, StopRungs))
    assert "a4.supervisor" in stop.rungs
    assert "a3.higher" in stop.rungs
    assert "a3.vendor" not in stop.rungs
