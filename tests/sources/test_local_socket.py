"""The store is away: the command line asks the bridge itself, over its socket, and says so."""

import asyncio
import http.client
import json
import socket
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from played_bridge import ROWS, PlayedBridge, put_away
from typer.testing import CliRunner

from ami_bridge.http import doors
from ami_bridge.http.doors import CannotServe, PublicDoor
from ami_bridge.http.server import HttpServer
from ami_bridge.intents import Refused
from config.policy import DEFAULT_POLICY
from console import bridge_socket, summary
from console.bridge_socket import BridgeAway
from console.cli import app
from console.commands import shared
from store import Store, StoreProblem


def refuse(why: str) -> str:
    raise Refused(why)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a site in this test's folder; its database has not been made yet."""
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "WAIT_SECONDS", 0.0)
    return tmp_path / "holdfast.db"


@pytest.fixture
def played(database: Path) -> Iterator[PlayedBridge]:
    with PlayedBridge(bridge_socket.socket_path(database.parent)).serving() as one:
        yield one


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


OUTAGE = ("override", "set", "power", "OUTAGE", "--why", "cable cut", "--who", "li")


# -- the command line


def test_status_comes_from_the_bridge_when_the_store_is_away_and_says_so(
    database: Path, played: PlayedBridge
) -> None:
    put_away(database)
    answer = run("status")
    assert answer.exit_code == 0
    for part in ("OUTAGE", "carrier-a DOWN 0/30", "agent-1 free", "from the bridge's memory", "open –"):
        assert part in answer.stdout, part
    assert "every carrier link is lost" in answer.stdout
    assert answer.stderr.startswith("store away: ")
    assert "the bridge itself was asked" in answer.stderr


def test_status_as_json_says_what_only_the_store_knows(database: Path, played: PlayedBridge) -> None:
    put_away(database)
    answer = run("status", "--json")
    picture = json.loads(answer.stdout)
    assert picture["from_memory"] is True
    assert picture["figures"] == dict.fromkeys(("open", "due", "talking", "done_today", "missed"))
    assert picture["live"]["scopes"][0]["effective"] == "OUTAGE"
    assert picture["bridge"]["fresh"] is True


def test_an_override_goes_to_the_bridge_when_the_store_is_away(database: Path, played: PlayedBridge) -> None:
    put_away(database)
    before = datetime.now(UTC)
    answer = run(*OUTAGE)
    assert (answer.exit_code, answer.stdout.splitlines()[-1]) == (0, "applied mode of power: NORMAL → OUTAGE")
    assert "the bridge itself was asked" in answer.stderr
    ((kind, payload, who),) = played.asked
    assert (kind, who, payload["scope"], payload["mode"]) == ("override-set", "li", "power", "OUTAGE")
    assert datetime.fromisoformat(payload["until"]) - before > timedelta(minutes=29)


def test_a_database_that_cannot_be_opened_is_away_too(database: Path, played: PlayedBridge) -> None:
    database.mkdir()
    assert run("override", "end", "power").exit_code == 0
    assert played.asked[0][0] == "override-end"


def test_a_recovery_time_goes_the_same_way(database: Path, played: PlayedBridge) -> None:
    put_away(database)
    assert run("recovery", "set", "power", "16:30").exit_code == 0
    assert played.asked[0][0] == "recovery-set"
    assert played.asked[0][1]["at"].endswith("08:30:00+00:00")


def test_what_the_bridge_refuses_is_told_with_its_reason(database: Path, played: PlayedBridge) -> None:
    put_away(database)
    played.answer = lambda: refuse("scope power has no override")
    answer = run("override", "end", "power")
    assert answer.exit_code == 1
    assert "refused: scope power has no override" in answer.stderr
    assert "store away" in answer.stderr


