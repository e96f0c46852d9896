"""The command ``holdfast`` over a real store; the bridge is played by the calls that it makes."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import console_story as story
import pytest
from typer.testing import CliRunner

from callbacks.values import Outcome
from config.policy import DEFAULT_POLICY
from console.cli import PLACES, Commands, app
from console.commands import doctor, shared
from console.looks import Warned
from store import Store
from store.intents import IntentState

pytestmark = pytest.mark.slow

pytest_plugins = ["console_fixtures"]


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a site in this test's folder; nobody waits for a bridge."""
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "WAIT_SECONDS", 0.0)


def run(*arguments: str) -> Any:
    """One command: its exit code, output and errors."""
    return CliRunner().invoke(app, list(arguments))


@contextmanager
def bridge_that_answers(url: str, state: IntentState, result: str) -> Iterator[None]:
    """Answers the next intent, as a bridge does."""

    def answer() -> None:
        with Store(url) as store:
            for _ in range(200):
                for intent in store.pending_intents():
                    store.finish_intent(intent.id, state, result, datetime.now(UTC))
                    return
                time.sleep(0.02)

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    thread.join()


def test_version_is_that_of_the_distribution() -> None:
    assert re.fullmatch(r"holdfast \d+\.\d+\.\d+\S*\n", run("--version").stdout)


def test_a_command_that_cannot_be_loaded_is_not_called_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLACES, "status", "status.nothing_of_that_name")
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        Commands().get("status")
    mistaken: dict[str, object] = {}
    monkeypatch.setattr("console.cli.import_module", lambda _: mistaken["a mistake of ours"])
    with pytest.raises(KeyError, match="a mistake of ours"):
        Commands().get("keep")
    assert Commands().get("no such command") is None


def test_status_shows_everything_and_ends_well(store: Store) -> None:
    story.tell_all(store, datetime.now(UTC))
    answer = run("status")
    assert answer.exit_code == 0
    for part in ("NORMAL", "carrier-a UP 9/30", "agent-5 paused", "open 15", "139****1275", "RECOVERING"):
        assert part in answer.stdout, part
    assert "13900001275" not in answer.stdout


def test_status_shows_how_short_dialogues_are_and_what_waits_for_the_duty_role(store: Store) -> None:
    now = datetime.now(UTC)
    story.tell_all(store, now)
    rows = story.live_rows(now)
    rows["bridge"] |= {"length": "express", "lines_used": 0.75}
    rows["duty"] = {
        "open": 3,
        "danger": 1,
        "oldest": now.isoformat(),
        "trouble": "nobody holds the role 'duty'",
    }
    store.put_live(rows, now)
    said = " ".join(run("status").stdout.split())
    assert "dialogue express (75% of the lines in use)" in said
    assert "3 reports wait for the duty role, 1 of danger" in said
    assert "nobody can be told: nobody holds the role 'duty'" in said


def test_status_of_a_silent_bridge_says_since_when_and_ends_with_one(store: Store) -> None:
    now = datetime.now(UTC)
    story.tell_all(store, now)
    store.put_live(story.live_rows(now), now - timedelta(minutes=3))
    answer = run("status")
    assert answer.exit_code == 1
    assert "The bridge does not answer; what follows is as of" in answer.stdout


def test_status_json_ends_well_even_without_a_bridge() -> None:
    answer = run("status", "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["bridge"] == {"never": True, "fresh": False, "age": None}


def test_status_without_any_bridge_says_how_to_start_one() -> None:
    answer = run("status")
    assert answer.exit_code == 1
    assert "holdfast bridge" in answer.stdout


def test_status_json_is_one_object(store: Store) -> None:
    story.tell_all(store, datetime.now(UTC))
    answer = json.loads(run("status", "--json").stdout)
    assert answer["bridge"]["fresh"] is True
    assert answer["figures"]["done_today"] <= 4
    assert answer["live"]["trunks"][0] == {
        "name": "carrier-a",
        "health": "UP",
        "since": answer["live"]["trunks"][0]["since"],
        "detail": "",
        "in_use": 9,
        "channels": 30,
    }


def test_an_override_is_asked_for_with_who_why_and_end(store: Store) -> None:
    before = datetime.now(UTC)
    answer = run("override", "set", "power", "outage", "--why", "cable cut", "--for", "45min", "--who", "li")
    assert answer.exit_code == 0
    assert "kept" in answer.stdout
    intent = store.intents(1)[0]
    assert (intent.kind, intent.who, intent.payload["mode"]) == ("override-set", "li", "OUTAGE")
    until = datetime.fromisoformat(intent.payload["until"])
    assert timedelta(minutes=45) <= until - before < timedelta(minutes=46)


def test_who_asks_is_the_login_name_unless_said(store: Store) -> None:
    run("override", "end", "power")
    assert store.intents(1)[0].who == shared.login_name()


def test_evacuated_has_no_end_unless_one_is_given(store: Store) -> None:
    run("override", "set", "power", "EVACUATED", "--why", "fire alarm")
    assert store.intents(1)[0].payload["until"] is None


def test_what_the_bridge_applied_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "WAIT_SECONDS", 5.0)
    with bridge_that_answers(url, IntentState.APPLIED, "until 10:30"):
        answer = run("override", "set", "power", "OUTAGE", "--why", "x")
    assert (answer.exit_code, answer.stdout) == (0, "applied until 10:30\n")


