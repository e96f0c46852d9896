"""Telling staff on a real Asterisk: calls through our own trunks, the next way, acknowledgement, the end (A2, A4, B8, F2)."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from story_site import App, cases, mode, story_site, until

from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
BUSY, PRESSES = "13900007004", "13900007001"  # the lab's carriers go by the last digit

OTHER_ROLES = (
    "leader",
    "operations-manager",
    "centre-manager",
    "centre-leader",
    "higher-supervisor",
    "senior-agents",
    "reserve-staff",
    "functional-staff",
)


def staff(notes: App) -> dict[str, Any]:
    """The engineer's line is busy, so he is written to; the supervisor takes on whatever he is called for."""
    return {
        "parts": {"business-system": {"kind": "application"}},
        "scopes": {"power": {"parts": ["business-system"]}},
        "alerts": {
            "send": True,
            "people": {
                "engineer on duty": {"language": "en", "reaches": [{"call": BUSY}, {"note": notes.note_url}]},
                "supervisor on duty": {"language": "en", "reaches": [{"call": PRESSES}]},
                "manager on duty": {"language": "en", "reaches": [{"note": notes.note_url}]},
            },
            "roles": {
                **{role: ["manager on duty"] for role in OTHER_ROLES},
                "engineer": ["engineer on duty"],
                "supervisor": ["supervisor on duty"],
            },
            "confirm_within": {"call": "20s", "note": "1min"},
        },
        "ladders": {
            "a2": [
                {
                    "name": "engineer",
                    "after": "0s",
                    "roles": ["engineer"],
                    "text": "a2-engineer",
                    "on_ack": "go_on",
                },
                {"name": "supervisor", "after": "4s", "roles": ["supervisor"], "text": "a2-supervisor"},
                {"name": "managers", "after": "16s", "roles": ["operations-manager"], "text": "a2-managers"},
            ]
        },
    }


@pytest.fixture(scope="module")
def notes() -> Iterator[App]:
    with App() as app:
        yield app


@pytest.fixture(scope="module")
def site(lab: Lab, notes: App) -> Iterator[Site]:
    with story_site(lab, "staff", staff(notes)) as site:
        mode(site, "NORMAL")
        yield site


def told(site: Site, key: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(site.run("incident", "show", key, "--json"))
    return shown


def test_staff_are_called_written_to_and_left_alone_once_somebody_has_taken_it_on(
    lab: Lab, site: Site, notes: App
) -> None:
    """Rung by rung: busy → the next way at once; 1 acknowledges; later rungs that stop are not sent; the end is told."""
    site.run("component", "report", "business-system", "--down", "--why", "logins fail", "--who", "leader")
    key = mode(site, "DEGRADED")["incident"]["key"]
    until(notes.notes, "the engineer is written to, because his line is busy", 20)
    assert "logins fail" in notes.notes()[0] or "business-system" in notes.notes()[0]
    until(lambda: any(one["acked_by"] for one in cases(site)), "the supervisor has pressed 1", 30)
    case = cases(site)[0]
    assert (case["key"], case["acked_by"]) == (key, "supervisor on duty")
    assert key in site.run("incident", "list")

    calls = {one.number: one for one in lab.carrier_log() if one.number in (BUSY, PRESSES)}
    assert calls[BUSY].outcome == "busy"
    assert (notes.posted[0][0] - calls[BUSY].at).total_seconds() < 8, "at once, not when a call had its time"
    assert calls[PRESSES].pressed == "1"
    seen = len(notes.notes())
    time.sleep(max(0.0, 18 - seconds_since(case["opened_at"])))
    assert len(notes.notes()) == seen, "the managers' rung stops on an acknowledgement"

    site.run("component", "report", "business-system", "--up", "--why", "repaired", "--who", "engineer")
    until(lambda: not cases(site), "the incident is closed", 20)
    until(lambda: any("Over" in text for text in notes.notes()), "the engineer is told of the end", 20)
    record = told(site, key)
    ways = {(one["person"], one["way"]): one["fate"] for one in record["messages"] if one["rung"][:2] == "a2"}
    assert ways[("engineer on duty", "call")] == "failed"
    assert ways[("supervisor on duty", "call")] == "confirmed"
    assert ("manager on duty", "note") not in ways
    assert record["incident"]["acked_by"] == "supervisor on duty"


def seconds_since(at: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
