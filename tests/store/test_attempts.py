"""The row before the call, one outcome for each, and nothing moves a promise but that (E2, E8)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from callbacks.policy import CallbackPolicy
from callbacks.rules import WrongMove, after_attempt, with_disposition
from callbacks.values import Attempt, Capture, Outcome, Promise, PromiseState
from store import Store, UnknownRow

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(seconds=40)
POLICY = CallbackPolicy()


@pytest.fixture
def dialled(book: Store, capture: Callable[..., Capture], keep: Callable[..., None]) -> Promise:
    """A promise whose first attempt, "a1", is in flight."""
    keep(capture())
    (one,) = book.claim_due(["power"], 1, NOW, "bridge", 60)
    return book.start_attempt(Attempt("a1", one.id, "power", one.number, "carrier-b", NOW), "bridge")


def test_the_row_is_there_before_the_call(book: Store, dialled: Promise) -> None:
    """E2: each attempt is recorded, also one of which nothing is heard any more."""
    assert (dialled.state, dialled.attempt, dialled.tries) == (PromiseState.DIALLING, "a1", 1)
    (row,) = book.unended_attempts()
    assert (row.key, row.trunk, row.started_at, row.outcome) == ("a1", "carrier-b", NOW, None)


def test_a_key_is_used_once_for_ever(book: Store, dialled: Promise) -> None:
    after = after_attempt(dialled, Outcome.NO_AGENT, POLICY, NOW)
    book.finish_attempt("a1", Outcome.NO_AGENT, after, NOW)
    (one,) = book.claim_due(["power"], 1, LATER + timedelta(seconds=60), "bridge", 60)
    with pytest.raises(IntegrityError):
        book.start_attempt(Attempt("a1", one.id, "power", one.number, "carrier-b", LATER), "bridge")
    found = book.promise(one.id)
    assert found is not None
    assert found.state is PromiseState.CLAIMED


def test_an_outcome_is_set_once(book: Store, dialled: Promise) -> None:
    busy = after_attempt(dialled, Outcome.BUSY, POLICY, LATER)
    done = after_attempt(dialled, Outcome.ANSWERED, POLICY, LATER)
    assert book.finish_attempt("a1", Outcome.BUSY, busy, LATER, reason="486")
    assert not book.finish_attempt("a1", Outcome.ANSWERED, done, LATER)
    found, row = book.promise(dialled.id), book.attempt("a1")
    assert found is not None
    assert row is not None
    assert (found.state, found.attempts, found.due_at) == (PromiseState.OPEN, 1, busy.due_at)
    assert (row.outcome, row.ended_at, row.reason) == (Outcome.BUSY, LATER, "486")
    assert book.unended_attempts() == []


def test_an_attempt_whose_time_is_up_is_ended_by_its_own_bridge_and_by_another_one_only_where_nobody_does(
    book: Store, capture: Callable[..., Capture], keep: Callable[..., None]
) -> None:
    keep(capture())
    book.speak_for("west", first=False)
    (one,) = book.claim_due(["power"], 1, NOW, "bridge", 60)
    book.start_attempt(Attempt("a1", one.id, "power", one.number, "carrier-b", NOW), "bridge")
    book.await_disposition("a1", Outcome.ANSWERED, LATER, NOW)
    heard = {}
    for pbx in ("west", "east", ""):
        book.speak_for(pbx, first=False)
        heard[pbx] = [len(book.awaiting_disposition(LATER + timedelta(seconds=s))) for s in (-1, 0, 59, 60)]
    assert heard == {"west": [0, 1, 1, 1], "east": [0, 0, 0, 1], "": [0, 1, 1, 1]}


def test_the_end_of_an_old_attempt_does_not_move_the_newer_one(book: Store, dialled: Promise) -> None:
    after = after_attempt(dialled, Outcome.NOT_DIALLED, POLICY, NOW)
    book.finish_attempt("a1", Outcome.NOT_DIALLED, after, NOW)
    (one,) = book.claim_due(["power"], 1, LATER, "bridge", 60)
    book.start_attempt(Attempt("a2", one.id, "power", one.number, "carrier-b", LATER), "bridge")
    assert not book.finish_attempt(
        "a1", Outcome.ANSWERED, after_attempt(one, Outcome.ANSWERED, POLICY, LATER), LATER
    )
    assert not book.mark_talking("a1")
    assert book.mark_talking("a2", agent="PJSIP/agent-2")
    (flying,) = book.in_flight()
    assert (flying.state, flying.agent, flying.tries) == (PromiseState.TALKING, "PJSIP/agent-2", 2)


def test_the_agents_word_is_awaited_and_stands(book: Store, dialled: Promise) -> None:
    """With the agent first, the agent's disposition decides: a voicemail that answered is no success."""
    due = LATER + timedelta(seconds=60)
    assert book.await_disposition("a1", Outcome.ANSWERED, due, LATER, talk_seconds=20)
    assert not book.await_disposition("a1", Outcome.BUSY, due, LATER)
    assert book.unended_attempts() == []
    assert book.awaiting_disposition(LATER) == []
    assert [flying.state for flying in book.in_flight()] == [PromiseState.TALKING]
    row = book.set_disposition("a1", Outcome.VOICEMAIL, "agent-1", "greeting only")
    assert row is not None
    assert (row.line, row.disposition, row.note) == (Outcome.ANSWERED, Outcome.VOICEMAIL, "greeting only")
    assert row.line is not None
    outcome = with_disposition(row.disposition, row.line)
    book.finish_attempt("a1", outcome, after_attempt(dialled, outcome, POLICY, LATER), LATER)
    found = book.promise(dialled.id)
    assert found is not None
    assert (found.state, found.attempts) == (PromiseState.OPEN, 1)
    ended = book.attempt("a1")
    assert ended is not None
    assert (ended.outcome, ended.talk_seconds) == (Outcome.VOICEMAIL, 20)


