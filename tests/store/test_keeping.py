"""What is over for long enough goes, in batches; an open promise and what it needs never do. On both kinds of database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from callbacks.measures import AgentSpan, AgentState, CallEnd, CallRecord
from callbacks.policy import KeepPolicy
from callbacks.values import Asks, Capture, MatterOutcome, Outcome, PromiseState, Settled
from store import Store
from store.keeping import Kind, cuts
from store.record_tables import change, incident, message, note
from store.tables import attempt, duty, matter_outcome, promise, touch

Build = Callable[..., Capture]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
OLD = NOW - timedelta(days=1000)
POLICY = KeepPolicy()


def rows(book: Store, table: Any) -> int:
    with book._database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def bring(book: Store, *captures: Capture) -> None:
    book.import_captures(captures, "test", 0, captures[0].at)


def close(book: Store, *, at: datetime, which: int, attention: bool = False) -> None:
    with book._database.write() as connection:
        values = {"state": PromiseState.DONE, "closed_at": at, "attention": attention}
        connection.execute(update(promise).where(promise.c.id == which).values(**values))


def go_through(book: Store, policy: KeepPolicy = POLICY, limit: int = 200) -> dict[Kind, int]:
    gone: dict[Kind, int] = {}
    for kind, before in cuts(policy, NOW).items():
        expected = book.count_old(kind, before)
        while count := book.forget_old(kind, before, limit):
            assert count <= limit
            gone[kind] = gone.get(kind, 0) + count
        assert gone.get(kind, 0) == expected, "the dry run says what goes"
    return gone


def test_a_promise_that_was_closed_long_ago_goes_with_everything_of_it(book: Store, capture: Build) -> None:
    bring(book, capture("pbx1:1", at=OLD), capture("pbx1:2", at=OLD, number="13700000002"))
    first, second = (one.id for one in book.open_promises())
    key = "1-1-1763720100000"
    row = {
        "key": key,
        "promise_id": first,
        "scope": "power",
        "number": "1",
        "trunk": "a",
        "agent": "",
        "started_at": OLD,
    }
    with book._database.write() as connection:
        connection.execute(insert(attempt).values(**row, outcome=Outcome.ANSWERED))
    book.settle_matter(MatterOutcome("pbx1:1", Settled.DONE, "agent", OLD))
    close(book, at=OLD, which=first)
    assert go_through(book) == {Kind.PROMISES: 1}
    assert [one.id for one in book.open_promises()] == [second]
    assert book.promise(first) is None
    assert (rows(book, attempt), rows(book, matter_outcome)) == (0, 0)
    assert book.capture("pbx1:1") is None
    assert {one.promise_id for one in book.history(second)} <= {second}
    assert book.history(first) == []


def test_an_open_promise_never_goes_however_old_it_is(book: Store, capture: Build) -> None:
    bring(book, capture("pbx1:1", at=OLD, recording="1.wav"))
    assert go_through(book, replace(POLICY, promises=1.0, missed=1.0)) == {}
    assert len(book.open_promises()) == 1
    assert book.capture("pbx1:1") is not None


def test_what_somebody_must_still_look_at_stays(book: Store, capture: Build) -> None:
    calls = [capture(f"pbx1:{n}", at=OLD, number=f"1370000000{n}") for n in range(1, 5)]
    bring(book, *calls)
    ids = [one.id for one in book.open_promises()]
    for id_ in ids:
        close(book, at=OLD, which=id_, attention=id_ == ids[0])
    with book._database.write() as connection:
        connection.execute(
            insert(duty).values(key="pbx1:2", scope="power", matter="fault", at=OLD, acked_by="", rounds=1)
        )
        row = {
            "key": "3-1-1763720100000",
            "promise_id": ids[2],
            "scope": "power",
            "number": "1",
            "trunk": "a",
        }
        connection.execute(insert(attempt).values(**row, agent="", started_at=OLD))
    assert go_through(book) == {Kind.PROMISES: 1}
    assert [one for one in ids if book.promise(one)] == ids[:3]


def test_one_that_was_closed_lately_stays_though_its_call_is_old(book: Store, capture: Build) -> None:
    """Time counts from the end of what it is about."""
    bring(book, capture("pbx1:1", at=OLD))
    close(book, at=NOW - timedelta(days=1), which=book.open_promises()[0].id)
    assert go_through(book) == {}


def test_calls_without_a_promise_go_but_no_notice_that_waits(book: Store, capture: Build) -> None:
    bring(
        book,
        capture("pbx1:1", at=OLD, wanted=False),
        capture("pbx1:2/2", at=OLD, asks=Asks.NOTICE, number="13700000002"),
        capture("pbx1:3", at=NOW, wanted=False),
    )
    assert go_through(book) == {Kind.MISSED: 1}
    assert (book.capture("pbx1:1"), book.capture("pbx1:2/2") is None, book.capture("pbx1:3") is None) == (
        None,
        False,
        False,
    )


def test_raw_records_go_and_the_half_hours_that_were_made_of_them_stay(book: Store) -> None:
    at = NOW - timedelta(days=400)
    call = CallRecord(
        *("pbx1-1", "pbx1", "power", at, CallEnd.ANSWERED),
        wait=5.0,
        talk=60.0,
        agent="a",
        ended_at=at + timedelta(minutes=2),
    )
    book.put_calls(
        [call], [AgentSpan("pbx1", "power", "a", AgentState.IDLE, at, at + timedelta(minutes=1))], UTC
    )
    assert go_through(book) == {}, "what is still to be counted is needed"
    book.count_half_hours(UTC)
    assert go_through(book) == {Kind.CALLS: 2}
    assert book.due_half_hours() == []
    assert go_through(book, replace(POLICY, half_hours=86_400.0)).keys() == {Kind.HALF_HOURS}


def test_incidents_go_with_messages_and_notes_and_changes_by_themselves(book: Store) -> None:
    with book._database.write() as connection:
        for key, closed in (("old", OLD), ("open", None)):
            row = {
                "key": key,
                "scope": "power",
                "kind": "A3",
                "opened_at": OLD,
                "closed_at": closed,
                "detail": "",
            }
            connection.execute(insert(incident).values(**row))
            text = {"part": "place", "text": "x", "who": "y", "at": OLD, "incident": key}
            connection.execute(insert(note).values(**text))
        for at in (OLD, NOW):
            values = dict.fromkeys(("kind", "subject", "old", "new", "reason", "who", "incident"), "x")
            connection.execute(insert(change).values(at=at, **values))
    policy = replace(POLICY, incidents=86_400.0)
    assert go_through(book, policy) == {Kind.INCIDENTS: 1, Kind.CHANGES: 1}
    assert (rows(book, incident), rows(book, note), rows(book, message), rows(book, change)) == (1, 1, 0, 1)


def test_what_is_kept_for_ever_is_never_asked_for() -> None:
    assert Kind.PROMISES not in cuts(replace(POLICY, promises=0.0), NOW)


def test_a_batch_takes_no_more_than_it_is_told(book: Store, capture: Build) -> None:
    bring(book, *(capture(f"pbx1:{n}", at=OLD, wanted=False) for n in range(7)))
    assert [book.forget_old(Kind.MISSED, NOW, 3) for _ in range(4)] == [3, 3, 1, 0]
    assert rows(book, touch) == 0
    assert book.missed() == []


def test_the_store_knows_when_it_was_copied_last(book: Store) -> None:
    assert book.last_copy() is None
    for at in (NOW, NOW + timedelta(days=1)):
        book.note_copy(at)
        assert book.last_copy() == at
