"""The policy's sections about those who call: what the default says, and every slip with its place and remedy."""

import json
from typing import Any

import pytest
import yaml

from callbacks.policy import DutyPolicy, LimitPolicy, MessagePolicy, NoticePolicy
from config.danger import DangerPolicy
from config.differences import differences
from config.errors import ConfigError, ConfigErrors
from config.policy import DEFAULT_POLICY, SitePolicy, load_policy, parse_policy
from config.tier2 import Tier2Policy
from ivr.lengths import LengthRules
from ivr.policy import CallerPolicy, Region

SITE = load_policy(DEFAULT_POLICY)
DATA = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))


def parsed(**sections: Any) -> SitePolicy:
    """The default policy with these keys laid over its sections."""
    changed = {
        name: {**DATA[name], **keys} if isinstance(keys, dict) else keys for name, keys in sections.items()
    }
    return parse_policy(json.dumps({**DATA, **changed}))


def errors(**sections: Any) -> dict[str, ConfigError]:
    with pytest.raises(ConfigErrors) as caught:
        parsed(**sections)
    assert all(error.problem and error.remedy for error in caught.value.errors)
    return {error.place: error for error in caught.value.errors}


def test_what_the_file_shows_is_the_default_of_every_value() -> None:
    assert (SITE.lengths, SITE.danger, SITE.limits) == (LengthRules(), DangerPolicy(), LimitPolicy())
    assert (SITE.duty, SITE.restored, SITE.messages) == (DutyPolicy(), NoticePolicy(), MessagePolicy())
    assert (SITE.caller.dialogue, SITE.caller.danger_key, SITE.prompts) == ("adaptive", "8", {})


def test_the_file_shows_every_key_of_these_sections() -> None:
    for name, values in (("lengths", LengthRules), ("danger", DangerPolicy), ("limits", LimitPolicy),
                         ("duty", DutyPolicy), ("restored", NoticePolicy), ("messages", MessagePolicy),
                         ("tier2", Tier2Policy)):  # fmt: skip
        assert set(DATA[name]) == set(values.__slots__), name
    elsewhere = {"languages", "timezone", "danger_key"}
    assert set(DATA["caller"]) == set(CallerPolicy.__slots__) - elsewhere


def test_a_policy_of_an_earlier_version_gets_the_defaults() -> None:
    old = {
        key: value
        for key, value in DATA.items()
        if key not in ("lengths", "danger", "limits", "duty", "restored")
    }
    site = parse_policy(json.dumps({**old, "caller": {"dialogue": "express"}}))
    assert (site.danger, site.lengths, site.limits) == (DangerPolicy(), LengthRules(), LimitPolicy())
    assert site.caller == CallerPolicy(dialogue="express", own_lines=("95598",))


def test_every_section_reaches_the_values() -> None:
    site = parsed(
        caller={
            "regions": [{"id": "north", "key": "1"}, {"id": "south", "key": "2"}],
            "message_seconds": "30s",
        },
        danger={"key": "7", "oncall": ["13900000000", "PJSIP/8001"], "ring": "15s", "in_normal": False},
        lengths={"short": 0.3, "hysteresis": 0},
        limits={"per_caller_day": 0, "per_day": 7},
        duty={"role": "leader", "danger_repeat": "30s"},
        restored={"ways": ["sms", "call"], "expires": "2h"},
        messages={"keep": "365d"},
        tier2={"start": 4, "most": 24},
    )
    assert site.tier2 == Tier2Policy(4, 24)
    assert site.caller.regions == (Region("north", "1"), Region("south", "2"))
    assert (site.caller.message_seconds, site.caller.danger_key) == (30.0, "7")
    assert site.danger == DangerPolicy("7", ("13900000000", "PJSIP/8001"), 15.0, False)
    assert site.lengths == LengthRules(short=0.3, hysteresis=0)
    assert (site.limits.per_caller_day, site.limits.per_day, site.limits.per_number_day) == (0, 7, 5)
    assert (site.duty.role, site.duty.danger_repeat, site.duty.fault_repeat) == ("leader", 30.0, 300.0)
    assert (site.restored.ways, site.restored.expires) == (("sms", "call"), 7200.0)
    assert site.messages.keep == 365 * 86400.0


def test_the_site_s_own_words_reach_the_policy() -> None:
    words = {
        "message-fault@power": {"en": "Power is off."},
        "region-north": {"zh-CN": "北区", "en": "the north"},
    }
    assert parsed(prompts=words).prompts == words


