"""``holdfast callbacks explain``: the rules' answer over a real book."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from callbacks.values import Capture, Matter, NumberSource
from config.policy import DEFAULT_POLICY
from console.cli import app
from console.commands import explain
from store import Store

pytest_plugins = ["console_fixtures"]
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # in the site's zone, a Friday
FREE = {"power": {"effective": "NORMAL", "callbacks_allowed": True, "stable_for": 600}}


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    at_noon(monkeypatch, NOON)


def at_noon(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # as a fixed time
            return now

    monkeypatch.setattr(explain, "datetime", Clock)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["callbacks", "explain", *words])


def left(store: Store, number: str, matter: Matter, at: datetime) -> int:
    one = Capture(
        *(f"pbx1:{number}", at, "power", number, number, NumberSource.OWN, matter, "zh-CN", 1, True, True)
    )
    store.import_captures([one], "spool", 1, at)
    return max(promise.id for promise in store.open_promises())


def test_it_says_who_is_before_it_what_is_owed_and_that_it_is_next(store: Store) -> None:
    left(store, "13912345670", Matter.FAULT, NOON - timedelta(hours=1))
    bill = left(store, "13912345678", Matter.BILL, NOON - timedelta(hours=2))
    store.put_live({"bridge": {}, "scopes": FREE}, NOON)
    said = run(str(bill), "--language", "en").stdout
    assert "139****5678 · power" in said
    assert "13912345678" not in said
    assert (
        "1 of the same service line are called before it." in said
    )  # the fault has a head start of four hours
    assert "Nobody has tried yet." in said
    assert "as soon as an agent and a line are free" in said


def test_it_speaks_english_unless_asked_for_another_language(store: Store) -> None:
    bill = left(store, "13912345678", Matter.BILL, NOON)
    assert "Its place is" in run(str(bill)).stdout
    assert "排队位置" in run(str(bill), "--language", "zh-CN").stdout
    refused = run(str(bill), "--language", "fr")
    assert refused.exit_code != 0


def test_why_not_sooner_is_said_when_the_bridge_is_silent_when_paused_and_at_night(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = left(store, "13912345678", Matter.BILL, NOON)
    store.put_live({"bridge": {}, "scopes": FREE}, NOON - timedelta(minutes=1))
    store.pause([bill], NOON, "leader", "asks for his son")
    at_noon(monkeypatch, NOON + timedelta(hours=10))
    found = json.loads(run(str(bill), "--json").stdout)
    lines = {line["key"]: line for line in found["lines"]}
    assert lines["paused_why"]["why"] == "asks for his son"
    assert {"not_stable", "quiet", "next_unknown"} <= lines.keys()
    assert lines["quiet"]["at"] == "2026-11-21T00:00:00+00:00"
    assert found["next_at"] is None


def test_json_tells_when_it_is_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bill = left(store, "13912345678", Matter.BILL, NOON)
    at_noon(monkeypatch, NOON + timedelta(hours=10))
    store.put_live({"bridge": {}, "scopes": FREE}, NOON + timedelta(hours=10))
    found = json.loads(run(str(bill), "--json").stdout)
    assert (found["id"], found["next_at"]) == (bill, "2026-11-21T00:00:00+00:00")


def test_e4_a_year_that_is_not_announced_is_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    december = datetime(2031, 12, 20, 4, 0, tzinfo=UTC)
    bill = left(store, "13912345678", Matter.BILL, december)
    at_noon(monkeypatch, december)
    assert "The working days of 2032 are not announced" in run(str(bill), "--language", "en").stdout


def test_a_promise_that_is_not_there_is_said_with_a_remedy() -> None:
    refused = run("99")
    assert refused.exit_code != 0
    assert "there is no promise 99" in refused.output
