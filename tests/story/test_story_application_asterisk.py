"""What a site rests on, on a real Asterisk: an application, power, other monitoring, and the store (A2, A5, A9, B1, B4, D4)."""

import asyncio
import json
import sqlite3
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from story_site import (
    App,
    cases,
    ended,
    flag,
    free_port,
    heard,
    mode,
    modes_of,
    pause_agents,
    story_site,
    until,
    waiting_in_queue,
)
from upsd import FakeUpsd

from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
SECRET = "a-secret-of-the-webhooks"
LEADER = ("--who", "shift leader")


@contextmanager
def running_upsd() -> Iterator[FakeUpsd]:
    """In a loop and thread of its own."""
    loop = asyncio.new_event_loop()
    fake = FakeUpsd({"ups": "OL"})
    loop.run_until_complete(fake.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def watched(app: App, ups: FakeUpsd) -> dict[str, Any]:
    return {
        "parts": {"business-system": {"kind": "application"}, "power-supply": {"kind": "power"}},
        "scopes": {
            "power": {"parts": ["business-system", "power-supply"], "messages": {"DEGRADED": "degraded"}}
        },
        "sources": {
            "probes": {
                "web": {
                    "component": "business-system",
                    "kind": "http",
                    "target": app.url,
                    "every": "1s",
                    "timeout": "0.9s",
                    "latency_limit": "0.4s",
                }
            },
            "nut": {
                "ups": {
                    "component": "power-supply",
                    "ups": f"ups@127.0.0.1:{ups.port}",
                    "every": "1s",
                    "timeout": "1s",
                }
            },
            "webhooks": {"alerts": [{"component": "business-system", "labels": {"service": "billing"}}]},
            "own": {"every": "1s"},
        },
    }


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with App() as one:
        yield one


@pytest.fixture(scope="module")
def ups() -> Iterator[FakeUpsd]:
    with running_upsd() as one:
        yield one


@pytest.fixture(scope="module")
def site(lab: Lab, app: App, ups: FakeUpsd) -> Iterator[Site]:
    web = {"HOLDFAST_WEBHOOK_SECRET": SECRET, "HOLDFAST_WEBHOOK_PORT": str(free_port())}
    with story_site(lab, "rests", watched(app, ups), **web) as site:
        mode(site, "NORMAL")
        yield site


def test_a_slow_application_is_told_to_callers_who_may_wait_or_leave_a_number(
    lab: Lab, site: Site, app: App
) -> None:
    """A2: DEGRADED on latency alone; the queue goes on, with a way out of it; RECOVERING, then NORMAL."""
    app.wait = 0.6
    assert mode(site, "DEGRADED")["action"] == "offer"
    assert flag(lab)[:3] == ["offer", "DEGRADED", "degraded"]
    before = len(lab.agent_log())
    through = lab.call("13800000011", hangup_after=6)
    assert heard(lab, "message-degraded")
    until(lambda: len(lab.agent_log()) > before, "the caller has reached an agent")

    pause_agents(lab)
    stays = lab.call("13800000021", keys=((6.0, "1"), (8.0, "1"), (10.0, "1")), hangup_after=20)
    slip = lab.call("13800000031", keys=((6.0, "2"),), hangup_after=9)
    until(lambda: waiting_in_queue(lab) == 2, "two callers wait in the queue")
    stays.result(40)
    assert slip.result(40).ended_by == "us", "a slip of the finger costs nobody his place"
    pause_agents(lab, paused=False)
    book = until(
        lambda: json.loads(site.run("callbacks", "list", "--full", "--json")), "the number is in the book"
    )
    assert [one["number"] for one in book] == ["13800000021"]

    app.wait = 0.0
    mode(site, "NORMAL")
    assert modes_of(site)[-3:] == ["DEGRADED", "RECOVERING", "NORMAL"]
    ended([through])

    app.status = 503
    key = mode(site, "DEGRADED")["incident"]["key"]
    app.status = 200
    mode(site, "NORMAL")
    until(lambda: not cases(site), "the incident is closed")
    shown = json.loads(site.run("incident", "show", key, "--json"))
    assert shown["incident"]["kind"] == "A2"
    assert "503" in json.dumps(shown)


def alertmanager(site: Site, status: str) -> int:
    """A notification as Alertmanager documents it (version 4)."""
    alert = {
        "status": status,
        "labels": {"alertname": "BillingDown", "service": "billing", "severity": "critical"},
        "annotations": {"summary": "logins fail"},
        "startsAt": "2026-11-20T02:00:00.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": "c0ffee0000000001",
    }
    payload = {
        "version": "4",
        "groupKey": '{}:{alertname="BillingDown"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "holdfast",
        "groupLabels": {"alertname": "BillingDown"},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.example",
        "alerts": [alert],
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{site.environment['HOLDFAST_WEBHOOK_PORT']}/alertmanager",
        json.dumps(payload).encode(),
        {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # our own, http
        return int(answer.status)


def test_what_other_monitoring_says_counts_and_a_cause_is_split_off(lab: Lab, site: Site) -> None:
    """D4: an alert that fires; a trunk that is lost joins its incident (A4) and is made one of its own."""
    assert alertmanager(site, "firing") == 200
    key = mode(site, "DEGRADED")["incident"]["key"]
    lab.cut("carrier-b")
    try:
        until(lambda: "carrier-b" in cases(site)[0]["subject"], "the lost trunk joins the incident")
        site.run("incident", "split", key, "A4 carrier-b", *LEADER)
        subjects = {one["subject"] for one in cases(site)}
        assert subjects == {"A2 business-system", "A4 carrier-b"}
        alertmanager(site, "resolved")
        mode(site, "NORMAL")
        held = site.command("incident", "close", cases(site)[0]["key"], "--why", "enough", *LEADER)
        assert (held.returncode, "held open" in held.stderr) == (1, True)
    finally:
        lab.restore("carrier-b")
    until(lambda: not cases(site), "both are over", 20)


def test_on_battery_the_hotline_is_degraded_and_the_site_has_an_incident(site: Site, ups: FakeUpsd) -> None:
    """A5: watched until it is back on the mains for long enough."""
    ups.status["ups"] = "OB DISCHRG"
    mode(site, "DEGRADED")
    assert "A5" in {one["kind"] for one in cases(site) if not one["scope"]}
    ups.status["ups"] = "OL CHRG"
    mode(site, "NORMAL", 20)
    until(lambda: not cases(site), "it is over")


def test_with_the_store_away_people_go_on_and_all_is_recorded_when_it_is_back(lab: Lab, site: Site) -> None:
    """A9: another process holds the database; status, override and capture go on; the record follows."""
    with held(site.folder / "holdfast.db"):
        wish = ("override", "set", "power", "OUTAGE", "--why", "cable cut", "--for", "10min", *LEADER)
        with ThreadPoolExecutor(2) as both:
            asked = both.submit(site.command, *wish)
            seen = both.submit(site.command, "status", "--json")
            said, status = asked.result(40), seen.result(40)
        assert said.returncode == 0, said.stderr
        assert "the bridge itself was asked" in said.stderr
        assert json.loads(status.stdout)["from_memory"] is True
        assert mode(site, "OUTAGE")["action"] == "capture"
        caller = lab.call("13800000111", hangup_after=12)
        assert heard(lab, "message-fault")
        caller.result(30)
        until(lambda: any(one["kind"] == "A9" for one in cases(site)), "staff know of it", 20)
    until(lambda: modes_of(site)[-1:] == ["OUTAGE"], "what was decided is recorded", 30)
    until(lambda: not any(one["kind"] == "A9" for one in cases(site)), "the store is back", 20)
    until(
        lambda: "13800000111" in site.run("callbacks", "list", "--full", "--json"),
        "the caller is in the book",
    )
    site.run("override", "end", "power", "--why", "mended", *LEADER)
    mode(site, "NORMAL", 20)


@contextmanager
def held(database: Any) -> Iterator[None]:
    """Nobody else can write into it."""
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.rollback()
        holder.close()
