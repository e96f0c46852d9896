"""Stories of A3 (the agents' side is lost) and A4 (lines are lost)."""

from dataclasses import replace

from fallback_story import POLICY, Story, agents, contact, snapshot, well

from fallback.decide import callbacks_allowed, ready_since, wanted_flags
from fallback.decision import Text
from fallback.events import MemberGone, MemberSeen, Presence
from fallback.modes import DialplanAction, Mode
from fallback.state import Health


def lose_agents(story: Story) -> None:
    story.do(*agents(Presence.UNREACHABLE))


def bring_agents_back(story: Story) -> None:
    story.do(*agents(Presence.FREE))


def test_a3_all_agents_lost_is_an_outage_and_callers_are_captured() -> None:
    story = well()
    lose_agents(story)
    story.wait(5.9)
    assert story.scope().action is DialplanAction.PASS
    story.wait(0.1)
    assert (story.scope().computed, story.scope().effective) == (Mode.OUTAGE, Mode.OUTAGE)
    (flag,) = story.flags()
    assert (flag.action, flag.mode, flag.message) == (DialplanAction.CAPTURE, Mode.OUTAGE, "fault")
    assert flag.incident == "INC-power-20261121T100006Z"


def test_a3_one_agent_who_can_be_reached_keeps_the_scope_normal() -> None:
    story = well()
    for name in ("agent-1", "agent-2"):  # not both within a minute: that would be a mass sign-out
        story.do(MemberSeen("power", name, Presence.UNREACHABLE))
        story.wait(60)
    assert story.scope().effective is Mode.NORMAL
    assert story.flags() == []


def test_a3_a_mass_sign_out_is_an_outage_as_well() -> None:
    story = well()
    story.do(*(MemberGone("power", seen.member) for seen in agents(Presence.FREE)))
    story.wait(6)
    assert story.scope().effective is Mode.OUTAGE


def test_a3_the_rest_of_the_hotline_stays_normal() -> None:
    story = well()
    lose_agents(story)
    story.wait(60)
    assert story.scope("water").effective is Mode.NORMAL
    assert story.flags("water") == []


def test_e1_on_the_way_back_callers_pass_first_and_callbacks_wait_for_the_recovery_hold() -> None:
    story = well()
    lose_agents(story)
    story.wait(6)
    assert not callbacks_allowed(story.state, "power")
    bring_agents_back(story)
    story.wait(10)
    assert (story.scope().effective, story.scope().action) == (Mode.RECOVERING, DialplanAction.PASS)
    assert not callbacks_allowed(story.state, "power")
    story.wait(59.9)
    assert not callbacks_allowed(story.state, "power")
    story.wait(0.1)
    assert story.scope().effective is Mode.NORMAL
    assert callbacks_allowed(story.state, "power")
    assert ready_since(story.state, "power") == 5000.0 + story.now


def test_a3_one_switch_each_way_and_every_one_is_a_row_and_a_flag() -> None:
    story = well()
    lose_agents(story)
    story.wait(30)
    bring_agents_back(story)
    story.wait(100)
    switches = [("NORMAL", "OUTAGE"), ("OUTAGE", "RECOVERING"), ("RECOVERING", "NORMAL")]
    assert story.rows("mode") == story.rows("computed") == switches
    assert [flag.mode for flag in story.flags()] == [Mode.OUTAGE, Mode.RECOVERING, Mode.NORMAL]
    assert [detail for text, detail in story.told() if text is Text.MODE] == [new for _, new in switches]


def test_a_relapse_within_the_recovery_hold_starts_the_hold_again() -> None:
    story = well()
    lose_agents(story)
    story.wait(6)
    bring_agents_back(story)
    story.wait(10 + 50)
    lose_agents(story)
    story.wait(6)
    assert story.scope().effective is Mode.OUTAGE
    bring_agents_back(story)
    story.wait(25 + 59)
    assert story.scope().effective is Mode.RECOVERING
    story.wait(1)
    assert story.scope().effective is Mode.NORMAL


