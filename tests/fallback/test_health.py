"""Health of one component: the table, both directions, and what counts as evidence (D1)."""

from datetime import timedelta

import pytest
from fallback_story import START, Story, at, contact, snapshot, well, with_times

from fallback.events import Evidence, LinkLost, Presence, SnapshotTaken, TrunkSeen
from fallback.health import HEALTH, Sign, lose, next_health
from fallback.modes import TransitionError
from fallback.state import ComponentState, Health

A = "carrier-a"


def calls(good: bool) -> TrunkSeen:
    return TrunkSeen(A, Evidence.CALLS, good)


def registration(good: bool) -> TrunkSeen:
    return TrunkSeen(A, Evidence.REGISTRATION, good)


def healths(story: Story, name: str = A) -> list[str]:
    return [new for _, new in story.rows("component", name)]


def test_every_health_has_a_row_and_a_lost_link_leads_to_unknown_from_each() -> None:
    assert set(HEALTH) == set(Health)
    assert {next_health(health, Sign.LOST) for health in Health} == {Health.UNKNOWN}


def test_an_unknown_pair_raises_and_names_both() -> None:
    with pytest.raises(TransitionError, match=r"UP.*CONFIRMED_GOOD"):
        next_health(Health.UP, Sign.CONFIRMED_GOOD)


def test_d1_one_word_that_stands_is_down_after_its_time_because_asterisk_says_it_only_once() -> None:
    story = well()
    story.do(contact(A, False, "Unreachable"))
    assert story.component(A).health is Health.SUSPECT
    story.wait(5.9)
    assert story.component(A).health is Health.SUSPECT
    story.wait(0.1)
    assert story.component(A).health is Health.DOWN
    assert story.component(A).detail == "Unreachable"


def test_d1_a_word_said_again_neither_restarts_nor_shortens_the_time() -> None:
    story = well()
    for _ in range(6):
        story.do(contact(A, False))
        story.wait(0.9)
    assert story.component(A).bad == {Evidence.CONTACT: 6}
    assert story.component(A).health is Health.SUSPECT
    story.wait(0.6)
    assert story.component(A).health is Health.DOWN


def test_d1_two_kinds_at_once_confirm_after_the_shorter_time() -> None:
    story = well()
    story.do(contact(A, False), registration(False))
    story.wait(0.9)
    assert story.component(A).health is Health.SUSPECT
    story.wait(0.1)
    assert story.component(A).health is Health.DOWN


def test_d1_two_kinds_that_were_not_bad_at_the_same_time_do_not_add_up() -> None:
    story = well()
    story.do(contact(A, False))
    story.wait(0.5)
    story.do(contact(A, True), registration(False))
    story.wait(1.5)
    assert story.component(A).health is Health.SUSPECT


def test_d1_one_failed_call_is_no_outage_and_is_forgotten() -> None:
    story = well()
    story.do(calls(False))
    story.wait(59)
    assert story.component(A).health is Health.SUSPECT
    story.wait(2)
    assert healths(story) == [Health.SUSPECT, Health.UP]
    assert story.component(A).bad == {}


def test_d1_failed_calls_in_a_row_confirm_by_count_once_the_time_has_passed() -> None:
    story = well()
    story.do(calls(False), calls(False))
    story.wait(5)
    assert story.component(A).health is Health.SUSPECT
    story.wait(1)
    assert story.component(A).health is Health.DOWN


def test_d1_a_good_call_between_failed_ones_starts_the_count_again() -> None:
    story = well()
    for good in (False, True, False):
        story.do(calls(good))
        story.wait(4)
    assert story.component(A).bad == {Evidence.CALLS: 1}
    story.wait(10)
    assert story.component(A).health is Health.SUSPECT


def test_d1_up_again_only_after_as_much_good_evidence() -> None:
    story = well()
    story.do(contact(A, False))
    story.wait(60)
    story.do(contact(A, True))
    story.wait(9.9)
    assert story.component(A).health is Health.MENDING
    story.wait(0.1)
    assert healths(story) == [Health.SUSPECT, Health.DOWN, Health.MENDING, Health.UP]


def test_d1_every_kind_that_was_bad_must_be_good_again() -> None:
    story = well()
    story.do(contact(A, False), registration(False))
    story.wait(2)
    story.do(contact(A, True))
    story.wait(60)
    assert story.component(A).health is Health.DOWN
    story.do(registration(True))
    story.wait(10)
    assert story.component(A).health is Health.UP


