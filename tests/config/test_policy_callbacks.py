"""The policy's sections about calling back, keeping and measures: the default, every key, and every slip."""

import json
from datetime import time
from typing import Any

import pytest
import yaml

from callbacks.policy import CallbackPolicy, KeepPolicy, LineChoice, MeasurePolicy, Way
from callbacks.values import Matter, Outcome
from config.call_hours import CallHours
from config.differences import differences
from config.errors import ConfigError, ConfigErrors
from config.policy import DEFAULT_POLICY, SitePolicy, load_policy, parse_policy

SITE = load_policy(DEFAULT_POLICY)
TEXT = DEFAULT_POLICY.read_text(encoding="utf-8")
DATA = yaml.safe_load(TEXT)
DAY = 86_400.0


def parsed(**sections: Any) -> SitePolicy:
    """The default policy with these keys laid over its sections."""
    return parse_policy(json.dumps(DATA | {name: DATA[name] | keys for name, keys in sections.items()}))


def errors(**sections: Any) -> dict[str, ConfigError]:
    with pytest.raises(ConfigErrors) as caught:
        parsed(**sections)
    assert all(error.problem and error.remedy for error in caught.value.errors)
    return {error.place: error for error in caught.value.errors}


def test_what_the_file_shows_is_the_default_of_every_value() -> None:
    assert (SITE.callbacks, SITE.keep, SITE.measures) == (CallbackPolicy(), KeepPolicy(), MeasurePolicy())
    assert SITE.hours_of_calls == CallHours()


def test_the_file_shows_every_key() -> None:
    assert set(DATA["callbacks"]) == {*CallbackPolicy.__slots__, "hours"}
    assert set(DATA["keep"]) == set(KeepPolicy.__slots__)
    assert set(DATA["measures"]) == set(MeasurePolicy.__slots__)
    assert set(DATA["callbacks"]["answer_days"]) == set(Matter)
    assert set(DATA["callbacks"]["head_start"]) == set(Matter) - {Matter.DANGER}
    assert set(DATA["callbacks"]["retry_after"]) == set(CallbackPolicy().retry_after)


def test_the_figures_of_the_rules_stand_there() -> None:
    """E2: 1 and 3 working days, several attempts; E3: 5 and 10 days; A9: weekly; G: 20 seconds."""
    rules = SITE.callbacks
    assert (rules.first_days, rules.try_days, rules.least_attempts) == (1, 3, 3)
    assert rules.answer_days == {Matter.COMPLAINT: 5, Matter.TIPOFF: 10}
    assert SITE.keep.backup_late == 7 * DAY
    assert (SITE.measures.answer_in, SITE.measures.short_abandon) == (20, 20)


@pytest.mark.parametrize("name", ["E2", "E3", "E4", "E5", "C3", "A9", "G"])
def test_the_sections_name_the_requirements_behind_their_figures(name: str) -> None:
    part = TEXT[TEXT.index("\ncallbacks:") : TEXT.index("\n# The dialogue with callers")]
    assert f"[{name}]" in part or f"{name}:" in part


def test_every_key_reaches_the_values() -> None:
    site = parsed(
        callbacks={
            "hours": {"from": "09:00", "until": "24:00", "days": "working"},
            "head_start": {"fault": "30min", "complaint": 0},
            "answer_days": {"complaint": 2.5, "tipoff": 0},
            "first_days": 2,
            "most_per_day": 0,
            "share": 0.25,
            "way": "customer",
            "ways": {"power": "claim"},
            "processed": ["power"],
            "lines": "cost",
            "costs": {"carrier-a": 1, "carrier-b": 2.5},
            "press_seconds": "12s",
            "group_within": 0,
            "warn_role": "supervisor",
        },
        keep={"promises": 0, "missed": "30d", "backup_every": "6h"},
        measures={"answer_in": "15s", "short_abandon": 0},
    )
    rules = site.callbacks
    assert site.hours_of_calls == CallHours(time(9), time(0), working=True)
    assert rules.head_start == {Matter.FAULT: 1800.0, Matter.TIPOFF: 3600.0}
    assert rules.answer_days == {Matter.COMPLAINT: 2.5}
    assert (rules.way, rules.ways, rules.lines) == (Way.CUSTOMER, {"power": Way.CLAIM}, LineChoice.COST)
    assert isinstance(rules.way, Way)
    assert isinstance(rules.lines, LineChoice)
    assert (rules.processed, rules.costs) == (frozenset({"power"}), {"carrier-a": 1.0, "carrier-b": 2.5})
    assert (rules.first_days, rules.most_per_day, rules.share, rules.warn_role) == (2, 0, 0.25, "supervisor")
    assert (rules.press_seconds, rules.group_within) == (12.0, 0.0)
    assert rules.retry_after[Outcome.BUSY] == 600.0
    assert (site.keep.promises, site.keep.missed, site.keep.backup_every) == (0.0, 30 * DAY, 6 * 3600.0)
    assert (site.measures.answer_in, site.measures.short_abandon) == (15.0, 0.0)


def test_a_policy_of_an_earlier_version_gets_the_defaults() -> None:
    old = {name: keys for name, keys in DATA.items() if name not in ("keep", "measures")}
    old["callbacks"] = {"max_attempts": 4}
    site = parse_policy(json.dumps(old))
    assert site.callbacks == CallbackPolicy(max_attempts=4)
    assert (site.keep, site.measures, site.hours_of_calls) == (KeepPolicy(), MeasurePolicy(), CallHours())


