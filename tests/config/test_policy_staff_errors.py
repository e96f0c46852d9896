"""What is wrong in the sections about staff and sources: each with its place and its remedy."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.policy import Duty, Reach, Way
from config.errors import ConfigError, ConfigErrors
from config.policy import DEFAULT_POLICY, SitePolicy, parse_policy

pytestmark = pytest.mark.slow

DEFAULT = DEFAULT_POLICY.read_text(encoding="utf-8")
RUNG = {"name": "one", "roles": ["leader"], "text": "a1-leader"}
PROBE = {"component": "business-system", "kind": "http", "target": "http://127.0.0.1/"}
DRILL = {"title": "t", "content": "c", "kind": "A4", "scope": "power"}
CALL = {"out": "carrier-a", "into": "carrier-b", "number": "1"}
ALERT = {"component": "pbx", "labels": {"a": "b"}}
PERSON = {"reaches": [{"call": "8001"}]}


def policy_with(change: dict[str, Any]) -> str:
    """The default policy with values put in at dotted places."""
    data = yaml.safe_load(DEFAULT)
    for place, value in change.items():
        at = data
        *way, last = place.split(".")
        for part in way:
            at = at[part]
        at[last] = value
    return json.dumps(data, ensure_ascii=False)  # JSON is YAML, without anchors


def site(change: dict[str, Any], **more: Any) -> SitePolicy:
    return parse_policy(policy_with(change), **more)


def errors_of(change: dict[str, Any], **more: Any) -> tuple[ConfigError, ...]:
    with pytest.raises(ConfigErrors) as caught:
        site(change, **more)
    assert all(error.problem and error.remedy for error in caught.value.errors)
    return caught.value.errors


SLIPS: list[tuple[dict[str, Any], str, str]] = [
    # what is put in, where the error is, what it says
    ({"parts.carrier-a": {"kind": "power"}}, "parts.carrier-a", "is a trunk already"),
    ({"parts.disk": {"kind": "power"}}, "parts.disk", "is a part of our own already"),
    ({"parts.x": {"kind": "own"}}, "parts.x.kind", "no kind of part"),
    ({"own": {"disc": {}}}, "own.disc", "no part of our own"),
    ({"scopes.power.parts": ["powr"]}, "scopes.power.parts[0]", "no part is called 'powr'"),
    ({"scopes.power.messages": {"SURG": "x"}}, "scopes.power.messages.SURG", "no mode"),
    ({"scopes.power.actions": {"SURGE": "hang up"}}, "scopes.power.actions.SURGE", "no action"),
    ({"scopes.power.surge.end_waiting": 6}, "scopes.power.surge.end_waiting", "not below waiting (6)"),
    ({"kinds.A2": {"ladder": "a22"}}, "kinds.A2.ladder", "no ladder is called 'a22'"),
    ({"kinds.A11": {"ladder": "a2"}}, "kinds.A11", "not allowed"),
    ({"ladders.a1": []}, "ladders.a1", "must be filled"),
    ({"ladders.a1": [{**RUNG, "roles": ["leadr"]}]}, "ladders.a1[0].roles[0]", "no role is called 'leadr'"),
    ({"ladders.a1": [{**RUNG, "text": "a1-leadr"}]}, "ladders.a1[0].text", "no text is called 'a1-leadr'"),
    ({"ladders.a1": [RUNG, RUNG]}, "ladders.a1[1].name", "given twice"),
    ({"ladders.a1": [{**RUNG, "on_ack": "halt"}]}, "ladders.a1[0].on_ack", "not allowed"),
    ({"ladders.a1": [{**RUNG, "after": 5, "after_workdays": 1}]}, "ladders.a1[0].after_workdays", "beside 'after'"),
    ({"plans": [{"name": "p", "ladder": "a2"}]}, "plans[0]", "nothing sets it off"),
    ({"plans": [{"name": "p", "modes": ["OUTAGE"], "ladder": "b"}]}, "plans[0].ladder", "no ladder"),
    ({"drills.d": {**DRILL, "lost": ["carrier-z"]}}, "drills.d.lost[0]", "no component"),
    ({"drills.d": {**DRILL, "scope": "gas"}}, "drills.d.scope", "no scope is called 'gas'"),
    ({"drills.d": {**DRILL, "every": "1h"}}, "drills.d.every", "greater"),
    ({"drills_dir": "/nowhere/at/all"}, "drills_dir", "is no folder"),
    ({"alerts.people": {"a/b": PERSON}}, "alerts.people.a/b", "not a name to show"),
    ({"alerts.people": {"A": {"reaches": []}}}, "alerts.people.A.reaches", "must be filled"),
    ({"alerts.people": {"A": {"reaches": [{"call": "1", "sms": "+8613800000000"}]}}}, "alerts.people.A.reaches[0]", "2 ways"),
    ({"alerts.people": {"A": {"reaches": [{"sms": "13800000000"}]}}}, "alerts.people.A.reaches[0].sms", "E.164"),
    ({"alerts.people": {"A": {"reaches": [{"call": 8001}]}}}, "alerts.people.A.reaches[0].call", "must be text"),
    ({"alerts.people": {"A": {"reaches": [{"note": "chat"}]}}}, "alerts.people.A.reaches[0].note", "Apprise URL"),
    ({"alerts.roles.engineer": ["A"]}, "alerts.roles.engineer[0]", "no person is called 'A'"),
    ({"alerts.roles.leader": [{"person": "A", "hours": "08:00-20:00"}]}, "alerts.roles.leader[0].hours", "without days"),
    ({"alerts.roles.leader": [{"person": "A", "days": ["workdays"]}]}, "alerts.roles.leader[0].days", "knows no workdays"),
    ({"alerts.trunks": ["carrier-z"]}, "alerts.trunks[0]", "no trunk"),
    ({"alerts.send": True}, "alerts.roles", "nobody holds leader, engineer"),
    ({"armed": True}, "alerts.roles", "nobody holds leader"),
    ({"notices.names": {"gas": {"en": "Gas"}}}, "notices.names.gas", "no scope"),
    ({"notices.words.STOP": {"en": "x"}}, "notices.words.STOP", "no mode"),
    ({"sources.probes": {"p": {**PROBE, "component": "carrier-a"}}}, "sources.probes.p.component", "no part is called"),
    ({"sources.probes": {"p": {**PROBE, "kind": "ftp"}}}, "sources.probes.p.kind", "no kind of probe"),
    ({"sources.probes": {"p": {**PROBE, "target": "host:80"}}}, "sources.probes.p.target", "no target for a probe of kind http"),
    ({"sources.probes": {"p": {**PROBE, "kind": "tcp", "target": "host:0"}}}, "sources.probes.p.target", "of kind tcp"),
    ({"sources.probes": {"p": {**PROBE, "kind": "command"}}}, "sources.probes.p.command", "is missing"),
    ({"sources.probes": {"p": {**PROBE, "timeout": 20}}}, "sources.probes.p.timeout", "longer than every (15 s)"),
    ({"sources.probes": {"p": {**PROBE, "latency_limit": 6}}}, "sources.probes.p.latency_limit", "not below the timeout"),
    ({"sources.probes": {"p": {**PROBE, "every": 40}}}, "parts.business-system.health.sample_life", "shorter than 2 rounds"),
    ({"sources.nut": {"u": {"component": "powr", "ups": "u@h"}}}, "sources.nut.u.component", "no part"),
    ({"sources.nut": {"u": {"component": "power-supply", "ups": "u"}}}, "sources.nut.u.ups", "not a UPS"),
    ({"sources.trunks.registrations": {"z": "z"}}, "sources.trunks.registrations.z", "no trunk"),
    ({"sources.trunks.share.good_share": 0.5}, "sources.trunks.share.good_share", "not below bad_share"),
    ({"sources.trunks.test_calls": {"t": {**CALL, "into": "carrier-a"}}}, "sources.trunks.test_calls.t.into", "goes out on"),
    ({"sources.trunks.test_calls": {"t": CALL}}, "trunks.carrier-b.health.sample_life", "shorter"),
    ({"sources.webhooks.alerts": [{**ALERT, "component": "store"}]}, "sources.webhooks.alerts[0].component", "no component"),
    ({"sources.webhooks.reports": ["pbxx"]}, "sources.webhooks.reports[0]", "no part"),
    ({"hours.scopes": {"gas": {"shifts": []}}}, "hours.scopes.gas", "no scope"),
    ({"hours.workdays.calendar": "mars"}, "hours.workdays.calendar", "no calendar"),
    ({"planned": [{"name": "x", "title": "t", "scopes": ["power"]}]}, "planned[0]", "does not say when"),
    ({"planned": [{"name": "x", "title": "t", "scopes": ["power"], "file": "none.ics"}]}, "planned[0].file", "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "problem"), SLIPS, ids=[place for _, place, _ in SLIPS])
def test_one_slip_is_told_with_its_place(change: dict[str, Any], place: str, problem: str) -> None:
    found = [error for error in errors_of(change) if error.place == place]
    assert found, [str(error) for error in errors_of(change)]
    assert problem in found[0].problem


def test_all_slips_of_all_sections_are_told_at_once() -> None:
    change = {
        "own": {"disc": {}},
        "drills_dir": "/nowhere",
        "alerts.send": True,
        "plans": [{"name": "p", "ladder": "b"}],
    }
    places = {error.place for error in errors_of(change)}
    assert {"own.disc", "drills_dir", "alerts.roles", "plans[0]", "plans[0].ladder"} <= places


def test_people_shifts_and_ways_are_read() -> None:
    change = {
        "alerts.people": {
            "甲": {"reaches": [{"call": "8001"}, {"sms": "+8613800000000"}]},
            "B": {**PERSON, "language": "en"},
        },
        "alerts.roles.engineer": ["甲", {"person": "B", "days": ["fri-mon"], "hours": "20:00-08:00"}],
    }
    alerts = site(change).alerts
    assert alerts.people["甲"].language == "zh-CN"
    assert alerts.people["甲"].reaches == (Reach(Way.CALL, "8001"), Reach(Way.SMS, "+8613800000000"))
    assert alerts.roles["engineer"][0] == Duty("甲")
    night = alerts.roles["engineer"][1]
    assert (night.weekdays, night.start.hour, night.end.hour) == ((0, 4, 5, 6), 20, 8)
    assert [duty.person for duty in alerts.roles["everybody"]] == ["甲", "B"]


def test_everybody_with_a_holder_may_be_armed() -> None:
    roles = yaml.safe_load(DEFAULT)["alerts"]["roles"]
    change = {"armed": True, "alerts.people": {"A": PERSON}, "alerts.roles": {role: ["A"] for role in roles}}
    assert site(change).alerts_on


def test_an_armed_site_may_say_that_nobody_is_told() -> None:
    assert not site({"armed": True, "alerts.send": False}).alerts_on


def test_an_address_may_stand_in_the_environment_and_is_never_shown() -> None:
    change = {"alerts.people": {"A": {"reaches": [{"note": "${HOLDFAST_NOTE_A}"}]}}}
    secret = "mailto://user:hunter2@mail.example"
    policy = site(change, environment={"HOLDFAST_NOTE_A": secret})
    assert policy.alerts.people["A"].reaches == (Reach(Way.NOTE, secret),)
    assert "hunter2" not in repr(policy)


@pytest.mark.parametrize("reference", ["${HOLDFAST_NOTE_B}", "${HOME}", "${holdfast_x}"])
def test_a_reference_that_leads_nowhere_is_told_once(reference: str) -> None:
    change = {"alerts.people": {"A": {"reaches": [{"note": reference}]}}}
    found = errors_of(change, environment={"HOME": "/root"})
    assert [error.place for error in found] == ["alerts.people.A.reaches[0].note"]


def test_a_wrong_secret_is_told_without_its_value() -> None:
    change = {"alerts.people": {"A": {"reaches": [{"sms": "${HOLDFAST_NUMBER}"}]}}}
    (error,) = errors_of(change, environment={"HOLDFAST_NUMBER": "hunter2"})
    assert "hunter2" not in str(error)


def test_a_target_of_a_probe_is_filled_and_nothing_else_is() -> None:
    change = {
        "site.name": "${HOLDFAST_AMI_SECRET}",
        "sources.probes": {"p": {"component": "business-system", "kind": "sql", "target": "${HOLDFAST_DB}"}},
    }
    policy = site(change, environment={"HOLDFAST_DB": "sqlite:///x", "HOLDFAST_AMI_SECRET": "hunter2"})
    assert policy.sources.probes[0].target == "sqlite:///x"
    assert policy.name == "${HOLDFAST_AMI_SECRET}"


def test_f4_drills_of_the_site_are_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "drills").mkdir()
    (tmp_path / "drills" / "flood.yaml").write_text(yaml.safe_dump({**DRILL, "title": "Flood"}))
    drills = site({"drills_dir": "drills"}, folder=tmp_path).fallback.drills
    assert drills["flood"].title == "Flood"
    assert list(drills)[:3] == ["carrier-lost", "voice-platform-lost", "evacuation"]


def test_f4_a_wrong_drill_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "drills").mkdir()
    (tmp_path / "drills" / "flood.yaml").write_text("title: t\ncontent: c\nkind: A4\nscope: gas\nlst: []\n")
    (tmp_path / "drills" / "evacuation.yaml").write_text(yaml.safe_dump(DRILL))
    found = errors_of({"drills_dir": "drills"}, folder=tmp_path)
    assert {(Path(error.source).name, error.line, error.place) for error in found} == {
        ("evacuation.yaml", 1, ""),
        ("flood.yaml", 4, "scope"),
        ("flood.yaml", 5, "lst"),
    }


def test_an_unknown_key_deep_inside_names_the_nearest() -> None:
    (error,) = errors_of({"sources.trunks.share.least_call": 3})
    assert (error.place, error.remedy) == ("sources.trunks.share.least_call", "Did you mean 'least_calls'?")


def test_what_is_switched_off_is_none_and_what_is_switched_on_has_its_defaults() -> None:
    trunks = site({"sources.trunks.share": False, "sources.trunks.silence": {}}).sources.trunks
    assert trunks.share is None
    assert trunks.silence is not None
    assert site({"scopes.power.surge": False}).fallback.scopes["power"].surge is None
