"""The default policy file holds every figure of the hotline's rules."""

import json
from collections.abc import Mapping

import pytest
import yaml

from alerts.policy import AlertPolicy
from alerts.words import TEXTS
from config.hours import HoursPolicy
from config.notices import WaitingPolicy
from config.policy import DEFAULT_POLICY, load_policy, parse_policy
from config.prompts import wordings
from config.sections_staff import KINDS
from config.sources import SourcesPolicy
from fallback.modes import Mode
from fallback.policy import OWN_PARTS, AgentRules, OnAck, PartKind, PlanRule, Rung, SurgeRule

SITE = load_policy(DEFAULT_POLICY)
POLICY = SITE.fallback
TEXT = DEFAULT_POLICY.read_text(encoding="utf-8")
MINUTE, HOUR = 60.0, 3600.0


def due(ladder: str) -> Mapping[str, float | tuple[str, int]]:
    """Rung → seconds after the start, or ("workdays", n)."""
    return {
        rung.name: ("workdays", rung.after_workdays) if rung.after_workdays else rung.after
        for rung in POLICY.ladders[ladder].rungs
    }


def rung(ladder: str, name: str) -> Rung:
    return next(one for one in POLICY.ladders[ladder].rungs if one.name == name)


def test_a1_leader_after_5_minutes_engineer_after_24_hours_supervisor_after_3_working_days() -> None:
    assert due("a1") == {"leader": 5 * MINUTE, "engineer": 24 * HOUR, "supervisor": ("workdays", 3)}


@pytest.mark.parametrize("ladder", ["a2", "a3"])
def test_a2_a3_engineer_at_once_then_5_10_30_and_60_minutes(ladder: str) -> None:
    found = due(ladder)
    assert found["engineer"] == 0
    assert [found[name] for name in ("supervisor", "managers", "higher", "vendor")] == [
        minutes * MINUTE for minutes in (5, 10, 30, 60)
    ]
    assert rung(ladder, "managers").roles == ("operations-manager", "centre-manager")
    assert rung(ladder, "higher").on_ack is OnAck.GO_ON  # "not fixed", whoever has taken it on


def test_a4_the_supervisor_is_told_at_once_and_the_repair_arranged() -> None:
    assert rung("a4", "supervisor").after == rung("a4", "engineer").after == 0


def test_a5_engineer_and_centre_leader_at_once_supervisor_after_30_minutes() -> None:
    assert due("a5") == {"engineer": 0, "leader": 0, "supervisor": 30 * MINUTE}
    assert rung("a5", "leader").roles == ("centre-leader",)


def test_a6_everybody_at_once() -> None:
    assert rung("a6", "everybody") == Rung("everybody", 0, ("everybody",), "a6-everybody", OnAck.GO_ON)


def test_a7_two_hurt_reach_the_centre_leader_and_the_connect_rate_is_due_within_10_minutes() -> None:
    assert (rung("a7", "hurt").min_hurt, rung("a7", "hurt").roles) == (2, ("centre-leader",))
    assert rung("a7", "rate").after == POLICY.assess_after == 10 * MINUTE


def test_a8_levels_follow_after_30_30_and_15_minutes() -> None:
    assert list(due("a8").items()) == [
        ("l1", 0),
        ("l2", 30 * MINUTE),
        ("l3", 60 * MINUTE),
        ("l4", 75 * MINUTE),
    ]


def test_a8_the_general_plan_after_15_minutes_the_major_one_after_30_or_when_service_is_lost() -> None:
    assert POLICY.plans == (
        PlanRule("general", 15 * MINUTE, (), "plan-general"),
        PlanRule("major", 30 * MINUTE, (Mode.OUTAGE,), "plan-major"),
    )
    assert POLICY.ladders["plan-major"].rungs[0].roles == ("everybody",)


def test_b7_and_g_an_apology_and_an_abandoned_call_count_from_20_seconds() -> None:
    assert SITE.waiting == WaitingPolicy(apology_after=20, abandoned_after=20)


def test_every_kind_has_a_ladder_and_a_gravity_of_its_own() -> None:
    assert tuple(POLICY.kinds) == KINDS
    assert {rule.ladder for rule in POLICY.kinds.values()} <= POLICY.ladders.keys()
    assert len({rule.gravity for rule in POLICY.kinds.values()}) == len(KINDS)
    assert max(POLICY.kinds.values(), key=lambda rule: rule.gravity).kind == "A6"


def test_every_rung_has_words_of_its_own_and_roles_that_the_file_names() -> None:
    rungs = [one for ladder in POLICY.ladders.values() for one in ladder.rungs]
    assert {one.text for one in rungs} <= TEXTS.keys()
    assert len({one.text for one in rungs}) == len(rungs)
    assert {role for one in rungs for role in one.roles} <= SITE.alerts.roles.keys()