def test_what_breaks_in_the_bridge_is_told_as_failed(database: Path, played: PlayedBridge) -> None:
    put_away(database)
    played.answer = lambda: str(1 // 0)
    answer = run("override", "end", "power")
    assert answer.exit_code == 1
    assert "failed: this went wrong in the bridge: ZeroDivisionError" in answer.stderr
    played.answer = lambda: "done"
    assert run("override", "end", "power").exit_code == 0


def test_a_store_that_is_there_is_asked_and_the_socket_is_not(database: Path, played: PlayedBridge) -> None:
    with Store(f"sqlite:///{database}") as store:
        store.migrate()
        answer = run(*OUTAGE)
        assert (answer.exit_code, answer.stderr) == (0, "")
        assert played.asked == []
        assert store.intents(1)[0].kind == "override-set"


def test_the_socket_can_be_asked_for(database: Path, played: PlayedBridge) -> None:
    with Store(f"sqlite:///{database}") as store:
        store.migrate()
        assert run(*OUTAGE, "--socket").exit_code == 0
        assert run("status", "--socket").exit_code == 0
        assert store.intents(1) == []
    assert len(played.asked) == 1


def test_with_neither_store_nor_bridge_both_are_named(database: Path) -> None:
    put_away(database)
    answer = run("status")
    assert answer.exit_code == 2
    assert "store: " in answer.stderr
    assert "bridge: " in answer.stderr
    assert "holdfast bridge" in answer.stderr
    alone = run("status", "--socket")
    assert alone.exit_code == 2
    assert "store: " not in alone.stderr


def test_a_wish_that_stands_in_the_store_is_not_asked_for_a_second_time(
    database: Path, played: PlayedBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(f"sqlite:///{database}") as store:
        store.migrate()
    written = Store.add_intent

    def write_then_lose(self: Store, *words: Any) -> int:
        number = written(self, *words)
        self.close()
        put_away(database)
        for rest in database.parent.glob("holdfast.db-*"):
            rest.unlink()
        return number

    monkeypatch.setattr(Store, "add_intent", write_then_lose)
    answer = run(*OUTAGE)
    assert answer.exit_code == 0
    assert "kept but the store went away before the bridge's answer" in answer.stdout
    assert played.asked == []


# -- the page's own picture


def test_the_picture_comes_from_the_bridge_only_where_its_socket_is_known(
    database: Path, played: PlayedBridge
) -> None:
    now = datetime.now(UTC)
    put_away(database)
    zone = shared.known_now().zone
    with Store(f"sqlite:///{database}") as store:
        with pytest.raises(StoreProblem):
            summary.build(store, now, summary.Known(("power",), zone))
        picture = summary.build(store, now, summary.Known(("power",), zone, played.path))
        assert picture.from_memory
        assert picture.changes[0].reason == "every carrier link is lost"


@pytest.mark.parametrize("said", [{}, {"at": 7, "live": [], "changes": {}}, {"changes": [1, {"at": "soon"}]}])
def test_whatever_the_socket_says_reads_as_unknown(said: dict[str, Any]) -> None:
    picture = summary.from_bridge(said, datetime.now(UTC))
    assert (picture.bridge.never, picture.live.scopes, picture.changes) == (True, (), ())


# -- the socket itself


def test_both_sides_mean_the_same_file() -> None:
    assert bridge_socket.NAME == doors.NAME


def test_only_the_bridges_own_user_may_open_it_and_it_goes_with_the_bridge(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    with PlayedBridge(path).serving():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert bridge_socket.status(path)["live"] == ROWS
    assert not path.exists()
    with pytest.raises(BridgeAway, match="holdfast bridge"):
        bridge_socket.status(path)


def test_what_a_killed_bridge_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with pytest.raises(BridgeAway, match="no bridge listens"):
        bridge_socket.status(path)
    with PlayedBridge(path).serving():
        assert bridge_socket.status(path)["live"] == ROWS


def test_a_living_bridge_is_not_pushed_out(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    with PlayedBridge(path).serving() as one:

        async def second() -> None:
            await one.server().start()

        with pytest.raises(CannotServe, match="another bridge listens"):
            asyncio.run(second())
        assert bridge_socket.status(path)["live"] == ROWS


async def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    path.write_text("somebody's notes")
    one = PlayedBridge(path)
    with pytest.raises(CannotServe, match="is no socket"):
        await one.server().start()
    assert path.read_text() == "somebody's notes"


async def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    one = PlayedBridge(tmp_path / ("x" * 108) / doors.NAME)
    with pytest.raises(CannotServe, match="at most 107 bytes"):
        await one.server().start()


async def test_a_successors_socket_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    one = PlayedBridge(path)
    first, second = one.server(), one.server()
    await first.start()
    path.unlink()
    await second.start()
    await first.close()
    assert path.exists()
    await second.close()
    assert not path.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"kind": "ack", "payload": {}}', "who"),
        (b'{"kind": "ack", "payload": [], "who": "li"}', "payload"),
        (b'{"kind": "ack", "payload": {}, "who": "li", "more": 1}', "more"),
        (b"[" * 60_000, "body"),
    ],
)
def test_a_wish_of_another_shape_is_answered_with_its_field(tmp_path: Path, body: bytes, field: str) -> None:
    with PlayedBridge(tmp_path / doors.NAME).serving() as one:
        connection = bridge_socket._UnixConnection(one.path)
        connection.request("POST", "/intents", body=body)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["problem"].split(":")[0]) == (422, field)
        connection.close()
        assert one.asked == []


def test_what_answers_but_is_no_bridge_is_said(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(path))
        stranger.listen()

        def mumble() -> None:
            peer, _ = stranger.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"220 mail ESMTP\r\n")

        thread = threading.Thread(target=mumble)
        thread.start()
        with pytest.raises(BridgeAway, match=http.client.BadStatusLine.__name__):
            bridge_socket.status(path)
        thread.join()


async def test_closing_what_never_opened_or_closing_twice_is_harmless(tmp_path: Path) -> None:
    path = tmp_path / doors.NAME
    one = PlayedBridge(path)
    api = one.server()
    await api.close()
    path.write_text("somebody's notes")
    with pytest.raises(CannotServe):
        await api.start()
    await api.close()
    assert path.exists()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HttpServer(web.Application(), PublicDoor("127.0.0.1", taken.getsockname()[1]))
        with pytest.raises(CannotServe):
            await server.start()
        await server.close()
