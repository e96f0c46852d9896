"""An agent takes the next promise, has it called, and says how it ended."""

from datetime import datetime, timedelta

import console_story as story
import pytest
from console_visitor import Visitor
from flask import Flask
from flask.testing import FlaskClient

from callbacks.values import Outcome, PromiseState
from store import Store

pytestmark = pytest.mark.slow

pytest_plugins = ["console_fixtures"]


@pytest.fixture
def ready(store: Store, now: datetime) -> Store:
    """Nineteen promises are due, nobody has been called, all agents are known."""
    story.leave_numbers(store, now)
    store.put_live(story.live_rows(now), now)
    return store


@pytest.fixture
def agent(client: FlaskClient, ready: Store) -> Visitor:
    """A person at agent-2's telephone."""
    return Visitor(client).sit_at("PJSIP/agent-2")


def another(app: Flask, member: str) -> Visitor:
    """A person at another browser."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return Visitor(client).sit_at(member)


def test_the_next_promise_is_the_one_that_waits_longest(agent: Visitor, ready: Store) -> None:
    first = ready.open_promises(1)[0]
    assert agent.post("/desk/take").status_code == 303
    held = ready.promises_of("PJSIP/agent-2")
    assert [promise.id for promise in held] == [first.id]
    card = agent.client.get("/desk/panel").text
    assert first.number in card
    assert "fault report" in card


def test_two_agents_never_get_the_same_promise(app: Flask, ready: Store) -> None:
    agents = [another(app, f"PJSIP/agent-{number}") for number in range(1, 7)]
    for visitor in agents:
        visitor.post("/desk/take")
    held = [ready.promises_of(f"PJSIP/agent-{number}") for number in range(1, 7)]
    assert [len(promises) for promises in held] == [1] * 6
    assert len({promises[0].id for promises in held}) == 6


def test_who_holds_one_gets_no_second(agent: Visitor, ready: Store) -> None:
    agent.post("/desk/take")
    answer = agent.post("/desk/take")
    assert answer.status_code == 400
    assert "You hold a promise already" in answer.text
    assert len(ready.promises_of("PJSIP/agent-2")) == 1


def test_what_is_put_back_keeps_its_place(agent: Visitor, ready: Store) -> None:
    agent.post("/desk/take")
    promise = ready.promises_of("PJSIP/agent-2")[0]
    assert agent.post("/desk/release", promise=str(promise.id)).status_code == 303
    assert ready.open_promises(1)[0].id == promise.id
    assert ready.open_promises(1)[0].state is PromiseState.OPEN


def test_call_asks_the_bridge_and_only_for_a_moment(agent: Visitor, ready: Store, now: datetime) -> None:
    agent.post("/desk/take")
    promise = ready.promises_of("PJSIP/agent-2")[0]
    assert agent.post("/desk/dial", promise=str(promise.id)).status_code == 303
    intent = ready.intents(1)[0]
    assert (intent.kind, intent.payload["promise"], intent.payload["agent"]) == (
        "dial",
        promise.id,
        "PJSIP/agent-2",
    )
    not_after = datetime.fromisoformat(intent.payload["not_after"])
    assert not_after - datetime.now(not_after.tzinfo) < timedelta(seconds=16)
    panel = agent.client.get("/desk/panel").text
    assert "waiting for the bridge" in panel
    assert f'id="dial-{promise.id}" type="submit" disabled' in panel


def test_a_refused_call_says_why_and_can_be_tried_again(agent: Visitor, ready: Store, now: datetime) -> None:
    agent.post("/desk/take")
    promise = ready.promises_of("PJSIP/agent-2")[0]
    agent.post("/desk/dial", promise=str(promise.id))
    intent = ready.intents(1)[0]
    ready.finish_intent(intent.id, type(intent.state).REFUSED, "no line is free", now)
    panel = agent.client.get("/desk/panel").text
    assert "no line is free" in panel
    assert "disabled" not in panel


def test_the_agents_word_goes_to_the_bridge_with_the_attempt(
    agent: Visitor, ready: Store, now: datetime
) -> None:
    agent.post("/desk/take")
    attempt = story.dial(ready, "PJSIP/agent-2", now)
    wish = {
        "promise": str(attempt.promise_id),
        "attempt": attempt.key,
        "outcome": "voicemail",
        "note": "machine",
    }
    assert agent.post("/desk/outcome", **wish).status_code == 303
    intent = ready.intents(1)[0]
    assert intent.kind == "outcome"
    assert intent.payload == {
        "promise": attempt.promise_id,
        "attempt": attempt.key,
        "outcome": "voicemail",
        "agent": "PJSIP/agent-2",
        "note": "machine",
    }


def test_the_card_counts_the_call_that_is_made_now(agent: Visitor, ready: Store, now: datetime) -> None:
    agent.post("/desk/take")
    assert "attempt 1" in agent.client.get("/desk/panel").text
    story.dial(ready, "PJSIP/agent-2", now)
    assert "attempt 1" in agent.client.get("/desk/panel").text


def test_a_call_that_came_through_the_queue_awaits_the_agents_word(
    agent: Visitor, ready: Store, now: datetime
) -> None:
    key = story.call_back(ready, now, (None,))[0]
    ready.set_agent(key, "PJSIP/agent-2")
    ready.await_disposition(key, Outcome.ANSWERED, now + timedelta(minutes=1), now)
    panel = agent.client.get("/desk/panel").text
    assert "ended, say how" in panel
    for word in ("Done", "Call again", "Voicemail", "No answer", "Busy", "Does not want it"):
        assert f">{word}</button>" in panel


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/desk/dial", {"promise": "999"}),
        ("/desk/dial", {"promise": "1; DROP TABLE promise"}),
        ("/desk/dial", {}),
        ("/desk/release", {"promise": "-1"}),
        ("/desk/outcome", {"promise": "1", "attempt": "1-1-7", "outcome": "answered"}),
    ],
)
def test_a_promise_of_somebody_else_cannot_be_touched(
    app: Flask, agent: Visitor, ready: Store, path: str, fields: dict[str, str]
) -> None:
    another(app, "PJSIP/agent-1").post("/desk/take")
    answer = agent.post(path, **fields)
    assert answer.status_code == 400
    assert "no longer yours" in answer.text
    assert ready.intents() == []


@pytest.mark.parametrize(
    ("differs", "says"),
    [
        ({"outcome": "unknown"}, "no outcome"),
        ({"outcome": ""}, "no outcome"),
        ({"attempt": "1-9-9"}, "earlier attempt"),
        ({"note": "x" * 201}, "200 characters"),
    ],
)
def test_a_wrong_outcome_is_named(
    agent: Visitor, ready: Store, now: datetime, differs: dict[str, str], says: str
) -> None:
    agent.post("/desk/take")
    attempt = story.dial(ready, "PJSIP/agent-2", now)
    wish = {"promise": str(attempt.promise_id), "attempt": attempt.key, "outcome": "answered", "note": ""}
    answer = agent.post("/desk/outcome", **(wish | differs))
    assert answer.status_code == 400
    assert says in answer.text
    assert ready.intents() == []


def test_a_claim_that_lapsed_is_no_longer_shown(agent: Visitor, ready: Store, now: datetime) -> None:
    ready.claim_for_agent("PJSIP/agent-2", now - timedelta(minutes=5), 60)
    assert 'class="card' not in agent.client.get("/desk/panel").text


def test_while_callbacks_are_held_back_nothing_can_be_taken(
    agent: Visitor, ready: Store, now: datetime
) -> None:
    held_back = story.scope_row(
        now, effective="OUTAGE", action="capture", callbacks_allowed=False, stable_for=None
    )
    ready.put_live({"scopes": {"power": held_back}}, now)
    assert "has been stable" in agent.client.get("/desk/panel").text
    agent.post("/desk/take")
    assert ready.promises_of("PJSIP/agent-2") == []


def test_while_the_bridge_is_silent_nothing_can_be_taken(agent: Visitor, ready: Store, now: datetime) -> None:
    ready.put_live(story.live_rows(now), now - timedelta(minutes=1))
    agent.post("/desk/take")
    assert ready.promises_of("PJSIP/agent-2") == []
