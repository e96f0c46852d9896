"""Raw records of calls and agents' time, and half hours counted from them, on each kind of database (requirement G)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from callbacks.measures import (
    AgentSpan,
    AgentState,
    CallEnd,
    CallRecord,
    Row,
    RowKey,
    added,
    rows_of,
    wait_sums,
)
from callbacks.measures.imports import CarrierCount, Shift
from callbacks.values import Capture, PromiseState
from store import Store
from store.calls import RawRange
from store.half_hours import GroupSums
from store.measure_tables import call_record

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
DAY = timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
AGENT = "PJSIP/agent-1"


def call(number: int, end: CallEnd, minutes: float, wait: float = 5.0, **more: object) -> CallRecord:
    answered = {"agent": AGENT, "talk": 60.0, "ring": 2.0} if end is CallEnd.ANSWERED else {}
    at = START + timedelta(minutes=minutes)
    usual = {"queue": "power", "wait": wait}
    return CallRecord(f"a:{number}#1", "a", joined_at=at, end=end, **(usual | answered | more))  # type: ignore[arg-type]


def span(state: AgentState, since: float, until: float, queue: str = "power") -> AgentSpan:
    at = [START + timedelta(minutes=one) for one in (since, until)]
    return AgentSpan("a", queue, AGENT, state, at[0], at[1])


CALLS = [
    call(1, CallEnd.ANSWERED, 1),
    call(2, CallEnd.ABANDONED, 2, 30.0, incident="INC-1"),
    call(3, CallEnd.ANSWERED, 31, 25.0, queue="billing"),
    call(4, CallEnd.ANSWERED, 32, 3.0, callback="7-1-1"),
    call(5, CallEnd.ABANDONED, 45, 4.5),
]
SPANS = [
    span(AgentState.IDLE, 0, 10),
    span(AgentState.IDLE, 0, 4, "billing"),
    span(AgentState.CALL, 4, 10, "billing"),
    span(AgentState.CALL, 31, 33),
    AgentSpan("a", "", "", AgentState.SEEN, START, START + timedelta(minutes=30)),
]


def sums(book: Store, by: str = "", *, starts: bool = False) -> GroupSums:
    return book.measure_sums(START, START + DAY, 20, 20, by, starts=starts)


def whole(book: Store) -> dict[str, float]:
    return {name: value for name, value in sums(book)[None, ""].items() if value}


def by_hand(calls: list[CallRecord]) -> dict[str, float]:
    """As the pure room counts raw records."""
    rows: dict[RowKey, Row] = rows_of(calls, SPANS, ZONE)
    times = [row.sums for key, row in rows.items() if key.queue == ""]
    counts = [
        {name: value for name, value in row.sums.items() if not name.endswith(("idle_s", "call_s"))}
        for key, row in rows.items()
        if key.queue
    ]
    waits = [(*place, *said) for row in rows.values() for place, said in row.waits.items()]
    return {
        name: value for name, value in added((*times, *counts, wait_sums(waits, 20, 20))).items() if value
    }


def test_half_hours_add_up_to_what_the_raw_records_say(book: Store) -> None:
    book.put_calls(CALLS, SPANS, ZONE)
    assert book.count_half_hours(ZONE) == 2
    assert whole(book) == pytest.approx(by_hand(CALLS))
    assert whole(book)["total"] == 4
    assert whole(book)["idle_s"] == 240, "over both queues: with a caller from minute 4 on"
    assert whole(book)["seen_s"] == 1800
    apart = sums(book, starts=True)
    assert [start for start, _ in apart] == [START, START + timedelta(minutes=30)]
    assert {n: v for n, v in added(apart.values()).items() if v} == pytest.approx(whole(book))


def test_it_can_be_told_by_queue_agent_and_incident(book: Store) -> None:
    book.put_calls(CALLS, SPANS, ZONE)
    book.count_half_hours(ZONE)
    queues = {name: of for (_, name), of in sums(book, "queue").items()}
    assert {name: (of["total"], of["idle_s"], of["call_s"]) for name, of in queues.items()} == {
        "power": (3, 600, 120),
        "billing": (1, 240, 360),
    }
    agents = {name: of for (_, name), of in sums(book, "agent").items()}
    assert {name: (of["answered"], of["call_s"], of["answered_in"]) for name, of in agents.items()} == {
        AGENT: (2, 480, 1)
    }
    assert {name: of["abandoned"] for (_, name), of in sums(book, "incident").items()} == {"INC-1": 1}


def test_counting_again_changes_nothing_and_later_rows_are_counted(book: Store) -> None:
    book.put_calls(CALLS[:2], SPANS, ZONE)
    book.count_half_hours(ZONE)
    first = whole(book)
    book.put_calls(CALLS[:2], SPANS, ZONE)  # the same again
    assert book.count_half_hours(ZONE) == 2
    assert whole(book) == first
    assert book.count_half_hours(ZONE) == 0, "nothing is due"
    book.put_calls(CALLS[2:], [], ZONE)
    book.count_half_hours(ZONE)
    assert whole(book) == pytest.approx(by_hand(CALLS))
    assert book.count_again(START, START + DAY, ZONE) == 2
    book.count_half_hours(ZONE)
    assert whole(book) == pytest.approx(by_hand(CALLS))


def test_what_changes_a_half_hour_while_it_is_counted_leaves_it_due(
    book: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.put_calls(CALLS[:1], [], ZONE)

    def meanwhile(*given: Any) -> dict[RowKey, Row]:
        rows = rows_of(*given)
        monkeypatch.undo()
        book.put_calls(CALLS[1:2], [], ZONE)
        return rows

    monkeypatch.setattr("store.half_hours.rows_of", meanwhile)
    assert book.count_half_hour(START, "a", ZONE)
    assert whole(book)["total"] == 1
    assert book.due_half_hours() == [(START, "a")]
    assert book.count_half_hour(START, "a", ZONE)
    assert (whole(book)["total"], book.due_half_hours()) == (2, [])
    assert not book.count_half_hour(START, "a", ZONE)


def test_a_record_is_known_by_its_key_and_its_last_version_counts(book: Store) -> None:
    waits = replace(CALLS[0], end=CallEnd.WAITING, wait=None, talk=None, ring=None, agent="")
    book.put_calls([waits], [], ZONE)
    book.count_half_hours(ZONE)
    assert sums(book) == {(None, ""): dict.fromkeys(sums(book)[None, ""], 0.0)}, "it is not over"
    assert book.unended_calls("a") == [waits]
    assert book.unended_calls("b") == []
    book.put_calls([CALLS[0]], [], ZONE)
    book.count_half_hours(ZONE)
    assert book.unended_calls("a") == []
    assert book.calls_between(START, START + DAY) == [CALLS[0]]
    assert whole(book)["total"] == 1


def test_a_span_that_grows_is_one(book: Store) -> None:
    book.put_calls([], [span(AgentState.IDLE, 0, 1)], ZONE)
    book.put_calls([], [span(AgentState.IDLE, 0, 2)], ZONE)
    assert book.spans_between(START, START + DAY) == [span(AgentState.IDLE, 0, 2)]
    assert book.spans_between(START, START + DAY, agents=["PJSIP/agent-2"]) == []


def test_two_asterisks_are_counted_apart_and_told_together(book: Store) -> None:
    other = replace(CALLS[0], key="b:1#1", pbx="b")
    book.put_calls([CALLS[0], other], [], ZONE)
    assert book.count_half_hours(ZONE, pbx="b") == 1
    assert whole(book)["total"] == 1
    assert book.due_half_hours() == [(START, "a")]
    book.count_half_hours(ZONE)
    assert whole(book)["total"] == 2


def test_a_half_hour_whose_raw_records_are_gone_is_not_counted_again(book: Store) -> None:
    book.put_calls(CALLS, SPANS, ZONE)
    book.count_half_hours(ZONE)
    before = whole(book)
    assert book.raw_range() == RawRange(CALLS[0].joined_at, CALLS[-1].joined_at)
    with book._database.write() as connection:
        connection.execute(delete(call_record).where(call_record.c.joined_at < START + timedelta(minutes=30)))
    assert book.count_again(START, START + DAY, ZONE) == 1
    book.count_half_hours(ZONE)
    assert whole(book) == before


def test_imports_are_known_by_their_keys(book: Store) -> None:
    shift = Shift(AGENT, START, START + timedelta(hours=8))
    longer = replace(shift, until=START + timedelta(hours=9))
    assert book.put_roster([shift]) == 1
    book.put_roster([longer])
    assert book.shifts_between(START + timedelta(hours=8), START + DAY) == [longer]
    assert book.shifts_between(START + timedelta(hours=9), START + DAY) == []
    count = CarrierCount("carrier-a", START, START + timedelta(hours=1), 100, 3)
    book.put_carrier_counts([count])
    book.put_carrier_counts([replace(count, refused=4)])
    assert [one.refused for one in book.carrier_counts(START, START + DAY)] == [4]


def test_promises_are_told_with_what_became_of_them(
    book: Store, capture: Callable[..., Capture], keep: Callable[..., None]
) -> None:
    asked = capture(at=START, incident="INC-1")
    keep(asked, now=START)
    (made,) = book.promise_counts(START - DAY, START + DAY)
    assert (made.scope, made.incident, made.state, made.tries, made.attempts) == (
        "power", "INC-1", PromiseState.OPEN, 0, 0,
    )  # fmt: skip
    assert book.promise_counts(START + DAY, START + 2 * DAY) == []
