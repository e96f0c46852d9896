"""Half hours counted from raw records, and read as sums for the measures (requirement G).

Counting a half hour again replaces its rows, so it may be done at any time, any number of times. Whatever writes raw rows of it
marks it as due in the same transaction, so none is forgotten over a kill.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, delete, func, insert, select, update

from callbacks.measures import COUNTERS, HALF_HOUR, Row, RowKey, half_hour_of, rows_of
from callbacks.measures.tally import CALL_COUNTERS, TIME_COUNTERS
from store.calls import mark, records_in, spans_in
from store.engine import Subject
from store.measure_tables import call_record, half_hour, half_hour_due, half_hour_wait

GroupSums = dict[tuple[datetime | None, str], dict[str, float]]
"""(start of the half hour or None, queue, agent or incident, or "") → sums by name."""


class HalfHours(Subject):
    """Counting and reading. Times are aware UTC."""

    def due_half_hours(self, limit: int = 100, pbx: str = "") -> list[tuple[datetime, str]]:
        """Half hours that have to be counted, oldest first; pbx "": of every Asterisk."""
        query = (
            select(half_hour_due.c.start, half_hour_due.c.pbx).order_by(half_hour_due.c.start).limit(limit)
        )
        query = query.where(half_hour_due.c.pbx == pbx) if pbx else query
        with self._database.read() as connection:
            return [(row.start, row.pbx) for row in connection.execute(query)]

    def count_half_hour(self, start: datetime, pbx: str, zone: tzinfo) -> bool:
        """Count it, if it is due; False when another has. Nobody waits while it is added up: only the result is written.

        What changes it meanwhile leaves it due: the changes that were read are taken off, and it is done with when none is left.
        """
        place = (half_hour_due.c.start == start) & (half_hour_due.c.pbx == pbx)
        until = start + HALF_HOUR
        with self._database.read() as connection:
            changes = connection.execute(select(half_hour_due.c.changes).where(place)).scalar()
            if changes is None:
                return False
            rows = rows_of(
                records_in(connection, start, until, pbx), spans_in(connection, start, until, pbx), zone
            )
        with self._database.write() as connection:
            taken = update(half_hour_due).where(place).values(changes=half_hour_due.c.changes - changes)
            if not connection.execute(taken).rowcount:
                return False
            _replace(connection, start, pbx, rows)
            connection.execute(delete(half_hour_due).where(place, half_hour_due.c.changes == 0))
        return True

    def count_half_hours(self, zone: tzinfo, limit: int = 100, pbx: str = "") -> int:
        """Count what is due, at most so many, each in a transaction of its own; returns how many."""
        return sum(self.count_half_hour(start, of, zone) for start, of in self.due_half_hours(limit, pbx))

    def count_again(self, since: datetime, until: datetime, zone: tzinfo) -> int:
        """Mark every half hour of this time that has raw records as due; returns how many. One without is left as it is: its
        raw records may have been forgotten."""
        with self._database.write() as connection:
            found = connection.execute(
                select(call_record.c.joined_at, call_record.c.pbx).where(
                    call_record.c.joined_at >= since, call_record.c.joined_at < until
                )
            ).all()
            due = {(half_hour_of(row.joined_at, zone), row.pbx) for row in found}
            mark(connection, due)
        return len(due)

    def measure_sums(
        self,
        since: datetime,
        until: datetime,
        answer_in: float,
        short: float,
        by: str = "",
        *,
        starts: bool = False,
    ) -> GroupSums:
        """Sums of the half hours that begin in this time. by: "queue", "agent" or "incident" groups them, "" does not;
        starts: each half hour apart. answer_in, short: whole seconds, of the service level and of short abandons.

        Agents' time is each second once over all their queues, except by queue.
        """
        table, time_of = half_hour.c, half_hour.c.queue == ""
        if by == "queue":
            time_of = table.queue != ""
        sums: list[ColumnElement[float]] = [func.sum(table[name]).label(name) for name in CALL_COUNTERS]
        sums += [
            func.coalesce(func.sum(table[name]).filter(time_of), 0.0).label(name) for name in TIME_COUNTERS
        ]
        found: GroupSums = defaultdict(dict)
        with self._database.read() as connection:
            for row in connection.execute(_grouped(half_hour, sums, since, until, by, starts)).mappings():
                place = (row["start"] if starts else None, row[by] if by else "")
                found[place].update({name: row[name] or 0.0 for name in (*CALL_COUNTERS, *TIME_COUNTERS)})
            waits = _grouped(half_hour_wait, _wait_columns(answer_in, short), since, until, by, starts)
            for row in connection.execute(waits).mappings():
                place = (row["start"] if starts else None, row[by] if by else "")
                found[place].update({name: row[name] or 0.0 for name in _WAIT_NAMES})
        return {place: sums for place, sums in found.items() if by == "" or place[1]}


_WAIT_NAMES = ("answered_in", "abandoned_in", "abandoned_wait_s", "short", "short_wait_s")


def _wait_columns(answer_in: float, short: float) -> list[ColumnElement[float]]:
    """What ``callbacks.measures.wait_sums`` says, by the database."""
    at = half_hour_wait.c
    answered, abandoned = at.end == "answered", at.end == "abandoned"
    return [
        func.sum(case((answered & (at.seconds <= answer_in), at.calls), else_=0)).label("answered_in"),
        func.sum(case((abandoned & (at.seconds <= answer_in), at.calls), else_=0)).label("abandoned_in"),
        func.sum(case((abandoned, at.waited), else_=0.0)).label("abandoned_wait_s"),
        func.sum(case((abandoned & (at.seconds <= short), at.calls), else_=0)).label("short"),
        func.sum(case((abandoned & (at.seconds <= short), at.waited), else_=0.0)).label("short_wait_s"),
    ]


def _grouped(
    table: Table,
    columns: Iterable[ColumnElement[float]],
    since: datetime,
    until: datetime,
    by: str,
    starts: bool,
) -> Select[Any]:
    start: ColumnElement[Any] = table.c.start
    places = ([start] if starts else []) + ([table.c[by]] if by else [])
    query: Select[Any] = select(*places, *columns).where(start >= since, start < until)
    return query.group_by(*places) if places else query


def _replace(connection: Connection, start: datetime, pbx: str, rows: Mapping[RowKey, Row]) -> None:
    for table in (half_hour, half_hour_wait):
        connection.execute(delete(table).where(table.c.start == start, table.c.pbx == pbx))
    places = {key: {name: getattr(key, name) for name in key.__slots__} for key in rows}
    counted = [places[key] | dict.fromkeys(COUNTERS, 0.0) | row.sums for key, row in rows.items()]
    waits = [
        places[key] | {"end": end, "seconds": seconds, "calls": calls, "waited": waited}
        for key, row in rows.items()
        for (end, seconds), (calls, waited) in row.waits.items()
    ]
    if counted:
        connection.execute(insert(half_hour), counted)
    if waits:
        connection.execute(insert(half_hour_wait), waits)
