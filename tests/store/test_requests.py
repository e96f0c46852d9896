"""A caller with the reference of his promise may cancel it, undo that, and be called on another number."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.rules import after_attempt
from callbacks.values import Asks, Attempt, Capture, Matter, Outcome, Promise, PromiseState
from store import Store

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
OWN, OTHER = "13912341234", "13800000000"
REF = "482913"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def call(capture: Build) -> Build:
    """A call whose caller was told the reference."""
    return lambda key="pbx1:1", **values: capture(key, **({"reference": REF} | values))


@pytest.fixture
def asks(capture: Build) -> Build:
    """A request about that call, from the same telephone, some minutes later."""

    def build(what: Asks, key: str = "pbx1:9/1", minutes: float = 5, **values: object) -> Capture:
        usual = {"at": NOW + timedelta(minutes=minutes), "about": REF, "reference": "999999"}
        return capture(key, asks=what, **(usual | values))

    return build


def states(book: Store) -> list[tuple[str, PromiseState, int]]:
    return sorted((one.number, one.state, one.captures) for one in book.promises(99, *PromiseState))


def dialled(book: Store, key: str = "a1") -> Promise:
    (one,) = book.claim_due(["power"], 1, LATER, "bridge", 60)
    return book.start_attempt(Attempt(key, one.id, one.scope, one.number, "carrier-a", LATER), "bridge")


def end(book: Store, one: Promise, outcome: Outcome, most: int = 6) -> None:
    after = after_attempt(one, outcome, CallbackPolicy(max_attempts=most), LATER)
    assert book.finish_attempt(one.attempt, outcome, after, LATER)


def test_a_cancelled_promise_is_not_called(book: Store, call: Build, asks: Build, keep: Keep) -> None:
    keep(call())
    keep(asks(Asks.CANCEL))
    assert states(book) == [(OWN, PromiseState.CANCELLED, 1)]
    assert book.claim_due(["power"], 9, LATER, "bridge", 60) == []
    assert book.unapplied() == []
    assert book.summary().never_dialled == 0


@pytest.mark.parametrize("about", ["111111", ""])
def test_a_wrong_reference_does_nothing_and_is_listed(
    about: str, book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    for n, what in enumerate((Asks.CANCEL, Asks.UNDO, Asks.CHANGE)):
        keep(asks(what, f"pbx1:9/{n}", about=about, number=OTHER))
    assert states(book) == [(OWN, PromiseState.OPEN, 1)]
    assert len(book.unapplied()) == 3
    assert book.missed() == []


def test_a_right_reference_from_a_strange_number_does_nothing(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    """Six digits can be guessed; the number has to fit as well."""
    keep(call())
    keep(asks(Asks.CANCEL, caller_id="13666666666", number="13666666666"))
    assert states(book) == [(OWN, PromiseState.OPEN, 1)]
    assert len(book.unapplied()) == 1


def test_the_keyed_number_of_the_promise_fits_from_any_telephone(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    keep(asks(Asks.CANCEL, caller_id="13666666666", number=OWN))
    assert states(book) == [(OWN, PromiseState.CANCELLED, 1)]


def test_a_cancel_that_is_undone_gives_the_place_back(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call(), call("pbx1:2", number=OTHER, at=NOW + timedelta(minutes=1), reference="222222"))
    before = book.open_promises()
    keep(asks(Asks.CANCEL))
    keep(asks(Asks.UNDO, "pbx1:9/2", 6))
    assert book.open_promises() == before


def test_an_undo_after_a_newer_call_joins_that_and_brings_its_place(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    keep(asks(Asks.CANCEL))
    keep(call("pbx1:2", at=LATER, reference="222222"), now=LATER)
    keep(asks(Asks.UNDO, "pbx1:10/1", 70), now=LATER)
    assert states(book) == [(OWN, PromiseState.MERGED, 0), (OWN, PromiseState.OPEN, 2)]
    (one,) = book.open_promises()
    assert one.place_at == NOW
    assert [left.key for left in book.captures_of(one.id) if left.asks is Asks.CALL] == ["pbx1:1", "pbx1:2"]


def test_what_staff_cancelled_no_caller_undoes(book: Store, call: Build, asks: Build, keep: Keep) -> None:
    keep(call())
    book.cancel(1, NOW, "a number that is none")
    keep(asks(Asks.CANCEL))
    keep(asks(Asks.UNDO, "pbx1:9/2", 6))
    assert states(book) == [(OWN, PromiseState.CANCELLED, 1)]


def test_one_behind_a_switchboard_cancels_for_himself_only(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    """A second person behind the same number keeps his callback; the first may still come back."""
    keep(call(), call("pbx1:2", at=NOW + timedelta(minutes=1), reference="222222"))
    keep(asks(Asks.CANCEL))
    assert states(book) == [(OWN, PromiseState.CANCELLED, 1), (OWN, PromiseState.OPEN, 1)]
    (left,) = book.open_promises()
    assert [one.key for one in book.captures_of(left.id)] == ["pbx1:2"]
    keep(asks(Asks.UNDO, "pbx1:9/2", 6))
    (whole,) = book.open_promises()
    assert (whole.id, whole.captures, whole.place_at) == (left.id, 2, NOW)


def test_another_number_keeps_the_place_and_ends_the_old_ones_promise(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    second = call("pbx1:2", number="13700000000", at=NOW + timedelta(minutes=1), reference="222222")
    keep(call(), second, now=LATER)
    keep(asks(Asks.CHANGE, number=OTHER), now=LATER)
    first = book.open_promises()[0]
    assert (first.number, first.place_at) == (OTHER, NOW)
    (old,) = book.promises(9, PromiseState.MERGED)
    assert (old.number, old.captures, old.reason) == (OWN, 0, "the caller gave another number")
    assert book.summary().never_dialled == 0


def test_another_number_that_has_a_promise_is_called_once(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call("pbx1:2", number=OTHER, reference="222222", at=NOW + timedelta(minutes=1)))
    keep(call())
    keep(asks(Asks.CHANGE, number=OTHER))
    (one,) = book.open_promises()
    assert (one.number, one.captures, one.place_at) == (OTHER, 2, NOW)


def test_after_a_change_the_new_number_and_the_old_reference_fit(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    keep(asks(Asks.CHANGE, number=OTHER))
    keep(asks(Asks.CANCEL, "pbx1:10/1", 6, caller_id=OTHER, number=OTHER))
    assert states(book) == [(OTHER, PromiseState.CANCELLED, 1), (OWN, PromiseState.MERGED, 0)]


def test_a_change_to_another_number_stands_against_a_late_line_of_the_first_call(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    keep(asks(Asks.CHANGE, number=OTHER))
    keep(call(number="13700000000", tier=3))
    assert [one.number for one in book.open_promises()] == [OTHER]


def test_a_change_from_a_strange_telephone_fits_by_the_number_that_was_given_with_the_reference(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    keep(asks(Asks.CHANGE, caller_id=OTHER, number=OTHER, owner=OWN))
    assert [one.number for one in book.open_promises()] == [OTHER]


def test_a_second_change_is_the_one_that_counts(book: Store, call: Build, asks: Build, keep: Keep) -> None:
    keep(call())
    keep(asks(Asks.CHANGE, number=OTHER))
    keep(asks(Asks.CHANGE, "pbx1:10/1", 6, number="13700000000"))
    assert [one.number for one in book.open_promises()] == ["13700000000"]


def test_a_cancel_takes_a_claim_away_before_anything_is_dialled(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    book.claim_due(["power"], 1, LATER, "bridge", 60)
    keep(asks(Asks.CANCEL))
    assert states(book) == [(OWN, PromiseState.CANCELLED, 1)]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.BUSY, PromiseState.CANCELLED),
        (Outcome.UNKNOWN, PromiseState.CANCELLED),
        (Outcome.NOT_DIALLED, PromiseState.CANCELLED),
        (Outcome.ANSWERED, PromiseState.DONE),
    ],
)
def test_a_cancel_while_it_is_dialled_counts_when_the_outcome_would_have_it_called_again(
    outcome: Outcome, state: PromiseState, book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    one = dialled(book)
    keep(asks(Asks.CANCEL))
    assert states(book) == [(OWN, PromiseState.DIALLING, 1)]
    assert book.unapplied() == []
    end(book, one, outcome)
    assert states(book) == [(OWN, state, 1)]


def test_a_cancel_while_it_is_dialled_that_is_undone_changes_nothing(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    one = dialled(book)
    keep(asks(Asks.CANCEL), asks(Asks.UNDO, "pbx1:9/2", 6))
    end(book, one, Outcome.BUSY)
    assert states(book) == [(OWN, PromiseState.OPEN, 1)]


def test_one_who_rings_again_during_the_call_is_not_cancelled_with_it(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    one = dialled(book)
    keep(asks(Asks.CANCEL), call("pbx1:2", at=LATER, reference="222222"))
    end(book, one, Outcome.BUSY)
    assert states(book) == [(OWN, PromiseState.CANCELLED, 1), (OWN, PromiseState.OPEN, 1)]


@pytest.mark.parametrize("most", [1, 6])
def test_another_number_given_while_the_old_one_is_dialled_is_called_next(
    most: int, book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    """Also when that was the last try on the old one."""
    keep(call())
    one = dialled(book)
    keep(asks(Asks.CHANGE, number=OTHER))
    end(book, one, Outcome.NO_ANSWER, most)
    (fresh,) = book.open_promises()
    assert (fresh.number, fresh.attempts) == (OTHER, 0)
    assert fresh.due_at <= LATER


def test_a_number_changed_after_the_call_was_kept_opens_nothing(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    end(book, dialled(book), Outcome.ANSWERED)
    keep(asks(Asks.CHANGE, minutes=90, number=OTHER))
    assert book.open_promises() == []
    assert len(book.unapplied()) == 1


def test_a_call_that_came_too_late_to_be_answered_goes_on_with_the_changed_number(
    book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    keep(call())
    keep(asks(Asks.CHANGE, number=OTHER))
    one = dialled(book)
    late = LATER + timedelta(minutes=1)
    keep(call("pbx1:2", number=OTHER, at=late, reference="222222"), now=late)
    end(book, one, Outcome.ANSWERED)
    assert [again.number for again in book.open_promises()] == [OTHER]


@pytest.mark.parametrize("last", [Asks.UNDO, Asks.CANCEL, Asks.CHANGE])
def test_the_order_in_which_lines_are_found_does_not_matter_and_reading_them_again_changes_nothing(
    last: Asks, book: Store, call: Build, asks: Build, keep: Keep
) -> None:
    """Files of several machines come in as they come; a book that was restored reads them all again."""
    three = {
        Asks.UNDO: (Asks.CHANGE, Asks.CANCEL, Asks.UNDO),
        Asks.CANCEL: (Asks.CANCEL, Asks.CHANGE, Asks.CANCEL),
        Asks.CHANGE: (Asks.CANCEL, Asks.UNDO, Asks.CHANGE),
    }[last]
    for caller, order in enumerate(permutations(range(4))):
        own, other, reference = f"139{caller:08}", f"138{caller:08}", f"{caller:06}"
        lines = [call(f"pbx1:{caller}", number=own, reference=reference)]
        for n, what in enumerate(three, 5):
            number = other if what is Asks.CHANGE else own
            key, values = f"pbx1:{caller}.{n}/1", {"number": number, "caller_id": own, "about": reference}
            lines.append(asks(what, key, n, **values))
        for n in (*order, *order):
            keep(lines[n], now=LATER)
    ends = {(one.number[:3], one.place_at, one.captures) for one in book.open_promises()}
    assert ends == (set() if last is Asks.CANCEL else {("138", NOW, 1)})
    assert len(book.open_promises()) == (0 if last is Asks.CANCEL else 24)
    assert book.unapplied() == []


def test_who_asks_only_to_hear_that_it_is_over_is_no_promise_and_no_missed_call(
    book: Store, asks: Build, keep: Keep
) -> None:
    """B8; once, however often the line is read."""
    keep(asks(Asks.NOTICE, about=""))
    keep(asks(Asks.NOTICE, about=""))
    assert (book.open_promises(), book.missed(), book.summary().missed) == ([], [], 0)
    with book._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT key, number, state FROM notice").all()
    assert rows == [("pbx1:9/1", OWN, "waiting")]


def test_a_request_counts_for_no_promise(book: Store, asks: Build, keep: Keep) -> None:
    keep(asks(Asks.CANCEL, matter=Matter.DANGER))
    assert (book.open_promises(), book.missed()) == ([], [])
