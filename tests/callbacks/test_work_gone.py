"""An Asterisk that is gone for good: a leader ends what was in flight there, as unknown (E2, docs/adr/0005, 0027)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from work_desk import AGENT, LEADER, NOW, Desk

from callbacks.rules import Next, after_attempt
from callbacks.values import Attempt, Outcome, Promise, PromiseState, Touched
from callbacks.work import NotAllowed
from store import ClaimLost, Store, StoreProblem
from store.holders import Hold

WEST, OTHER = "west", "east"
BRIDGE = "bridge-of-west"


@pytest.fixture
def west(store_url: str) -> Iterator[Store]:
    """The book as the bridge of the Asterisk that burns has it."""
    with Store(store_url) as store:
        store.speak_for(WEST, first=False)
        yield store


@pytest.fixture
def desk(store_url: str, west: Store) -> Iterator[Desk]:
    """A leader on the other machine."""
    with Store(store_url) as store:
        yield Desk(store)


def dialled(desk: Desk, by: Store, key: str) -> Attempt:
    """The bridge has sent a call for a caller's promise into its Asterisk."""
    one = desk.left(key)
    assert by.claim(one.id, NOW, BRIDGE, 60.0) is not None
    made = Attempt(f"{one.id}-1-1", one.id, one.scope, one.number, "carrier-a", NOW)
    by.start_attempt(made, BRIDGE)
    return made


def lost(west: Store) -> None:
    """Its lease is over, and nobody has taken it."""
    assert west.take_hold(WEST, BRIDGE, 60.0) is not None
    assert west.give_up_hold(WEST, BRIDGE)


def promise(desk: Desk, attempt: Attempt) -> Promise:
    found = desk.book.promise(attempt.promise_id)
    assert found is not None
    return found


def test_what_was_in_flight_ends_as_unknown_and_comes_before_the_leader(
    desk: Desk, west: Store, store_url: str
) -> None:
    lost(west)
    one, said = dialled(desk, west, "1"), dialled(desk, west, "2")
    with Store(store_url) as east:
        east.speak_for(OTHER, first=True)
        assert east.take_hold(OTHER, "bridge-of-east", 60.0) is not None
        alive = dialled(desk, east, "3")
    west.set_disposition(said.key, Outcome.ANSWERED, "agent-1")
    (row,) = desk.leader.silent(LEADER)
    assert (row.pbx, row.calls, row.held_until is not None) == (WEST, 2, True), (
        "and not the one that nobody lost"
    )

    ended = desk.leader.gone(LEADER, WEST, "the machine has burnt", NOW)

    assert ended.done == (one.promise_id, said.promise_id)
    assert desk.leader.silent(LEADER) == []
    waits = promise(desk, one)
    assert (waits.state, waits.attempts, waits.attention) == (PromiseState.OPEN, 1, True)
    assert waits.due_at >= NOW + timedelta(seconds=desk.policy.retry_after[Outcome.UNKNOWN]), (
        "not again at once"
    )
    assert promise(desk, said).state is PromiseState.DONE, "the agent's word stands"
    assert promise(desk, alive).state is PromiseState.DIALLING, "another Asterisk's"
    last = desk.book.history(one.promise_id)[-1]
    assert (last.who, last.what, last.detail) == ("shift leader", Touched.GONE, "west, the machine has burnt")
    (tried,) = desk.book.attempts_of(one.promise_id)
    assert (tried.outcome, tried.ended_at) == (Outcome.UNKNOWN, NOW)


