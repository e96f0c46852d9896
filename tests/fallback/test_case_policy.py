"""Cases under another policy, and what follow leaves alone."""

from dataclasses import replace

from case_story import MINUTE, SITE, seen, well_site
from fallback_story import agents, at, contact

from fallback import cases
from fallback.decide import adopt
from fallback.decision import Decision
from fallback.events import Declared, Evidence, Presence, Tick, TrunkSeen
from fallback.policy import KindRule, Ladder, Rung


def test_a_scope_and_a_part_that_a_new_policy_drops_take_their_cases_along() -> None:
    story = well_site()
    story.do(contact("carrier-a", False), seen("disk", False), Declared("water", "A7", "x", "leader"))
    story.wait(10)
    smaller = replace(
        SITE,
        scopes={"power": SITE.scopes["power"]},
        parts={name: part for name, part in SITE.parts.items() if name != "disk"},
    )
    story.took(adopt(story.state, SITE, smaller, at(story.now)))
    # What a person declared stays until a person closes it.
    assert [(case.kind, case.scope) for case in story.state.cases.values()] == [
        ("A7", "water"),
        ("A4", "power"),
    ]
    closed = [(row.old, row.reason) for row in story.rows("incident") if row.new == "closed"]
    assert sorted(closed) == [
        ("A4", "the policy does not hold the scope any more"),
        ("OWN", "the policy does not hold it any more"),
    ]
    assert {end.incident for end in story.ends()} == {
        row.incident for row in story.rows("incident") if row.new == "closed"
    }


def test_a_new_ladder_takes_effect_on_what_is_open_and_repeats_nothing() -> None:
    story = well_site()
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(6 * MINUTE)
    rungs = (*SITE.ladders["a3"].rungs[:2], Rung("owner", 60.0, ("owner",), "text-owner"))
    other = replace(SITE, ladders={**SITE.ladders, "a3": Ladder("a3", rungs)})
    story.took(adopt(story.state, SITE, other, at(story.now)))
    assert [name for name, _ in story.rungs()] == ["a3.engineer", "a3.supervisor", "a3.owner"]


def test_a_kind_without_a_ladder_has_a_case_and_calls_nobody() -> None:
    silent = replace(SITE, kinds={**SITE.kinds, "A3": KindRule("A3", "", 9)})
    story = well_site(silent)
    story.do(*agents(Presence.UNREACHABLE))
    story.wait(60 * MINUTE)
    assert story.case().kind == "A3"
    assert story.raised() == []
    story.do(*agents(Presence.FREE))
    story.wait(10 * MINUTE)
    assert (story.state.cases, story.ends()) == ({}, [])


def test_the_gravity_of_kinds_is_the_policys() -> None:
    kinds = {**SITE.kinds, "A4": KindRule("A4", "a4", 99)}
    story = well_site(replace(SITE, kinds=kinds))
    story.do(contact("carrier-a", False), *agents(Presence.UNREACHABLE))
    story.wait(10)
    case = next(case for case in story.state.cases.values() if case.scope == "power")
    assert (case.kind, case.ladder) == ("A4", "a4")


def test_following_twice_adds_nothing() -> None:
    story = well_site()
    before = story.state
    decision = story.do(seen("disk", False))
    assert cases.follow(before, decision, SITE, at(story.now)) == decision
    assert cases.follow(before, decision, SITE, at(story.now), Tick()) == decision


def test_an_event_that_moved_nothing_of_ours_is_passed_through_as_it_is() -> None:
    story = well_site()
    decision = Decision(story.state)
    event = TrunkSeen("carrier-a", Evidence.CONTACT, True)
    assert cases.follow(story.state, decision, SITE, at(story.now), event) is decision


def test_nothing_open_waits_for_nothing() -> None:
    story = well_site()
    assert cases.deadline(story.state, SITE, story.state.wall_offset) == float("inf")
