"""A policy put in force on a running bridge, hours, planned outages, drills, papers and the public notice (A10, F1–F5)."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from story_site import cases, flag, heard, live, mode, policy_text, scope, story_site, until

from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
ZONE = ZoneInfo("Asia/Shanghai")
WORDS = {
    "scopes": {
        "power": {"messages": {"PLANNED": "planned", "CLOSED": "closed"}, "message": "fault"},
    },
    "drills": {
        "voice-lost": {
            "title": "Voice platform lost",
            "content": "No agent can be reached.",
            "kind": "A3",
            "scope": "power",
            "lost": ["power-agents"],
            "mode": "OUTAGE",
            "lasts": "2min",
            "every": "180d",
        }
    },
}


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    with story_site(lab, "notice", WORDS, {"armed": False}) as site:
        until(lambda: live(site)["live"]["trunks"]["carrier-a"]["health"] == "UP", "the picture is whole")
        site.start_console()
        yield site


def apply(site: Site, *changes: Mapping[str, Any]) -> str:
    """``holdfast policy apply`` of the site's policy with changes, from a file of its own."""
    file = site.folder / "next.yaml"
    file.write_text(policy_text(WORDS, *changes), encoding="utf-8")
    return site.run("policy", "apply", str(file), "--who", "shift leader")


def page(site: Site, path: str) -> str:
    with urllib.request.urlopen(f"{site.console_url}{path}", timeout=10) as answer:  # noqa: S310  # our own, http
        text: str = answer.read().decode()
        return text


def notice(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page(site, "/notice.json"))
    return found


def test_observing_decides_and_shows_but_writes_no_flag(lab: Lab, site: Site) -> None:
    leader = ("--who", "shift leader")
    site.run("override", "set", "power", "OUTAGE", "--why", "would be", "--for", "10min", *leader)
    assert scope(site)["effective"] == "OUTAGE"
    site.run("override", "end", "power", "--why", "seen", *leader)
    assert flag(lab) == [""]
    until(lambda: scope(site)["effective"] == "NORMAL" and not cases(site), "it is over")


def test_a_site_that_only_observed_is_armed_while_a_call_goes_on(lab: Lab, site: Site) -> None:
    """No restart, no lost call; the flag appears; who did it is recorded."""
    talks = lab.call("13800000071", hangup_after=14)
    until(lambda: "Queue" in lab.cli("core show channels concise"), "the caller is in the queue")
    assert site.bridge is not None
    pid = live(site)["live"]["bridge"]["pid"]
    assert flag(lab) == [""]
    assert "in force" in apply(site)
    mode(site, "NORMAL")
    assert flag(lab)[:2] == ["pass", "NORMAL"]

    assert live(site)["live"]["bridge"]["pid"] == pid
    result = talks.result(30)
    assert result.ended_by == "us"
    policies = [one for one in site.status()["changes"] if one["kind"] == "policy"]
    assert {one["who"] for one in policies} == {"shift leader"}


def test_closing_time_comes_and_goes_by_itself_with_its_own_words(lab: Lab, site: Site) -> None:
    """A3, A10: outside its hours a scope is CLOSED, not down; it opens by itself."""
    now = datetime.now(ZONE)
    opens = now + timedelta(seconds=80)
    opens = opens.replace(second=0, microsecond=0)  # hours are given to the minute
    closing = (opens + timedelta(hours=3)).strftime("%H:%M")
    shifts = {"shifts": [{"days": ["daily"], "hours": [f"{opens:%H:%M}-{closing}"]}]}
    apply(site, {"hours": {"scopes": {"power": shifts}}})
    assert mode(site, "CLOSED")["action"] == "capture"
    assert flag(lab)[:3] == ["capture", "CLOSED", "closed"]
    caller = lab.call("13800000081", hangup_after=4)
    assert heard(lab, "message-closed")
    caller.result(30)
    an_accident_is_declared(site)
    a_broken_policy_changes_nothing(site)
    a_silent_drill_touches_nobody(site)
    mode(site, "NORMAL", 90)
    assert datetime.now(ZONE) >= opens
    assert not cases(site)


# What needs no open scope, while we wait for one.


def a_broken_policy_changes_nothing(site: Site) -> None:
    """All of its errors are told at once."""
    before = [one["reason"] for one in site.status()["changes"] if one["kind"] == "policy"]
    broken = site.folder / "broken.yaml"
    broken.write_text(
        policy_text(WORDS, {"scopes": {"power": {"pools": ["nobody"], "recovery_hold": "soon"}}})
    )
    refused = site.command("policy", "apply", str(broken), "--who", "shift leader")
    assert refused.returncode == 2
    assert "nobody" in refused.stderr
    assert "soon" in refused.stderr
    assert [one["reason"] for one in site.status()["changes"] if one["kind"] == "policy"] == before


