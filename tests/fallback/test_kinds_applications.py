"""Stories of A2 (an application down or slow for all seats), A5 (power) and A9 (the data store)."""

from dataclasses import replace

import pytest
from fallback_story import agents
from kinds_story import HOUR, MINUTE, SITE, modes, probe, probed, site

from fallback.decide import callbacks_allowed, wanted_flags
from fallback.events import Evidence, LinkLost, PartSeen, Presence
from fallback.modes import DialplanAction, Mode
from fallback.state import Health


def report(part: str, good: bool) -> PartSeen:
    return PartSeen(part, Evidence.REPORT, good, "as I was told", "leader")


def test_a2_an_application_that_is_down_degrades_and_agents_keep_answering() -> None:
    story = site()
    probed(story, False, 10)
    assert (story.scope().computed, story.scope().action) == (Mode.DEGRADED, DialplanAction.OFFER)
    assert (story.incident().kind, story.incident().detail) == ("A2", "A2 crm")
    assert not callbacks_allowed(story.state, "power")
    assert story.flags()[-1].message == "fault"
    probed(story, True, 65)
    assert modes(story) == ["DEGRADED", "RECOVERING"]
    probed(story, True, 10)
    assert modes(story) == ["DEGRADED", "RECOVERING", "NORMAL"]
    story.wait(MINUTE)
    assert story.scope().incident is None


def test_a2_slow_for_long_enough_is_as_bad_as_down() -> None:
    story = site()
    for _ in range(3):
        story.do(probe(True), probe(False, Evidence.LATENCY))
        story.wait(5)
    assert story.scope().computed is Mode.DEGRADED


def test_d1_one_slow_answer_now_and_then_degrades_nobody() -> None:
    story = site()
    for _ in range(60):
        story.do(probe(True), probe(False, Evidence.LATENCY))
        story.wait(5)
        story.do(probe(True), probe(True, Evidence.LATENCY))
        story.wait(55)
    assert modes(story) == []
    assert story.rows("incident") == []


def test_d1_what_one_probe_says_twice_over_is_no_second_kind() -> None:
    story = site()
    story.do(probe(False), probe(False, Evidence.LATENCY))
    story.wait(5)
    assert story.component("crm").health is Health.SUSPECT


def test_d4_a_probe_and_an_alert_from_elsewhere_convince_after_the_shorter_time() -> None:
    story = site()
    story.do(probe(False), PartSeen("crm", Evidence.ALERT, False, "CrmDown"))
    story.wait(1)
    assert story.component("crm").health is Health.DOWN


def test_a2_a_leaders_report_convinces_at_once_both_ways_and_his_name_is_in_the_record() -> None:
    story = site()
    (row, *_) = story.do(report("crm", False)).changes
    assert story.scope().computed is Mode.DEGRADED
    assert (row.kind, row.new, row.who) == ("component", "DOWN", "leader")
    story.wait(10 * MINUTE)
    story.do(report("crm", True))
    assert story.component("crm").health is Health.UP
    assert story.scope().computed is Mode.RECOVERING


def test_a_report_of_last_week_is_no_short_cut_for_a_probe_of_today() -> None:
    story = site()
    story.do(report("crm", True))
    story.wait(24 * HOUR)
    probed(story, False, 10)
    probed(story, True, 5)
    assert story.component("crm").health is Health.MENDING


def test_a2_only_scopes_that_use_the_application_are_hit() -> None:
    policy = replace(SITE, scopes={**SITE.scopes, "water": replace(SITE.scopes["water"], parts=())})
    story = site(policy)
    story.do(report("crm", False))
    assert (modes(story), modes(story, "water")) == (["DEGRADED"], [])


def test_a2_does_not_lift_an_outage_and_an_outage_leaves_through_it() -> None:
    story = site()
    story.do(report("crm", False), *agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(*agents(Presence.FREE))
    story.wait(9.9)
    assert modes(story) == ["DEGRADED", "OUTAGE"], (
        "while the agents mend it is not sure that callers are served"
    )
    story.wait(0.1)
    assert modes(story) == ["DEGRADED", "OUTAGE", "DEGRADED"]
    assert (story.incident().kind, len(story.rows("incident"))) == ("A3", 2)


def test_a5_on_battery_is_degraded_out_of_it_an_outage_and_the_return_is_watched() -> None:
    story = site()
    story.do(PartSeen("ups", Evidence.POWER, False, "on battery"))
    story.wait(6)
    assert story.scope().computed is Mode.DEGRADED
    story.wait(20 * MINUTE)
    story.do(PartSeen("mains", Evidence.POWER, False, "battery low"))
    story.wait(6)
    assert (story.scope().computed, story.scope("water").computed) == (Mode.OUTAGE, Mode.OUTAGE)
    assert story.incident().kind == "A5"
    story.wait(HOUR)
    story.do(PartSeen("mains", Evidence.POWER, True), PartSeen("ups", Evidence.POWER, True))
    story.wait(10)
    assert modes(story) == ["DEGRADED", "OUTAGE", "RECOVERING"]
    story.wait(60)
    assert modes(story)[-1] == "NORMAL"


def test_a9_the_data_store_touches_no_mode_and_captures_go_on() -> None:
    story = site()
    story.do(PartSeen("store", Evidence.OWN, False, "disk full"))
    assert story.component("store").health is Health.DOWN
    assert (modes(story), story.flags()) == ([], [])
    (case,) = story.state.cases.values()
    assert (case.kind, case.scope) == ("A9", "")
    story.do(PartSeen("store", Evidence.OWN, True))
    assert story.component("store").health is Health.UP


def test_a_part_that_nobody_ever_spoke_of_is_well() -> None:
    story = site()
    assert story.component("ups").health is Health.UNKNOWN
    assert callbacks_allowed(story.state, "power")


def test_a3_a_part_is_not_behind_our_link_and_still_degrades_while_that_is_lost() -> None:
    story = site()
    story.do(LinkLost("reset"), report("crm", False))
    assert story.component("crm").health is Health.DOWN
    assert [flag.mode for flag in wanted_flags(story.state, SITE)] == [Mode.DEGRADED, Mode.DEGRADED]
    story.do(report("crm", True))
    assert story.scope().computed is Mode.DEGRADED, "the rest is unknown"


@pytest.mark.parametrize("good", [True, False])
def test_what_the_policy_does_not_hold_is_refused_by_name(good: bool) -> None:
    story = site()
    (row,) = story.do(report("fax", good)).changes
    assert (row.kind, row.reason, row.who) == ("refused", "no component is called 'fax'", "leader")
    assert story.scope().computed is Mode.NORMAL
