"""An agent's page: his card whole, everything on it done by a form, and nothing of it lost on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import console_story as story
import pytest
from console_visitor import Visitor
from flask import Flask
from flask.testing import FlaskClient

from callbacks.rules.hours import CallCalendar, Span
from callbacks.values import Matter, Outcome, Promise, PromiseState, Settled
from console.web import Site, create_app
from store import Store

pytest_plugins = ["console_fixtures"]
pytestmark = pytest.mark.slow
MEMBER = "PJSIP/agent-2"
LEADERS_OWN = "a leader's own password"


def always(now: datetime) -> CallCalendar:
    """People may be called at any hour."""
    around = Span(now - timedelta(days=30), now + timedelta(days=60))
    return CallCalendar((around,), (around,))


@pytest.fixture
def app(store: Store) -> Flask:
    site = Site(
        password=story.PASSWORD,
        leader_password=LEADERS_OWN,
        secret_key="k" * 32,
        known=story.KNOWN,
        calendar=always,
    )
    return create_app(store, site)


@pytest.fixture
def ready(store: Store, now: datetime) -> Store:
    """Nineteen promises are due and all agents are known."""
    story.leave_numbers(store, now)
    store.put_live(story.live_rows(now), now)
    return store


@pytest.fixture
def agent(client: FlaskClient, ready: Store) -> Visitor:
    """A person at agent-2's telephone."""
    made = Visitor(client)
    made.sign_in("agent two")
    assert made.post("/work/telephone", "/work/", member=MEMBER).status_code == 303
    return made


def act(at: Visitor, promise_id: int, action: str, **fields: str) -> int:
    return at.post(f"/work/{promise_id}/{action}", "/work/", **fields).status_code


def taken(agent: Visitor, store: Store) -> Promise:
    assert agent.post("/work/next", "/work/").status_code == 303
    (one,) = store.promises_of(MEMBER)
    return one


def handed(store: Store, now: datetime, place: int = 3) -> Promise:
    """One that was handed to this agent."""
    one = store.open_promises(9)[place]
    store.assign([one.id], MEMBER, now, "shift leader")
    return one


def test_the_card_that_he_has_is_whole_and_lists_are_masked(
    agent: Visitor, ready: Store, now: datetime
) -> None:
    mine = handed(ready, now)
    page = agent.client.get("/work/panel").text
    assert f"#{mine.id}" in page
    assert mine.number not in page
    one = taken(agent, ready)
    assert one.id == mine.id, "what was handed to him comes first"
    assert mine.number in agent.client.get("/work/panel").text


def test_the_panel_is_sent_once_while_nothing_changes(agent: Visitor, ready: Store) -> None:
    tag = agent.client.get("/work/panel").headers["ETag"]
    assert agent.client.get("/work/panel", headers={"If-None-Match": tag}).status_code == 304
    taken(agent, ready)
    assert agent.client.get("/work/panel", headers={"If-None-Match": tag}).status_code == 200


def test_calling_and_the_outcome_go_to_the_bridge(agent: Visitor, ready: Store, now: datetime) -> None:
    one = taken(agent, ready)
    assert act(agent, one.id, "call") == 303
    assert ready.intents(1)[0].kind == "dial"
    assert "waiting for the bridge" in agent.client.get("/work/panel").text
    attempt = story.dial(ready, MEMBER, now)
    key = ready.captures_of(one.id)[0].key
    fields = {"capture-0": key, "settled-0": "ordered", "order-0": "F-12", "satisfied-0": "4"}
    assert act(agent, one.id, "outcome", outcome="answered", attempt=attempt.key, note="ok", **fields) == 303
    assert ready.intents(1)[0].payload["outcome"] == "answered"
    (said,) = ready.matter_outcomes(one.id)
    assert (said.settled, said.order, said.satisfied, said.who) == (Settled.ORDERED, "F-12", 4, "agent two")


def test_call_again_with_the_callers_wish_is_one_form(agent: Visitor, ready: Store, now: datetime) -> None:
    one = taken(agent, ready)
    attempt = story.dial(ready, MEMBER, now)
    wish = (now + timedelta(days=2)).astimezone(story.KNOWN.zone)
    fields = {"date": f"{wish:%Y-%m-%d}", "time": f"{wish:%H:%M}"}
    assert act(agent, one.id, "outcome", outcome="again", attempt=attempt.key, **fields) == 303
    wished = ready.promise(one.id)
    assert wished is not None
    assert wished.wished_at == wish.replace(second=0, microsecond=0).astimezone(UTC)
    assert ready.intents(1)[0].payload["outcome"] == Outcome.AGAIN