def test_what_the_bridge_refused_is_told_with_its_reason(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "WAIT_SECONDS", 5.0)
    with bridge_that_answers(url, IntentState.REFUSED, "no override [is] set"):
        answer = run("override", "end", "power")
    assert (answer.exit_code, answer.stderr) == (1, "refused: no override [is] set\n")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30min", 1800), ("2h", 7200), ("15", 900)])
def test_lengths_of_time(store: Store, text: str, seconds: int) -> None:
    before = datetime.now(UTC)
    run("override", "set", "power", "OUTAGE", "--why", "x", "--for", text)
    until = datetime.fromisoformat(store.intents(1)[0].payload["until"])
    assert 0 <= (until - before).total_seconds() - seconds < 30


def test_a_recovery_time_is_asked_for_and_cleared(store: Store) -> None:
    run("recovery", "set", "power", "16:30")
    assert store.intents(1)[0].payload["at"].endswith("08:30:00+00:00")
    run("recovery", "set", "power", "clear")
    assert store.intents(1)[0].payload == {"scope": "power", "at": None}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("override", "set", "nope", "OUTAGE", "--why", "x"), ("'nope'", "known scopes: power")),
        (("override", "set", "power", "FIRE", "--why", "x"), ("'FIRE'", "OUTAGE")),
        (("override", "set", "power", "OUTAGE", "--why", " "), ("--why",)),
        (("override", "set", "power", "OUTAGE", "--why", "x", "--for", "soon"), ("'soon'", "30min")),
        (("override", "set", "power", "OUTAGE", "--why", "x", "--for", "0"), ("'0'",)),
        (("override", "set", "power", "OUTAGE", "--why", "x", "--for", "999999h"), ("999999h",)),
        (("recovery", "set", "power", "25:00"), ("'25:00'", "HH:MM")),
        (("callbacks", "show", "77"), ("no promise 77", "callbacks list")),
        (("callbacks", "seen", "77"), ("no promise 77", "callbacks list --leader")),
        (("callbacks", "list", "--all", "--leader"), ("--leader", "one of the two")),
        (("policy", "check", "/nowhere.yaml"), ("/nowhere.yaml",)),
        (("asterisk", "check", "/nowhere"), ("/nowhere", "render")),
        (("console",), ("CONSOLE_PASSWORD", "CONSOLE_SECRET_KEY", "openssl rand -hex 32")),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy_and_code_two(
    store: Store, arguments: tuple[str, ...], says: tuple[str, ...]
) -> None:
    answer = run(*arguments)
    assert answer.exit_code == 2
    for part in says:
        assert part in answer.stderr, part
    assert "Traceback" not in answer.output
    assert store.intents() == []


def test_all_missing_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "POLICY_FILE", "AMI_SECRET"):
        monkeypatch.delenv(f"HOLDFAST_{name}")
    answer = run("status")
    assert answer.exit_code == 2
    assert [name in answer.stderr for name in ("data_dir", "policy_file", "ami_secret")] == [True] * 3


def test_a_database_without_tables_is_told_and_migrate_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    told = run("status")
    assert (told.exit_code, "holdfast db migrate" in told.stderr) == (2, True)
    assert run("db", "migrate").exit_code == 0
    assert run("db", "migrate").exit_code == 0
    assert run("status").exit_code == 1  # no bridge yet


def test_a_right_policy_is_summed_up() -> None:
    answer = run("policy", "check", str(DEFAULT_POLICY))
    assert answer.exit_code == 0
    assert "carrier-a, carrier-b" in answer.stdout
    assert "observing" in answer.stdout


def test_every_error_of_a_policy_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    file.write_text(
        text.replace("armed: false", "armed: perhaps").replace("channels: 8", "channels: many", 1),
        encoding="utf-8",
    )
    answer = run("policy", "check", str(file))
    assert answer.exit_code == 2
    assert "armed" in answer.stderr
    assert "channels" in answer.stderr
    assert len(re.findall(r"policy\.yaml:\d+ ", answer.stderr)) == 2


def test_asterisk_files_are_rendered_and_the_secret_is_not_for_everyone(tmp_path: Path) -> None:
    answer = run("asterisk", "render", "--out", str(tmp_path / "out"))
    assert answer.exit_code == 0
    assert "[holdfast]" in (tmp_path / "out" / "extensions_holdfast.conf").read_text()
    manager = tmp_path / "out" / "manager_holdfast.conf"
    assert "secret = secret" in manager.read_text()
    assert manager.stat().st_mode & 0o007 == 0


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = run("asterisk", "render", "--out", str(tmp_path / "file" / "out"))
    assert (answer.exit_code, "--out" in answer.stderr) == (2, True)


