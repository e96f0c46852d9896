"""What is owed is written when a promise is opened, and found when it is near or over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from callbacks.policy import CallbackPolicy
from callbacks.ports import Terms
from callbacks.rules import after_attempt
from callbacks.rules.deadlines import Owed
from callbacks.rules.grouping import fault_key
from callbacks.values import Asks, Attempt, Capture, Matter, Outcome, Promise, Touched
from store import Store

pytestmark = pytest.mark.slow

Build = Callable[..., Capture]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def owed(matter: Matter, created_at: datetime) -> Owed:
    """A first attempt within 8 hours, an answer to a complaint within 24."""
    return Owed(created_at + 8 * HOUR, created_at + 24 * HOUR if matter is Matter.COMPLAINT else None)


TERMS = Terms(owed, lambda one: fault_key(one, CallbackPolicy()))


@pytest.fixture
def bring(book: Store) -> Callable[..., None]:
    def bring_in(*captures: Capture, now: datetime = NOW, terms: Terms = TERMS) -> None:
        book.import_captures(captures, "test", 0, now, terms=terms)

    return bring_in


Bring = Callable[..., None]


def one_of(book: Store, promise_id: int = 1) -> Promise:
    one = book.promise(promise_id)
    assert one is not None
    return one


def ids(promises: list[Promise]) -> list[int]:
    return [one.id for one in promises]


def test_what_is_owed_is_written_when_a_promise_is_opened(book: Store, capture: Build, bring: Bring) -> None:
    """E2, E3."""
    bring(capture(at=NOW - HOUR, matter=Matter.COMPLAINT))
    assert (one_of(book).first_by, one_of(book).answer_by) == (NOW + 7 * HOUR, NOW + 23 * HOUR)


def test_what_is_owed_follows_from_the_matter_as_soon_as_it_is_known(
    book: Store, capture: Build, bring: Bring
) -> None:
    bring(capture("pbx1:1", at=NOW - HOUR, matter=Matter.UNSTATED))
    assert one_of(book).answer_by is None
    bring(capture("pbx1:2", matter=Matter.COMPLAINT))
    assert (one_of(book).matter, one_of(book).answer_by) == (Matter.COMPLAINT, NOW + 23 * HOUR)
    bring(capture("pbx1:3", matter=Matter.BILL))
    assert (one_of(book).matter, one_of(book).answer_by) == (Matter.COMPLAINT, NOW + 23 * HOUR)


def test_a_further_line_of_a_call_that_says_its_matter_changes_nothing_else(
    book: Store, capture: Build, bring: Bring
) -> None:
    bring(capture(), capture("pbx1:2", number="13900000002"))
    before = one_of(book)
    bring(capture())
    assert one_of(book) == before


def test_the_nearest_is_told_first_and_what_is_late_is_told_apart(
    book: Store, capture: Build, bring: Bring
) -> None:
    bring(
        capture("pbx1:1", number="13900000001", at=NOW - 2 * HOUR),
        capture("pbx1:2", number="13900000002", at=NOW - 9 * HOUR),
        capture("pbx1:3", number="13900000003", at=NOW - 5 * HOUR, matter=Matter.COMPLAINT),
        capture("pbx1:4", number="13900000004"),
    )
    assert ids(book.due_soon(NOW, NOW + 7 * HOUR)) == [3, 1]
    assert ids(book.due_soon(NOW, NOW + 7 * HOUR, 1)) == [3]
    assert ids(book.late(NOW)) == [2]
    assert ids(book.late(NOW + 20 * HOUR)) == [2, 3, 1, 4]
    assert book.figures(NOW, NOW - HOUR).late == 1
    assert book.figures(NOW + 20 * HOUR, NOW).late == 4
    assert ids(book.search(owed_by=NOW)) == [2]
    for moment, most in ((NOW, 100), (NOW + 20 * HOUR, 100), (NOW + 20 * HOUR, 3), (NOW, 1)):
        listed = book.late(moment, most), book.due_soon(moment, moment + 7 * HOUR, most)
        assert book.count_owed(moment, moment + 7 * HOUR, most) == (len(listed[0]), len(listed[1]))


def test_a_leader_who_was_told_is_not_told_again_at_once(book: Store, capture: Build, bring: Bring) -> None:
    bring(capture(at=NOW - 9 * HOUR))
    assert ids(book.late(NOW, warned_before=NOW - HOUR)) == [1]
    book.mark_warned([1], NOW, "bridge")
    assert book.late(NOW, warned_before=NOW - HOUR) == []
    assert ids(book.late(NOW + 2 * HOUR, warned_before=NOW + HOUR)) == [1]
    assert [(line.what, line.who) for line in book.history(1)][1:] == [(Touched.WARNED, "bridge")]


@pytest.mark.parametrize(
    ("outcome", "still"), [(Outcome.BUSY, []), (Outcome.NO_AGENT, [1]), (Outcome.NOT_DIALLED, [1])]
)
def test_an_attempt_that_rang_nobody_is_no_first_attempt(
    book: Store, capture: Build, bring: Bring, outcome: Outcome, still: list[int]
) -> None:
    """E2: the first attempt is what the caller can notice."""
    bring(capture(at=NOW - 9 * HOUR))
    book.claim(1, NOW, "b", 60)
    one = book.start_attempt(Attempt("a1", 1, "power", "139", "carrier-a", NOW), "b")
    assert one.first_at == NOW
    assert book.late(NOW) == []
    book.finish_attempt("a1", outcome, after_attempt(one, outcome, CallbackPolicy(), NOW), NOW)
    assert ids(book.late(NOW)) == still


def test_a_first_attempt_stands_whatever_comes_of_the_next_ones(
    book: Store, capture: Build, bring: Bring
) -> None:
    bring(capture(at=NOW - 9 * HOUR))
    for key, outcome, at in (("a1", Outcome.BUSY, NOW), ("a2", Outcome.NO_AGENT, NOW + HOUR)):
        book.claim(1, at, "b", 60)
        one = book.start_attempt(Attempt(key, 1, "power", "139", "carrier-a", at), "b")
        book.finish_attempt(key, outcome, after_attempt(one, outcome, CallbackPolicy(), at), at)
    assert one_of(book).first_at == NOW


def test_promises_of_an_older_version_are_given_their_deadlines(
    book: Store, capture: Build, bring: Bring
) -> None:
    calls = [capture(f"pbx1:{n}", number=f"1390000000{n}", at=NOW - n * HOUR) for n in range(5)]
    bring(*calls, terms=Terms())
    book.cancel(5, NOW, "test")
    assert book.fill_deadlines(owed, 2) == 4
    assert [one_of(book, n).first_by for n in (1, 4, 5)] == [NOW + 8 * HOUR, NOW + 5 * HOUR, None]
    assert book.fill_deadlines(owed, 2) == 0


def test_filling_ends_where_nothing_is_owed(book: Store, capture: Build, bring: Bring) -> None:
    bring(*(capture(f"pbx1:{n}", number=f"1390000000{n}") for n in range(5)), terms=Terms())
    assert book.fill_deadlines(lambda matter, at: Owed(), 2) == 0


def test_reports_of_one_fault_in_one_place_are_found_together(
    book: Store, capture: Build, bring: Bring
) -> None:
    """C3."""
    bring(
        capture("pbx1:1", number="13900000001", region="north"),
        capture("pbx1:2", number="13900000002", region="north", at=NOW + timedelta(minutes=1)),
        capture("pbx1:3", number="13900000003", region="south"),
        capture("pbx1:4", number="13900000004", region="north", matter=Matter.BILL),
        capture("pbx1:5", number="13900000005"),
    )
    fault = one_of(book).fault
    assert fault
    assert ids(book.same_fault(fault)) == [1, 2]
    assert ids(book.search(fault=fault)) == [1, 2]
    assert book.same_fault("") == []
    assert [book.count_same_fault(fault, without) for without in (0, 2)] == [2, 1]
    assert book.count_same_fault("") == 0
    assert book.count_same_fault(fault, most=1) == 1
    book.cancel(2, NOW, "test")
    assert ids(book.same_fault(fault)) == [1]


def test_who_tells_of_the_fault_in_a_later_call_belongs_to_it(
    book: Store, capture: Build, bring: Bring
) -> None:
    bring(capture("pbx1:1", matter=Matter.BILL))
    bring(capture("pbx1:2", region="north"))
    assert one_of(book).fault == fault_key(capture(region="north"), CallbackPolicy())
    assert one_of(book).matter is Matter.BILL


def test_a_complaint_is_owed_an_answer_whatever_its_promise_is_about(
    book: Store, capture: Build, bring: Bring
) -> None:
    """E3: complaints are answered within their days, also one that joins a fault report, or that danger joins."""
    bring(capture("pbx1:1", at=NOW - 3 * HOUR, matter=Matter.FAULT))
    assert one_of(book).answer_by is None
    bring(capture("pbx1:2", at=NOW - 2 * HOUR, matter=Matter.COMPLAINT))
    assert (one_of(book).matter, one_of(book).answer_by) == (Matter.FAULT, NOW + 22 * HOUR), (
        "from when it was left"
    )
    bring(capture("pbx1:3", at=NOW - HOUR, matter=Matter.COMPLAINT))
    assert one_of(book).answer_by == NOW + 22 * HOUR
    bring(capture("pbx1:4", matter=Matter.DANGER))
    assert (one_of(book).matter, one_of(book).answer_by) == (Matter.DANGER, NOW + 22 * HOUR)


def test_so_is_one_that_was_left_together_with_a_fault(book: Store, capture: Build, bring: Bring) -> None:
    bring(capture("pbx1:1", at=NOW - HOUR), capture("pbx1:2", matter=Matter.COMPLAINT))
    assert (one_of(book).matter, one_of(book).answer_by) == (Matter.FAULT, NOW + 24 * HOUR)


def tried(book: Store, promise_id: int, at: datetime) -> None:
    """A first attempt that found nobody; it waits again."""
    called = book.claim(promise_id, at, "bridge", 60.0)
    assert called is not None
    made = Attempt(f"{promise_id}-1-1", promise_id, called.scope, called.number, "carrier-a", at)
    book.start_attempt(made, "bridge")
    after = after_attempt(called, Outcome.BUSY, CallbackPolicy(), at)
    assert book.finish_attempt(made.key, Outcome.BUSY, after, at)


@pytest.mark.parametrize("into", [1, 2])
def test_an_attempt_at_the_number_of_both_is_the_first_attempt_of_the_merged_promise(
    book: Store, capture: Build, bring: Bring, into: int
) -> None:
    bring(capture("pbx1:1", at=NOW - 9 * HOUR), capture("pbx1:2", at=NOW - 9 * HOUR, scope="water"))
    tried(book, 1, NOW - 3 * HOUR)
    assert book.merge(3 - into, into, NOW, "leader")
    assert (one_of(book, into).first_at, one_of(book, into).first_by) == (NOW - 3 * HOUR, NOW - HOUR)
    assert book.late(NOW) == []


def test_an_attempt_at_another_number_keeps_what_was_owed_there_and_nothing_else(
    book: Store, capture: Build, bring: Bring
) -> None:
    bring(
        capture("pbx1:1", number="13900000001", at=NOW - 9 * HOUR),
        capture("pbx1:2", number="13900000002", at=NOW - 7 * HOUR),
    )
    tried(book, 1, NOW - 3 * HOUR)
    assert book.merge(1, 2, NOW, "leader")
    assert (one_of(book, 2).first_at, one_of(book, 2).first_by) == (None, NOW + HOUR)
    assert ids(book.late(NOW + 2 * HOUR)) == [2], "nobody has called this number"


def test_what_nobody_tried_yet_is_owed_at_the_earlier_time(book: Store, capture: Build, bring: Bring) -> None:
    bring(
        capture("pbx1:1", number="13900000001", at=NOW - 7 * HOUR),
        capture("pbx1:2", number="13900000002"),
    )
    assert book.merge(1, 2, NOW, "leader")
    assert one_of(book, 2).first_by == NOW + HOUR


def test_what_a_caller_takes_back_brings_along_what_was_owed_to_him(
    book: Store, capture: Build, bring: Bring
) -> None:
    """He cancelled, rang again about something else, and undid: his complaint is still to be answered, and in its time."""
    bring(capture(at=NOW, matter=Matter.COMPLAINT, reference="111111"))
    asked = {"about": "111111", "reference": "999999"}
    bring(capture("pbx1:9/1", at=NOW + HOUR, asks=Asks.CANCEL, **asked), now=NOW + HOUR)
    bring(capture("pbx1:2", at=NOW + 2 * HOUR, matter=Matter.BILL, reference="222222"), now=NOW + 2 * HOUR)
    bring(capture("pbx1:9/2", at=NOW + 3 * HOUR, asks=Asks.UNDO, **asked), now=NOW + 3 * HOUR)
    (one,) = book.open_promises()
    assert (one.captures, one.place_at) == (2, NOW)
    assert (one.first_by, one.answer_by) == (NOW + 8 * HOUR, NOW + 24 * HOUR)
