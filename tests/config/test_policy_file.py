"""A policy file that is right."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from callbacks.policy import CallbackPolicy
from callbacks.values import Outcome
from config.durations import seconds
from config.errors import ConfigErrors
from config.policy import DEFAULT_POLICY, load_policy, parse_policy
from fallback.policy import HealthTimes, Pool, Scope
from ivr.policy import CallerPolicy

SMALL = """
site: {name: 供电热线, timezone: Asia/Shanghai, languages: [en, zh-CN], pbx_id: pbx7}
armed: true
alerts: {send: false}
trunks: {t1: {endpoint: T_1, dial: "PJSIP/{number}@T_1", channels: 30}}
pools: {p1: {queue: q1}}
scopes: {s1: {queue: q1, pools: [p1], trunks: [t1], dids: ["95598", "05718888"]}}
"""


def test_the_default_policy_loads_and_only_observes() -> None:
    policy = load_policy(DEFAULT_POLICY)
    assert policy.fallback.armed is False
    assert list(policy.fallback.trunks) == ["carrier-a", "carrier-b"]
    assert policy.fallback.pools == {"power-agents": Pool("power-agents", "power")}
    scope = policy.fallback.scopes["power"]
    assert (scope.queue, scope.pools, scope.trunks) == (
        "power",
        ("power-agents",),
        ("carrier-a", "carrier-b"),
    )
    assert policy.dids == {"power": ("95598",)}


def test_what_the_default_policy_shows_is_the_default_of_every_value() -> None:
    policy = load_policy(DEFAULT_POLICY)
    assert policy.fallback.trunks["carrier-a"].times == HealthTimes()
    assert policy.fallback.pools["power-agents"].times == HealthTimes()
    assert policy.callbacks == CallbackPolicy()
    assert policy.caller == CallerPolicy(own_lines=("95598",))


def test_the_default_policy_shows_every_time_of_health() -> None:
    shown = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
    assert set(shown["health"]["trunks"]) == {field.name for field in fields(HealthTimes)}


def test_what_is_left_out_keeps_its_default() -> None:
    policy = parse_policy(SMALL)
    assert policy.fallback.scopes["s1"] == Scope("s1", "q1", ("p1",), ("t1",), language="en")
    assert policy.callbacks == CallbackPolicy()
    assert policy.fallback.trunks["t1"].times == HealthTimes()
    assert (policy.fallback.boot_grace, policy.fallback.override_max) == (30.0, 43200.0)


def test_the_caller_s_languages_time_zone_and_own_lines_come_from_site_and_scopes() -> None:
    policy = parse_policy(SMALL + 'caller: {own_lines: ["0571999", "95598"], dialogue: express}\n')
    assert policy.name == "供电热线"
    assert policy.caller.languages == policy.languages == ("en", "zh-CN")
    assert policy.caller.timezone == policy.timezone == "Asia/Shanghai"
    assert policy.caller.own_lines == ("0571999", "95598", "05718888")
    assert policy.caller.dialogue == "express"


def test_times_of_one_trunk_rest_on_those_of_all_and_those_on_the_defaults() -> None:
    text = SMALL.replace("channels: 30}", "channels: 30, health: {down_after: 20s}}")
    policy = parse_policy(text + "health: {trunks: {up_after: 1min, down_after: 9s}, pools: {up_after: 5}}\n")
    assert policy.fallback.trunks["t1"].times == HealthTimes(down_after=20.0, up_after=60.0)
    assert policy.fallback.pools["p1"].times == HealthTimes(up_after=5.0)


def test_e2_waiting_times_of_one_outcome_leave_the_others_alone() -> None:
    policy = parse_policy(SMALL + "callbacks: {retry_after: {busy: 90s}, factor: 1.5, ring_seconds: 25}\n")
    assert policy.callbacks.retry_after[Outcome.BUSY] == 90.0
    assert policy.callbacks.retry_after[Outcome.NO_ANSWER] == 3600.0
    assert (policy.callbacks.factor, policy.callbacks.ring_seconds) == (1.5, 25)


def test_the_digest_tells_two_policies_apart() -> None:
    assert parse_policy(SMALL).digest == parse_policy(SMALL).digest
    assert parse_policy(SMALL).digest != parse_policy(SMALL + "# changed\n").digest


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("6s", 6),
        ("10min", 600),
        ("1h30min", 5400),
        ("1h 30min", 5400),
        ("2d", 172800),
        ("500ms", 0.5),
        ("1.5h", 5400),
        (7, 7),
        (0.25, 0.25),
    ],
)
def test_durations_are_read_as_people_write_them(words: object, meant: float) -> None:
    assert seconds(words) == meant


@pytest.mark.parametrize(
    "words", ["", "6", "6x", "s", "-6s", "6s?", True, None, [6], -1, float("nan"), float("inf"), "1e3s"]
)
def test_what_is_no_duration_is_refused(words: object) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        seconds(words)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "policy.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigErrors) as caught:
        load_policy(path)
    assert str(path) in str(caught.value)
    assert caught.value.errors[0].remedy
