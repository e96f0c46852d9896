"""Incidents, drills, leaves, reports and the notice from the command line; the bridge is played by a store that answers."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from records_story import CASE, KEY, OPENED, tell_incident
from typer.testing import CliRunner

from ami_bridge.intents import read
from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import shared
from fallback.state import Case
from store import Store

pytest_plugins = ["console_fixtures"]

READ_ONCE = cache(load_policy)  # every command reads the file, and it takes its time

DRILL = Case("DRILL-evacuation-1", "power", "A6", "Building evacuated", OPENED, "a6", drill="evacuation")


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a site in this test's folder; nobody waits for a bridge."""
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)


def run(*arguments: str) -> Any:
    """One command: its exit code, output and errors."""
    return CliRunner().invoke(app, list(arguments))


def asked(store: Store) -> tuple[str, dict[str, Any], str]:
    """The newest intent: kind, payload, who."""
    intent = store.intents(1)[0]
    return intent.kind, dict(intent.payload), intent.who


def test_open_incidents_are_listed_and_closed_ones_on_demand(store: Store) -> None:
    assert "No incident is open." in run("incident", "list").stdout
    tell_incident(store)
    assert "No incident is open." in run("incident", "list").stdout
    listed = run("incident", "list", "--all").stdout
    for part in (KEY, "power", "A3", "second engineer"):
        assert part in listed, part
    rows = json.loads(run("incident", "list", "--all", "--json").stdout)
    assert [(one["key"], one["acked_by"]) for one in rows] == [(KEY, "engineer on duty")]


