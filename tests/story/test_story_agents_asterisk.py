"""A3 and A6 on a real Asterisk: agents lost while callers wait, and a building evacuated by phone code."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from bridge_site import promised
from story_site import (
    ended,
    flag,
    heard,
    live,
    mode,
    pause_agents,
    phone_code,
    story_site,
    until,
    waiting_in_queue,
)

from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
PIN = "240816"
EVACUATE, OVER = "*66011", "*66010"
FACTOR = {"callbacks": {"factor": 4, "line_reserve": 0, "agent_patience": "1min", "disposition_wait": "1s"}}


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    with story_site(lab, "agents", FACTOR, HOLDFAST_CODE_PIN=PIN) as site:
        mode(site, "NORMAL")
        yield site


def promise(site: Site, number: str) -> tuple[datetime, datetime, str] | None:
    """Its place in the queue of callbacks, when it was left, and its incident."""
    with sqlite3.connect(f"file:{site.folder}/holdfast.db?mode=ro", uri=True) as book:
        row = book.execute(
            "SELECT place_at, at, incident FROM promise JOIN capture ON promise.id = promise_id"
            " WHERE capture.number = ?",
            (number,),
        ).fetchone()
    if row is None:
        return None
    place, left = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in row[:2])
    return place, left, row[2]


def test_who_waits_when_the_agents_are_lost_is_brought_to_the_offer_and_keeps_his_place(
    lab: Lab, site: Site
) -> None:
    """A3, B4, E1: the promise stands at the time at which its caller joined the queue."""
    pause_agents(lab)
    keep = lab.holdfast_conf_dir / "queues_story.conf"
    keep.write_text(
        "[power](+)\nleavewhenempty = no\n"
    )  # as many sites have it: the queue itself lets nobody go
    lab.reload()
    joined = datetime.now(UTC)
    waits = lab.call("13800000041", hangup_after=60)
    until(lambda: waiting_in_queue(lab) == 1, "the caller waits")
    lab.cut("agents")
    try:
        incident = mode(site, "OUTAGE")["incident"]
        assert incident["kind"] == "A3"
        assert heard(lab, "message-fault"), "he hears the phrase"
        # he presses nothing and stays: his own number is taken
        book = until(lambda: promise(site, "13800000041"), "his number is in the book", 30)
        assert book is not None
        place, left, of = book
        assert of == incident["key"]
        assert abs(place - joined) < timedelta(seconds=3)
        assert left - place > timedelta(seconds=2)
    finally:
        ended([waits])
        keep.unlink()
        lab.reload()
        lab.restore("agents")
        pause_agents(lab, paused=False)
    mode(site, "NORMAL", 30)
    until(lambda: any(one.number == "13800000041" for one in lab.carrier_log()), "he is called back", 30)


def test_a_code_keyed_on_an_internal_phone_evacuates_and_no_agent_is_rung_by_callbacks(
    lab: Lab, site: Site
) -> None:
    """A6: at once; a callback that waits in the queue ends as one that no agent took; a leader's code ends it."""
    until(lambda: not live(site)["live"]["calls"], "no callback is under way", 40)
    talking = [lab.call(f"1380000010{i}", hangup_after=40) for i in range(3)]
    until(lambda: sum(one["presence"] == "busy" for one in live(site)["live"]["agents"]) == 3, "three talk")
    promised(site, ["13800000511", "13800000521", "13800000531"])
    until(lambda: stages(site).count("queue") >= 2, "callbacks wait in the queue", 30)
    phone_code(lab, EVACUATE, PIN)
    until(lambda: flag(lab)[0] == "evacuate", "the flag stands", 8)
    rung = len(lab.agent_log())
    assert mode(site, "EVACUATED")["override"]["who"].startswith("extension")
    until(lambda: "queue" not in stages(site), "no callback waits for an agent any more")
    caller = lab.call("13800000061", hangup_after=5)
    assert heard(lab, "message-evacuation")
    ended(talking)
    caller.result(30)
    assert len(lab.agent_log()) == rung
    outcomes = [
        attempt["outcome"]
        for one in json.loads(site.run("callbacks", "list", "--all", "--json"))
        for attempt in one["attempts_made"]
    ]
    assert "no_agent" in outcomes

    phone_code(lab, OVER, PIN)
    mode(site, "NORMAL", 20)
    assert {"A6"} == {one["kind"] for one in json.loads(site.run("incident", "list", "--all", "--json"))[:1]}


def stages(site: Site) -> list[str]:
    return [one["stage"] for one in live(site)["live"]["calls"]]