def test_missing_prompts_are_told_without_end(tmp_path: Path) -> None:
    answer = run("prompts", "check", "--dir", str(tmp_path))
    assert answer.exit_code == 2
    assert "holdfast prompts build" in answer.stderr
    assert re.search(r"… and \d+ more\n", answer.stderr)


def test_callbacks_are_listed_masked_and_shown_whole_on_request(store: Store) -> None:
    now = datetime.now(UTC)
    story.leave_numbers(store, now)
    story.call_back(store, now, (Outcome.BUSY,))
    listed = run("callbacks", "list").stdout
    assert "139****1201" in listed
    assert "13900001201" not in listed
    shown = run("callbacks", "show", "1").stdout
    assert "139****1201" in shown
    assert "busy" in shown
    assert "13900001201" in run("callbacks", "show", "1", "--full").stdout
    assert "own number, tier 1, promised" in shown
    form = story.capture("f2", now, "13700000002", tier=0)
    store.import_captures([form], "spool/f", 2, now)
    assert (
        "entered by hand"
        in run("callbacks", "show", str(max(one.id for one in store.open_promises()))).stdout
    )


def test_the_leader_is_shown_what_nobody_can_settle_and_ticks_it_off(store: Store) -> None:
    """Nothing ends in silence: an unknown outcome is somebody's to look at."""
    now = datetime.now(UTC)
    story.leave_numbers(store, now)
    assert "Nothing to look at." in run("callbacks", "list", "--leader").stdout
    story.call_back(store, now, (Outcome.UNKNOWN, Outcome.BUSY))
    assert store.cancel(4, now, "premium", attention=True)
    listed = json.loads(run("callbacks", "list", "--leader", "--json").stdout)
    assert [(row["id"], row["state"], row["reason"]) for row in listed] == [
        (1, "open", "unknown"),
        (4, "cancelled", "premium"),
    ]
    assert "139****" in run("callbacks", "list", "--leader").stdout
    before = store.promise(1)
    assert "promise 1 is off the leader's list" in run("callbacks", "seen", "1").stdout
    assert before is not None
    assert store.promise(1) == replace(before, attention=False)
    assert [one.id for one in store.for_leader()] == [4]
    again = run("callbacks", "seen", "1")
    assert (again.exit_code, "was not on the leader's list" in again.stdout) == (0, True)


def test_the_doctor_names_what_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("HOLDFAST_AMI_PORT", str(port))
    answer = run("doctor")
    assert answer.exit_code == 2
    assert f"no manager at 127.0.0.1 port {port}" in answer.stderr
    assert "prompts_dir" in answer.stderr
    assert "the store can be used" in answer.stdout
    assert "nobody is rung for danger" in answer.stderr
    assert "start the bridge once" in answer.stderr


def test_a_wrong_policy_does_not_hide_what_else_the_doctor_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "policy.yaml"
    wrong.write_text("scopes: 7\n")
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(wrong))
    answer = run("doctor")
    assert answer.exit_code == 2
    assert "policy.yaml:1 scopes" in answer.stderr
    assert "prompts_dir" in answer.stderr
    assert answer.stderr.count("no manager at") == 1
    assert "danger" not in answer.stderr


def test_warnings_alone_do_not_fail_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(_place: object) -> str:
        raise Warned("danger.oncall", "nobody is rung", "name somebody")

    def well(_place: object) -> str:
        return "all is well"

    monkeypatch.setattr(doctor, "looks", lambda: (well, warned))
    answer = run("doctor")
    assert (answer.exit_code, answer.stdout) == (0, "well all is well\n")
    assert answer.stderr.splitlines() == ["danger.oncall: nobody is rung", "    name somebody"]


def test_a_taken_port_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_CONSOLE_PASSWORD", "pw")
    monkeypatch.setenv("HOLDFAST_CONSOLE_SECRET_KEY", "k" * 32)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run("console", "--port", str(port))
    assert answer.exit_code == 2
    assert f"port {port}" in answer.stderr
    assert "--port" in answer.stderr


def test_the_command_line_works_as_a_program(store: Store) -> None:
    """The entry point itself, in a process of its own."""
    program = [sys.executable, "-c", "from console.cli import main; main()", "override", "end", "nope"]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == ["scope: there is no scope 'nope'", "    known scopes: power"]


def test_the_bridge_is_started_before_anything_else_is_loaded() -> None:
    """It is a second of each restart, while callers are in a lower tier."""
    program = (
        "import runpy, sys\n"
        "runpy.run_module = lambda name, **_: print(name, 'console.cli' in sys.modules) or sys.exit(0)\n"
        "sys.argv = ['holdfast', 'bridge']\n"
        "from console.entry import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "ami_bridge False\n"
