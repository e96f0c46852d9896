"""A policy file that is wrong: everything at once, each with its place and its remedy."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import ConfigError, ConfigErrors
from config.policy import DEFAULT_POLICY, parse_policy

DEFAULT = DEFAULT_POLICY.read_text(encoding="utf-8")


def errors_of(text: str) -> tuple[ConfigError, ...]:
    with pytest.raises(ConfigErrors) as caught:
        parse_policy(text, "site.yaml")
    assert all(error.problem and error.remedy for error in caught.value.errors)
    return caught.value.errors


def changed(old: str, new: str) -> str:
    """The default policy with one thing changed."""
    assert DEFAULT.count(old) >= 1, old
    return DEFAULT.replace(old, new, 1)


def line_of(words: str, text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


CASES = [
    # what is changed, into what, where the error is, what it says, what to do
    ("armed: false", "armed: maybe", "armed", "must be true or false, not 'maybe'", "without quotes"),
    ("armed: false", "armd: false", "armd", "unknown key", "Did you mean 'armed'?"),
    ("boot_grace: 30s", "boot_grace: 30x", "boot_grace", "must be a duration, not '30x'", "6s, 10min"),
    ("boot_grace: 30s", "boot_grace: 90d", "boot_grace", "longer than 30 days", "Check the unit"),
    ("recovery_hold: 1min", "recovery_hold: 10ms", "scopes.power.recovery_hold", "0.01 s is too short", "1s or more"),
    ("    channels: 8", "    channels: eight", "trunks.carrier-a.channels", "a whole number, not 'eight'", "digits"),
    ("    channels: 8", "    channels: 0", "trunks.carrier-a.channels", "0:", "Change the value"),
    ("    endpoint: carrier-a", "    endpoint: carrier a", "trunks.carrier-a.endpoint", "'carrier a'", "as in Asterisk"),
    ("PJSIP/{number}@carrier-a", "PJSIP/@carrier-a", "trunks.carrier-a.dial", "{number} exactly once", "PJSIP/{number}@carrier"),
    ("PJSIP/{number}@carrier-a", "PJSIP/{number}{number}@a", "trunks.carrier-a.dial", "exactly once", "PJSIP/{number}@carrier"),
    ("PJSIP/{number}@carrier-a", "PJSIP/{number}@a&Local/9@x", "trunks.carrier-a.dial", "not a dial string", "only"),
    ("PJSIP/{number}@carrier-a", "PJSIP/{number}@a,30,g", "trunks.carrier-a.dial", "not a dial string", "only"),
    ("PJSIP/{number}@carrier-a", "PJSIP/{number}@${X}", "trunks.carrier-a.dial", "not a dial string", "only"),
    ("  carrier-a:", "  Carrier A:", "trunks.Carrier A", "'Carrier A' is not a name", "a-z, 0-9 and -"),
    ("pools: [power-agents]", "pools: [power-agent]", "scopes.power.pools[0]", "no pool is called", "'power-agents'?"),
    ("trunks: [carrier-a, carrier-b]", "trunks: [carrier-c]", "scopes.power.trunks[0]", "no trunk is called", "Did you mean"),
    ("trunks: [carrier-a, carrier-b]", "trunks: [carrier-a, carrier-a]", "scopes.power.trunks[1]", "listed twice", "Keep one"),
    ("trunks: [carrier-a, carrier-b]", "trunks: []", "scopes.power.trunks", "must be filled", "at least one"),
    ("queue: power                     # (needed) where", "queue: sales #", "scopes.power.queue", "'sales'", "watch: power"),
    ('dids: ["95598"]', "dids: [95598]", "scopes.power.dids[0]", "must be text, not a number", '"95598"'),
    ('dids: ["95598"]', 'dids: ["9 5598"]', "scopes.power.dids[0]", "'9 5598' is not a number", "digits in quotes"),
    ("timezone: Asia/Shanghai", "timezone: Asia/Shanghi", "site.timezone", "no time zone is called", "'Asia/Shanghai'?"),
    ("languages: [zh-CN, en]", "languages: [zh, en]", "site.languages[0]", "no prompts exist in 'zh'", "zh-CN"),
    ("languages: [zh-CN, en]", "languages: [en]", "scopes.power.language", "not among the site's languages", "en"),
    ("  name: Power service hotline", "  nam: Power", "site.name", "is missing", "name: Power hotline"),
    ("dialogue: adaptive", "dialogue: long", "caller.dialogue", "'long' is not allowed", "'adaptive', 'full', 'short'"),
    ("max_tries: 3", "max_tries: 0", "caller.max_tries", "0:", "Change the value"),
    ("busy: 10min", "bussy: 10min", "callbacks.retry_after.bussy", "unknown key", "Did you mean 'busy'?"),
    ("    down_after: 6s", "    down_aftr: 6s", "health.trunks.down_aftr", "unknown key", "Did you mean 'down_after'?"),
    ("pbx_id: pbx1", "pbx_id: PBX 1", "site.pbx_id", "'PBX 1' is not a name", "a-z"),
    ('  shown: ""', "  shown: 95598", "callbacks.shown", "must be text, not a number", '"95598"'),
    ('  shown: ""', '  shown: "95598&x"', "callbacks.shown", "not a caller id", "digits in quotes"),
    ("message: fault", "message: a,b", "scopes.power.message", "not a message id", "a-z"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "problem", "remedy"), CASES)
def test_one_slip_is_told_with_place_problem_and_remedy(
    old: str, new: str, place: str, problem: str, remedy: str
) -> None:
    found = {error.place: error for error in errors_of(changed(old, new))}
    assert place in found, list(found)
    assert problem in found[place].problem
    assert remedy in found[place].remedy
    assert found[place].line is not None


def test_all_errors_of_all_kinds_are_told_together_in_the_order_of_the_file() -> None:
    text = DEFAULT
    for old, new in (
        ("timezone: Asia/Shanghai", "timezone: Asia/Shanghi"),  # a bad value
        ("armed: false", "armed: maybe"),  # a wrong type
        ("    down_after: 6s", "    down_aftr: 6s"),  # an unknown key
        ("pools: [power-agents]", "pools: [power-agent]"),  # a reference that leads nowhere
        ("PJSIP/{number}@carrier-b", "PJSIP/carrier-b"),
    ):
        text = text.replace(old, new, 1)
    found = errors_of(text)
    assert [error.place for error in found] == [
        "site.timezone",
        "armed",
        "health.trunks.down_aftr",
        "trunks.carrier-b.dial",
        "scopes.power.pools[0]",
    ]
    assert [error.line for error in found] == sorted(error.line or 0 for error in found)
    assert found[0].line == line_of("Asia/Shanghi", text)
    assert found[3].line == line_of("PJSIP/carrier-b", text)
    assert str(found[1]) == (
        f"site.yaml:{line_of('armed: maybe', text)}: armed: must be true or false, not 'maybe'. "
        "Write true or false without quotes."
    )


def test_a_name_must_not_be_trunk_and_pool_at_once() -> None:
    text = DEFAULT.replace("power-agents", "carrier-a")
    assert [error.place for error in errors_of(text)] == ["pools.carrier-a"]


def test_a_number_leads_to_one_scope_only() -> None:
    second = '  water: {queue: power, pools: [power-agents], trunks: [carrier-a], dids: ["95598"]}\n'
    (error,) = errors_of(changed("scopes:                              # (needed)\n", f"scopes:\n{second}"))
    assert (error.place, error.problem) == (
        "scopes.power.dids[0]",
        "'95598' belongs to scope 'water' already",
    )


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("site:\n  name: [a\narmed: false\n", 3, "is not YAML"),
        ("site:\n\tname: a\n", 2, "is not YAML"),
        ("armed: true\narmed: false\n", 2, "is given twice, first in line 1"),
        ("site: &s {name: a}\nother: *s\n", 1, "anchors"),
        ("scopes:\n  2024: {queue: q}\n", 2, "a key must be text"),
        ("", None, "holds no keys"),
        ("- a\n- b\n", 1, "holds no keys"),
        ("site: 2026-13-45\n", None, "cannot be read"),
        ("a: " + "[" * 5000, 1, "nested more than 20 deep"),
        ("x" * 1_000_001, None, "more than 1000000 characters"),
    ],
)
def test_what_is_no_policy_at_all_is_one_error_with_its_line(
    text: str, line: int | None, problem: str
) -> None:
    found = errors_of(text)
    assert problem in found[0].problem
    assert line is None or found[0].line == line


def test_an_empty_section_is_told_as_such() -> None:
    found = {
        error.place: error.problem
        for error in errors_of("site:\narmed: false\ntrunks:\npools: 3\nscopes: {}\n")
    }
    assert found == {
        "site": "must be a section with keys, not empty",
        "trunks": "must be a section with keys, not empty",
        "pools": "must be a section with keys, not 3",
        "scopes": "must be filled, not {}",
    }


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["site", "armed", "trunks", "pools", "scopes", "power", "queue", "dids", "health", "callbacks", "caller"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(["site", "armed", "trunks", "pools", "scopes", "callbacks"]), JUNK))
def test_no_junk_gets_through_or_raises_anything_else(junk: dict[str, object]) -> None:
    with pytest.raises(ConfigErrors):
        parse_policy(json.dumps(junk))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(ConfigErrors):
        parse_policy(text)
