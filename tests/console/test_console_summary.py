"""The one picture that page, command line and JSON show."""

import json
from datetime import datetime, timedelta
from typing import Any

import console_story as story
import pytest
from console_story import KNOWN

from console import live_rows, summary
from store import Store

pytest_plugins = ["console_fixtures"]


def test_a_store_that_no_bridge_ever_wrote_to_says_so(store: Store, now: datetime) -> None:
    picture = summary.build(store, now, KNOWN)
    assert picture.bridge == summary.BridgeView(never=True, fresh=False, age=None)
    assert picture.live.scopes == ()


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (10, True), (11, False), (3600, False)])
def test_the_bridge_is_fresh_for_ten_seconds(store: Store, now: datetime, age: int, fresh: bool) -> None:
    store.put_live(story.live_rows(now), now - timedelta(seconds=age))
    assert summary.build(store, now, KNOWN).bridge.fresh is fresh


def test_the_whole_story_is_counted(store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    picture = summary.build(store, now, KNOWN)
    figures = picture.figures
    assert (figures.open, figures.due, figures.talking) == (15, 11, 2)
    assert len(picture.promises) == 15
    assert [call.stage for call in picture.calls] == ["talking", "dial"]
    assert picture.changes[0].reason == "closed"


def test_done_and_missed_are_those_of_today(store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    tomorrow = now + timedelta(days=1)
    picture = summary.build(store, tomorrow, KNOWN)
    assert (picture.figures.done_today, picture.figures.missed) == (0, 0)


def test_no_number_is_whole_in_the_json(store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    text = summary.to_json(summary.build(store, now, KNOWN))
    numbers = [promise.number for promise in store.open_promises(100)]
    assert numbers
    assert [number for number in numbers if number in text] == []
    assert json.loads(text)["live"]["scopes"][0]["effective"] == "NORMAL"


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"scopes": []},
        {"scopes": {"power": None}},
        {"scopes": {"power": {"effective": 7, "since": "yesterday", "lines_left": "many", "flag": 1}}},
        {"trunks": "carrier-a", "agents": {"a": 1}, "calls": 5, "pools": [1]},
        {"bridge": {"armed": "yes", "pid": True, "spool_backlog": 1.5}},
        {"agents": [None, 3, {"member": 5}], "calls": [{"promise": "1"}]},
    ],
)
def test_damaged_live_rows_read_as_unknown_and_never_raise(damage: dict[str, Any]) -> None:
    live = live_rows.read(damage, None)
    for scope in live.scopes:
        assert (scope.effective, scope.action, scope.lines_left) == ("UNKNOWN", "unknown", None)
        assert not scope.callbacks_allowed
        assert scope.flag_written is None
    assert live.bridge.armed is None


def test_a_naive_time_is_no_time() -> None:
    assert live_rows.parse_time("2026-11-21T10:15:00") is None
    assert live_rows.parse_time("2026-11-21T10:15:00+08:00") == live_rows.parse_time(
        "2026-11-21T02:15:00+00:00"
    )
