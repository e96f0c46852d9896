"""What is over for long enough is deleted, in small batches that hold nobody up. Never an open promise, or what it needs.

Counted rows (half hours) are of their own, so that the measures stay when what they were counted from is gone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, func, select

from callbacks.measures import CallEnd
from callbacks.policy import KeepPolicy
from callbacks.values import CLOSED_STATES, NoticeState
from store.engine import Subject
from store.intents import IntentState
from store.measure_tables import (
    agent_span,
    call_record,
    carrier_count,
    half_hour,
    half_hour_due,
    half_hour_wait,
    roster,
)
from store.record_tables import change, incident, intent, message, note
from store.tables import CLOSED, attempt, capture, duty, matter_outcome, notice, promise, touch

BATCH: Final = 200


class Kind(StrEnum):
    """What is kept for a time of its own; the words are the fields of ``KeepPolicy``."""

    PROMISES = "promises"
    MISSED = "missed"
    CALLS = "calls"
    HALF_HOURS = "half_hours"
    INCIDENTS = "incidents"
    CHANGES = "changes"


def cuts(policy: KeepPolicy, now: datetime) -> dict[Kind, datetime]:
    """What ended before these times may go; a kind that is kept for ever has none. now: aware UTC."""
    kept = {kind: float(getattr(policy, kind.value)) for kind in Kind}
    return {kind: now - timedelta(seconds=seconds) for kind, seconds in kept.items() if seconds}


class Keeping(Subject):
    """All times are aware UTC. Each call is one short transaction."""

    def count_old(self, kind: Kind, before: datetime) -> int:
        """How many would go."""
        with self._database.read() as connection:
            return sum(
                int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())
                for query in (_OVER[kind](before))
            )

    def forget_old(self, kind: Kind, before: datetime, limit: int = BATCH) -> int:
        """Delete at most so many of a kind with all that belongs to them; returns how many. 0: there is no more to delete."""
        with self._database.write() as connection:
            for query in _OVER[kind](before):
                ids = connection.execute(query.limit(limit)).all()
                if ids:
                    _DELETE.get(query.get_final_froms()[0].name, _delete_plain)(  # type: ignore[attr-defined]  # a table has a name
                        connection, query, ids
                    )
                    return len(ids)
        return 0


_Query = Select[Any]


def _promises(before: datetime) -> list[_Query]:
    """Closed, off the leader's list, with nothing that is still awaited."""
    mine = capture.c.promise_id == promise.c.id
    told = exists().where(mine, duty.c.key == capture.c.key, duty.c.acked_at.is_(None))
    unended = exists().where(attempt.c.promise_id == promise.c.id, attempt.c.outcome.is_(None))
    return [
        select(promise.c.id)
        .where(CLOSED, promise.c.state.in_(sorted(CLOSED_STATES)), promise.c.closed_at < before)
        .where(~promise.c.attention, ~told, ~unended)
        .order_by(promise.c.closed_at)
    ]


def _missed(before: datetime) -> list[_Query]:
    """Calls and requests without a promise; not those of which somebody is still to be told."""
    told = exists().where(duty.c.key == capture.c.key, duty.c.acked_at.is_(None))
    coming = (NoticeState.WAITING, NoticeState.INTENDED)
    waits = exists().where(notice.c.key == capture.c.key, notice.c.state.in_(coming))
    return [
        select(capture.c.key)
        .where(capture.c.promise_id.is_(None), capture.c.at < before, ~told, ~waits)
        .order_by(capture.c.at)
    ]


def _calls(before: datetime) -> list[_Query]:
    """Raw records that were counted; a half hour that is still to be counted needs its own."""
    oldest_due = select(func.min(half_hour_due.c.start)).scalar_subquery()
    found = []
    for table, at in ((call_record, call_record.c.joined_at), (agent_span, agent_span.c.since)):
        query = _older(table, at, before).where((at < oldest_due) | oldest_due.is_(None))
        found.append(
            query.where(call_record.c.end.not_in((CallEnd.WAITING, CallEnd.TALKING)))
            if table is call_record
            else query
        )
    return found


def _half_hours(before: datetime) -> list[_Query]:
    return [
        _older(half_hour, half_hour.c.start, before),
        _older(half_hour_wait, half_hour_wait.c.start, before),
        _older(carrier_count, carrier_count.c.start, before),
        _older(roster, roster.c.since, before),
    ]


def _incidents(before: datetime) -> list[_Query]:
    return [
        select(incident.c.key)
        .where(incident.c.closed_at.is_not(None), incident.c.closed_at < before)
        .order_by(incident.c.opened_at)
    ]


def _changes(before: datetime) -> list[_Query]:
    """The oldest wishes first: they are numbered as they came."""
    first = select(intent.c.id).order_by(intent.c.id).limit(BATCH * 5)
    done = intent.c.state != IntentState.PENDING.value
    wishes = (
        select(intent.c.id).where(intent.c.id.in_(first), done, intent.c.at < before).order_by(intent.c.id)
    )
    return [_older(change, change.c.at, before), wishes]


def _older(table: Table, at: ColumnElement[datetime], before: datetime) -> _Query:
    return select(*table.primary_key.columns).where(at < before).order_by(at)


_OVER: Mapping[Kind, Callable[[datetime], list[_Query]]] = {
    Kind.PROMISES: _promises,
    Kind.MISSED: _missed,
    Kind.CALLS: _calls,
    Kind.HALF_HOURS: _half_hours,
    Kind.INCIDENTS: _incidents,
    Kind.CHANGES: _changes,
}


def _delete_promises(connection: Connection, _query: _Query, rows: Any) -> None:
    ids = [row.id for row in rows]
    keys = connection.execute(select(capture.c.key).where(capture.c.promise_id.in_(ids))).scalars().all()
    _delete_keys(connection, keys)
    for table in (attempt, touch):
        connection.execute(delete(table).where(table.c.promise_id.in_(ids)))
    connection.execute(delete(promise).where(promise.c.id.in_(ids)))


def _delete_captures(connection: Connection, _query: _Query, rows: Any) -> None:
    _delete_keys(connection, [row.key for row in rows])


_MANY: Final = 400


def _delete_keys(connection: Connection, keys: Any) -> None:
    """Captures with what is known by their keys."""
    for start in range(0, len(keys), _MANY):
        some = keys[start : start + _MANY]
        connection.execute(delete(matter_outcome).where(matter_outcome.c.capture.in_(some)))
        for table in (notice, duty, capture):
            connection.execute(delete(table).where(table.c.key.in_(some)))


def _delete_incidents(connection: Connection, _query: _Query, rows: Any) -> None:
    keys = [row.key for row in rows]
    for table in (message, note):
        connection.execute(delete(table).where(table.c.incident.in_(keys)))
    connection.execute(delete(incident).where(incident.c.key.in_(keys)))


def _delete_plain(connection: Connection, query: _Query, rows: Any) -> None:
    table: Table = query.get_final_froms()[0]  # type: ignore[assignment]  # each query is of one table
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        connection.execute(delete(table).where(columns[0].in_([row[0] for row in rows])))
        return
    for row in rows:
        connection.execute(
            delete(table).where(*(column == value for column, value in zip(columns, row, strict=True)))
        )


_DELETE: Mapping[str, Callable[[Connection, _Query, Any], None]] = {
    "promise": _delete_promises,
    "capture": _delete_captures,
    "incident": _delete_incidents,
}
