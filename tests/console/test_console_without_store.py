"""The page while the store is away: the bridge's own picture, and a leader's wish straight to it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from console_story import KNOWN, PASSWORD
from console_visitor import Visitor
from flask.testing import FlaskClient
from played_bridge import ROWS, PlayedBridge, put_away

from config.policy import DEFAULT_POLICY
from config.settings import load_settings
from console import bridge_socket
from console.web import Site, create_app
from console.wsgi import site_of
from store import Store

pytest_plugins = ["console_fixtures"]


@pytest.fixture
def played(tmp_path: Path) -> Iterator[PlayedBridge]:
    with PlayedBridge(bridge_socket.socket_path(tmp_path)).serving() as one:
        yield one


@pytest.fixture
def visitor(store: Store, played: PlayedBridge) -> Visitor:
    """Signed in, at a page that knows the bridge's socket."""
    known = replace(KNOWN, socket=played.path)
    client: FlaskClient = create_app(store, Site(PASSWORD, "k" * 32, known)).test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    one = Visitor(client)
    one.sign_in()
    return one


def lose(store: Store, tmp_path: Path) -> None:
    store.close()
    for rest in tmp_path.glob("holdfast.db-*"):
        rest.unlink()
    put_away(tmp_path / "holdfast.db")


def test_the_page_goes_on_from_the_bridges_memory(store: Store, visitor: Visitor, tmp_path: Path) -> None:
    lose(store, tmp_path)
    page = visitor.client.get("/")
    assert page.status_code == 200
    for part in ("Store away", "OUTAGE", "carrier-a", "<b>–</b>"):
        assert part in page.text, part
    answer = visitor.client.get("/api/status").json
    assert answer is not None
    assert answer["from_memory"] is True


def test_a_leaders_wish_goes_to_the_bridge_itself(
    store: Store, visitor: Visitor, played: PlayedBridge, tmp_path: Path
) -> None:
    lose(store, tmp_path)
    visitor.post("/leader/override", scope="power", mode="OUTAGE", why="cable cut", minutes="30")
    assert [(kind, who) for kind, _, who in played.asked] == [("override-set", "shift leader")]
    assert "mode of power: NORMAL → OUTAGE" in visitor.client.get("/").text


def test_danger_is_counted_and_taken_on_over_the_bridge_itself(
    store: Store, visitor: Visitor, played: PlayedBridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROWS, "duty", {"open": 3, "danger": 1, "oldest": None, "trouble": ""})
    played.answer = lambda: "1 taken on by shift leader"
    lose(store, tmp_path)
    page = visitor.client.get("/duty/").text
    for part in ("Store away", "Take on all of danger (1)", "Take on all faults (2)"):
        assert part in page, part
    visitor.post("/duty/ack", "/duty/", matter="danger")
    assert played.asked == [("duty-ack", {"captures": [], "matter": "danger"}, "shift leader")]
    assert "1 taken on by shift leader" in visitor.client.get("/duty/").text


def test_without_a_bridge_the_stores_problem_is_told(store: Store, tmp_path: Path) -> None:
    known = replace(KNOWN, socket=bridge_socket.socket_path(tmp_path))
    client = create_app(store, Site(PASSWORD, "k" * 32, known)).test_client()
    Visitor(client).sign_in()
    lose(store, tmp_path)
    assert client.get("/api/status").status_code == 503


def test_the_page_knows_socket_and_recordings_of_its_own_data_directory_and_how_numbers_are_dialled(
    tmp_path: Path,
) -> None:
    settings = load_settings(
        data_dir=tmp_path,
        policy_file=DEFAULT_POLICY,
        ami_secret="secret",
        console_password="password",
        console_secret_key="k" * 32,
    )
    site = site_of(settings)
    assert site.known.socket == tmp_path / "bridge.sock"
    assert site.dialled("+8613700000055") == site.dialled("008613700000055") == "13700000055"
    assert site.dialled("5555") == "5555", "what is no whole number stays as it was written"
    assert site.shelf is not None
    assert (site.shelf.own, site.shelf.remote) == (tmp_path / "recordings", tmp_path / "remote")
