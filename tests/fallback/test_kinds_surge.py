"""Stories of A8 (surge), of the plans, and of callers who wait when nobody is queued any more."""

from dataclasses import replace
from datetime import timedelta

from fallback_story import START, agents, contact, snapshot
from kinds_story import HOUR, MINUTE, SITE, brought, callers, gone, modes, site

from fallback.decide import callbacks_allowed
from fallback.decision import Text
from fallback.events import CallerWaits, LinesSeen, LinkLost, OverrideEnded, OverrideSet, Presence, QueueSeen
from fallback.modes import DialplanAction, Mode


def test_a8_more_callers_than_seats_for_a_while_is_a_surge_and_callers_are_offered_a_callback() -> None:
    story = site()
    story.do(*callers(range(6)))
    story.wait(14.9)
    assert modes(story) == []
    story.wait(0.1)
    assert (story.scope().computed, story.scope().action) == (Mode.SURGE, DialplanAction.OFFER)
    assert story.flags()[-1].message == "surge"
    assert (Text.SURGE, "6 waiting; 0 of 10 lines in use") in story.told()
    assert not callbacks_allowed(story.state, "power")
    assert modes(story, "water") == []


def test_a8_a_queue_that_swings_around_its_limit_switches_callers_once() -> None:
    story = site()
    story.do(*callers(range(6)))
    story.wait(15)
    for _ in range(30):
        story.do(*gone(range(5)))
        story.wait(MINUTE)
        story.do(*callers(range(5)))
        story.wait(MINUTE)
    assert modes(story) == ["SURGE"]
    story.do(*gone(range(6)))
    story.wait(119.9)
    assert modes(story) == ["SURGE"]
    story.wait(0.1)
    assert modes(story) == ["SURGE", "NORMAL"]


def test_a8_a_peak_that_is_shorter_than_the_rule_is_none() -> None:
    story = site()
    for _ in range(20):
        story.do(*callers(range(9)))
        story.wait(14)
        story.do(*gone(range(9)))
        story.wait(20)
    assert modes(story) == []


def test_a8_one_caller_who_waits_too_long_is_found_by_time_alone() -> None:
    story = site()
    story.do(*callers([1]))
    story.wait(120 + 14.9)
    assert modes(story) == []
    story.wait(0.1)
    assert modes(story) == ["SURGE"]


def test_a8_a_caller_who_joined_earlier_is_the_longest_whenever_he_is_told() -> None:
    story = site()
    story.do(*callers([1]), CallerWaits("power", "PJSIP/carrier-a-2", 110.0))
    story.wait(10 + 15)
    assert modes(story) == ["SURGE"]


def test_a8_lines_in_use_count_against_the_lines_that_are_left() -> None:
    story = site()
    story.do(LinesSeen("carrier-b", 6))
    story.wait(MINUTE)
    assert modes(story) == []
    story.do(contact("carrier-a", False))
    story.wait(6 + 15)
    assert modes(story) == ["SURGE"]


def test_a8_our_own_callbacks_make_no_surge() -> None:
    story = site()
    story.do(QueueSeen("power", 40, 900.0))
    story.wait(HOUR)
    assert modes(story) == []


def test_a8_a_surge_stays_while_the_link_is_lost_and_is_judged_anew_after() -> None:
    story = site()
    story.do(*callers(range(6)))
    story.wait(15)
    story.do(LinkLost("reset"))
    story.wait(HOUR)
    assert modes(story) == ["SURGE"]
    story.do(snapshot())
    story.wait(120)
    assert modes(story) == ["SURGE", "NORMAL"]


def test_a8_lines_full_for_a_quarter_and_half_an_hour_set_the_plans_off() -> None:
    story = site()
    story.do(LinesSeen("carrier-a", 4), LinesSeen("carrier-b", 6))
    for _ in range(14 * 6):  # a line that is free for a moment is taken at once
        story.do(LinesSeen("carrier-a", 3))
        story.wait(2)
        story.do(LinesSeen("carrier-a", 4))
        story.wait(8)
    assert story.rows("plan") == []
    story.wait(MINUTE)
    assert story.rows("plan") == [("", "general")]
    story.wait(15 * MINUTE)
    assert story.rows("plan")[1:] == [("general", "major")]
    assert [detail for text, detail in story.told() if text is Text.PLAN] == ["general", "major"]
    story.do(LinesSeen("carrier-a", 0), LinesSeen("carrier-b", 0))
    story.wait(HOUR)
    assert story.rows("plan")[2:] == [("major", "")]