def test_a_suspicion_within_the_recovery_hold_starts_the_hold_again_but_switches_nobody() -> None:
    story = well()
    lose_agents(story)
    story.wait(6)
    bring_agents_back(story)
    story.wait(10 + 50)
    lose_agents(story)
    story.wait(3)
    bring_agents_back(story)
    story.wait(59)
    assert story.scope().effective is Mode.RECOVERING
    story.wait(1)
    assert [flag.mode for flag in story.flags()] == [Mode.OUTAGE, Mode.RECOVERING, Mode.NORMAL]


def test_a4_one_of_two_trunks_lost_is_partial_with_its_capacity_and_callers_notice_nothing() -> None:
    story = well()
    assert (story.scope().lines_left, story.scope().lines_total) == (10, 10)
    story.do(contact("carrier-a", False))
    story.wait(6)
    scope = story.scope()
    assert (scope.effective, scope.action, scope.partial) == (Mode.NORMAL, DialplanAction.PASS, "carrier-a")
    assert (scope.lines_left, scope.lines_total) == (6, 10)
    assert scope.incident is not None
    assert (scope.incident.kind, scope.incident.detail) == ("A4", "A4 carrier-a")
    assert story.rows("capacity") == [("10/10", "6/10")]
    assert (Text.PARTIAL, "carrier-a") in story.told()
    assert callbacks_allowed(story.state, "power")


def test_a4_a_trunk_that_is_back_is_counted_again_only_when_it_is_up() -> None:
    story = well()
    story.do(contact("carrier-a", False))
    story.wait(6)
    story.do(contact("carrier-a", True))
    assert story.component("carrier-a").health is Health.MENDING
    assert story.scope().lines_left == 6
    story.wait(10)
    assert (story.scope().lines_left, story.scope().partial) == (10, "")
    assert (Text.WHOLE, "") in story.told()


def test_a4_all_trunks_lost_is_an_outage() -> None:
    story = well()
    story.do(contact("carrier-a", False), contact("carrier-b", False))
    story.wait(6)
    assert story.scope().effective is Mode.OUTAGE
    assert story.scope().lines_left == 0
    assert story.incident().kind == "A4"
    story.do(contact("carrier-b", True))
    story.wait(10)
    assert (story.scope().effective, story.scope().partial) == (Mode.RECOVERING, "carrier-a")
    story.wait(60)
    assert story.scope().effective is Mode.NORMAL


def test_a4_a_trunk_of_which_nothing_is_told_is_used_and_staff_hear_that_it_is_not_watched() -> None:
    story = Story()
    told = snapshot()
    story.do(replace(told, trunks=told.trunks[:1]))
    story.wait(120)
    assert story.component("carrier-b").health is Health.UNKNOWN
    assert story.scope().lines_left == 10
    assert callbacks_allowed(story.state, "power")
    assert story.told("") == [(Text.LINK_BACK, ""), (Text.TRUNK_UNSEEN, "carrier-b")]


def test_a_contact_that_flips_for_one_reading_now_and_then_switches_nobody() -> None:
    story = well()
    for _ in range(48):
        story.do(contact("carrier-a", False), contact("carrier-b", False))
        story.wait(5)
        story.do(contact("carrier-a", True), contact("carrier-b", True))
        story.wait(1800)
    assert story.rows("mode") == story.rows("incident") == story.rows("capacity") == []
    assert story.flags() == []


def test_observe_decides_and_records_but_wants_no_flag() -> None:
    observing = replace(POLICY, armed=False)
    story = well(observing)
    lose_agents(story)
    story.wait(6)
    assert story.scope().effective is Mode.OUTAGE
    assert story.rows("mode") == [("NORMAL", "OUTAGE")]
    assert story.rows("incident") == [("", "A3")]
    assert story.flags() == []
    assert wanted_flags(story.state, observing) == ()


def test_wanted_flags_are_what_the_last_actions_said() -> None:
    story = well()
    lose_agents(story)
    story.wait(6)
    power, water = wanted_flags(story.state, POLICY)
    assert power == story.flags()[-1]
    assert (water.scope, water.action) == ("water", DialplanAction.PASS)
