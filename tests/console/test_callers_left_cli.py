"""What callers left, in the terminal: with each promise, and besides the promises."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import console_story as story
import pytest
from typer.testing import CliRunner

from callbacks.policy import LimitPolicy
from callbacks.values import Asks, Matter, NoticeState, NumberSource
from config.policy import DEFAULT_POLICY
from console.cli import app
from store import Store

pytest_plugins = ["console_fixtures"]
NUMBER, OTHER = "13900001201", "13900009999"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
AT = NOW - timedelta(minutes=9)


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "220")


def run(*words: str) -> str:
    said: Any = CliRunner().invoke(app, ["callbacks", *words])
    assert said.exit_code == 0, said.output
    return str(said.stdout)


def bring(store: Store, *captures: Any, limits: LimitPolicy | None = None) -> None:
    store.import_captures(captures, "spool/test", 1, NOW, limits=limits)


def test_a_promise_shows_what_was_left_and_asked_afterwards(store: Store) -> None:
    left = {"reference": "123456", "region": "xihu", "recording": "1.1.wav"}
    bring(
        store,
        story.capture("1.1", AT, NUMBER, **left),
        story.capture("2.1/2", AT, NUMBER, asks=Asks.UNDO, about="123456", owner=NUMBER),
        story.capture("3.1/2", AT, "", caller_id="13711112222", asks=Asks.CANCEL, about="123456"),
    )
    shown = run("show", "1")
    for part in ("reference 123456", "region xihu", "message 1.1.wav", "the caller wants it after all"):
        assert part in shown, part
    (stray,) = [line for line in shown.splitlines() if "without effect" in line]
    assert "from 137****2222: cancelled by the caller" in stray
    assert NUMBER not in shown
    listed = run("list")
    for part in ("123456", "xihu", "message", "the caller wants it after all"):
        assert part in listed, part
    assert "about reference 123456, from 137****2222" in run("requests")


def test_who_may_not_be_told_because_of_a_limit_is_among_the_requests(store: Store) -> None:
    keyed = {"caller_id": NUMBER, "source": NumberSource.KEYED, "asks": Asks.NOTICE, "wanted": False}
    calls = [story.capture(f"{n}.1/2", AT + timedelta(minutes=n), f"1390000130{n}", **keyed) for n in (1, 2)]
    bring(store, *calls, limits=LimitPolicy(per_caller_day=1))
    (line,) = run("requests").splitlines()
    assert "139****1302 is above a limit, from 139****1201" in line
    assert len(run("notices").splitlines()) == 1


def test_why_one_is_held_is_said_in_words_and_who_let_it(store: Store) -> None:
    keyed = {"caller_id": NUMBER, "source": NumberSource.KEYED}
    bring(
        store,
        story.capture("1.1", AT, "13900001202", **keyed),
        story.capture("2.1", AT + timedelta(minutes=1), "13900001203", **keyed),
        limits=LimitPolicy(per_caller_day=1),
    )
    assert "held: too many from one caller in a day" in run("list", "--leader")
    assert "look at it: held: too many from one caller in a day" in run("show", "2")
    run("let", "2", "--who", "shift leader")
    assert "shift leader: let it be called (held: too many" in run("show", "2")
    store.cancel(1, NOW, "nobody can say", attention=True)
    run("seen", "1", "--who", "shift leader")
    assert "shift leader: has looked at it (nobody can say)" in run("show", "1")


def test_missed_calls_are_listed_with_masked_numbers(store: Store) -> None:
    assert "No call was missed." in run("missed")
    none = {"source": NumberSource.NONE}
    bring(
        store,
        story.capture("1.1", AT, "", caller_id=NUMBER, wanted=False, matter=Matter.UNSTATED, **none),
        story.capture("2.1", NOW, "", caller_id="", recording="2.1.wav", **none),
        story.capture("3.1", NOW, OTHER),
    )
    newest, older = run("missed").splitlines()
    assert "power withheld: fault report" in newest
    assert "wanted to be called, but left no number, message 2.1.wav" in newest
    assert "139****1201: not stated, zh-CN, tier 1, hung up early" in older
    assert NUMBER in run("missed", "--full")
    assert len(run("missed", "--limit", "1").splitlines()) == 1
    rows = json.loads(run("missed", "--json"))
    assert [(row["key"], row["caller_id"]) for row in rows] == [("pbx1:2.1", ""), ("pbx1:1.1", "139****1201")]


def test_notices_are_listed_with_what_became_of_them(store: Store) -> None:
    assert "Nobody asked to be told." in run("notices")
    bring(
        store,
        story.capture("1.1/2", AT, NUMBER, asks=Asks.NOTICE, wanted=False),
        story.capture("2.1/2", NOW, OTHER, asks=Asks.NOTICE, wanted=False),
    )
    store.intend_notice("pbx1:1.1/2", "call", NOW)
    store.end_notice("pbx1:1.1/2", NoticeState.FAILED, "busy", NOW)
    newest, older = run("notices").splitlines()
    assert "139****9999: waits for the end of the outage" in newest
    assert "139****1201: not reached, telephone call, busy" in older
    assert NUMBER in run("notices", "--full")
    (row,) = json.loads(run("notices", "--json", "--limit", "1"))
    assert (row["key"], row["number"], row["state"]) == ("pbx1:2.1/2", "139****9999", "waiting")