def test_what_its_bridge_says_when_it_comes_back_changes_nothing(desk: Desk, west: Store) -> None:
    lost(west)
    one = dialled(desk, west, "1")
    before = promise(desk, one)
    desk.leader.gone(LEADER, WEST, "the machine has burnt", NOW)
    ended, history = promise(desk, one), desk.book.history(one.promise_id)
    later = NOW + timedelta(seconds=30)
    assert west.take_hold(WEST, BRIDGE, 60.0) is not None
    assert west.unended_attempts() == [], "nothing is left to be asked about"
    after = after_attempt(before, Outcome.ANSWERED, desk.policy, later)
    assert not west.finish_attempt(one.key, Outcome.ANSWERED, after, later, talk_seconds=20)
    assert not west.await_disposition(one.key, Outcome.ANSWERED, later, later, talk_seconds=20)
    assert not west.mark_talking(one.key, agent="PJSIP/agent-1")
    assert west.set_disposition(one.key, Outcome.REFUSED, "agent-1") is None
    with pytest.raises(ClaimLost):
        west.start_attempt(Attempt("1-2-1", one.promise_id, "power", one.number, "carrier-a", later), BRIDGE)
    assert promise(desk, one) == ended
    assert desk.book.history(one.promise_id) == history


def test_a_second_call_of_the_promise_is_not_ended_by_late_news_of_the_first(desk: Desk, west: Store) -> None:
    lost(west)
    one = dialled(desk, west, "1")
    desk.leader.gone(LEADER, WEST, "the machine has burnt", NOW)
    at = promise(desk, one).due_at
    desk.book.speak_for(OTHER, first=True)
    assert desk.book.claim(one.promise_id, at, "bridge-of-east", 60.0) is not None
    again = Attempt(f"{one.promise_id}-2-9", one.promise_id, "power", one.number, "carrier-a", at)
    called = desk.book.start_attempt(again, "bridge-of-east")
    after = after_attempt(called, Outcome.ANSWERED, desk.policy, at)
    assert not west.finish_attempt(one.key, Outcome.ANSWERED, after, at)
    assert not west.mark_talking(one.key)
    assert promise(desk, one) == called


def test_it_is_refused_while_a_bridge_holds_that_asterisk(desk: Desk, west: Store) -> None:
    assert west.take_hold(WEST, BRIDGE, 60.0, linked=False) is not None
    one = dialled(desk, west, "1")
    assert desk.leader.silent(LEADER) == []
    with pytest.raises(NotAllowed, match="stop every bridge of it first") as refused:
        desk.leader.gone(LEADER, WEST, "the machine has burnt", NOW)
    assert refused.value.field == "pbx"
    assert promise(desk, one).state is PromiseState.DIALLING


@pytest.mark.parametrize(
    ("pbx", "why", "field"), [("nowhere", "burnt", "pbx"), ("", "burnt", "pbx"), (WEST, " ", "why")]
)
def test_a_name_that_has_no_calls_and_a_missing_reason_are_told(
    desk: Desk, west: Store, pbx: str, why: str, field: str
) -> None:
    dialled(desk, west, "1")
    with pytest.raises(NotAllowed) as refused:
        desk.leader.gone(LEADER, pbx, why, NOW)
    assert refused.value.field == field


def test_only_a_leader_may_say_so(desk: Desk, west: Store) -> None:
    dialled(desk, west, "1")
    for wish in (lambda: desk.leader.silent(AGENT), lambda: desk.leader.gone(AGENT, WEST, "burnt", NOW)):
        with pytest.raises(NotAllowed, match="Only a leader"):
            wish()
    assert desk.leader.silent(LEADER) != []


# A file has one writer anyway, and a bridge on it holds without a lease.
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_no_bridge_can_take_it_in_the_middle(desk: Desk, west: Store, store_url: str) -> None:
    """A bridge that took it between the look and the end would adopt a call that is unknown for good a moment later."""
    lost(west)
    dialled(desk, west, "1")
    taken: list[Hold | None] = []

    def judge(_attempt: Attempt, one: Promise) -> tuple[Outcome, Next]:
        with Store(store_url, patience=0.5) as another, suppress(StoreProblem):  # its row is held
            taken.append(another.take_hold(WEST, "another bridge", 60.0))
        return Outcome.UNKNOWN, after_attempt(one, Outcome.UNKNOWN, desk.policy, NOW)

    assert desk.book.end_attempts_of(WEST, judge, NOW, "leader", "burnt") == [1]
    assert taken == []
