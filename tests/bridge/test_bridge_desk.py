"""What people ask for is done once, and always answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import thinking
from bridge_world import START, World, well, world

from ami_bridge.desk import Desk
from ami_bridge.intents import Declare, Refused, as_event, read
from ami_bridge.link import LinkState
from callbacks.values import Outcome, PromiseState
from fallback.policy import KindRule
from store import StoreBusy
from store.intents import Intent, IntentState

NUMBER, AGENT = "13900001231", "PJSIP/power-1"
LATER = (START + timedelta(seconds=15)).isoformat()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


async def put_in_force(digest: str, who: str) -> str:
    return f"{digest} is in force, by {who}"


def took_on(captures: Sequence[str], matter: str, who: str) -> int:
    """One danger waits for the duty role."""
    return int(matter in ("danger", "all") or "pbx1:1.1" in captures)


async def asked(site: World, kind: str, payload: Mapping[str, Any], state: Any = None) -> Intent:
    """What became of a wish; the brain is in this state."""
    number = site.store.add_intent(kind, payload, "li", START)
    async with thinking(site) as (brain, _):
        brain.state = state or well(site.site)
        desk = Desk(
            site.store,
            site.thread,
            brain,
            site.dispatcher,
            site.attempts,
            lambda: site.now,
            put_in_force,
            took_on,
        )
        (intent,) = site.store.pending_intents()
        await desk._do(intent)
    answered = site.store.intent(number)
    assert answered is not None
    return answered


def claimed(site: World, holder: str = AGENT, scope: str = "power") -> int:
    (promise,) = site.promised(NUMBER, scope=scope)
    assert site.store.claim(promise.id, START, holder, 60)
    return promise.id


async def test_a_mode_set_by_hand_is_applied_and_said(site: World) -> None:
    payload = {"scope": "power", "mode": "OUTAGE", "why": "cable cut", "until": "2026-11-21T12:00:00Z"}
    answer = await asked(site, "override-set", payload)
    assert answer.state is IntentState.APPLIED
    assert "OUTAGE" in answer.result
    assert "li" in [one.who for one in site.store.changes()]


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("reboot", {}, "unknown kind"),
        ("override-end", {"scope": "power"}, "why"),
        ("override-end", {"scope": "nowhere", "why": ""}, "nowhere"),
        ("dial", {"promise": 99, "agent": AGENT, "not_after": LATER}, "not in the book"),
        ("dial", {"promise": 99, "agent": AGENT, "not_after": "2026-11-21T10:00:00Z"}, "too late"),
        ("outcome", {"promise": 99, "attempt": "a9", "agent": AGENT, "outcome": "busy"}, "a9"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_its_reason(
    site: World, kind: str, payload: dict[str, Any], said: str
) -> None:
    answer = await asked(site, kind, payload)
    assert answer.state is IntentState.REFUSED
    assert said in answer.result
    assert not site.asterisk.actions("Originate")


async def test_an_agents_call_is_made_and_its_key_told(site: World) -> None:
    promise = claimed(site)
    answer = await asked(site, "dial", {"promise": promise, "agent": AGENT, "not_after": LATER})
    (sent,) = site.asterisk.actions("Originate")
    assert (answer.state, answer.result) == (IntentState.APPLIED, sent["Exten"])
    assert sent["Channel"] == AGENT


@pytest.mark.parametrize("phone", ["PJSIP/0044123456789@carrier-a", "Local/1@anywhere/n"])
async def test_only_a_member_of_the_queue_is_rung_as_an_agent(site: World, phone: str) -> None:
    """Toll fraud: whoever may write an intent must not have Asterisk ring what he likes."""
    promise = claimed(site, holder=phone)
    answer = await asked(site, "dial", {"promise": promise, "agent": phone, "not_after": LATER})
    assert answer.state is IntentState.REFUSED
    assert "not a member of the queue power" in answer.result
    assert not site.asterisk.actions("Originate")
    assert site.promise(promise).state is PromiseState.CLAIMED


async def test_a_promise_that_somebody_else_holds_is_not_called(site: World) -> None:
    promise = claimed(site, holder="PJSIP/power-2")
    answer = await asked(site, "dial", {"promise": promise, "agent": AGENT, "not_after": LATER})
    assert "not claimed by PJSIP/power-1" in answer.result
    assert not site.asterisk.actions("Originate")


async def test_a_promise_of_a_scope_that_the_policy_lost_is_refused_and_stops_nothing(site: World) -> None:
    promise = claimed(site, scope="water")
    answer = await asked(site, "dial", {"promise": promise, "agent": AGENT, "not_after": LATER})
    assert answer.state is IntentState.REFUSED
    assert "'water'" in answer.result


async def test_no_call_while_the_link_is_down(site: World) -> None:
    promise = claimed(site)
    site.asterisk.state = LinkState.DOWN
    answer = await asked(site, "dial", {"promise": promise, "agent": AGENT, "not_after": LATER})
    assert answer.state is IntentState.REFUSED
    assert "link" in answer.result
    assert site.promise(promise).state is PromiseState.CLAIMED


async def test_an_outcome_is_stated_by_the_agent_who_has_the_call_and_once(site: World) -> None:
    one = site.started(NUMBER, "a1", agent=AGENT)
    wish = {"promise": one.promise_id, "attempt": "a1", "outcome": "voicemail", "note": "greeting"}
    other = await asked(site, "outcome", wish | {"agent": "PJSIP/power-2"})
    assert other.state is IntentState.REFUSED
    assert f"with {AGENT}" in other.result
    own = await asked(site, "outcome", wish | {"agent": AGENT})
    assert (own.state, own.result) == (IntentState.APPLIED, "voicemail recorded")
    assert site.attempt("a1").disposition is Outcome.VOICEMAIL
    again = await asked(site, "outcome", wish | {"agent": AGENT, "outcome": "answered"})
    assert (again.state, again.result) == (IntentState.REFUSED, "an outcome was stated already")


class Forgetful:
    """A store that goes away after a wish was done and before its answer is in."""

    def __init__(self, store: Any) -> None:
        self._store, self.away = store, True

    def finish_intent(self, *args: Any) -> bool:
        if self.away:
            raise StoreBusy("held by another process")
        return bool(self._store.finish_intent(*args))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_what_was_done_is_not_done_again_when_the_store_comes_back(site: World) -> None:
    """A second incident would be told to everybody a second time."""
    site.site = replace(site.site, kinds={"A7": KindRule("A7", "")})
    payload = {"scope": "power", "kind": "A7", "detail": "a car hit the mast"}
    number = site.store.add_intent("declare", payload, "li", START)
    store = Forgetful(site.store)
    async with thinking(site) as (brain, _):
        desk = Desk(
            store,  # type: ignore[arg-type]  # all that it does not know is the store's
            site.thread,
            brain,
            site.dispatcher,
            site.attempts,
            lambda: site.now,
            put_in_force,
            took_on,
        )
        await desk._look()
        await desk._look()
        assert len(brain.state.cases) == 1
        store.away = False
        await desk._look()
        assert len(brain.state.cases) == 1
    answered = site.store.intent(number)
    assert answered is not None
    assert answered.state is IntentState.APPLIED
    assert answered.result.startswith("incident of INC-")


async def test_an_incident_that_was_declared_before_a_kill_is_not_declared_again(site: World) -> None:
    site.site = replace(site.site, kinds={"A7": KindRule("A7", "")})
    payload = {"scope": "power", "kind": "A7", "detail": "a  car hit the mast"}
    site.store.add_intent("declare", payload, "li", START)
    async with thinking(site) as (brain, _):
        wish = read("declare", payload)
        assert isinstance(wish, Declare)
        await brain.ask(as_event(wish, "li"))  # of the run that was killed before it could answer
        desk = Desk(
            site.store,
            site.thread,
            brain,
            site.dispatcher,
            site.attempts,
            lambda: site.now,
            put_in_force,
            took_on,
        )
        await desk._look()
        (key,) = brain.state.cases
    assert [one.result for one in site.store.intents()] == [f"opened already as {key}"]


@pytest.mark.parametrize("kind", ["dial", "outcome", "policy-apply"])
async def test_over_the_local_socket_nothing_is_done_that_needs_the_store(site: World, kind: str) -> None:
    payloads = {
        "dial": {"promise": 1, "agent": AGENT, "not_after": LATER},
        "outcome": {"promise": 1, "attempt": "a", "agent": AGENT, "outcome": "busy"},
        "policy-apply": {"digest": "0" * 64},
    }
    async with thinking(site) as (brain, _):
        desk = Desk(
            site.store,
            site.thread,
            brain,
            site.dispatcher,
            site.attempts,
            lambda: site.now,
            put_in_force,
            took_on,
        )
        with pytest.raises(Refused, match="needs the store"):
            await desk.act(kind, payloads[kind], "li")


async def test_a_drill_that_was_asked_for_while_no_bridge_ran_does_not_begin_hours_later(site: World) -> None:
    """A live one reaches callers."""
    site.later(3600)
    answer = await asked(site, "drill-start", {"drill": "evacuation", "live": True})
    assert (answer.state, answer.result) == (IntentState.REFUSED, "came too late; ask again")


async def test_a_leader_takes_danger_on_by_hand_and_hears_when_nothing_of_that_waits_E0(site: World) -> None:
    answer = await asked(site, "duty-ack", {"captures": ["pbx1:1.1"]})
    assert (answer.state, answer.result) == (IntentState.APPLIED, "1 taken on by li")
    refused = await asked(site, "duty-ack", {"matter": "fault"})
    assert refused.state is IntentState.REFUSED
    assert "nothing of that waits" in refused.result
    empty = await asked(site, "duty-ack", {})
    assert "name captures, or a matter" in empty.result


async def test_danger_is_taken_on_over_the_local_socket_while_the_store_is_away(site: World) -> None:
    async with thinking(site) as (brain, _):
        desk = Desk(
            site.store,
            site.thread,
            brain,
            site.dispatcher,
            site.attempts,
            lambda: site.now,
            put_in_force,
            took_on,
        )
        assert await desk.act("duty-ack", {"matter": "danger"}, "li") == "1 taken on by li"