@pytest.mark.parametrize(
    ("keys", "least"),
    [
        ({"max_attempts": 2}, 2),
        ({"most_per_day": 1, "try_days": 2}, 2),
        ({"most_per_day": 0}, 3),
        ({"try_days": 0}, 3),
    ],
)
def test_the_least_attempts_give_way_where_the_file_does_not_ask_for_them(
    keys: dict[str, int], least: int
) -> None:
    """A policy of an earlier version may allow fewer attempts in all than are the least now."""
    site = parse_policy(json.dumps(DATA | {"callbacks": keys}))
    assert site.callbacks.least_attempts == least


def test_nobody_s_callbacks_may_be_made() -> None:
    assert parsed(callbacks={"processed": []}).callbacks.processed == frozenset()


SLIPS = [
    ({"ways": {"powr": "queue"}}, "callbacks.ways.powr", "no scope is called 'powr'", "Did you mean 'power'?"),
    ({"ways": {"power": "que"}}, "callbacks.ways.power", "not allowed", "Write one of"),
    ({"processed": ["powr"]}, "callbacks.processed[0]", "no scope is called 'powr'", "Did you mean 'power'?"),
    ({"processed": ["power", "power"]}, "callbacks.processed[1]", "listed twice", "Keep one"),
    ({"processed": None}, "callbacks.processed", "must be a list", "all"),
    ({"costs": {"carrier-c": 1}}, "callbacks.costs.carrier-c", "no trunk is called", "Did you mean"),
    ({"costs": {"carrier-a": -1}}, "callbacks.costs.carrier-a", "-1", "Change the value"),
    ({"lines": "cost"}, "callbacks.lines", "needs to know", "callbacks.costs"),
    ({"lines": "cheap"}, "callbacks.lines", "not allowed", "Write one of"),
    ({"way": "phone"}, "callbacks.way", "not allowed", "Write one of"),
    ({"share": 1.5}, "callbacks.share", "1.5", "Change the value"),
    ({"warn_role": "leadr"}, "callbacks.warn_role", "no role is called 'leadr'", "Did you mean 'leader'?"),
    ({"least_attempts": 7}, "callbacks.least_attempts", "more than max_attempts (6)", "or less"),
    ({"max_attempts": 2}, "callbacks.least_attempts", "more than max_attempts (2)", "or less"),
    ({"most_per_day": 1, "try_days": 2}, "callbacks.least_attempts", "cannot be made in 2 days with 1", "more days"),
    ({"try_days": 31}, "callbacks.try_days", "31", "Change the value"),
    ({"hours": {"from": "21:00", "until": "08:00"}}, "callbacks.hours.until", "21:00 until 08:00", '"24:00"'),
    ({"hours": {"from": "22:00"}}, "callbacks.hours.from", "22:00 until 21:00", "later than from"),
    ({"hours": {"from": 1260}}, "callbacks.hours.from", "'1260' is no time of day", "quotes"),
    ({"hours": {"until": "24:30"}}, "callbacks.hours.until", "no time of day", "quotes"),
    ({"hours": {"form": "08:00"}}, "callbacks.hours.form", "unknown key", "Did you mean 'from'?"),
    ({"hours": {"days": "weekdays"}}, "callbacks.hours.days", "not allowed", "Write one of"),
    ({"head_start": {"danger": "1h"}}, "callbacks.head_start.danger", "unknown key", ""),
    ({"head_start": {"fault": "4 hours"}}, "callbacks.head_start.fault", "must be a duration", "Write"),
    ({"answer_days": {"complaint": "5d"}}, "callbacks.answer_days.complaint", "must be a number", "Write"),
    ({"press_seconds": "1s"}, "callbacks.press_seconds", "1", "Change the value"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "place", "problem", "remedy"), SLIPS)
def test_every_slip_is_told_with_place_problem_and_remedy(
    keys: dict[str, Any], place: str, problem: str, remedy: str
) -> None:
    found = errors(callbacks=keys)
    assert place in found, list(found)
    assert problem in found[place].problem
    assert remedy in found[place].remedy


@pytest.mark.parametrize(
    ("keys", "place", "problem"),
    [
        ({"promises": "5min"}, "keep.promises", "300 s is too short"),
        ({"backup_every": "10min"}, "keep.backup_every", "600 s is too short"),
        ({"backup_every": "8d"}, "keep.backup_late", "is less than backup_every"),
        ({"backup_late": "2h"}, "keep.backup_late", "is less than backup_every"),
        ({"promise": "1d"}, "keep.promise", "unknown key"),
    ],
)
def test_every_slip_of_keeping_is_told(keys: dict[str, Any], place: str, problem: str) -> None:
    assert problem in errors(keep=keys)[place].problem


def test_a_formula_that_nobody_knows_is_told_with_the_nearest() -> None:
    found = errors(measures={"formula": "ofered", "answer_in": 0})
    assert "no formula" in found["measures.formula"].problem
    assert "'offered'" in found["measures.formula"].remedy
    assert "measures.answer_in" in found


def test_all_slips_of_all_sections_are_told_at_once() -> None:
    found = errors(callbacks={"way": "x", "ways": {"y": "queue"}}, keep={"calls": "1s"}, measures={"t": 1})
    assert found.keys() >= {"callbacks.way", "callbacks.ways.y", "keep.calls", "measures.t"}


def test_what_differs_is_told_value_by_value() -> None:
    new = parsed(
        callbacks={
            "processed": ["power"],
            "ways": {"power": "claim"},
            "hours": {"until": "20:00"},
            "answer_days": {"bill": 3},
        }
    )
    told = {one.place: (one.old, one.new) for one in differences(SITE, new)}
    assert told == {
        "callbacks.processed": ("None", "power"),
        "callbacks.ways.power": (None, "claim"),
        "callbacks.answer_days.bill": (None, "3.0"),
        "hours_of_calls.until": ("21:00:00", "20:00:00"),
    }
