"""Agents and leaders: who may ask for what, by page, by address and as JSON."""

from datetime import datetime
from pathlib import Path

import console_story as story
import pytest
from console_visitor import Visitor
from flask import Flask
from flask.testing import FlaskClient

from config.errors import ConfigErrors
from config.policy import DEFAULT_POLICY
from config.settings import load_settings
from console.web import Site, create_app
from console.web.auth import for_leaders
from console.wsgi import site_of
from store import Store

pytest_plugins = ["console_fixtures"]
pytestmark = pytest.mark.slow
LEADERS_OWN = "a leader's own password"
# Every change that an agent may ask for. A new address that stands neither here nor among a leader's fails the test.
AGENTS_CHANGES = {
    "auth.login_post",
    "auth.logout",
    "desk.extension",
    "desk.take",
    "desk.release",
    "desk.dial",
    "desk.outcome",
    "duty.ack",
    "work.telephone",
    "work.take_next",
    "work.act",
    "api_work.sign_in",
    "api_work.take_next",
    "api_work.act",
}


@pytest.fixture
def app(store: Store) -> Flask:
    """A page with two passwords."""
    site = Site(password=story.PASSWORD, leader_password=LEADERS_OWN, secret_key="k" * 32, known=story.KNOWN)
    return create_app(store, site)


def visitor(app: Flask, password: str) -> Visitor:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    made = Visitor(client)
    assert made.sign_in("somebody", password).status_code == 302
    return made


@pytest.fixture
def agent(app: Flask) -> Visitor:
    return visitor(app, story.PASSWORD)


def test_every_change_is_an_agents_or_a_leaders(app: Flask) -> None:
    with app.app_context():
        changes = {
            rule.endpoint for rule in app.url_map.iter_rules() if rule.methods and "POST" in rule.methods
        }
        open_ = {
            one for one in changes if not for_leaders(one) and not one.startswith(("form.", "measures."))
        }
    assert open_ == AGENTS_CHANGES


def test_an_agent_lands_at_his_work_and_a_leader_at_the_board(app: Flask) -> None:
    for password, place in ((story.PASSWORD, "/work/"), (LEADERS_OWN, "/")):
        client = app.test_client()
        assert Visitor(client).sign_in("x", password).headers["Location"] == place


LEADERS_CHANGES = (
    "/leader/override",
    "/leader/override/end",
    "/leader/recovery",
    "/callbacks/1/let",
    "/callbacks/1/seen",
    "/book/cancel",
    "/book/assign",
    "/book/pause",
    "/book/front",
    "/book/merge",
    "/book/close-group",
    "/book/gone",
    "/incidents/",
    "/incidents/INC-1/close",
    "/incidents/INC-1/hand-over",
)


def test_an_agent_cannot_ask_for_a_leaders_changes_by_address(
    agent: Visitor, store: Store, now: datetime
) -> None:
    story.leave_numbers(store, now)
    before = store.open_promises()
    token = agent.token("/work/")
    fields = {
        "csrf_token": token,
        "promise": "1",
        "why": "x",
        "scope": "power",
        "mode": "OUTAGE",
        "minutes": "5",
    }
    for path in LEADERS_CHANGES:
        answer = agent.client.post(path, data=fields)
        assert answer.status_code == 403, path
        assert "Only a leader may do that." in answer.text
    assert store.open_promises() == before
    assert store.intents() == []


def test_an_agent_cannot_read_a_leaders_lists(agent: Visitor, store: Store, now: datetime) -> None:
    story.leave_numbers(store, now)
    for path in ("/book/", "/book/rows", "/callbacks/", "/api/book"):
        answer = agent.client.get(path)
        assert answer.status_code == 403, path
        assert "139" not in answer.text


def test_an_agent_cannot_ask_for_a_leaders_changes_as_json(
    agent: Visitor, store: Store, now: datetime
) -> None:
    story.leave_numbers(store, now)
    token = agent.client.get("/api/session").json
    assert token is not None
    assert token["role"] == "agent"
    headers = {"X-CSRFToken": token["csrf_token"]}
    answer = agent.client.post("/api/book/cancel", json={"promises": [1], "why": "x"}, headers=headers)
    assert (answer.status_code, answer.json) == (403, {"error": "Only a leader may do that.", "field": "who"})
    assert len(store.open_promises()) == 19


def test_an_agent_sees_no_whole_number_of_a_promise_that_is_not_his(
    agent: Visitor, store: Store, now: datetime
) -> None:
    story.leave_numbers(store, now)
    one = store.open_promises(1)[0]
    for path in (
        f"/work/{one.id}",
        f"/callbacks/{one.id}",
        f"/api/work/{one.id}",
        "/callbacks/missed?full=1",
    ):
        page = agent.client.get(path)
        assert page.status_code == 200, path
        assert one.number not in page.text, path
    assert "To the front" not in agent.client.get(f"/work/{one.id}").text
    assert "By hand" not in agent.client.get("/").text


def test_a_leader_does_both(app: Flask, store: Store, now: datetime) -> None:
    story.leave_numbers(store, now)
    leader = visitor(app, LEADERS_OWN)
    one = store.open_promises(1)[0]
    assert one.number in leader.client.get(f"/work/{one.id}").text
    assert leader.post("/book/pause", "/book/", promise=str(one.id), why="crew").status_code == 303
    paused = store.promise(one.id)
    assert paused is not None
    assert paused.paused


def test_with_one_password_everybody_is_a_leader(client: FlaskClient, store: Store) -> None:
    only = Site(password=story.PASSWORD, secret_key="k" * 32, known=story.KNOWN)
    assert visitor(create_app(store, only), story.PASSWORD).client.get("/book/").status_code == 200


def test_signing_out_forgets_that_somebody_led(app: Flask) -> None:
    leader = visitor(app, LEADERS_OWN)
    leader.post("/logout")
    leader.sign_in("x", story.PASSWORD)
    assert leader.client.get("/book/").status_code == 403


def test_two_equal_passwords_do_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("HOLDFAST_CONSOLE_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("HOLDFAST_CONSOLE_PASSWORD", "the same one")
    monkeypatch.setenv("HOLDFAST_CONSOLE_LEADER_PASSWORD", "another one")
    site = site_of(load_settings())
    assert site.leader_password == "another one"
    assert site.calendar is not None
    monkeypatch.setenv("HOLDFAST_CONSOLE_LEADER_PASSWORD", "the same one")
    with pytest.raises(ConfigErrors, match="CONSOLE_LEADER_PASSWORD"):
        site_of(load_settings())
