"""Who may see the page, what it refuses, and what it shows."""

import json
from datetime import datetime, timedelta

import console_story as story
import pytest
from console_story import PASSWORD
from console_visitor import Visitor
from flask import Flask
from flask.testing import FlaskClient

from console.web import Site, create_app
from console.web.auth import Brake
from store import Store

pytestmark = pytest.mark.slow

pytest_plugins = ["console_fixtures"]


@pytest.mark.parametrize("path", ["/", "/live", "/desk/panel", "/nowhere"])
def test_without_signing_in_every_page_leads_to_the_form(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


def test_programs_are_told_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/api/status")
    assert (answer.status_code, answer.json) == (401, {"error": "sign in first"})
    assert client.get("/live", headers={"HX-Request": "true"}).status_code == 401


def test_health_is_open_and_says_nothing_else(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"ok": True}


def test_the_right_password_opens_and_signing_out_closes(client: FlaskClient) -> None:
    visitor = Visitor(client)
    assert visitor.sign_in().headers["Location"] == "/"
    assert "shift leader" in client.get("/").text
    assert visitor.post("/logout").status_code == 302
    assert client.get("/").status_code == 302


def test_a_wrong_password_is_refused_and_never_shown_again(client: FlaskClient) -> None:
    answer = Visitor(client).sign_in(password="guess-this-one")
    assert answer.status_code == 403
    assert "The password is wrong." in answer.text
    assert "guess-this-one" not in answer.text


def test_after_five_wrong_passwords_even_the_right_one_must_wait(client: FlaskClient) -> None:
    visitor = Visitor(client)
    assert [visitor.sign_in(password="x").status_code for _ in range(5)] == [403] * 5
    answer = visitor.sign_in()
    assert answer.status_code == 429
    assert "Try again in" in answer.text


def test_the_brake_lets_go_after_its_rest_and_forgets_on_success() -> None:
    at = 0.0
    brake = Brake(tries=2, rest=30, clock=lambda: at)
    brake.failed("a")
    brake.failed("a")
    assert brake.wait("a") == 30
    assert brake.wait("b") == 0
    at = 31
    assert brake.wait("a") == 0
    brake.failed("a")
    assert brake.wait("a") == 30
    brake.passed("a")
    assert brake.wait("a") == 0


def test_the_brake_stays_small_under_many_addresses() -> None:
    brake = Brake(limit=10)
    for number in range(100):
        brake.failed(str(number))
    assert len(brake._failed) == 10


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "line\nbreak"])
def test_a_name_that_cannot_stand_in_a_record_is_refused(client: FlaskClient, name: str) -> None:
    assert Visitor(client).sign_in(who=name).status_code == 400


@pytest.mark.parametrize(
    "path", ["/login", "/logout", "/desk/take", "/desk/dial", "/desk/outcome", "/leader/override"]
)
def test_a_form_without_its_token_is_refused(client: FlaskClient, path: str) -> None:
    Visitor(client).sign_in()
    answer = client.post(path, data={"who": "x", "password": PASSWORD})
    assert answer.status_code == 400
    assert "out of date" in answer.text


def test_without_password_or_key_no_app_is_made(store: Store, app: Flask) -> None:
    site = app.extensions["holdfast-site"]
    with pytest.raises(ValueError, match="console_password and console_secret_key"):
        create_app(store, Site(password="", secret_key="k" * 32, known=site.known))


def test_every_answer_carries_the_guarding_headers(client: FlaskClient) -> None:
    Visitor(client).sign_in()
    for path in ("/", "/live", "/login", "/nowhere", "/static/app.css"):
        with client.get(path) as answer:
            headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
    cookie = Visitor(client).post("/login", who="x", password="x").headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    Visitor(client).sign_in()
    text = client.get("/").text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
    assert "<script>" not in text
    assert 'style="' not in text