def test_a8_lines_that_are_free_for_longer_start_the_count_again() -> None:
    story = site()
    story.do(LinesSeen("carrier-a", 4), LinesSeen("carrier-b", 6))
    story.wait(14 * MINUTE)
    story.do(LinesSeen("carrier-a", 3))
    story.wait(10)
    story.do(LinesSeen("carrier-a", 4))
    story.wait(14 * MINUTE)
    assert story.rows("plan") == []


def test_a3_a_service_that_is_lost_sets_the_major_plan_off_at_once_and_it_ends_with_the_incident() -> None:
    story = site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6)
    assert story.rows("plan") == [("", "major")]
    story.do(*agents(Presence.FREE))
    story.wait(69)
    assert story.scope().plan == "major"
    story.wait(1)
    assert story.rows("plan")[1:] == [("major", "")]


def test_a3_callers_who_wait_are_brought_with_their_waiting_time_and_so_is_whoever_joins_later() -> None:
    story = site()
    story.do(*callers([1]))
    story.wait(20)
    story.do(*callers([2]), *agents(Presence.UNREACHABLE))
    story.wait(6)
    assert brought(story) == [("power", {"PJSIP/carrier-a-1": 26.0, "PJSIP/carrier-a-2": 6.0})]
    story.do(*callers([1, 2, 3]), *callers([4], "water"))
    assert brought(story)[1:] == [("power", {"PJSIP/carrier-a-3": 0.0})]
    story.do(*gone([1, 2, 3]), *agents(Presence.FREE))
    story.wait(10)
    story.do(*callers([5]))
    assert len(brought(story)) == 2


def test_a6_who_was_brought_is_not_brought_again_when_it_gets_graver() -> None:
    story = site()
    story.do(*callers([1]))
    story.do(OverrideSet("power", Mode.OUTAGE, "leader", "smoke", START + timedelta(hours=1)))
    story.do(OverrideSet("power", Mode.EVACUATED, "leader", "fire", None))
    assert len(brought(story)) == 1
    assert story.flags()[-1].action is DialplanAction.EVACUATE


def test_a6_only_a_leader_ends_an_evacuation_and_then_the_scope_recovers() -> None:
    story = site()
    story.do(OverrideSet("power", Mode.EVACUATED, "leader", "fire", None))
    story.wait(48 * HOUR)
    assert modes(story) == ["EVACUATED"]
    assert story.incident().kind == "A6"
    story.do(OverrideEnded("power", "leader", "all clear"))
    story.wait(MINUTE)
    assert modes(story) == ["EVACUATED", "RECOVERING", "NORMAL"]


def test_after_a_lost_link_whoever_still_waits_is_brought_again() -> None:
    story = site()
    story.do(*callers([1]), *agents(Presence.UNREACHABLE))
    story.wait(6)
    story.do(LinkLost("reset"))
    told = replace(snapshot(power=Presence.UNREACHABLE), callers=callers([1, 2]))
    story.do(told, told)
    assert [set(channels) for _, channels in brought(story)] == [
        {"PJSIP/carrier-a-1"},
        {"PJSIP/carrier-a-1", "PJSIP/carrier-a-2"},
    ]


def test_a_queue_of_two_scopes_is_left_while_one_of_them_still_queues() -> None:
    both = {name: replace(scope, queue="power") for name, scope in SITE.scopes.items()}
    story = site(replace(SITE, scopes=both))
    story.do(*callers([1]))
    until = START + timedelta(hours=1)
    story.do(OverrideSet("power", Mode.OUTAGE, "leader", "x", until))
    assert brought(story) == []
    story.do(OverrideSet("water", Mode.OUTAGE, "leader", "x", until))
    assert len(brought(story)) == 1


def test_observe_brings_nobody() -> None:
    story = site(replace(SITE, armed=False))
    story.do(*callers([1]), *agents(Presence.UNREACHABLE))
    story.wait(6)
    assert story.scope().action is DialplanAction.CAPTURE
    assert (brought(story), story.flags()) == ([], [])
