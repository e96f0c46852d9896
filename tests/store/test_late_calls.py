"""Who rings again after he was called back, and before that is written down, is not closed with it (E8)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt
from callbacks.values import (
    Attempt,
    Capture,
    Matter,
    MatterOutcome,
    Outcome,
    Promise,
    PromiseState,
    Settled,
)
from store import Store
from store.gather import part

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
ENDED = NOW + timedelta(seconds=60)
STATED = ENDED + timedelta(seconds=50)
LAST = CallbackPolicy(max_attempts=1)


@pytest.fixture
def dialled(book: Store, capture: Build, keep: Keep) -> Promise:
    keep(capture("pbx1:1", at=NOW - timedelta(minutes=9)), now=NOW - timedelta(minutes=9))
    (one,) = book.claim_due(["power"], 1, NOW, "bridge", 60)
    return book.start_attempt(Attempt("a1", one.id, "power", one.number, "carrier-b", NOW), "bridge")


def line_ended(book: Store, line: Outcome = Outcome.ANSWERED) -> None:
    due = ENDED + timedelta(seconds=60)
    assert book.await_disposition("a1", line, due, ENDED, talk_seconds=30)


def finish(book: Store, promise: Promise, outcome: Outcome, at: datetime = STATED) -> None:
    assert book.finish_attempt("a1", outcome, after_attempt(promise, outcome, LAST, at), at)


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.REFUSED, Outcome.VOICEMAIL, Outcome.UNKNOWN])
def test_a_call_after_the_callback_and_before_its_outcome_is_a_promise_of_its_own(
    outcome: Outcome, book: Store, dialled: Promise, capture: Build, keep: Keep
) -> None:
    line_ended(book)
    left = ENDED + timedelta(seconds=20)
    keep(capture("pbx1:2", at=left), now=left + timedelta(seconds=1))
    assert [one.state for one in book.open_promises()] == [PromiseState.TALKING]
    finish(book, dialled, outcome)
    (fresh,) = book.open_promises()
    assert (fresh.state, fresh.created_at, fresh.place_at, fresh.captures) == (
        PromiseState.OPEN,
        left,
        left,
        1,
    )
    assert (fresh.attempts, fresh.tries, fresh.attempt) == (0, 0, "")
    assert [one.id for one in book.claim_due(["power"], 9, STATED, "bridge", 60)] == [fresh.id]
    assert [one.key for one in book.captures_of(fresh.id)] == ["pbx1:2"]
    assert [one.key for one in book.captures_of(dialled.id)] == ["pbx1:1"]
    closed = book.promise(dialled.id)
    assert closed is not None
    assert (closed.captures, closed.closed_at) == (1, STATED)


def test_a_call_while_an_agent_was_looked_for_is_answered_by_the_conversation(
    book: Store, dialled: Promise, capture: Build, keep: Keep
) -> None:
    """It would be called a second time for nothing."""
    keep(capture("pbx1:2", at=NOW + timedelta(seconds=10)), now=NOW + timedelta(seconds=11))
    line_ended(book)
    finish(book, dialled, Outcome.ANSWERED)
    assert book.open_promises() == []
    assert len(book.captures_of(dialled.id)) == 2


def test_the_same_call_is_a_promise_of_its_own_when_nobody_was_reached(
    book: Store, dialled: Promise, capture: Build, keep: Keep
) -> None:
    """His line was busy because he was ringing us."""
    keep(capture("pbx1:2", at=NOW + timedelta(seconds=10)), now=NOW + timedelta(seconds=11))
    finish(book, dialled, Outcome.BUSY, ENDED)
    assert [one.captures for one in book.open_promises()] == [1]
    assert [one.id for one in book.promises(9, PromiseState.UNREACHABLE)] == [dialled.id]


def test_a_call_in_tier_3_within_the_second_of_the_start_counts_as_later(
    book: Store, capture: Build, keep: Keep
) -> None:
    """Tier 3 writes whole seconds: what it left at 10:15:00 may be of 10:15:00.9."""
    keep(capture("pbx1:1", at=NOW - timedelta(minutes=9)), now=NOW - timedelta(minutes=9))
    (one,) = book.claim_due(["power"], 1, NOW, "bridge", 60)
    started = NOW + timedelta(seconds=0.5)
    promise = book.start_attempt(Attempt("a1", one.id, "power", one.number, "carrier-b", started), "bridge")
    keep(capture("pbx1:2", at=NOW, tier=3), now=NOW + timedelta(seconds=2))
    finish(book, promise, Outcome.BUSY, ENDED)
    assert len(book.open_promises()) == 1


def test_a_promise_that_stays_open_keeps_all_its_calls(
    book: Store, dialled: Promise, capture: Build, keep: Keep
) -> None:
    """E6: who rings again keeps one callback."""
    line_ended(book)
    keep(capture("pbx1:2", at=ENDED), now=ENDED)
    again = after_attempt(dialled, Outcome.AGAIN, CallbackPolicy(), STATED)
    book.finish_attempt("a1", Outcome.AGAIN, again, STATED)
    (one,) = book.open_promises()
    assert (one.id, one.captures) == (dialled.id, 2)


def test_a_clock_that_runs_ahead_is_not_called_back_for_ever(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture("pbx1:1", at=NOW + timedelta(days=400)), now=NOW - timedelta(minutes=1))
    (one,) = book.claim_due(["power"], 1, NOW, "bridge", 60)
    promise = book.start_attempt(Attempt("a1", one.id, "power", one.number, "carrier-b", NOW), "bridge")
    line_ended(book)
    finish(book, promise, Outcome.ANSWERED)
    assert book.open_promises() == []


def test_an_end_that_breaks_off_in_the_middle_changes_nothing_and_can_be_done_again(
    book: Store, dialled: Promise, capture: Build, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: neither a closed promise without the late call's nor two for it."""
    line_ended(book)
    keep(capture("pbx1:2", at=STATED), now=STATED)

    def killed(*args: object) -> int:
        part(*args)  # type: ignore[arg-type]  # handed on as it came
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("store.attempts.part", killed)
        with pytest.raises(KeyboardInterrupt):
            finish(book, dialled, Outcome.ANSWERED)
    (whole,) = book.open_promises()
    assert (whole.id, whole.state, whole.captures) == (dialled.id, PromiseState.TALKING, 2)
    assert [one.key for one in book.awaiting_disposition()] == ["a1"]
    finish(book, dialled, Outcome.ANSWERED)
    assert [one.captures for one in book.open_promises()] == [1]


