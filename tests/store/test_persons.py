"""A person leaves every row, on both kinds of database; and an import is rehearsed on both."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from callbacks.person import PersonNumber
from callbacks.policy import LimitPolicy
from callbacks.rules import Next
from callbacks.values import Asks, Attempt, Capture, NumberSource, Outcome, Promise, PromiseState
from store import ClaimLost, Store, StoreProblem
from store.errors import StillOpen
from store.tables import attempt, live, metadata

Build = Callable[..., Capture]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
HIS, OTHER = PersonNumber("13912341234", "86"), "13700000002"


def fill(book: Store, capture: Build) -> None:
    calls = [
        capture("pbx1:1", remarks="139 1234 1234, the yellow door", name="Wang"),
        capture("pbx1:2", number=OTHER, caller_id="+8613912341234"),
        capture("pbx1:3/2", asks=Asks.NOTICE),
    ]
    book.import_captures(calls, "test", 0, NOW)
    row = {"key": "1-1-1763720100000", "promise_id": 1, "scope": "power", "number": HIS.dialled, "trunk": "a"}
    with book._database.write() as connection:
        words = {"agent": "", "started_at": NOW, "note": "his son", "outcome": Outcome.BUSY}
        connection.execute(insert(attempt).values(**row, **words))
        connection.execute(insert(live).values(key="talking", value={"a": [HIS.dialled, 7]}, at=NOW))
    book.note(1, "call before noon", NOW, "a")


def texts(book: Store) -> str:
    with book._database.read() as connection:
        return "\n".join(str(list(connection.execute(select(table)))) for table in metadata.sorted_tables)


def test_everything_of_a_person_is_found_and_goes_and_rows_stay(book: Store, capture: Build) -> None:
    fill(book, capture)
    found = book.person_rows(HIS)
    assert {
        "promise": 1,
        "capture": 3,
        "attempt": 1,
        "notice": 1,
        "live": 1,
    }.items() <= found.counts().items()
    assert [row["id"] for row in found.open] == [1]
    assert book.cancel(1, NOW, "the man with the yellow door", who="a")
    rows = book.person_rows(HIS).counts()
    assert book.forget_person(HIS, NOW, "leader", "asked for") > 0
    left = texts(book)
    assert not [
        one for one in ("13912341234", "1234 1234", "yellow", "Wang", "his son", "noon") if one in left
    ]
    assert OTHER in left
    assert book.promise(1).state is PromiseState.CANCELLED  # type: ignore[union-attr]  # it is there
    assert len(book.history(1)) == rows["touch"], "what was done stays, without words"
    assert book.live_row("talking").value == {"a": ["***********", 7]}  # type: ignore[union-attr]  # the same
    assert book.person_rows(HIS).counts() == {}
    assert book.forget_person(HIS, NOW, "leader", "again") == 0, "doing it again is harmless"


def test_who_is_forgotten_is_kept_by_digest(book: Store) -> None:
    book.put_forgotten({"a" * 64: NOW})
    book.put_forgotten({"a" * 64: NOW, "b" * 64: NOW})
    assert book.forgotten() == {"a" * 64: NOW, "b" * 64: NOW}


def test_a_rehearsed_import_tells_what_the_import_does_and_leaves_nothing(
    book: Store, capture: Build
) -> None:
    book.import_captures([capture("pbx1:1"), capture("pbx1:2", number=OTHER)], "test", 0, NOW)
    before = texts(book)
    more = [
        capture("pbx1:1"),
        capture("pbx1:2", number=OTHER, name="Li"),
        capture("form:1", tier=0),
        *(capture(f"form:k{n}", number=f"1380000000{n}", source=NumberSource.KEYED) for n in range(3)),
    ]
    limits = LimitPolicy(per_day=2)
    told = book.rehearse(more, NOW, limits)
    assert texts(book) == before
    book.import_captures(more, "test", 1, NOW, limits=limits)
    done: dict[str, Any] = {one.number: one for one in book.open_promises()}
    assert (told["pbx1:1"].known, told["pbx1:1"].completed) == (True, False)
    assert (told["pbx1:2"].known, told["pbx1:2"].completed) == (True, True)
    assert (told["form:1"].promise, told["form:1"].opened) == (done["13912341234"].id, False)
    held = {f"1380000000{n}": told[f"form:k{n}"].held for n in range(3)}
    assert held == {number: done[number].attention for number in held}
    assert sum(held.values()) == 1


def test_open_promises_that_an_older_copy_brought_back_are_closed_when_their_people_are_deleted(
    book: Store, capture: Build
) -> None:
    """Two of them without a number would stand in each other's way, and one could never be called."""
    numbers = PersonNumber("13800000001", "86"), PersonNumber("13800000002", "86")
    calls = [capture(f"pbx1:{n}", number=one.dialled) for n, one in enumerate(numbers)]
    book.import_captures(calls, "test", 0, NOW)
    assert book.claim(1, NOW, "a", 60.0) is not None
    book.start_attempt(Attempt("1-1-1", 1, "power", numbers[0].dialled, "carrier-a", NOW), "a")
    for one in numbers:
        book.forget_person(one, NOW, "leader", "asked for")
    assert book.open_promises() == []
    assert [book.promise(id_).state for id_ in (1, 2)] == [PromiseState.CANCELLED] * 2  # type: ignore[union-attr]  # both are there
    after = Next(PromiseState.OPEN, NOW, NOW, 1, 0, "busy")
    assert book.finish_attempt("1-1-1", Outcome.BUSY, after, NOW)
    assert book.open_promises() == []