def test_two_matters_cannot_be_left_open(agent: Visitor, ready: Store, now: datetime) -> None:
    two = next(one for one in ready.open_promises() if one.captures == 2)
    ready.assign([two.id], MEMBER, now, "shift leader")
    taken(agent, ready)
    attempt = story.dial(ready, MEMBER, now)
    page = agent.client.get("/work/panel").text
    assert page.count('<fieldset class="matter">') == 2
    answer = agent.post(f"/work/{two.id}/outcome", "/work/", outcome="answered", attempt=attempt.key)
    assert answer.status_code == 400
    assert "say what became of each" in answer.text
    assert ready.intents() == []


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("reschedule", {"date": "2020-01-01", "time": "10:00"}, "That time is over."),
    ("reschedule", {"date": "", "time": ""}, "YYYY-MM-DD"),
    ("assign", {"agent": "PJSIP/nobody"}, "There is no agent"),
    ("note", {"note": " "}, "Write something."),
    ("note", {"note": "x" * 501}, "500 characters"),
    ("complaint", {"note": ""}, "what the complaint is about"),
    ("settle", {}, "Choose a matter"),
    ("settle", {"capture-0": "x:1", "settled-0": "done"}, "not of this promise"),
    ("settle", {"capture-0": "x:1", "settled-0": "melted"}, "no such outcome"),
    ("outcome", {"outcome": "melted"}, "no outcome"),
    ("outcome", {"outcome": "answered"}, "no longer yours"),
]


def test_what_is_wrong_is_named_and_changes_nothing(agent: Visitor, ready: Store, now: datetime) -> None:
    one = handed(ready, now)
    before, told = ready.promise(one.id), len(ready.history(one.id))
    token = agent.token("/work/")
    for action, fields, says in WRONG:
        answer = agent.client.post(f"/work/{one.id}/{action}", data={"csrf_token": token, **fields})
        assert answer.status_code == 400, (action, fields)
        assert says in answer.text, (action, fields)
    assert ready.promise(one.id) == before
    assert len(ready.history(one.id)) == told


def test_a_note_a_wish_a_colleague_and_a_complaint(agent: Visitor, ready: Store, now: datetime) -> None:
    one = handed(ready, now)
    assert act(agent, one.id, "note", note="speaks a dialect") == 303
    wish = (now + timedelta(days=1)).astimezone(story.KNOWN.zone)
    assert act(agent, one.id, "reschedule", date=f"{wish:%Y-%m-%d}", time=f"{wish:%H:%M}") == 303
    assert act(agent, one.id, "complaint", note="third time", caused="1") == 303
    page = agent.client.get(f"/work/{one.id}").text
    for part in ("speaks a dialect", "third time", "The caller wishes to be called at", "Why it is here"):
        assert part in page, part
    history = page.rpartition("history")[2]
    assert f"{wish:%m-%d %H:%M}" in history, "as all other times"
    assert wish.isoformat(timespec="minutes")[:16] not in history
    assert act(agent, one.id, "assign", agent="PJSIP/agent-3") == 303
    gone = ready.promise(one.id)
    assert gone is not None
    assert gone.assigned == "PJSIP/agent-3"
    assert one.number not in agent.client.get(f"/work/{one.id}").text


def test_the_caller_on_the_line_can_be_adopted(agent: Visitor, ready: Store, now: datetime) -> None:
    """E6."""
    one = ready.open_promises(5)[4]
    rows = story.live_rows(now) | {"talking": {MEMBER: {"number": one.number, "promises": [one.id]}}}
    ready.put_live(rows, now)
    assert "The caller on your line has an open promise" in agent.client.get("/work/panel").text
    assert "Dealt with: nobody calls" in agent.client.get(f"/work/{one.id}").text
    assert act(agent, one.id, "adopt", note="told him", back="card") == 303
    closed = ready.promise(one.id)
    assert closed is not None
    assert closed.state is PromiseState.DONE


