"""Raw records of the queues' calls and of agents' time (requirement G), and what is imported: rosters, carriers' counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, func, select

from callbacks.measures import AgentSpan, CallRecord, half_hour_of
from callbacks.measures.imports import CarrierCount, Shift
from store.dialect import put, upsert
from store.engine import Subject
from store.measure_tables import UNENDED, agent_span, call_record, carrier_count, half_hour_due, roster

_RECORD = [call_record.c[field.name] for field in fields(CallRecord)]
_SPAN = [agent_span.c[field.name] for field in fields(AgentSpan)]
_MANY = 1000  # rows read at once


@dataclass(frozen=True, slots=True)
class RawRange:
    """The oldest and newest raw record that there is; None: none."""

    first: datetime | None
    last: datetime | None


class Calls(Subject):
    """Written by the bridge's recorder, in batches; read for counting and for what is shown."""

    def put_calls(self, records: Iterable[CallRecord], spans: Iterable[AgentSpan], zone: tzinfo) -> None:
        """Bring these up to date, and mark their half hours (of ``zone``) to be counted again; all or nothing.

        The same again changes nothing. Spans must lie within half hours (``callbacks.measures.parts``).
        """
        rows, times = [_plain(one) for one in records], [_plain(one) for one in spans]
        due = {(half_hour_of(row["joined_at"], zone), row["pbx"]) for row in rows}
        due |= {(half_hour_of(row["since"], zone), row["pbx"]) for row in times}
        with self._database.write() as connection:
            if rows:
                connection.execute(put(connection, call_record), rows)
            if times:
                connection.execute(put(connection, agent_span), times)
            mark(connection, due)

    def unended_calls(self, pbx: str) -> list[CallRecord]:
        """Those of this Asterisk that waited or talked when they were last written, oldest first."""
        query = select(*_RECORD).where(UNENDED, call_record.c.pbx == pbx).order_by(call_record.c.joined_at)
        with self._database.read() as connection:
            return [CallRecord(*row) for row in connection.execute(query)]

    def calls_between(self, since: datetime, until: datetime, pbx: str = "") -> list[CallRecord]:
        """Calls that joined a queue in this time, oldest first; pbx "": of every Asterisk."""
        with self._database.read() as connection:
            return list(records_in(connection, since, until, pbx))

    def spans_between(
        self, since: datetime, until: datetime, pbx: str = "", agents: Sequence[str] | None = None
    ) -> list[AgentSpan]:
        """Spans that began in this time; agents: of these only."""
        with self._database.read() as connection:
            return list(spans_in(connection, since, until, pbx, agents))

    def raw_range(self) -> RawRange:
        """From when to when there are raw records of calls."""
        query = select(func.min(call_record.c.joined_at), func.max(call_record.c.joined_at))
        with self._database.read() as connection:
            return RawRange(*connection.execute(query).one())

    def put_roster(self, shifts: Iterable[Shift]) -> int:
        """Who is to work when; a shift of the same agent and start is brought up to date. Returns how many."""
        rows = [_plain(one) for one in shifts]
        with self._database.write() as connection:
            if rows:
                connection.execute(put(connection, roster), rows)
        return len(rows)

    def shifts_between(self, since: datetime, until: datetime) -> list[Shift]:
        """Shifts that touch this time."""
        query = select(roster.c.agent, roster.c.since, roster.c.until)
        query = query.where(roster.c.since < until, roster.c.until > since).order_by(
            roster.c.since, roster.c.agent
        )
        with self._database.read() as connection:
            return [Shift(*row) for row in connection.execute(query)]

    def put_carrier_counts(self, counts: Iterable[CarrierCount]) -> int:
        """What carriers counted; the same carrier and start again is brought up to date. Returns how many."""
        rows = [_plain(one) for one in counts]
        with self._database.write() as connection:
            if rows:
                connection.execute(put(connection, carrier_count), rows)
        return len(rows)

    def carrier_counts(self, since: datetime, until: datetime) -> list[CarrierCount]:
        """Those that began in this time."""
        columns = [carrier_count.c[field.name] for field in fields(CarrierCount)]
        query = select(*columns).where(carrier_count.c.start >= since, carrier_count.c.start < until)
        with self._database.read() as connection:
            return [CarrierCount(*row) for row in connection.execute(query.order_by(carrier_count.c.start))]


def records_in(connection: Connection, since: datetime, until: datetime, pbx: str) -> Iterator[CallRecord]:
    """For counting, within a transaction."""
    query = select(*_RECORD).where(call_record.c.joined_at >= since, call_record.c.joined_at < until)
    query = query.where(call_record.c.pbx == pbx) if pbx else query
    for row in connection.execute(query.order_by(call_record.c.joined_at)).yield_per(_MANY):
        yield CallRecord(*row)


def spans_in(
    connection: Connection, since: datetime, until: datetime, pbx: str, agents: Sequence[str] | None = None
) -> Iterator[AgentSpan]:
    """For counting, within a transaction."""
    query = select(*_SPAN).where(agent_span.c.since >= since, agent_span.c.since < until)
    query = query.where(agent_span.c.pbx == pbx) if pbx else query
    query = query if agents is None else query.where(agent_span.c.agent.in_(agents))
    for row in connection.execute(query.order_by(agent_span.c.since)).yield_per(_MANY):
        yield AgentSpan(*row)


def _plain(one: CallRecord | AgentSpan | Shift | CarrierCount) -> dict[str, Any]:
    """Its fields by name: asdict copies each value, which takes longer than to write it."""
    return {name: getattr(one, name) for name in one.__slots__}


def mark(connection: Connection, due: Iterable[tuple[datetime, str]]) -> None:
    """Half hours of Asterisks that are to be counted again."""
    rows = [{"start": start, "pbx": pbx} for start, pbx in sorted(due)]
    if rows:
        once_more = upsert(connection, half_hour_due).on_conflict_do_update(
            index_elements=list(half_hour_due.primary_key.columns),
            set_={"changes": half_hour_due.c.changes + 1},
        )
        connection.execute(once_more, rows)
