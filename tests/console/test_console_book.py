"""A leader's page of the book: found, marked, moved, paused, cancelled and handed on, many at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import console_story as story
import pytest
from console_visitor import Visitor
from flask.testing import FlaskClient

from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed
from callbacks.values import PromiseState
from store import Store

pytest_plugins = ["console_fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture
def leader(client: FlaskClient, store: Store, now: datetime) -> Visitor:
    """A leader over nineteen promises."""
    story.leave_numbers(store, now)
    store.put_live(story.live_rows(now), now)
    made = Visitor(client)
    made.sign_in()
    return made


def post(leader: Visitor, action: str, fields: Mapping[str, object]) -> str:
    token = leader.token("/book/")
    answer = leader.client.post(f"/book/{action}", data={"csrf_token": token, **fields})
    assert answer.status_code == 303, answer.text
    return leader.client.get(answer.headers["Location"]).text


def test_the_list_is_masked_filtered_and_goes_on_from_where_it_ended(
    leader: Visitor, store: Store, now: datetime
) -> None:
    many = [
        story.capture(f"m{n}", now - timedelta(hours=9, seconds=n), f"1380001{n:04d}", reference=f"{n:06d}")
        for n in range(60)
    ]
    store.import_captures(many, "spool/many", 1, now)
    page = leader.client.get("/book/").text
    assert page.count('name="promise"') == 50
    assert "138****" in page
    assert "13800010007" not in page
    after = page.split("after=")[1].split('"')[0]
    assert leader.client.get(f"/book/?after={after}").text.count('name="promise"') == 29
    assert leader.client.get("/book/?number=13800010007").text.count('name="promise"') == 1
    assert leader.client.get("/book/?reference=000007").text.count('name="promise"') == 1
    assert leader.client.get("/book/?matter=bill").text.count('name="promise"') == 3
    assert leader.client.get("/book/?matter=melted&state=x&when=y").status_code == 200
    assert leader.client.get("/book/?after=melted").status_code == 400


def test_the_rows_are_sent_once_while_nothing_changes(leader: Visitor, store: Store, now: datetime) -> None:
    tag = leader.client.get("/book/rows").headers["ETag"]
    assert leader.client.get("/book/rows", headers={"If-None-Match": tag}).status_code == 304
    store.pause([1], now, "x", "y")
    assert leader.client.get("/book/rows", headers={"If-None-Match": tag}).status_code == 200


def test_many_are_done_at_once_with_a_reason(leader: Visitor, store: Store) -> None:
    page = post(
        leader, "cancel", {"promise": ["1", "2"], "why": "line closed for good", "query": "scope=power"}
    )
    assert "2 done." in page
    for number in (1, 2):
        one = store.promise(number)
        assert one is not None
        assert (one.state, one.reason) == (PromiseState.CANCELLED, "line closed for good")
        assert [touch.who for touch in store.history(number)][-1] == "shift leader"
    page = post(leader, "pause", {"promise": ["1", "3"], "why": "crew", "query": ""})
    assert "1 done." in page
    assert "Left as they were, being called or closed: #1." in page


def test_handed_over_and_given_back_to_everybody(leader: Visitor, store: Store) -> None:
    post(leader, "assign", {"promise": ["3"], "agent": "PJSIP/agent-3", "query": ""})
    assert leader.client.get("/book/?agent=PJSIP/agent-3").text.count('name="promise"') == 1
    post(leader, "assign", {"promise": ["3"], "agent": "", "query": ""})
    one = store.promise(3)
    assert one is not None
    assert one.assigned == ""


def test_a_place_is_given_on_the_card(leader: Visitor, store: Store) -> None:
    page = post(leader, "front", {"promise": "7", "back": "card"})
    assert "Promise 7 is in front." in page
    assert "moved to another place" in page
    page = post(leader, "before", {"promise": "8", "before": "#7", "back": "card"})
    assert "Promise 8 is before 7." in page


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("cancel", {"promise": ["1"], "why": ""}, "Say why"),
    ("cancel", {"why": "x"}, "Choose promises first."),
    ("cancel", {"promise": ["x"], "why": "x"}, "Give the number of a promise."),
    ("assign", {"promise": ["1"], "agent": "PJSIP/nobody"}, "There is no agent"),
    ("before", {"promise": "1", "before": "1"}, "the same promise"),
    ("merge", {"promise": "1", "into": "2"}, "one number, or about the same fault"),
    ("close-group", {"fault": "x", "why": "x"}, "No open promise"),
    ("gone", {"pbx": "west", "why": "x"}, "No call is in flight on an Asterisk “west”."),
]


def test_what_cannot_be_done_is_told(leader: Visitor, store: Store) -> None:
    before, token = store.open_promises(), leader.token("/book/")
    for action, fields, says in WRONG:
        answer = leader.client.post(f"/book/{action}", data={"csrf_token": token, **fields})
        assert answer.status_code == 400, (action, fields)
        assert says in answer.text, (action, fields)
    assert store.open_promises() == before


def owing(by: datetime) -> Terms:
    """A first attempt is owed then."""
    return Terms(owed=lambda _matter, _at: Owed(first_by=by))


def test_what_is_owed_is_marked_on_the_book_the_board_and_the_desk(
    leader: Visitor, store: Store, now: datetime
) -> None:
    """E2, E3."""
    for number, by in (("13700000001", -5), ("13700000002", 30)):
        call = story.capture(number, now - timedelta(hours=1), number)
        terms = owing(now + timedelta(minutes=by))
        store.import_captures([call], "spool/t", 1, now, terms=terms)
    page = leader.client.get("/book/").text
    assert page.count('class="mark late"') == 2, "once on top and once in its place"
    assert page.count('class="mark soon"') == 2
    assert leader.client.get("/book/?when=late").text.count('name="promise"') == 1
    board = leader.client.get("/live").text
    assert "1 are late" in board
    assert "1 are owed soon" in board
    (late,) = store.late(now)
    store.assign([late.id], "PJSIP/agent-2", now, "x")
    leader.post("/work/telephone", "/work/", member="PJSIP/agent-2")
    assert "late: first attempt" in leader.client.get("/work/panel").text


def test_a_group_of_the_same_fault_is_shown_and_closed(leader: Visitor, store: Store, now: datetime) -> None:
    """C3."""
    terms = Terms(fault=lambda one: f"power/{one.region}/20000" if one.region else "")
    calls = [
        story.capture(f"f{n}", now - timedelta(minutes=n), f"1370000010{n}", region="north")
        for n in (1, 2, 3)
    ]
    store.import_captures(calls, "spool/t", 1, now, terms=terms)
    page = leader.client.get("/book/?fault=power/north/20000").text
    assert page.count('name="promise"') == 3
    assert "The same fault" in page
    number = store.search(number="13700000101")[0].id
    assert "2 others report the same fault." in leader.client.get(f"/work/{number}").text
    assert "3 done." in post(
        leader, "close-group", {"fault": "power/north/20000", "why": "mended", "query": ""}
    )


def test_programs_page_through_the_book(leader: Visitor) -> None:
    body = leader.client.get("/api/book").json
    assert body is not None
    assert len(body["promises"]) == 19
    assert body["after"] == ""
    assert all("****" in one["number"] for one in body["promises"])
    token = leader.client.get("/api/session").json
    assert token is not None
    headers = {"X-CSRFToken": token["csrf_token"]}
    answer = leader.client.post("/api/book/pause", json={"promises": [1, 2], "why": "crew"}, headers=headers)
    assert answer.json == {"ok": True, "done": [1, 2], "left": []}