def test_modes_trunks_agents_and_promises_are_shown(client: FlaskClient, store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    Visitor(client).sign_in()
    text = client.get("/").text
    for part in (
        "Normal",
        "Callers reach the queue",
        "carrier-a",
        "agent-6",
        "fault report",
        "Outage → Recovering",
    ):
        assert part in text, part


def test_numbers_on_the_board_are_masked(client: FlaskClient, store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    Visitor(client).sign_in()
    text = client.get("/live").text
    assert "139****1201" not in text  # done: no longer open
    assert "139****1275" in text
    assert "13900001275" not in text


def test_a_silent_bridge_is_told_plainly(client: FlaskClient, store: Store, now: datetime) -> None:
    Visitor(client).sign_in()
    assert "has never written" in client.get("/live").text
    store.put_live(story.live_rows(now), now - timedelta(minutes=5))
    assert "The bridge does not answer" in client.get("/live").text


def test_observing_only_is_told_plainly(client: FlaskClient, store: Store, now: datetime) -> None:
    rows = story.live_rows(now)
    rows["bridge"]["armed"] = False
    store.put_live(rows, now)
    Visitor(client).sign_in()
    assert "Observing only" in client.get("/live").text


def test_an_unchanged_board_is_not_sent_again(client: FlaskClient, store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    Visitor(client).sign_in()
    for path in ("/live", "/desk/panel"):
        tag = client.get(path).headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b""), path
    tag = client.get("/live").headers["ETag"]
    store.put_live({"scopes": {"power": story.scope_row(now, waiting=7)}}, now)
    assert client.get("/live", headers={"If-None-Match": tag}).status_code == 200


def test_the_other_language_is_another_board(client: FlaskClient, store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    Visitor(client).sign_in()
    tag = client.get("/live").headers["ETag"]
    assert "正常" in client.get("/?lang=zh-CN").text
    answer = client.get("/live", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "回呼承诺" in answer.text


@pytest.mark.parametrize(
    ("wants", "heading"),
    [("zh-CN,zh;q=0.9", "登录"), ("zh", "登录"), ("en-GB,en", "Sign in"), ("fr", "登录"), ("", "登录")],
)
def test_the_language_follows_the_browser(app: Flask, wants: str, heading: str) -> None:
    assert f"<h1>{heading}</h1>" in app.test_client().get("/login", headers={"Accept-Language": wants}).text


def test_hostile_words_in_rows_are_shown_as_words(client: FlaskClient, store: Store, now: datetime) -> None:
    rows = story.live_rows(now)
    rows["trunks"]["<script>alert(1)</script>"] = story.trunk_row(now, health="DOWN", detail="<img src=x>")
    store.put_live(rows, now)
    Visitor(client).sign_in()
    text = client.get("/live").text
    assert "&lt;script&gt;alert(1)" in text
    assert "<img" not in text


def test_json_is_what_the_command_line_prints(client: FlaskClient, store: Store, now: datetime) -> None:
    story.tell_all(store, now)
    Visitor(client).sign_in()
    answer = client.get("/api/status").json
    assert answer is not None
    assert set(answer) == {
        "at",
        "bridge",
        "live",
        "figures",
        "promises",
        "calls",
        "changes",
        "intents",
        "from_memory",
        "owed",
    }
    assert answer["figures"]["open"] == 15
    assert json.dumps(answer).count("****") >= 15


def test_what_a_leader_asks_for_is_written_with_name_and_reason(
    client: FlaskClient, store: Store, now: datetime
) -> None:
    visitor = Visitor(client)
    visitor.sign_in()
    wish = {"scope": "power", "mode": "OUTAGE", "why": "cable cut", "minutes": "45"}
    assert visitor.post("/leader/override", **wish).status_code == 302
    intent = store.intents(1)[0]
    assert (intent.kind, intent.who) == ("override-set", "shift leader")
    until = datetime.fromisoformat(intent.payload["until"])
    assert timedelta(minutes=44) < until - now < timedelta(minutes=46)
    assert "waiting for the bridge" in client.get("/live").text


def test_the_answer_of_the_bridge_is_shown(client: FlaskClient, store: Store, now: datetime) -> None:
    visitor = Visitor(client)
    visitor.sign_in()
    visitor.post("/leader/override/end", scope="power")
    intent = store.intents(1)[0]
    store.finish_intent(intent.id, type(intent.state).REFUSED, "no override is set", now)
    text = client.get("/live").text
    assert "no override is set" in text
    assert "refused" in text


def test_evacuated_by_hand_has_no_end(client: FlaskClient, store: Store) -> None:
    visitor = Visitor(client)
    visitor.sign_in()
    visitor.post("/leader/override", scope="power", mode="EVACUATED", why="fire alarm", minutes="30")
    assert store.intents(1)[0].payload["until"] is None


@pytest.mark.parametrize("at", ["", "16:30"])
def test_a_recovery_time_is_written_or_cleared(client: FlaskClient, store: Store, at: str) -> None:
    visitor = Visitor(client)
    visitor.sign_in()
    visitor.post("/leader/recovery", scope="power", at=at)
    said = store.intents(1)[0].payload["at"]
    assert said is None if at == "" else said.endswith("08:30:00+00:00")


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        (
            "/leader/override",
            {"scope": "nope", "mode": "OUTAGE", "why": "x", "minutes": "5"},
            "Known: power, billing",
        ),
        ("/leader/override", {"scope": "power", "mode": "FIRE", "why": "x", "minutes": "5"}, "no mode"),
        ("/leader/override", {"scope": "power", "mode": "OUTAGE", "why": " ", "minutes": "5"}, "Say why"),
        ("/leader/override", {"scope": "power", "mode": "OUTAGE", "why": "x", "minutes": "0"}, "from 1 to"),
        (
            "/leader/override",
            {"scope": "power", "mode": "OUTAGE", "why": "x", "minutes": "9" * 5000},
            "from 1 to",
        ),
        ("/leader/override", {"scope": "power", "mode": "OUTAGE", "why": "x", "minutes": "½"}, "from 1 to"),
        ("/leader/recovery", {"scope": "power", "at": "25:00"}, "HH:MM"),
        ("/desk/extension", {"member": "PJSIP/nobody"}, "no agent"),
        ("/desk/take", {}, "Choose your telephone first"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_written(
    client: FlaskClient, store: Store, now: datetime, path: str, fields: dict[str, str], says: str
) -> None:
    story.tell_all(store, now)
    visitor = Visitor(client)
    visitor.sign_in()
    answer = visitor.post(path, **fields)
    assert answer.status_code == 400
    assert says in answer.text
    assert store.intents() == []


def test_a_store_that_is_away_is_named_with_the_remedy(client: FlaskClient, store: Store, url: str) -> None:
    Visitor(client).sign_in()
    with store._database.write() as connection:
        connection.exec_driver_sql("DROP TABLE live")
    answer = client.get("/live")
    assert answer.status_code == 503
    assert "holdfast db migrate" in answer.text


def test_too_much_is_refused(client: FlaskClient) -> None:
    visitor = Visitor(client)
    visitor.sign_in()
    assert visitor.post("/leader/override", why="x" * 100_000).status_code == 413


def test_while_observing_the_page_does_not_claim_that_callers_are_switched(
    client: FlaskClient, store: Store, now: datetime
) -> None:
    flag = {"written": False, "at": None}
    rows = story.live_rows(now, power=story.scope_row(now, effective="OUTAGE", action="capture", flag=flag))
    rows["bridge"]["armed"] = False
    store.put_live(rows, now)
    Visitor(client).sign_in()
    text = client.get("/live").text
    assert "observing only, they still reach the queue" in text
    assert "hear the announcement" not in text
    assert "not yet confirmed" not in text


def test_an_unconfirmed_flag_is_told(client: FlaskClient, store: Store, now: datetime) -> None:
    flag = {"written": False, "at": None}
    store.put_live(story.live_rows(now, power=story.scope_row(now, flag=flag)), now)
    Visitor(client).sign_in()
    assert "not yet confirmed by Asterisk" in client.get("/live").text