def test_who_tells_his_reference_is_served_without_being_called(
    agent: Visitor, ready: Store, now: datetime
) -> None:
    call = story.capture("55.1", now - timedelta(minutes=3), "13700000055", reference="314159")
    ready.import_captures([call], "spool/test", 1, now)
    (one,) = ready.search(number="13700000055")
    assert act(agent, one.id, "adopt") == 400, "a number in an address is not enough"
    answer = agent.client.get("/work/find?number=137%200000-0055")
    assert answer.headers["Location"] == f"/work/{one.id}"
    assert act(agent, one.id, "adopt") == 400, "nor is a telephone number, which can be forged"
    assert agent.client.get("/work/find?reference=314159").headers["Location"] == f"/work/{one.id}"
    assert act(agent, one.id, "adopt") == 303
    assert agent.client.get("/work/find?reference=999999").headers["Location"] == "/work/"


def test_a_complaint_leads_back_to_the_call_in_which_it_was_made(
    agent: Visitor, ready: Store, now: datetime
) -> None:
    one = handed(ready, now)
    call = story.capture("x", now, "13700000066", matter=Matter.COMPLAINT, remarks="rude")
    ready.import_captures([replace(call, key=f"desk:{one.id}-1")], "desk", 0, now)
    (complaint,) = ready.search(number="13700000066")
    assert f'href="/work/{one.id}"' in agent.client.get(f"/work/{complaint.id}").text


def test_a_claim_is_kept_and_put_back(agent: Visitor, ready: Store) -> None:
    one = taken(agent, ready)
    assert act(agent, one.id, "keep") == 303
    kept = ready.promises_of(MEMBER)[0]
    assert kept.claimed_until is not None
    assert one.claimed_until is not None
    assert kept.claimed_until >= one.claimed_until
    assert act(agent, one.id, "release") == 303
    assert ready.promises_of(MEMBER) == []
    assert act(agent, one.id, "call") == 400


def test_a_promise_that_is_not_there_is_told(agent: Visitor) -> None:
    for path in ("/work/999", "/work/99999999999999999999", "/work/x", "/api/work/999"):
        assert agent.client.get(path).status_code == 404, path
    assert agent.post("/work/1/melt", "/work/").status_code == 404


def test_without_its_token_nothing_is_done(agent: Visitor, ready: Store, now: datetime) -> None:
    one = handed(ready, now)
    assert agent.client.post(f"/work/{one.id}/note", data={"note": "x"}).status_code == 400
    assert agent.client.post(f"/api/work/{one.id}/note", json={"note": "x"}).status_code == 400
    assert agent.client.post("/work/next").status_code == 400


def test_what_callers_said_is_never_markup(agent: Visitor, ready: Store, now: datetime) -> None:
    one = handed(ready, now)
    act(agent, one.id, "note", note="<script>alert(1)</script>")
    page = agent.client.get(f"/work/{one.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_programs_do_the_same(agent: Visitor, ready: Store, now: datetime) -> None:
    session = agent.client.get("/api/session").json
    assert session is not None
    headers = {"X-CSRFToken": session["csrf_token"]}

    def post(path: str, **body: object) -> dict[str, object]:
        answer = agent.client.post(path, json=body, headers=headers)
        assert answer.is_json
        return dict(answer.json or {}) | {"code": answer.status_code}

    promise = post("/api/work/next")["promise"]
    assert isinstance(promise, dict)
    assert promise["mine"] is True
    assert "call" in promise["may"]
    number = promise["id"]
    assert agent.client.get("/api/work").json["cards"][0]["id"] == number  # type: ignore[index]  # a list of cards
    assert post(f"/api/work/{number}/note", note="from a program")["code"] == 200
    attempt = story.dial(ready, MEMBER, now)
    matters = [
        {"capture": promise["matters"][0]["capture"], "settled": "done", "satisfied": 5, "caused": True}
    ]
    done = post(f"/api/work/{number}/outcome", outcome="answered", attempt=attempt.key, matters=matters)
    assert done["code"] == 200
    assert ready.matter_outcomes(number)[0].satisfied == 5
    wrong = post(f"/api/work/{number}/reschedule", date="x", time="y")
    assert (wrong["code"], wrong["field"]) == (400, "at")
    assert agent.client.post(f"/api/work/{number}/note", data="[", headers=headers).status_code == 400
    answer = agent.client.post(f"/api/work/{number}/note", json=["x"], headers=headers)
    assert (answer.status_code, answer.json) == (400, {"error": "Send a JSON object.", "field": "body"})