# -- a complaint that the agent took down during the call (E7)

COMPLAINT = "desk:1-1"


def complained(keep: Keep, capture: Build) -> None:
    at = NOW + timedelta(seconds=40)
    keep(capture(COMPLAINT, at=at, matter=Matter.COMPLAINT, tier=0), now=at)


@pytest.mark.parametrize("seconds", [0.0, 30.0])
@pytest.mark.parametrize("settled", [None, Settled.COMPLAINT])
def test_a_complaint_goes_on_however_long_the_call_is_known_to_have_been(
    seconds: float,
    settled: Settled | None,
    book: Store,
    dialled: Promise,
    capture: Build,
    keep: Keep,
) -> None:
    complained(keep, capture)
    if settled is not None:
        book.settle_matter(MatterOutcome(COMPLAINT, settled, "agent", NOW))
    book.await_disposition("a1", Outcome.ANSWERED, STATED, ENDED, talk_seconds=seconds)
    finish(book, dialled, Outcome.ANSWERED)
    (owed,) = book.open_promises()
    assert (owed.matter, [one.key for one in book.captures_of(owed.id)]) == (Matter.COMPLAINT, [COMPLAINT])


def test_nobody_is_called_again_about_a_complaint_that_was_answered_in_the_call(
    book: Store, dialled: Promise, capture: Build, keep: Keep
) -> None:
    complained(keep, capture)
    book.settle_matter(MatterOutcome(COMPLAINT, Settled.DONE, "agent", NOW))
    line_ended(book)
    finish(book, dialled, Outcome.ANSWERED)
    assert book.open_promises() == []
