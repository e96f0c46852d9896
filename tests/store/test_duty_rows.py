"""The table of reports on their way to the duty role (requirement E0)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from callbacks.rules.passing_on import Report
from callbacks.values import Capture, Matter
from store import Store

SOON = timedelta(seconds=30)


def report(now: datetime, key: str = "pbx1:1.1", matter: Matter = Matter.DANGER) -> Report:
    return Report(key, "power", matter, now)


def test_a_report_is_open_until_somebody_takes_it_on(book: Store, now: datetime) -> None:
    assert book.duty_put([report(now)]) == frozenset()
    assert book.duty_open() == [report(now)]
    assert book.duty_ack(["pbx1:1.1"], "li", now) == 1
    assert book.duty_open() == []
    assert book.duty_ack(["pbx1:1.1"], "wang", now) == 0, "the first stands"


def test_what_was_taken_on_is_told_to_whoever_sees_the_line_again(book: Store, now: datetime) -> None:
    book.duty_put([report(now)])
    book.duty_ack(["pbx1:1.1"], "li", now)
    assert book.duty_put([report(now), report(now, "pbx1:2.2")]) == {"pbx1:1.1"}
    assert [one.key for one in book.duty_open()] == ["pbx1:2.2"]


def test_the_next_run_knows_how_often_it_was_told_and_an_older_word_changes_nothing(
    book: Store, now: datetime
) -> None:
    told = report(now).told(now + SOON)
    book.duty_put([told])
    book.duty_put([report(now)])
    assert book.duty_open() == [told]


def test_the_number_comes_from_the_book_as_soon_as_the_capture_is_there(
    book: Store, now: datetime, capture: Callable[..., Capture], keep: Callable[..., None]
) -> None:
    book.duty_put([report(now)])
    assert book.duty_open()[0].number == ""
    keep(capture("pbx1:1.1", number="13912341234", region="north", matter=Matter.DANGER))
    (one,) = book.duty_open()
    assert (one.number, one.region) == ("13912341234", "north")


def test_more_reports_than_one_statement_takes_are_all_taken_on(book: Store, now: datetime) -> None:
    many = [replace(report(now, f"pbx1:{n}.1"), matter=Matter.FAULT) for n in range(1000)]
    book.duty_put(many)
    assert book.duty_ack([one.key for one in many], "li", now) == 1000
    assert book.duty_open() == []