CALLED = (PromiseState.DIALLING, PromiseState.TALKING)


def test_who_is_being_called_is_not_deleted_and_nothing_of_him_is(book: Store, capture: Build) -> None:
    """Else the call goes on, and its outcome finds nobody."""
    book.import_captures([capture("pbx1:1"), capture("pbx1:2", scope="water")], "test", 0, NOW)
    assert book.claim(1, NOW, "bridge", 60.0) is not None
    book.start_attempt(Attempt("1-1-1", 1, "power", HIS.dialled, "a", NOW), "bridge")
    before, told = texts(book), list[str]()
    listed = {"a" * 64: NOW}
    for unless in (CALLED, (PromiseState.OPEN,)):
        with pytest.raises(StillOpen) as refused:
            book.forget_person(
                HIS, NOW, "leader", "asked", until=listed, unless=unless, decided=lambda: told.append("x")
            )
        assert refused.value.promises == ((1,) if unless is CALLED else (2,))
    assert (texts(book), told) == (before, [])


def test_no_call_begins_between_the_decision_and_the_deletion(book: Store, capture: Build) -> None:
    book.import_captures([capture("pbx1:1")], "test", 0, NOW)
    assert book.claim(1, NOW, "bridge", 60.0) is not None
    began: list[Promise] = []

    def meanwhile() -> None:
        with (
            suppress(StoreProblem),
            Store(book._url, patience=0.5) as bridge,
        ):  # it waits for the row, and gives up
            began.append(bridge.start_attempt(Attempt("1-1-1", 1, "power", HIS.dialled, "a", NOW), "bridge"))

    if book.is_shared:  # a file has one writer anyway
        assert book.forget_person(HIS, NOW, "leader", "asked", unless=CALLED, decided=meanwhile) > 0
        assert began == []
    book.forget_person(HIS, NOW, "leader", "asked", unless=CALLED)
    with pytest.raises(ClaimLost):
        book.start_attempt(Attempt("1-1-1", 1, "power", HIS.dialled, "a", NOW), "bridge")


def test_who_calls_again_while_he_is_deleted_is_an_ordinary_caller(
    book: Store, capture: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.import_captures([capture("pbx1:1")], "test", 0, NOW)
    later = capture("pbx1:2", at=NOW + timedelta(seconds=1))
    with Store(book._url) as importer:
        sweep = book._sweep

        def meanwhile(*of: Any) -> int:
            importer.import_captures([later], "again", 0, later.at)
            return sweep(*of)

        monkeypatch.setattr(book, "_sweep", meanwhile)  # after what is his by its place, before the texts
        book.forget_person(HIS, NOW, "leader", "asked")
    assert [one.number for one in book.open_promises()] == [HIS.dialled]
    assert book.capture("pbx1:1").number == ""  # type: ignore[union-attr]  # it is there