def test_a_key_is_whole_on_a_narrow_terminal(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    tell_incident(store)
    assert KEY in run("incident", "list", "--all").stdout


def test_one_incident_is_shown_with_course_messages_and_notes(store: Store) -> None:
    tell_incident(store, closed=False)
    assert run("incident", "note", KEY, "one street", "--part", "loss", "--who", "leader").exit_code == 0
    shown = run("incident", "show", KEY).stdout
    for part in (
        "taken on by engineer on duty",
        "now with second engineer",
        "callers captured 3",
        "mode power: NORMAL → OUTAGE",
        "told engineer on duty (engineer) by call: confirmed, acknowledged",
        "note on loss by leader: one street",
    ):
        assert part in shown, part
    assert json.loads(run("incident", "show", KEY, "--json").stdout)["notes"][0]["text"] == "one street"


def test_a_drill_is_shown_as_one(store: Store) -> None:
    store.record([], [], [], OPENED, [DRILL])
    assert "DRILL Building evacuated" in run("incident", "list").stdout
    assert "DRILL evacuation, silent" in run("incident", "show", DRILL.key).stdout


@pytest.mark.parametrize(
    ("arguments", "kind", "payload"),
    [
        (("incident", "ack", KEY), "ack", {"incident": KEY}),
        (("incident", "hand-over", KEY, "next shift"), "hand-over", {"incident": KEY, "to": "next shift"}),
        (("incident", "close", KEY, "--why", "storm  over"), "close", {"incident": KEY, "why": "storm over"}),
        (
            ("incident", "split", KEY, "A4 carrier-a"),
            "split",
            {"incident": KEY, "cause": "A4 carrier-a"},
        ),
        (
            ("incident", "declare", "a7", "storm", "--hurt", "2"),
            "declare",
            {"scope": "", "kind": "A7", "detail": "storm", "people_hurt": 2},
        ),
        (
            ("incident", "declare", "A1", "headset", "--scope", "power"),
            "declare",
            {"scope": "power", "kind": "A1", "detail": "headset", "people_hurt": 0},
        ),
        (
            ("component", "report", "carrier-a", "--down", "--why", "cable cut"),
            "report",
            {"component": "carrier-a", "good": False, "why": "cable cut"},
        ),
        (
            ("component", "report", "store", "--up", "--why", "mended"),
            "report",
            {"component": "store", "good": True, "why": "mended"},
        ),
        (("drill", "start", "evacuation"), "drill-start", {"drill": "evacuation", "live": False}),
        (("drill", "start", "evacuation", "--live"), "drill-start", {"drill": "evacuation", "live": True}),
        (
            ("drill", "end", "evacuation", "--participants", "all", "--evaluation", "well"),
            "drill-end",
            {"incident": DRILL.key, "participants": "all", "evaluation": "well"},
        ),
    ],
)
def test_what_is_asked_for_is_written_for_the_bridge(
    store: Store, arguments: tuple[str, ...], kind: str, payload: dict[str, Any]
) -> None:
    store.record([], [], [], OPENED, [CASE, DRILL])
    answer = run(*arguments, "--who", "shift leader")
    assert (answer.exit_code, "kept" in answer.stdout) == (0, True), answer.output
    assert asked(store) == (kind, payload, "shift leader")
    assert read(kind, payload), "the bridge takes it as it is written"


def test_leave_is_granted_for_a_time(store: Store) -> None:
    before = datetime.now(UTC)
    assert run("leave", "grant", "PJSIP/agent-1", "--for", "1h").exit_code == 0
    kind, payload, who = asked(store)
    assert (kind, payload["queue"], payload["member"], who) == (
        "leave",
        "power",
        "PJSIP/agent-1",
        shared.login_name(),
    )
    until = datetime.fromisoformat(payload["until"])
    assert timedelta(0) <= until - before - timedelta(hours=1) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("incident", "show", "INC-9"), ("no incident 'INC-9'", f"known: {DRILL.key}, {KEY}")),
        (("incident", "ack", "INC-9"), ("no incident 'INC-9'", KEY)),
        (("incident", "close", "INC-old", "--why", "x"), ("INC-old was closed", f"open: {DRILL.key}, {KEY}")),
        (("incident", "close", KEY, "--why", " "), ("--why",)),
        (("incident", "split", KEY, "A5 mains"), ("no cause", "A4 carrier-a, A3 power-agents")),
        (("incident", "declare", "A99", "x"), ("'A99'", "A1, A2")),
        (("incident", "declare", "A7", " "), ("DETAIL",)),
        (("incident", "declare", "A7", "x", "--scope", "gas"), ("'gas'", "known scopes: power")),
        (("incident", "note", KEY, "x", "--part", "weather"), ("'weather'", "trend")),
        (("incident", "note", "INC-9", "x", "--part", "loss"), ("INC-9", KEY)),
        (("incident", "report", KEY, "--format", "pdf"), ("'pdf'", "md, csv, html")),
        (("incident", "report", KEY, "--language", "fr"), ("'fr'", "zh-CN, en")),
        (("incident", "report", KEY, "--out", "/nowhere/r.md"), ("/nowhere/r.md", "folder that exists")),
        (("incident", "log", "--day", "yesterday"), ("'yesterday'", "YYYY-MM-DD")),
        (("incident", "archive", "--all"), ("KEY",)),
        (("incident", "archive", KEY), ("KEY DIR, or --all DIR",)),
        (("incident", "archive", "INC-9", "/tmp/x"), ("INC-9", KEY)),
        (("component", "report", "carrier-z", "--down", "--why", "x"), ("carrier-z", "carrier-a")),
        (("component", "report", "carrier-a", "--why", "x"), ("--down or --up",)),
        (("drill", "start", "flood"), ("'flood'", "carrier-lost, voice-platform-lost, evacuation")),
        (("drill", "end", "flood"), ("'flood'", f"running: {DRILL.key}")),
        (("drill", "record", KEY), ("is no drill", DRILL.key)),
        (("leave", "grant", "PJSIP/agent-1", "--queue", "gas"), ("'gas'", "known: power")),
        (("leave", "grant", "PJSIP/agent-9"), ("PJSIP/agent-9", "PJSIP/agent-1, PJSIP/agent-2")),
        (("leave", "grant", "PJSIP/agent-1", "--for", "soon"), ("'soon'", "30min")),
        (("notice", "export", "/proc/nowhere"), ("/proc/nowhere", "folder")),
    ],
)
def test_what_is_wrong_is_told_with_what_is_known_and_code_two(
    store: Store, arguments: tuple[str, ...], says: tuple[str, ...]
) -> None:
    store.record([], [], [], OPENED, [replace(CASE, key="INC-old")])
    later = OPENED + timedelta(minutes=1)
    store.record([], [], [], later, [CASE, replace(DRILL, opened_at=later)])
    agents = [{"member": f"PJSIP/agent-{n}", "queue": "power"} for n in (1, 2)]
    store.put_live({"agents": agents}, OPENED)
    answer = run(*arguments)
    assert answer.exit_code == 2, answer.output
    for part in says:
        assert part in answer.stderr, answer.stderr
    assert "Traceback" not in answer.output
    assert store.intents() == []


