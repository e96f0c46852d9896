"""Captures are facts; one open promise per number and scope gathers them (C3, E6)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt
from callbacks.values import Attempt, Capture, Matter, NumberSource, Outcome, Promise, PromiseState
from store import Store
from store import gather as gather_module
from store.tables import capture as capture_table
from store.tables import promise as promise_table

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def dialled(book: Store, key: str = "a1") -> Promise:
    (one,) = book.claim_due(["power"], 1, LATER, "bridge", 60)
    return book.start_attempt(Attempt(key, one.id, one.scope, one.number, "carrier-a", LATER), "bridge")


def ended(book: Store, outcome: Outcome, key: str = "a1") -> None:
    one = dialled(book, key)
    assert book.finish_attempt(key, outcome, after_attempt(one, outcome, CallbackPolicy(), LATER), LATER)


def test_one_who_rings_twice_has_one_promise_with_both_calls(book: Store, capture: Build, keep: Keep) -> None:
    """C3, E6: gathered, not listed twice."""
    keep(capture("pbx1:1"), capture("pbx1:2"))
    keep(capture("pbx1:3", at=LATER))
    (one,) = book.open_promises()
    assert one.captures == 3
    assert [left.key for left in book.captures_of(one.id)] == ["pbx1:1", "pbx1:2", "pbx1:3"]


def test_ringing_again_keeps_the_place(book: Store, capture: Build, keep: Keep) -> None:
    """E6: one who rings again keeps one callback and its place."""
    keep(capture("pbx1:1"), capture("pbx1:2", number="13800000000", at=NOW + timedelta(minutes=1)))
    before = book.open_promises()
    keep(capture("pbx1:3", at=LATER))
    after = book.open_promises()
    assert [one.number for one in after] == [one.number for one in before]
    assert after[0] == replace(before[0], captures=2)


def test_the_same_number_on_two_service_lines_is_two_promises(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1"), capture("pbx1:2", scope="water"))
    assert sorted(one.scope for one in book.open_promises()) == ["power", "water"]


@pytest.mark.parametrize(
    "values",
    [{"wanted": False}, {"number": "", "source": NumberSource.NONE}],
    ids=["not wanted", "no number"],
)
def test_a_call_that_asked_for_nothing_is_on_the_missed_list_only(
    values: dict[str, object], book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture(**values))
    assert book.open_promises() == []
    assert [one.capture.key for one in book.missed()] == ["pbx1:1.1"]


def test_a_call_during_the_callback_is_gathered_too(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture("pbx1:1"))
    assert dialled(book).state is PromiseState.DIALLING
    keep(capture("pbx1:2", at=LATER), now=LATER)
    (one,) = book.open_promises()
    assert (one.state, one.captures) == (PromiseState.DIALLING, 2)


def test_a_call_after_the_promise_was_kept_is_a_new_promise(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture("pbx1:1"))
    ended(book, Outcome.ANSWERED)
    keep(capture("pbx1:2", at=LATER), now=LATER)
    (one,) = book.open_promises()
    assert (one.captures, one.created_at) == (1, LATER)
    assert [done.state for done in book.promises(9, PromiseState.DONE)] == [PromiseState.DONE]


def test_reading_an_old_line_again_after_the_promise_was_kept_opens_nothing(
    book: Store, capture: Build, keep: Keep
) -> None:
    """Spools may be imported again after a loss of the book's newest rows; nobody is called again for
    that.
    """
    keep(capture("pbx1:1"))
    ended(book, Outcome.ANSWERED)
    keep(capture("pbx1:1"), now=LATER)
    assert book.open_promises() == []


def test_the_tables_themselves_refuse_a_second_open_promise(book: Store, capture: Build, keep: Keep) -> None:
    """C3: also against a program that forgets to look."""
    keep(capture())
    with book._database.write() as connection:
        row = connection.execute(select(promise_table)).one()._asdict()
        second = promise_table.insert().values(row | {"id": 99})
        with pytest.raises(IntegrityError):
            connection.execute(second)


def test_a_matter_stated_later_fills_the_gap_and_the_first_stated_stands(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1", matter=Matter.UNSTATED))
    keep(capture("pbx1:2", matter=Matter.COMPLAINT))
    keep(capture("pbx1:3", matter=Matter.BILL))
    assert book.open_promises()[0].matter is Matter.COMPLAINT
    assert [left.matter for left in book.captures_of(1)] == [Matter.UNSTATED, Matter.COMPLAINT, Matter.BILL]


def keyed(one: Capture, number: str = "13800000000") -> Capture:
    return replace(one, number=number, source=NumberSource.KEYED, tier=3)


def test_a_number_confirmed_later_in_the_same_call_moves_its_promise(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture())
    keep(keyed(capture()), now=LATER)
    (one,) = book.open_promises()
    assert (one.id, one.number, one.captures, one.created_at) == (1, "13800000000", 1, NOW)


def test_a_corrected_number_that_has_a_promise_joins_it_and_leaves_none_behind(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1"), capture("pbx1:2", number="13800000000"))
    keep(keyed(capture("pbx1:1")))
    (one,) = book.open_promises()
    assert (one.number, one.captures) == ("13800000000", 2)
    (left,) = book.promises(9, PromiseState.CANCELLED)
    assert (left.captures, left.reason) == (0, "the caller corrected the number")


def test_a_later_line_with_another_number_and_scope_moves_to_that_pair(
    book: Store, capture: Build, keep: Keep
) -> None:
    """The old scope has a promise for the new number: the pair counts, and nothing stops the import."""
    keep(capture("pbx1:1"), capture("pbx1:2", number="13800000000"))
    keep(replace(keyed(capture("pbx1:1")), scope="water"))
    pairs = sorted((one.number, one.scope, one.captures, one.id) for one in book.open_promises())
    assert pairs == [("13800000000", "power", 1, 2), ("13800000000", "water", 1, 1)]


def test_a_later_line_with_another_scope_moves_the_promise_with_it(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1"), capture("pbx1:2", scope="water"))
    keep(replace(capture("pbx1:1"), scope="water", tier=3))
    (one,) = book.open_promises()
    assert (one.id, one.scope, one.captures) == (2, "water", 2)


def test_a_pair_that_somebody_else_opened_in_between_is_joined(
    book: Store, capture: Build, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a database with several writers allows it; the import must live through it."""
    keep(capture("pbx1:1"), capture("pbx1:2", number="13800000000"))
    looks = iter([False, True, True])
    real = gather_module._open_promises

    def looked_too_early(*args: Any) -> Any:
        return real(*args) if next(looks) else {}

    monkeypatch.setattr(gather_module, "_open_promises", looked_too_early)
    keep(keyed(capture("pbx1:1")))
    (one,) = book.open_promises()
    assert (one.number, one.captures) == ("13800000000", 2)


