"""A caller hears of his promise only with its reference; who guesses learns nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from callbacks.values import Asks, Capture, Matter, PromiseFacts, PromiseState
from store import Store

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
OWN, OTHER = "13912341234", "13800000000"


def test_without_a_reference_one_hears_only_that_there_is_a_promise(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture(reference="482913"))
    assert book.look_up(OWN, "") == PromiseFacts(OWN)
    assert book.look_up(OTHER, "") is None


def test_with_the_reference_one_hears_how_it_stands(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture(reference="482913"))
    facts = PromiseFacts(OWN, True, PromiseState.OPEN, Matter.FAULT, 0, NOW, 1)
    assert book.look_up(OWN, "482913") == facts


def test_a_wrong_reference_and_a_strange_number_are_answered_alike(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture(reference="482913"), capture("pbx1:2", number=OTHER))
    answers = [book.look_up(OWN, "111111"), book.look_up(OTHER, "482913"), book.look_up("1", "482913")]
    assert answers == [None, None, None]


def test_a_promise_whose_call_was_told_no_reference_cannot_be_looked_into(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture(), capture("pbx1:2", asks=Asks.CHANGE, reference="482913"))
    assert book.look_up(OWN, "482913") is None


def test_after_a_change_the_new_number_is_the_one_to_give(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture(reference="482913"))
    keep(capture("pbx1:9/2", at=NOW + timedelta(minutes=5), asks=Asks.CHANGE, about="482913", number=OTHER))
    facts = book.look_up(OTHER, "482913")
    assert facts is not None
    assert (facts.number, facts.state) == (OTHER, PromiseState.OPEN)


def test_what_the_caller_cancelled_he_hears_of_and_what_is_done_he_does_not(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture(reference="482913"))
    keep(capture("pbx1:9/2", at=NOW, asks=Asks.CANCEL, about="482913"))
    facts = book.look_up(OWN, "482913")
    assert facts is not None
    assert facts.state is PromiseState.CANCELLED
    assert book.look_up(OWN, "") is None
    assert book.look_up(OWN, "482913", cancelled_since=NOW + timedelta(seconds=1)) is None


def test_what_staff_cancelled_he_does_not_hear_of(book: Store, capture: Build, keep: Keep) -> None:
    keep(capture(reference="482913"))
    book.cancel(1, NOW, "a number that is none")
    assert book.look_up(OWN, "482913") is None