def test_elsewhere_than_in_china_plain_numbers_may_begin_with_1_and_9() -> None:
    assert parsed(caller={}).caller.service_prefixes == ("1", "9")
    german = {key: value for key, value in DATA["caller"].items() if key != "service_prefixes"} | {
        "country": "DE"
    }
    assert parse_policy(json.dumps({**DATA, "caller": german})).caller.service_prefixes == ()


REGION = {"id": "north", "key": "1"}
CASES: list[tuple[dict[str, Any], str, str, str]] = [
    # sections, place, problem, remedy
    ({"danger": {"key": "1"}}, "danger.key", "'1' is no danger key", "Known: 4, 5, 6, 7, 8"),
    ({"danger": {"key": "9"}}, "danger.key", "'9' is no danger key", "Known"),
    ({"danger": {"key": "88"}}, "danger.key", "'88' is no danger key", "8"),
    ({"danger": {"key": ""}}, "danger.key", "'' is no danger key", "Known"),
    ({"danger": {"key": 8}}, "danger.key", "must be text", 'in quotes: "8"'),
    ({"danger": {"oncall": [13900000000]}}, "danger.oncall[0]", "must be text", "quotes"),
    ({"danger": {"oncall": ["PJSIP/1&PJSIP/2"]}}, "danger.oncall[0]", "not a number or a dial string", "no &"),
    ({"danger": {"oncall": ["PJSIP/1,30,g"]}}, "danger.oncall[0]", "not a number or a dial string", "no comma"),
    ({"danger": {"oncall": ["${X}"]}}, "danger.oncall[0]", "not a number or a dial string", "PJSIP/8001"),
    ({"danger": {"oncall": ["PJSIP/1", "PJSIP/1"]}}, "danger.oncall[1]", "listed twice", "Keep one"),
    ({"danger": {"ring": "1s"}}, "danger.ring", "greater than or equal to 5", "Change"),
    ({"lengths": {"short": 0.8}}, "lengths.express", "0.5 is less than short (0.8)", "grow"),
    ({"lengths": {"message": 0.4}}, "lengths.message", "0.4 is less than express (0.5)", "grow"),
    ({"lengths": {"hysteresis": 0.5}}, "lengths.hysteresis", "0.5 is not below short (0.3)", "Give less"),
    ({"lengths": {"message": 90}}, "lengths.message", "less than or equal to 1", "Change"),
    ({"caller": {"regions": [REGION, {"id": "north", "key": "2"}]}}, "caller.regions[1].id", "given twice", "an id of its own"),
    ({"caller": {"regions": [REGION, {"id": "s", "key": "1"}]}}, "caller.regions[1].key", "cannot be told", "same length"),
    ({"caller": {"regions": [REGION, {"id": "s", "key": "12"}]}}, "caller.regions[1].key", "cannot be told", "same length"),
    ({"caller": {"regions": [{"id": "s", "key": "12"}, REGION]}}, "caller.regions[1].key", "cannot be told", "same length"),
    ({"caller": {"regions": [{"id": "north", "key": 1}]}}, "caller.regions[0].key", "must be text", '"1"'),
    ({"caller": {"regions": [{"id": "north", "key": "#"}]}}, "caller.regions[0].key", "not a key of a region", "digits"),
    ({"caller": {"regions": [{"id": "North", "key": "1"}]}}, "caller.regions[0].id", "not a name", "a-z"),
    ({"caller": {"regions": [{"id": "north"}]}}, "caller.regions[0].key", "is missing", "Add it"),
    ({"caller": {"country": "UK"}}, "caller.country", "no numbering plan is known for 'UK'", "GB"),
    ({"caller": {"service_codes": ["110"]}}, "caller.service_codes[0]", "an emergency number", "Take it out"),
    ({"caller": {"service_codes": ["95598"]}}, "caller.service_codes[0]", "of the hotline itself", "Take it out"),
    ({"caller": {"premium_prefixes": ["09x"]}}, "caller.premium_prefixes[0]", "'09x' is not a number", "digits"),
    ({"caller": {"allow_prefixes": [400]}}, "caller.allow_prefixes[0]", "must be text", '"400"'),
    ({"caller": {"message_seconds": "1h"}}, "caller.message_seconds", "less than or equal to 600", "Change"),
    ({"limits": {"per_day": -1}}, "limits.per_day", "greater than or equal to 0", "Change"),
    ({"limits": {"prefix_digits": 0}}, "limits.prefix_digits", "greater than or equal to 2", "Change"),
    ({"duty": {"role": "dutty"}}, "duty.role", "no role is called 'dutty'", "Did you mean 'duty'?"),
    ({"duty": {"danger_repeat": "0s"}}, "duty.danger_repeat", "too short", "1s or more"),
    ({"restored": {"ways": ["fax"]}}, "restored.ways[0]", "'fax' is not allowed", "'sms' or 'call'"),
    ({"restored": {"ways": ["sms", "sms"]}}, "restored.ways[1]", "listed twice", "Keep one"),
    ({"tier2": {"start": 0}}, "tier2.start", "greater than or equal to 1", "Change"),
    ({"tier2": {"start": 9}}, "tier2.most", "most (8) is less than start (9)", "start or more"),
    ({"tier2": {"start": 4, "most": 3}}, "tier2.most", "most (3) is less than start (4)", "start or more"),
    ({"messages": {"keep": "1min"}}, "messages.keep", "greater than or equal to 3600", "Change"),
    ({"prompts": {"Message Fault": {"en": "x"}}}, "prompts.Message Fault", "not a prompt's id", "message-fault@power"),
    ({"prompts": {"../x": {"en": "x"}}}, "prompts.../x", "not a prompt's id", "a-z"),
    ({"prompts": {"offer@power": {"en": "x"}}}, "prompts.offer@power", "not a prompt's id", "message-fault@power"),
    ({"prompts": {"message-fault@powr": {"en": "x"}}}, "prompts.message-fault@powr", "no scope is called", "'power'?"),
    ({"prompts": {"message-fault": {"de": "x"}}}, "prompts.message-fault.de", "no prompts exist in 'de'", "Known"),
    ({"prompts": {"message-fault": {}}}, "prompts.message-fault", "must be filled", "at least one"),
    ({"prompts": {"message-fault": {"en": ""}}}, "prompts.message-fault.en", "at least 1 character", "Change"),
]  # fmt: skip