def test_a_corrected_number_leaves_the_callers_of_the_old_one_alone(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1"), capture("pbx1:2"))
    keep(keyed(capture("pbx1:1")))
    assert sorted((one.number, one.captures) for one in book.open_promises()) == [
        ("13800000000", 1),
        ("13912341234", 1),
    ]


def test_a_correction_after_the_call_was_answered_calls_nobody_again(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture())
    ended(book, Outcome.ANSWERED)
    keep(keyed(capture()), now=LATER)
    assert book.open_promises() == []


def test_a_correction_after_the_wrong_number_was_given_up_is_called(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture())
    one = dialled(book)
    last = after_attempt(one, Outcome.BUSY, CallbackPolicy(max_attempts=1), LATER)
    book.finish_attempt("a1", Outcome.BUSY, last, LATER)
    keep(keyed(capture()), now=LATER)
    assert [again.number for again in book.open_promises()] == ["13800000000"]


def test_a_clock_that_runs_ahead_hides_nobody(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture(at=NOW + timedelta(days=400)))
    assert len(book.claim_due(["power"], 1, NOW, "bridge", 60)) == 1


def test_many_captures_in_one_batch_are_all_brought_in(book: Store, capture: Build, keep: Keep) -> None:
    keep(*(capture(f"pbx1:{n}", number=f"139{n % 900:08d}") for n in range(2000)))
    assert len(book.open_promises(5000)) == 900
    assert book.summary().captures == 2000


def test_times_come_back_as_aware_utc_and_naive_ones_are_refused(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture())
    assert book.open_promises()[0].created_at.tzinfo is UTC
    with pytest.raises(Exception, match="naive"), book._database.read() as connection:
        connection.execute(select(capture_table).where(capture_table.c.at > datetime(2026, 1, 1)))  # noqa: DTZ001  # that is the point
