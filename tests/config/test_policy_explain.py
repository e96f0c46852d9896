"""``holdfast policy explain``: the real core tells what a policy would do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from config.explaining import Asked, Happening, Story, Unknown, as_json, lines, told
from config.policy import DEFAULT_POLICY, SitePolicy, load_policy, parse_policy
from fallback.modes import Mode

SITE = load_policy(DEFAULT_POLICY)
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # a Monday, 11:00 in Shanghai


def changed(change: dict[str, Any]) -> SitePolicy:
    """The default policy with whole sections changed."""
    return parse_policy(json.dumps({**yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8")), **change}))


def story(*lost: str, site: SitePolicy = SITE, **more: Any) -> Story:
    return told(site, Asked(AT, lost, **more))


def modes(one: Story, back: bool = False) -> list[tuple[float, str]]:
    return [(h.after, h.facts["new"]) for h in one.happenings if h.kind == "mode" and h.back is back]


def rungs(one: Story) -> dict[str, Happening]:
    return {h.facts["rung"]: h for h in one.happenings if h.kind == "rung"}


def test_a3_lost_agents_are_an_outage_after_the_policy_s_own_time_and_end_it_after_its_holds() -> None:
    found = story("power-agents")
    assert modes(found) == [(6, "OUTAGE")]
    assert modes(found, back=True) == [(5410, "RECOVERING"), (5470, "NORMAL")]
    assert found.over


def test_another_hold_in_the_policy_moves_the_switch_and_no_rule_stands_twice() -> None:
    health = {"pools": {"down_after": "20s", "up_after": "30s"}}
    assert modes(story("power-agents", site=changed({"health": health})))[0] == (20, "OUTAGE")


def test_a3_the_rungs_come_at_their_minutes_with_their_roles() -> None:
    found = rungs(story("power-agents"))
    minutes = {name: (one.after - 6) / 60 for name, one in found.items() if name.startswith("a3.")}
    assert minutes == {
        "a3.engineer": 0,
        "a3.leader": 0,
        "a3.supervisor": 5,
        "a3.managers": 10,
        "a3.higher": 30,
        "a3.vendor": 60,
    }
    assert found["a3.managers"].facts["roles"] == "operations-manager, centre-manager"
    assert found["plan-major.major"].after == 6


def test_people_are_those_on_duty_at_the_minute_of_the_rung() -> None:
    alerts = {
        "people": {"day": {"reaches": [{"call": "1"}]}, "night": {"reaches": [{"call": "2"}]}},
        "roles": {
            "engineer": [
                {"person": "day", "days": ["daily"], "hours": "08:00-11:00"},
                {"person": "night", "days": ["daily"], "hours": "11:00-08:00"},
            ]
        },
    }
    assert (
        rungs(story("power-agents", site=changed({"alerts": alerts})))["a3.engineer"].facts["people"]
        == "night"
    )


def test_a4_one_of_two_carriers_leaves_the_scope_as_it_is_with_fewer_lines() -> None:
    found = story("carrier-a")
    assert modes(found) == []
    assert next((h.facts["left"], h.facts["total"]) for h in found.happenings if h.kind == "capacity") == (
        "8",
        "16",
    )


def test_a2_a_person_s_report_convinces_at_once_and_a_probe_takes_its_rounds() -> None:
    probe = {"component": "business-system", "kind": "http", "target": "http://127.0.0.1/", "every": "15s"}
    probed = changed({"sources": {"probes": {"p": probe}}})
    assert modes(story("business-system")) == [(0, "DEGRADED")]
    ((after, mode),) = modes(story("business-system", site=probed))
    assert (mode, 6 <= after <= 30) == ("DEGRADED", True)
    assert story("business-system", site=probed).over


def test_a5_a_ups_on_battery_is_degraded_and_told_to_the_centre_leader() -> None:
    site = changed({"sources": {"nut": {"ups": {"component": "power-supply", "ups": "ups@localhost"}}}})
    found = story("power-supply", site=site)
    assert [mode for _, mode in modes(found)] == ["DEGRADED"]
    assert rungs(found)["a5.leader"].facts["roles"] == "centre-leader"


def test_a6_a_mode_set_by_hand_calls_everybody_at_once() -> None:
    found = story(modes={"power": Mode.EVACUATED})
    assert modes(found) == [(0, "EVACUATED")]
    assert rungs(found)["a6.everybody"].after == 0
    assert found.over


def test_a7_what_a_leader_declares_is_told_with_its_people_hurt() -> None:
    assert set(rungs(story(declared=("A7",), hurt=2))) == {"a7.leader", "a7.hurt", "a7.rate"}
    assert set(rungs(story(declared=("A7",), hurt=1))) == {"a7.leader", "a7.rate"}


def test_a8_callers_who_wait_bring_a_surge_and_its_four_levels() -> None:
    found = story(waiting={"power": 6}, lasts=7200.0)
    assert modes(found)[0] == (15, "SURGE")
    assert [(one.after - 15) / 60 for one in rungs(found).values()] == [0, 30, 60, 75]
    assert modes(story(waiting={"power": 5}, lasts=60.0)) == []


def test_a10_what_a_planned_window_names_is_no_fault() -> None:
    window = {"name": "w", "title": "Works", "scopes": ["power"], "components": ["business-system"]}
    probe = {"component": "business-system", "kind": "tcp", "target": "127.0.0.1:1", "every": "15s"}
    site = changed(
        {
            "planned": [{**window, "start": "2026-11-23 10:00", "lasts": "4h"}],
            "sources": {"probes": {"p": probe}},
        }
    )
    found = story("business-system", site=site)
    assert found.before["power"].effective is Mode.PLANNED
    assert modes(found) == []


def test_outside_its_hours_a_scope_is_closed_and_lost_agents_are_no_outage() -> None:
    hours = {"scopes": {"power": {"shifts": [{"days": ["daily"], "hours": ["12:00-20:00"]}]}}}
    found = story("power-agents", site=changed({"hours": hours}), lasts=1800.0)
    assert found.before["power"].effective is Mode.CLOSED
    assert modes(found) == []


def test_d5_a_lost_link_switches_nobody_and_holds_callbacks() -> None:
    found = story("link", lasts=600.0)
    assert modes(found) == []
    assert [h.facts["allowed"] for h in found.happenings if h.kind == "callbacks"] == ["no", "yes"]


def test_e1_callbacks_start_when_the_scope_has_been_well_for_its_hold() -> None:
    (start,) = [h for h in story("power-agents").happenings if h.kind == "callbacks" and h.back]
    assert (start.facts["allowed"], start.after) == ("yes", 5470)


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"lost": ("carrier-z",)}, "lost"),
        ({"modes": {"gas": Mode.OUTAGE}}, "mode"),
        ({"waiting": {"gas": 3}}, "waiting"),
        ({"declared": ("A99",)}, "declare"),
    ],
)
def test_a_name_that_the_policy_does_not_hold_is_named_with_the_known_ones(
    asked: dict[str, Any], what: str
) -> None:
    with pytest.raises(Unknown) as caught:
        told(SITE, Asked(AT, **asked))
    assert caught.value.what == what
    assert caught.value.known


def test_the_words_say_when_what_callers_hear_and_who_is_told() -> None:
    text = "\n".join(lines(SITE, story("power-agents"), "en"))
    for words in (
        "2026-11-23 11:00 (Asia/Shanghai)",
        "Before, power is NORMAL (pass).",
        "after 6 s  power: NORMAL → OUTAGE, because: lost: power-agents.",
        "Our system has a fault; our engineers are repairing it.",
        "they leave a number and are called back",
        "engineer told: nobody holds it [a3.engineer, text a3-engineer]",
        "After 1 h 30 min all of it is well again",
        "after 1 min 10 s  power: callbacks start",
        "Everything is as it was before.",
    ):
        assert words in text


def test_the_words_exist_in_chinese_and_say_that_next_year_is_not_confirmed() -> None:
    asked = Asked(AT + timedelta(days=3650), ("carrier-a", "carrier-b"))
    text = "\n".join(lines(SITE, told(SITE, asked), "zh-CN"))
    for words in (
        "2036 年的工作日尚未公布",
        "我们的系统发生故障,我们的工程师正在维修",
        "原因:失效:carrier-a, carrier-b",
        "开始回拨",
        "一切恢复如前",
    ):
        assert words in text


def test_the_story_as_values_is_json() -> None:
    values = json.loads(json.dumps(as_json(SITE, story("power-agents"))))
    assert values["policy"] == SITE.digest
    assert values["before"] == {"power": {"mode": "NORMAL", "action": "pass"}}
    assert {"after", "back", "kind"} <= values["happenings"][0].keys()