def test_d1_a_trunk_that_failed_calls_brought_down_needs_as_many_good_ones() -> None:
    story = well()
    story.do(calls(False), calls(False))
    story.wait(6)
    story.do(calls(True))
    story.wait(30)
    assert story.component(A).health is Health.MENDING
    story.do(calls(True))
    assert story.component(A).health is Health.UP


def test_a_trunk_that_nobody_tries_any_more_is_tried_again_when_its_failed_calls_are_forgotten() -> None:
    story = well()
    story.do(calls(False), calls(False))
    story.wait(6)
    story.wait(60 + 10)
    assert healths(story)[-2:] == [Health.MENDING, Health.UP]


def test_bad_while_mending_starts_the_way_back_again() -> None:
    story = well()
    story.do(contact(A, False))
    story.wait(6)
    story.do(contact(A, True))
    story.wait(9)
    story.do(contact(A, False))
    story.wait(0)
    story.do(contact(A, True))
    story.wait(9)
    assert story.component(A).health is Health.MENDING
    assert healths(story).count(Health.DOWN) == 2


def test_each_return_lengthens_the_next_way_back_up_to_a_limit() -> None:
    story = well(with_times(flap_penalty=15.0, flap_penalty_max=20.0))
    taken = []
    for _ in range(4):
        story.do(contact(A, False))
        story.wait(6)
        story.do(contact(A, True))
        begun = story.now
        while story.component(A).health is not Health.UP:
            story.wait(1)
        taken.append(story.now - begun)
    assert taken == [10, 25, 30, 30]


def test_returns_outside_the_flap_window_cost_nothing() -> None:
    story = well()
    for _ in range(2):
        story.do(contact(A, False))
        story.wait(6)
        story.do(contact(A, True))
        story.wait(10)
        assert story.component(A).health is Health.UP
        story.wait(600)


def test_a_lost_link_is_no_short_cut_on_the_way_back() -> None:
    story = well()
    story.do(contact(A, False))
    story.wait(6)
    story.do(LinkLost("reset"))
    assert story.component(A).health is Health.UNKNOWN
    story.wait(5)
    story.do(snapshot())
    assert story.component(A).health is Health.MENDING
    story.wait(10)
    assert story.component(A).health is Health.UP


def test_what_was_down_before_the_link_was_lost_and_still_is_needs_no_new_proof() -> None:
    story = well()
    story.do(contact(A, False))
    story.wait(6)
    story.do(LinkLost("reset"), snapshot(a=False))
    assert story.component(A).health is Health.DOWN


def test_nothing_bad_is_evidence_until_asterisk_has_been_up_for_the_grace() -> None:
    story = well()
    story.do(LinkLost("asterisk restarts"))
    story.wait(5)
    story.do(snapshot(booted=story.now, a=False, power=None))
    story.wait(29.9)
    assert {story.component(name).health for name in (A, "power-agents")} == {Health.UNKNOWN}
    story.wait(0.1)
    assert story.component(A).health is Health.SUSPECT
    story.wait(6)
    assert story.component(A).health is Health.DOWN
    assert story.component("power-agents").health is Health.DOWN


def test_d2_a_pool_is_down_when_too_few_members_can_be_reached_and_a_pause_is_no_loss() -> None:
    story = well()
    story.do(snapshot(power=Presence.PAUSED))
    assert story.component("power-agents").health is Health.UP
    story.do(snapshot(power=Presence.UNREACHABLE))
    story.wait(6)
    assert story.component("power-agents").health is Health.DOWN
    assert story.component("power-agents").detail == "0 of 3 members can be reached, 1 wanted"


def test_losing_a_component_of_which_nothing_is_known_changes_nothing() -> None:
    unknown = ComponentState(A)
    assert lose(unknown, at(0)) is unknown


def test_a_component_of_which_nothing_more_is_told_while_it_mends_waits_for_a_word() -> None:
    story = well()
    story.do(contact(A, False))
    story.wait(6)
    told = SnapshotTaken(START - timedelta(days=1), (calls(True),), (), ())
    story.do(LinkLost("reset"), told)
    story.wait(600)
    assert story.component(A).health is Health.MENDING
    story.do(contact(A, True))
    assert story.component(A).health is Health.UP


def test_a_bad_word_in_the_grace_after_a_restart_holds_up_the_way_back_and_ends_it_when_the_grace_is_over() -> (
    None
):
    story = well()
    story.do(contact(A, False))
    story.wait(7)
    story.do(contact(A, True))
    story.do(snapshot(booted=story.now), contact(A, False))
    story.wait(29)  # a deadline in the past would fail here
    assert story.component(A).health is Health.MENDING
    story.wait(1)
    assert story.component(A).health is Health.DOWN