def test_the_default_names_roles_and_invents_nobody() -> None:
    assert SITE.alerts.people == {}
    assert set(SITE.alerts.roles.values()) == {()}
    assert (SITE.alerts_on, POLICY.armed) == (False, False)


def test_what_the_file_shows_is_the_default_of_every_value() -> None:
    assert POLICY.agents == AgentRules()
    assert SITE.sources == SourcesPolicy()
    assert SITE.hours == HoursPolicy()
    shown = SITE.alerts
    usual = AlertPolicy()
    for name in ("confirm_within", "send_timeout", "limit", "limit_window", "never_limited", "trunks"):
        assert getattr(shown, name) == getattr(usual, name), name


def test_every_own_part_is_watched_and_the_store_fails_as_a9() -> None:
    own = {name: part for name, part in POLICY.parts.items() if part.kind is PartKind.OWN}
    assert tuple(own) == OWN_PARTS
    assert own["store"].failure == "A9"
    assert {part.effect for part in own.values()} == {Mode.NORMAL}


def test_a2_a3_a5_parts_of_the_default_do_what_their_kind_says() -> None:
    effects = {
        name: (part.failure, part.effect) for name, part in POLICY.parts.items() if name not in OWN_PARTS
    }
    assert effects == {
        "business-system": ("A2", Mode.DEGRADED),
        "power-supply": ("A5", Mode.DEGRADED),
        "power-down": ("A5", Mode.OUTAGE),
        "pbx": ("A3", Mode.OUTAGE),
    }


def test_f4_the_three_drills_are_ready() -> None:
    assert [(name, one.kind, one.mode) for name, one in POLICY.drills.items()] == [
        ("carrier-lost", "A4", ""),
        ("voice-platform-lost", "A3", "OUTAGE"),
        ("evacuation", "A6", "EVACUATED"),
    ]
    assert [one.ladder for one in POLICY.drills.values()] == ["a4", "a3", "a6"]


def test_f4_a_site_that_writes_no_drills_has_the_three_on_its_own_scope() -> None:
    data = yaml.safe_load(TEXT)
    del data["drills"]
    drills = parse_policy(json.dumps(data)).fallback.drills
    assert drills["carrier-lost"].lost == ("carrier-a",)
    assert drills["voice-platform-lost"].lost == ("power-agents",)
    assert {one.scope for one in drills.values()} == {"power"}


def test_a_site_that_writes_no_ladders_gets_those_of_the_default() -> None:
    data = yaml.safe_load(TEXT)
    for key in ("kinds", "ladders", "plans", "alerts"):
        del data[key]
    policy = parse_policy(json.dumps(data)).fallback
    assert (policy.kinds, policy.ladders, policy.plans) == (POLICY.kinds, POLICY.ladders, POLICY.plans)


def test_a_ladder_of_the_site_takes_the_place_of_its_namesake_alone() -> None:
    data = yaml.safe_load(TEXT)
    step = {"name": "x", "roles": ["leader"], "text": "a4-leader"}
    data["ladders"] = {
        "a4": [{**step, "after": "2min"}, {**step, "name": "y", "after_workdays": 1}, {**step, "name": "z"}]
    }
    ladders = parse_policy(json.dumps(data)).fallback.ladders
    assert [one.name for one in ladders["a4"].rungs] == ["z", "x", "y"]  # by their due times
    assert ladders["a2"] == POLICY.ladders["a2"]


def test_a8_the_scope_of_the_default_surges_and_ends_lower_than_it_begins() -> None:
    surge = POLICY.scopes["power"].surge
    assert isinstance(surge, SurgeRule)
    assert surge.end_waiting < surge.waiting
    assert surge.end_longest_wait < surge.longest_wait
    assert surge.end_occupancy < surge.occupancy


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_b3_the_public_reads_what_callers_hear_unless_the_policy_says_otherwise(language: str) -> None:
    scope = POLICY.scopes["power"]
    assert SITE.notices.wording(scope, Mode.OUTAGE, language) == wordings(language)["message-fault"]
    assert SITE.notices.ended(language)
    assert SITE.notices.name("power", language) == "power"


def test_every_requirement_that_the_policy_serves_is_named_in_the_file() -> None:
    named = ["B1", "B2", "B3", "B5", "B7", "C1", "D1", "D2", "D4", "D5", "E1", "E2", "E4", "F4", "F5"]
    missing = [one for one in [f"A{n}" for n in range(1, 11)] + named if one not in TEXT]
    assert missing == []
