"""Pages of promises: each begins where the last one ended, and no filter forgets or repeats anything."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from callbacks.values import Attempt, Capture, Matter, PromiseState
from store import Store
from store.remembering import FRESH, USABLE, Remembered
from store.search import place_of

pytestmark = pytest.mark.slow

Build = Callable[..., Capture]
Keep = Callable[..., None]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
AGENT = "PJSIP/agent-1"


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.fixture
def seven(book: Store, capture: Build, keep: Keep) -> Store:
    """Seven callers, two at the same moment, in two scopes."""
    times = (9, 8, 8, 6, 5, 4, 3)
    keep(
        *(
            capture(
                f"pbx1:{n}",
                number=f"1390000000{n}",
                at=ago(minutes),
                scope="water" if n == 4 else "power",
                matter=Matter.BILL if n in (4, 5) else Matter.FAULT,
                reference=f"00000{n}",
            )
            for n, minutes in enumerate(times, 1)
        )
    )
    return book


def pages(book: Store, limit: int, **filters: Any) -> Iterator[list[int]]:
    after = None
    while rows := book.search(limit=limit, after=after, **filters):
        yield [one.id for one in rows]
        after = place_of(rows[-1])


def found(book: Store, **filters: Any) -> list[int]:
    return [one.id for one in book.search(**filters)]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_open_ones_hold_each_once_in_the_order_of_the_queue(seven: Store, limit: int) -> None:
    got = list(pages(seven, limit))
    assert [id_ for page in got for id_ in page] == [1, 2, 3, 4, 5, 6, 7]
    assert {len(page) for page in got[:-1]} == {limit}


def test_pages_of_closed_ones_begin_with_the_newest(seven: Store) -> None:
    seven.cancel_many([2, 3, 5], NOW, "test", "leader")
    seven.cancel_many([1], NOW + timedelta(minutes=1), "test", "leader")
    assert list(pages(seven, 2, state=PromiseState.CANCELLED)) == [[1, 5], [3, 2]]
    assert [one.id for one in seven.promises(3, *PromiseState)] == [1, 5, 3]
    assert [one.id for one in seven.promises(9, PromiseState.OPEN, PromiseState.CANCELLED)] == [
        1,
        5,
        3,
        2,
        4,
        6,
        7,
    ]


def test_each_filter_leaves_what_it_names(seven: Store) -> None:
    seven.pause([2], NOW, "leader")
    seven.hold(3, NOW, NOW + timedelta(hours=1), "invalid")
    seven.assign([6], AGENT, NOW, "leader")
    seven.claim(5, NOW, AGENT, 60, agent=AGENT)
    seven.start_attempt(Attempt("a1", 5, "power", "139", "carrier-a", NOW, AGENT), AGENT)
    assert found(seven, scope="water") == [4]
    assert found(seven, matter=Matter.BILL) == [4, 5]
    assert found(seven, scope="power", matter=Matter.BILL) == [5]
    assert found(seven, agent=AGENT) == [5, 6]
    assert found(seven, number="13900000007") == [7]
    assert found(seven, reference="000003") == [3]
    assert found(seven, attention=True) == [3]
    assert found(seven, paused=True) == [2]
    assert found(seven, due_by=NOW) == [1, 4, 6, 7]
    assert found(seven, state=PromiseState.DIALLING) == [5]
    assert found(seven, state=PromiseState.OPEN, limit=2) == [1, 2]
    assert found(seven, reference="000003", number="13900000007") == []


def test_by_number_and_reference_closed_ones_are_found_too_the_newest_first(
    book: Store, capture: Build, keep: Keep
) -> None:
    keep(capture("pbx1:1", reference="000001"))
    book.cancel(1, NOW, "test")
    keep(capture("pbx1:2", reference="000002"))
    assert found(book, number="13912341234") == [2, 1]
    assert list(pages(book, 1, number="13912341234")) == [[2], [1]]
    assert found(book, reference="000001") == [1]
    assert found(book, number="13912341234", state=PromiseState.CANCELLED) == [1]


def test_of_open_ones_those_are_his_that_were_handed_to_him(seven: Store) -> None:
    seven.assign([6, 2, 4], AGENT, NOW, "test")
    assert seven.claim(2, NOW, AGENT, 60, agent=AGENT)
    assert found(seven, agent=AGENT, state=PromiseState.OPEN) == [4, 6]
    assert list(pages(seven, 1, agent=AGENT, state=PromiseState.OPEN)) == [[4], [6]]
    assert found(seven, agent=AGENT) == [2, 4, 6]


def test_reads_of_one_moment_see_nothing_of_what_is_written_meanwhile(seven: Store) -> None:
    with seven.moment():
        assert len(found(seven)) == 7
        seven.cancel(1, NOW, "test")
        with seven.moment():
            assert len(found(seven)) == 7
    assert len(found(seven)) == 6


def test_another_thread_reads_its_own_moment(seven: Store) -> None:
    seen: list[int] = []
    with seven.moment():
        assert len(found(seven)) == 7
        seven.cancel(1, NOW, "test")
        other = threading.Thread(target=lambda: seen.append(len(found(seven))))
        other.start()
        other.join()
    assert seen == [6]


def test_moment_that_fails_leaves_nothing_behind(seven: Store) -> None:
    with pytest.raises(LookupError), seven.moment():
        raise LookupError
    seven.cancel(1, NOW, "test")
    assert len(found(seven)) == 6


def test_who_had_a_closed_one_is_found_by_his_name(seven: Store) -> None:
    seven.adopt(3, NOW, AGENT)
    assert found(seven, agent=AGENT) == []
    assert found(seven, agent=AGENT, state=PromiseState.DONE) == [3]


QUERIES: dict[str, Callable[[Store], object]] = {
    "page": lambda book: book.search(limit=50),
    "next page": lambda book: book.search(limit=50, after=(NOW, 3)),
    "due": lambda book: book.search(due_by=NOW),
    "agent": lambda book: book.search(agent=AGENT),
    "number": lambda book: book.search(number="13900000001"),
    "reference": lambda book: book.search(reference="000001"),
    "attention": lambda book: book.search(attention=True),
    "closed": lambda book: book.search(state=PromiseState.DONE),
    "talking": lambda book: book.search(state=PromiseState.TALKING),
    "handed": lambda book: book.search(agent=AGENT, state=PromiseState.OPEN),
    "fault": lambda book: book.same_fault("power/north/20000"),
    "others": lambda book: book.count_same_fault("power/north/20000", 3),
    "late": lambda book: book.late(NOW),
    "soon": lambda book: book.due_soon(NOW, NOW + timedelta(hours=1)),
    "owed": lambda book: book.count_owed(NOW, NOW + timedelta(hours=1)),
    "leader": lambda book: book.for_leader(),
    "in flight": lambda book: book.in_flight(),
    "mine": lambda book: book.promises_of(AGENT),
    "claim": lambda book: book.claim_due(["power", "water"], 2, NOW, "b", 60),
    "next": lambda book: book.claim_for_agent(AGENT, NOW, 60),
    "ahead": lambda book: book.ahead_of(3),
    "history": lambda book: book.history(3),
}
# Reads a partial index that holds nothing else than what is asked for, or begins at one end of it and stops at the limit.
WHOLE = ("ix_promise_waiting", "ix_promise_listed", "ix_promise_busy")


@pytest.mark.parametrize("name", QUERIES)
def test_no_page_walks_through_the_promises(name: str, file_book: Store, capture: Build) -> None:
    file_book.import_captures([capture()], "test", 0, NOW)
    plans: list[str] = []

    def plan(_one: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            rows = cursor.connection.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.extend(row[3] for row in rows)

    event.listen(file_book._database.engine, "before_cursor_execute", plan)
    QUERIES[name](file_book)
    event.remove(file_book._database.engine, "before_cursor_execute", plan)
    scans = [one for one in plans if one.startswith("SCAN") and one != "SCAN CONSTANT ROW"]
    walks = [one for one in scans if "anon" not in one and not one.endswith(WHOLE)]
    assert plans
    assert walks == []


def test_a_large_count_is_made_once_for_those_who_look_within_seconds() -> None:
    counted: list[int] = []

    def count() -> int:
        counted.append(0)
        return 100 + len(counted)

    large: Remembered[int] = Remembered(lambda figure: figure > 100)
    assert [large.get("day", NOW, count), large.get("day", NOW + FRESH, count)] == [101, 101]
    assert large.get("next day", NOW, count) == 102
    assert large.get("next day", NOW + USABLE * 2, count) == 103
    small: Remembered[int] = Remembered(lambda figure: figure > 1000)
    assert [small.get("day", NOW, count), small.get("day", NOW, count)] == [104, 105]


def test_nobody_waits_for_a_large_count_that_is_some_seconds_old() -> None:
    """He is given the old one, and the next who looks finds the new one."""
    gate, counted = threading.Event(), iter((1000, 2000))

    def count() -> int:
        figure = next(counted)
        assert figure == 1000 or gate.wait(10)
        return figure

    large: Remembered[int] = Remembered(lambda figure: figure > 100)
    later = NOW + FRESH * 2
    assert [large.get("day", at, count) for at in (NOW, later, later)] == [1000, 1000, 1000]
    gate.set()
    end = time.monotonic() + 10
    while large.get("day", later, count) == 1000 and time.monotonic() < end:
        time.sleep(0.01)
    assert large.get("day", later, count) == 2000