@pytest.mark.parametrize(("sections", "place", "problem", "remedy"), CASES)
def test_one_slip_is_told_with_place_problem_and_remedy(
    sections: dict[str, Any], place: str, problem: str, remedy: str
) -> None:
    found = errors(**sections)
    assert place in found, found
    assert problem in found[place].problem
    assert remedy in found[place].remedy
    assert len(found) == 1


def test_regions_of_scopes_and_planned_outages_are_those_that_callers_can_choose() -> None:
    scopes = {"power": {**DATA["scopes"]["power"], "region": "nord"}}
    assert (
        "Did you mean 'north'"
        in errors(caller={"regions": [REGION]}, scopes=scopes)["scopes.power.region"].remedy
    )
    planned = [
        {
            "name": "x",
            "title": "x",
            "scopes": ["power"],
            "region": "s",
            "start": "2027-01-01 22:00",
            "lasts": "1h",
        }
    ]
    assert "planned[0].region" in errors(caller={"regions": [REGION]}, planned=planned)
    assert parsed(
        planned=planned, caller={"regions": []}
    )  # without regions to choose, any word may stand there


def test_all_slips_of_these_sections_are_told_together() -> None:
    found = errors(
        danger={"key": "1", "oncall": [""]},
        lengths={"short": 0.95},
        caller={"regions": [REGION, REGION], "dialogue": "long"},
        duty={"role": "nobody"},
        prompts={"x y": {"en": "x"}},
    )
    assert {"danger.key", "danger.oncall[0]", "lengths.express", "caller.regions[1].id", "caller.regions[1].key",
            "caller.dialogue", "duty.role", "prompts.x y"} <= set(found)  # fmt: skip


def test_numbers_of_people_on_call_are_in_no_repr_no_error_and_no_difference() -> None:
    number = "13900000000"
    site = parsed(danger={"oncall": [number]})
    assert number not in repr(site)
    (difference,) = [one for one in differences(SITE, site) if one.place == "danger.oncall"]
    assert number not in f"{difference.old}{difference.new}"
    twice = errors(danger={"oncall": [number, number]}, lengths={"short": 0.95})
    assert number not in str([str(error) for error in twice.values()])
