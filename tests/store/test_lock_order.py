"""Several bridges, importers and leaders change several rows at once: they may wait, but never for each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from postgres import Books
from sqlalchemy import Connection, select, text

from callbacks.rules.passing_on import Report
from callbacks.values import Capture, Matter, PromiseState
from store import Store
from store.tables import duty, promise

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def book(postgres: Books, capture: Callable[..., Capture]) -> Iterator[Store]:
    with Store(postgres.empty()) as store:
        calls = [capture(f"pbx1:{n}", number=f"1390000000{n}") for n in (1, 2, 3)]
        store.import_captures(calls, "test", 0, NOW)
        yield store


def hold(connection: Connection, id_: int) -> None:
    """As another writer does; at once or not at all."""
    row = select(promise.c.id).where(promise.c.id == id_).with_for_update(nowait=True)
    assert connection.execute(row).scalar_one() == id_


def until_somebody_waits(book: Store, done: "Future[Any]") -> None:
    while not done.done():
        with book._database.read() as connection:
            if connection.execute(WAITING).scalar_one():
                return


def test_a_claim_that_lapsed_and_that_another_bridge_frees_now_is_waited_for_by_nobody(book: Store) -> None:
    assert len(book.claim_due(["power"], 2, NOW, "gone", 1.0)) == 2
    with book._database.write() as other:
        hold(other, 1)
        with Store(book._url, patience=3.0) as bridge:  # it would wait longer than that for the row
            claimed = bridge.claim_due(["power"], 3, LATER, "bridge", 60.0)
    assert [one.id for one in claimed] == [2, 3]
    assert [one.id for one in book.claim_due(["power"], 3, LATER, "bridge", 60.0)] == [1]


Work = Callable[[Store], Any]
BULK: dict[str, Work] = {
    "paused": lambda book: book.pause([3, 2, 1], NOW, "leader"),
    "warned of": lambda book: book.mark_warned([3, 2, 1], NOW, "leader"),
}


@pytest.mark.parametrize("work", BULK.values(), ids=BULK)
def test_many_are_held_in_the_order_of_their_ids_wherever_they_lie(book: Store, work: Work) -> None:
    """The first one is written anew, so that it lies behind the others, and a plain update comes to it last."""
    book.assign([2], "PJSIP/agent-1", NOW, "leader")
    book.assign([3], "PJSIP/agent-1", NOW, "leader")
    book.assign([1], "PJSIP/agent-1", NOW, "leader")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        other = stack.enter_context(book._database.write())
        hold(other, 1)
        done = pool.submit(work, book)
        until_somebody_waits(book, done)
        hold(other, 2)  # a deadlock, if they were held already by whoever waits for the first
        hold(other, 3)
        other.commit()
        done.result()


def test_reports_are_taken_on_in_the_order_of_their_keys(book: Store) -> None:
    reports = [Report(key, "power", Matter.FAULT, NOW) for key in ("c", "b", "a")]
    book.duty_put(reports)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        other = stack.enter_context(book._database.write())
        first = select(duty.c.key).where(duty.c.key == "a").with_for_update()
        other.execute(first)
        done = pool.submit(book.duty_ack, ["c", "b", "a"], "leader", NOW)
        until_somebody_waits(book, done)
        other.execute(select(duty.c.key).where(duty.c.key == "c").with_for_update(nowait=True))
        other.commit()
        assert done.result() == 3


def test_of_two_who_change_the_same_each_row_is_changed_by_one(book: Store) -> None:
    """Whoever waited finds the row as it is now, not as it was when he looked."""
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: book.cancel_many([3, 1, 2], NOW, str(n), "leader"), range(8)))
    assert sorted(id_ for ids in done for id_ in ids) == [1, 2, 3]
    assert all(one.state is PromiseState.CANCELLED for one in book.search(state=PromiseState.CANCELLED))
