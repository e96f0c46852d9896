"""Danger and fault reports that wait for the duty role (E0, E3): seen with their age, taken on by a button."""

from dataclasses import replace
from datetime import datetime, timedelta

import console_story as story
import pytest
from console_visitor import Visitor
from flask.testing import FlaskClient

from callbacks.rules.passing_on import Report
from callbacks.values import Matter
from store import Store
from store.intents import IntentState

pytestmark = pytest.mark.slow

pytest_plugins = ["console_fixtures"]


def report(key: str, at: datetime, number: str, matter: Matter = Matter.FAULT, rounds: int = 0) -> Report:
    """As the bridge keeps it."""
    told = at + timedelta(seconds=30) if rounds else None
    return Report(f"pbx1:{key}", "power", matter, at, number, "xihu", rounds, told)


@pytest.fixture
def told(store: Store, now: datetime) -> Store:
    """One danger and two faults, the danger the youngest."""
    numbers = {"1.1": "13900000001", "2.1": "13900000002", "3.1": "13900000003"}
    captures = [
        story.capture(key, now, number, matter=Matter.DANGER if key == "3.1" else Matter.FAULT, region="xihu")
        for key, number in numbers.items()
    ]
    store.import_captures(captures, "spool/test", 1, now)
    store.duty_put(
        [
            report("1.1", now - timedelta(minutes=9), numbers["1.1"], rounds=2),
            report("2.1", now - timedelta(minutes=8), numbers["2.1"]),
            report("3.1", now - timedelta(minutes=1), numbers["3.1"], Matter.DANGER, rounds=1),
        ]
    )
    rows = story.live_rows(now)
    rows["duty"] = {"open": 3, "danger": 1, "oldest": story.iso(now - timedelta(minutes=9)), "trouble": ""}
    store.put_live(rows, now)
    return store


@pytest.fixture
def person(client: FlaskClient, told: Store) -> Visitor:
    visitor = Visitor(client)
    visitor.sign_in("person on duty")
    return visitor


def test_the_board_says_that_danger_waits_and_shows_no_number(person: Visitor) -> None:
    board = person.client.get("/live").text
    assert "Danger: 1 of 3 reports wait for the duty role" in board
    assert 'href="/duty/"' in board
    assert "13900000003" not in board


def test_danger_comes_first_and_whoever_is_on_duty_sees_whom_to_call(person: Visitor, now: datetime) -> None:
    page = person.client.get("/duty/").text
    assert page.index("13900000003") < page.index("13900000001") < page.index("13900000002")
    for part in (
        "xihu",
        "2×, last",
        "not yet",
        f'datetime="{(now - timedelta(minutes=9)).isoformat()}" data-age',
    ):
        assert part in page, part


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({"capture": "pbx1:3.1"}, {"captures": ["pbx1:3.1"], "matter": ""}),
        ({"matter": "danger"}, {"captures": [], "matter": "danger"}),
        ({"matter": "fault"}, {"captures": [], "matter": "fault"}),
    ],
)
def test_taking_on_asks_the_bridge(
    person: Visitor, told: Store, fields: dict[str, str], payload: dict[str, object]
) -> None:
    answer = person.post("/duty/ack", "/duty/", **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/duty/")
    intent = told.intents(1)[0]
    assert (intent.kind, intent.who, intent.payload) == ("duty-ack", "person on duty", payload)
    assert "Take reports on: waiting for the bridge" in person.client.get("/duty/reports").text
    board = person.client.get("/").text
    assert (fields.get("capture") or fields["matter"]) in board[board.index("intents-title") :]


def test_what_was_taken_on_is_gone_without_reloading_and_the_rest_stays(
    person: Visitor, told: Store, now: datetime
) -> None:
    before = person.client.get("/duty/reports")
    same = person.client.get("/duty/reports", headers={"If-None-Match": before.headers["ETag"]})
    assert same.status_code == 304
    person.post("/duty/ack", "/duty/", capture="pbx1:3.1")
    told.duty_ack(["pbx1:3.1"], "person on duty", now)
    told.finish_intent(told.intents(1)[0].id, IntentState.APPLIED, "1 taken on", now)
    after = person.client.get("/duty/reports", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "13900000003" not in after.text
    assert "13900000001" in after.text
    assert "ack-danger" not in after.text


@pytest.mark.parametrize(
    ("fields", "says"), [({}, "Choose what you take on"), ({"matter": "bill"}, "There is no matter")]
)
def test_a_wish_for_nothing_is_refused(
    person: Visitor, told: Store, fields: dict[str, str], says: str
) -> None:
    answer = person.post("/duty/ack", "/duty/", **fields)
    assert answer.status_code == 400
    assert says in answer.text
    assert told.intents() == []


def test_that_nobody_can_be_told_is_said_in_both_places(person: Visitor, told: Store, now: datetime) -> None:
    rows = story.live_rows(now)
    rows["duty"] = {"open": 1, "danger": 0, "oldest": None, "trouble": "nobody holds the role 'duty'"}
    told.put_live(rows, now)
    for path in ("/live", "/duty/reports"):
        assert "Nobody can be told: nobody holds the role" in person.client.get(path).text, path
    assert "1 fault reports wait" in person.client.get("/live").text


def test_a_storm_is_shown_in_part_and_counted_whole(person: Visitor, told: Store, now: datetime) -> None:
    many = [report(f"9{n}.1", now, "") for n in range(300)]
    told.duty_put([replace(one, at=one.at + timedelta(seconds=n)) for n, one in enumerate(many)])
    page = person.client.get("/duty/reports").text
    assert "Take on all faults (302)" in page
    assert "first 200 of 303" in page
    assert page.count('class="report') == 200


def test_without_signing_in_nobody_sees_or_takes_on_anything(client: FlaskClient, told: Store) -> None:
    assert client.get("/duty/").status_code == 302
    assert client.get("/duty/reports", headers={"HX-Request": "true"}).status_code == 401
    assert client.post("/duty/ack", data={"matter": "all"}).status_code in (302, 400)
    assert told.intents() == []


@pytest.mark.parametrize(
    ("length", "says"),
    [
        ("full", "everything is asked"),
        ("express", "one key, or a number keyed in"),
        ("message", "the number is taken without a question"),
    ],
)
def test_the_board_says_how_long_dialogues_are(
    person: Visitor, told: Store, now: datetime, length: str, says: str
) -> None:
    rows = story.live_rows(now)
    rows["bridge"] |= {"length": length, "lines_used": 0.72}
    told.put_live(rows, now)
    board = person.client.get("/live").text
    assert says in board
    assert "72 % of the lines in use" in board


def test_a_bridge_that_does_not_say_how_long_shows_no_length(person: Visitor) -> None:
    assert "Dialogue of new calls" not in person.client.get("/live").text