def a_silent_drill_touches_nobody(site: Site) -> None:
    """F4: with its record."""
    site.run("drill", "start", "voice-lost", "--who", "shift leader")
    (case,) = cases(site)
    assert case["drill"] == "voice-lost"
    assert scope(site)["override"] is None
    said = ("--participants", "six seats", "--evaluation", "rung late")
    site.run("drill", "end", "voice-lost", *said, "--who", "leader")
    record = site.run("drill", "record", case["key"], "--language", "en")
    assert "six seats" in record
    assert "rung late" in record


def an_accident_is_declared(site: Site) -> None:
    """A7, F2: what only a person can say is declared, taken on, handed over and closed by hand."""
    leader = ("--who", "shift leader")
    site.run("incident", "declare", "A7", "two people hurt at the gate", "--hurt", "2", *leader)
    (case,) = cases(site)
    key = case["key"]
    assert case["kind"] == "A7"
    early = site.command("incident", "hand-over", key, "night shift", *leader)
    assert (early.returncode, "nobody has taken it on" in early.stderr) == (1, True)
    site.run("incident", "ack", key, *leader)
    site.run("incident", "hand-over", key, "night shift", *leader)
    assert (cases(site)[0]["acked_by"], cases(site)[0]["owner"]) == ("shift leader", "night shift")
    site.run("incident", "close", key, "--why", "all are well", *leader)
    assert not cases(site)
    shown = site.run("incident", "show", key)
    assert "all are well" in shown
    assert "night shift" in shown


def test_a_planned_outage_is_told_and_excuses_what_it_names(lab: Lab, site: Site) -> None:
    """A10, B5: its own words, then the queue; ends by itself."""
    start = datetime.now(ZONE).replace(second=0, microsecond=0)
    lasts = int((datetime.now(ZONE) - start).total_seconds()) + 14
    window = {
        "name": "month-end",
        "title": "Month-end closing",
        "scopes": ["power"],
        "components": ["carrier-b"],
        "message": "planned",
        "start": f"{start:%Y-%m-%d %H:%M}",
        "lasts": f"{lasts}s",
    }
    apply(site, {"planned": [window]})
    assert mode(site, "PLANNED")["action"] == "notice"
    assert flag(lab)[2] == "planned"
    assert [one["mode"] for one in notice(site)["now"]] == ["PLANNED"]
    caller = lab.call("13800000091", hangup_after=5)
    assert heard(lab, "message-planned")
    lab.cut("carrier-b")
    try:
        caller.result(30)
        assert not scope(site)["partial"]
        mode(site, "NORMAL", 30)
    finally:
        lab.restore("carrier-b")
    apply(site)
    until(lambda: not cases(site), "all is over", 20)


def test_a_live_drill_touches_callers_only_while_it_lasts(lab: Lab, site: Site) -> None:
    """F4: the same machinery as in earnest; a drill is never part of the public notice."""
    mode(site, "NORMAL")
    site.run("drill", "start", "voice-lost", "--live", "--who", "shift leader")
    assert mode(site, "OUTAGE")["action"] == "capture"
    caller = lab.call("13800000101", hangup_after=4)
    assert heard(lab, "message-fault")
    caller.result(30)
    assert "OUTAGE" not in [one["mode"] for one in notice(site)["now"]]
    site.run("drill", "end", "voice-lost", "--evaluation", "good", "--who", "leader")
    mode(site, "NORMAL", 20)


def test_an_incident_is_told_to_the_public_and_kept_on_paper(lab: Lab, site: Site) -> None:
    """F1, F3, F5: start and end in notice and feed; the report in both languages; an archive that can be checked."""
    site.run("override", "set", "power", "OUTAGE", "--why", "cable cut", "--for", "10min", "--who", "leader")
    key = mode(site, "OUTAGE")["incident"]["key"]
    (now,) = notice(site)["now"]
    assert now["mode"] == "OUTAGE"
    assert now["text"]["zh-CN"].startswith("我们的系统发生故障")
    apply(site, {"scopes": {"power": {"message": "degraded"}}})
    until(lambda: flag(lab)[2] == "degraded", "new words reach callers in the middle of it", 5)
    site.run("override", "end", "power", "--why", "mended", "--who", "leader")
    mode(site, "NORMAL", 20)
    until(lambda: not cases(site), "the incident is closed")
    assert notice(site)["entries"][0]["event"] == "end"
    assert page(site, "/notice.atom").count("<entry>") >= 2
    assert "cable cut" in site.run("incident", "report", key, "--language", "en")
    site.run("incident", "archive", key, str(site.folder / "archive"))
    assert list((site.folder / "archive").rglob("SHA256SUMS"))