def test_an_agent_can_state_what_a_caller_said_who_hung_up_at_once(book: Store, dialled: Promise) -> None:
    """E2: the line alone calls two seconds no answer; "refused" is the agent's to say."""
    due = LATER + timedelta(seconds=60)
    assert book.await_disposition("a1", Outcome.NO_ANSWER, due, LATER, talk_seconds=2)
    assert [flying.state for flying in book.in_flight()] == [PromiseState.TALKING]
    row = book.set_disposition("a1", Outcome.REFUSED, "agent-1")
    assert row is not None
    assert row.line is Outcome.NO_ANSWER
    outcome = with_disposition(row.disposition, row.line)
    assert book.finish_attempt("a1", outcome, after_attempt(dialled, outcome, POLICY, LATER), LATER)
    found = book.promise(dialled.id)
    assert found is not None
    assert found.state is PromiseState.REFUSED


def test_an_agent_who_says_nothing_is_waited_for_until_the_policys_end(book: Store, dialled: Promise) -> None:
    due = LATER + timedelta(seconds=60)
    book.await_disposition("a1", Outcome.ANSWERED, due, LATER)
    assert [row.key for row in book.awaiting_disposition(due)] == ["a1"]
    assert [row.key for row in book.awaiting_disposition()] == ["a1"]


def test_a_second_word_or_one_that_comes_too_late_changes_nothing(book: Store, dialled: Promise) -> None:
    assert book.set_disposition("a1", Outcome.VOICEMAIL, "agent-1") is not None
    assert book.set_disposition("a1", Outcome.ANSWERED, "agent-2") is None
    after = after_attempt(dialled, Outcome.VOICEMAIL, POLICY, LATER)
    book.finish_attempt("a1", Outcome.VOICEMAIL, after, LATER)
    assert book.set_disposition("a1", Outcome.REFUSED, "agent-2") is None
    row = book.attempt("a1")
    assert row is not None
    assert (row.disposition, row.who) == (Outcome.VOICEMAIL, "agent-1")


def test_no_outcome_of_an_attempt_cancels_and_nothing_is_half_done(book: Store, dialled: Promise) -> None:
    """Only the table of states moves a promise."""
    after = replace(after_attempt(dialled, Outcome.BUSY, POLICY, LATER), state=PromiseState.CANCELLED)
    with pytest.raises(WrongMove, match="cancelled"):
        book.finish_attempt("a1", Outcome.BUSY, after, LATER)
    assert [row.key for row in book.unended_attempts()] == ["a1"]


def test_an_attempt_that_nobody_made_is_named(book: Store) -> None:
    with pytest.raises(UnknownRow, match="a9"):
        book.set_disposition("a9", Outcome.ANSWERED, "agent-1")
    assert book.attempt("a9") is None
    assert book.promise(9) is None


def test_a_closed_promise_keeps_who_reached_the_caller(book: Store, dialled: Promise) -> None:
    book.set_agent("a1", "PJSIP/agent-1")
    book.finish_attempt(
        "a1", Outcome.ANSWERED, after_attempt(dialled, Outcome.ANSWERED, POLICY, LATER), LATER
    )
    found = book.promise(dialled.id)
    assert found is not None
    assert (found.state, found.closed_at, found.agent) == (PromiseState.DONE, LATER, "PJSIP/agent-1")
    assert book.summary().never_dialled == 0


def test_an_unknown_outcome_is_on_the_leaders_list_until_it_was_seen(book: Store, dialled: Promise) -> None:
    book.finish_attempt("a1", Outcome.UNKNOWN, after_attempt(dialled, Outcome.UNKNOWN, POLICY, LATER), LATER)
    assert [one.id for one in book.for_leader()] == [dialled.id]
    assert book.seen_by_leader(dialled.id, LATER, "shift leader")
    assert book.for_leader() == []
    assert not book.seen_by_leader(dialled.id, LATER, "another"), "it was off the list"
    (row,) = book.changes(kind="callback", subject=f"#{dialled.id}")
    assert (row.at, row.old, row.new, row.reason, row.who) == (
        LATER,
        "open",
        "seen",
        "unknown",
        "shift leader",
    )


def test_the_figures_count_what_is_there(
    book: Store, dialled: Promise, capture: Callable[..., Capture], keep: Callable[..., None]
) -> None:
    keep(capture("pbx1:2", number="13800000000"), capture("pbx1:3", wanted=False))
    figures = book.figures(NOW, NOW - timedelta(hours=1))
    assert (figures.open, figures.due, figures.talking, figures.done_today, figures.missed) == (2, 1, 1, 0, 1)
    summary = book.summary()
    assert (summary.open, summary.captures, summary.missed, summary.in_flight) == (2, 3, 1, 1)
    assert summary.oldest_open == NOW
