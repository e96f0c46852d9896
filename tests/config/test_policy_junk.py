"""Whatever stands at one place of a policy file: it is either right, or told with problem and remedy."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.calendar import calendar_for
from config.errors import ConfigErrors
from config.policy import DEFAULT_POLICY, SitePolicy, parse_policy

pytestmark = pytest.mark.slow

FULL = """
alerts:
  people: {A: {language: en, reaches: [{call: "1"}, {sms: "+8613800000000"}, {note: "json://localhost"}]}}
  roles: {leader: [A, {person: A, days: [mon-fri], hours: "08:00-20:00"}]}
hours:
  workdays: {calendar: china, work: [2026-10-01], rest: [2026-10-08], confirmed: [2027]}
  scopes:
    power:
      shifts: [{days: [workdays], hours: ["08:00-20:00"]}]
      exceptions: [{date: 2026-10-01, until: 2026-10-02, hours: ["10:00-11:00"], why: x}]
planned:
  - {name: w, title: W, scopes: [power], components: [pbx], start: "2026-10-01 10:00", lasts: 1h, repeat: FREQ=DAILY}
sources:
  probes: {p: {component: business-system, kind: http, target: "http://127.0.0.1/", jitter: 0.1, expect_status: [200]}}
  nut: {u: {component: power-supply, low_component: power-down, ups: u@h}}
  trunks: {share: {bad_share: 0.5}, silence: {weeks: 4}, registrations: {carrier-a: r}, alarms: {carrier-a: ["1"]},
    test_calls: {t: {out: carrier-a, into: carrier-b, number: "1"}}}
  webhooks: {alerts: [{component: pbx, labels: {a: b}}], reports: [pbx], max_age: 5min}
own: {disk: {health: {down_after: 5s}}}
notices: {modes: [OUTAGE], words: {end: {en: x}}, names: {power: {en: P}}}
"""


@lru_cache(maxsize=1)
def _base() -> str:
    data: dict[str, Any] = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))
    data |= yaml.safe_load(FULL)
    data["health"]["trunks"]["sample_life"] = "1h"
    return json.dumps(data, default=str)  # dates as text


def base() -> dict[str, Any]:
    """The default policy with everything in it that it leaves empty; a new copy."""
    return json.loads(_base())  # type: ignore[no-any-return]  # a mapping, see above


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


NOW = datetime(2026, 9, 30, tzinfo=UTC)
PLACES = list(places(base()))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=True) | st.text(max_size=6)
    | st.sampled_from(["OUTAGE", "power", "carrier-a", "${HOLDFAST_X}", "1h", "08:00-20:00", "mon", "2026-10-01"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["name", "health", "1", "a b"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def test_the_base_is_right() -> None:
    site = parse_policy(json.dumps(base()), environment={})
    assert site.alerts.people["A"].reaches
    assert site.sources.trunks.test_calls


def read(data: dict[str, Any]) -> SitePolicy | None:
    """The policy; None when it is refused, with a problem and a remedy for everything."""
    try:
        return parse_policy(json.dumps(data), environment={})
    except ConfigErrors as error:
        found = error.errors
    assert all(one.problem and one.remedy for one in found)
    return None


def holder_of(data: dict[str, Any], path: tuple[str | int, ...]) -> Any:
    holder: Any = data
    for part in path[:-1]:
        holder = holder[part]
    return holder


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), JUNK)
def test_junk_at_any_place_is_right_or_told(path: tuple[str | int, ...], junk: object) -> None:
    data = base()
    holder_of(data, path)[path[-1]] = junk
    site = read(data)
    assert site is None or calendar_for(site, NOW).known_until


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES))
def test_a_key_that_is_left_out_is_right_or_told(path: tuple[str | int, ...]) -> None:
    data = base()
    del holder_of(data, path)[path[-1]]
    site = read(data)
    assert site is None or site.fallback.scopes
