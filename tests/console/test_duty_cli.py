"""Danger and fault reports in the terminal (requirement E0): what waits for the duty role, and taking it on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from played_bridge import PlayedBridge, put_away
from typer.testing import CliRunner

from callbacks.rules.passing_on import Report
from callbacks.values import Capture, Matter, NumberSource
from config.policy import DEFAULT_POLICY
from console import bridge_socket
from console.cli import app
from console.commands import shared
from store import Store

pytest_plugins = ["console_fixtures"]
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", url)
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "WAIT_SECONDS", 0.0)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["callbacks", *words])


def test_e0_what_waits_is_listed_with_masked_numbers_until_it_is_taken_on(store: Store) -> None:
    assert "Nothing waits" in run("duty").stdout
    one = Capture(
        "pbx1:7.1",
        AT,
        "power",
        "13912345678",
        "13912345678",
        NumberSource.OWN,
        Matter.DANGER,
        "en",
        3,
        True,
        True,
    )
    store.import_captures([one], "spool", 1, AT)
    store.duty_put([Report("pbx1:7.1", "power", Matter.DANGER, AT, "13912345678", rounds=2)])
    said = run("duty").stdout
    assert "danger pbx1:7.1 power 139****" in said
    assert "told 2 times" in said
    assert "13912345678" in run("duty", "--full").stdout
    store.duty_ack(["pbx1:7.1"], "leader", AT)
    assert "Nothing waits" in run("duty").stdout


def test_e0_taking_on_is_asked_of_the_bridge(store: Store) -> None:
    assert run("ack", "pbx1:7.1", "--who", "leader").exit_code == 0
    assert run("ack", "--matter", "fault", "--who", "leader").exit_code == 0
    asked = [(one.kind, one.payload, one.who) for one in store.pending_intents()]
    assert asked == [
        ("duty-ack", {"captures": ["pbx1:7.1"], "matter": ""}, "leader"),
        ("duty-ack", {"captures": [], "matter": "fault"}, "leader"),
    ]


def test_e0_taking_on_goes_to_the_bridge_itself_while_the_store_is_away(store: Store, tmp_path: Path) -> None:
    store.close()
    for rest in tmp_path.glob("holdfast.db-*"):
        rest.unlink()
    put_away(tmp_path / "holdfast.db")
    with PlayedBridge(bridge_socket.socket_path(tmp_path)).serving() as played:
        played.answer = lambda: "1 taken on by leader"
        said = run("ack", "pbx1:7.1", "--who", "leader")
    assert (said.exit_code, played.asked) == (
        0,
        [("duty-ack", {"captures": ["pbx1:7.1"], "matter": ""}, "leader")],
    )
    assert "1 taken on by leader" in said.stdout
    assert "store away" in said.stderr


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ((), "callbacks duty"),
        (("k", "--matter", "all"), "one of the two"),
        (("--matter", "bill"), "danger, fault or all"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_its_remedy(words: tuple[str, ...], remedy: str) -> None:
    said = run("ack", *words)
    assert said.exit_code != 0
    assert remedy in said.output