def test_with_the_store_away_the_bridge_itself_is_asked(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking an incident on needs no store; here neither answers, and both are named."""
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    for arguments in (("incident", "ack", KEY), ("drill", "end", "evacuation"), ("leave", "grant", "x")):
        answer = run(*arguments)
        assert answer.exit_code == 2
        assert [part in answer.stderr for part in ("store:", "bridge:")] == [True, True], answer.stderr
    assert store.intents() == []


@pytest.mark.parametrize(
    ("command", "title"),
    [("report", "Incident report"), ("fault-form", "Fault form"), ("review", "Closing review")],
)
def test_papers_are_shown_or_written(store: Store, tmp_path: Path, command: str, title: str) -> None:
    tell_incident(store)
    shown = run("incident", command, KEY, "--language", "en")
    assert shown.stdout.startswith(f"# {title}: {KEY}\n")
    file = tmp_path / "paper.html"
    written = run("incident", command, KEY, "--language", "en", "--format", "html", "--out", str(file))
    assert (written.exit_code, "still to be filled" in written.stdout) == (0, True)
    assert f"<title>{title} {KEY}</title>" in file.read_text(encoding="utf-8")


def test_papers_speak_the_sites_first_language_unless_told(store: Store) -> None:
    tell_incident(store)
    assert run("incident", "report", KEY).stdout.startswith("# 突发事件报告")


def test_the_log_of_a_day_is_that_of_the_site(store: Store) -> None:
    tell_incident(store)
    log = run("incident", "log", "--day", "2026-11-21", "--language", "en").stdout
    assert log.startswith("# Leader's log: 2026-11-21\n")
    assert "18:16:00 | mode | power" in log
    assert "nothing was recorded" in run("incident", "log", "--day", "2026-11-20", "--language", "en").stdout


def test_archives_are_made_of_one_or_of_all_that_are_closed(store: Store, tmp_path: Path) -> None:
    tell_incident(store)
    store.record([], [], [], datetime.now(UTC), [DRILL])
    assert "1 in" in run("incident", "archive", "--all", str(tmp_path / "all")).stdout
    assert [folder.name for folder in (tmp_path / "all").iterdir()] == [KEY]
    run("incident", "archive", DRILL.key, str(tmp_path / "one"))
    assert (tmp_path / "one" / DRILL.key / "drill-record.zh-CN.html").is_file()


def test_drills_are_listed_with_those_that_are_overdue(store: Store) -> None:
    """F4."""
    now = datetime.now(UTC)
    store.record([], [], [], now, [replace(DRILL, opened_at=now - timedelta(days=3))])
    rows = {one["name"]: one for one in json.loads(run("drill", "list", "--json").stdout)}
    assert [(name, rows[name]["overdue"]) for name in rows] == [
        ("carrier-lost", True),
        ("voice-platform-lost", True),
        ("evacuation", False),
    ]
    listed = run("drill", "list").stdout.splitlines()
    assert [line.split()[-2:] for line in listed if "carrier-lost" in line] == [["never", "overdue"]]


def test_a_drills_record_is_shown(store: Store) -> None:
    store.record([], [], [], OPENED, [DRILL])
    record = run("drill", "record", DRILL.key, "--language", "en").stdout
    assert record.startswith(f"# DRILL · Drill record: {DRILL.key}\n")


def test_a_drill_is_rehearsed_by_the_real_core_and_its_record_keeps_that(store: Store) -> None:
    """F4: who took part can compare what was done with what the rules would have done."""
    said = run("drill", "rehearse", "evacuation").stdout
    assert "NORMAL → EVACUATED" in said
    assert "everybody told" in said
    store.record([], [], [], OPENED, [DRILL])
    assert run("drill", "start", "evacuation").exit_code == 0
    record = run("drill", "record", DRILL.key, "--language", "en").stdout
    assert "NORMAL → EVACUATED" in record
    unknown = run("drill", "rehearse", "flood")
    assert (unknown.exit_code, "known: carrier-lost" in unknown.output) == (2, True)


def test_the_notice_is_exported(store: Store, tmp_path: Path) -> None:
    """F5."""
    tell_incident(store, closed=False)
    store.put_live({"bridge": {"armed": True, "armed_since": "2026-01-01T00:00:00+00:00"}}, OPENED)
    answer = run("notice", "export", str(tmp_path / "www"))
    assert (answer.exit_code, "power OUTAGE" in answer.stdout) == (0, True)
    whole = json.loads((tmp_path / "www" / "notice.json").read_text(encoding="utf-8"))
    assert [one["mode"] for one in whole["now"]] == ["OUTAGE"]
