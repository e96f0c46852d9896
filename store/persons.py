"""One person's data: all of it told, or all of it deleted but what is counted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import JSON, Column, Connection, String, Table, Text, cast, insert, or_, select, update

from callbacks.person import PersonNumber
from callbacks.values import CLOSED_STATES, NumberSource, Outcome, PromiseState, Touched
from store.dialect import put
from store.engine import Subject
from store.errors import StillOpen
from store.history import touch_all
from store.moves import held
from store.record_tables import change
from store.tables import attempt, capture, duty, forgotten, matter_outcome, metadata, notice, promise, touch

NOBODY: Final[Mapping[str, datetime]] = MappingProxyType({})
KIND, DELETED = "person", "deleted"  # of the row in the record that says so
_MANY: Final = 400
_SAFE: Final = (  # reasons that are words of ours and tell of nobody
    *("", "adopted", DELETED, *(one.value for one in Outcome)),
    *("the caller cancelled it", "the caller gave another number", "the caller corrected the number"),
    *("joined a newer one of the same number",),
    *(f"over a limit: {what}" for what in ("caller", "number", "prefix", "day")),
)
_UNTOUCHED: Final = frozenset(
    {"policy", "alembic_version", "import_offset", "meta"}
)  # hold nothing of callers
_NAMED: Final = frozenset({"promise", "capture", "attempt", "touch", "matter_outcome", "notice", "duty"})


@dataclass(frozen=True, slots=True)
class PersonRows:
    """What there is of a person: promises (by id), keys of calls, and the rows by table, as they are."""

    promises: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def open(self) -> list[Mapping[str, Any]]:
        """Promises that are not closed."""
        return [row for row in self.rows.get("promise", ()) if row["state"] not in CLOSED_STATES]

    @property
    def untold(self) -> list[str]:
        """Keys of danger and fault reports that nobody has taken on."""
        return [row["key"] for row in self.rows.get("duty", ()) if row["acked_at"] is None]

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        return {name: len(rows) for name, rows in self.rows.items() if rows}


class Persons(Subject):
    """All times are aware UTC."""

    def forgotten(self) -> Mapping[str, datetime]:
        """Digest of a number → up to when what it left stays deleted."""
        with self._database.read() as connection:
            return {row.digest: row.until for row in connection.execute(select(forgotten))}

    def put_forgotten(self, until: Mapping[str, datetime]) -> None:
        """Add to the list, before anything is deleted: what comes in meanwhile is nobody's already."""
        with self._database.write() as connection:
            _list(connection, until)

    def person_rows(self, number: PersonNumber) -> PersonRows:
        """Everything that is known of a number: what is of its person, and every other row in which it stands."""
        with self._database.read() as connection:
            ids, keys = _whose(connection, number)
            rows = {
                name: [dict(row._mapping) for row in found]
                for name, found in _own(connection, number, ids, keys)
            }
            for table in metadata.sorted_tables:
                if table.name not in _NAMED | _UNTOUCHED:
                    rows[table.name] = [dict(row._mapping) for row in _mentions(connection, table, number)]
        return PersonRows(tuple(ids), tuple(keys), rows)

    def forget_person(
        self,
        number: PersonNumber,
        now: datetime,
        who: str,
        why: str,
        *,
        until: Mapping[str, datetime] = NOBODY,
        unless: Collection[PromiseState] = (),
        decided: Callable[[], None] = lambda: None,
    ) -> int:
        """Take the number, and what people wrote about its person, out of every row; the rows stay, because they are counted.

        What is open still is closed: an older copy of the book may have brought it back, and without a number nobody can be
        called. That it was done, by whom and why, stands in the record, without the number.
        Whether it may be done is decided in the transaction that does it, and no call of his can begin meanwhile: raises
        StillOpen, and changes nothing, when a promise of his is in one of the states ``unless``. decided: called then, before
        anything is taken out. until: goes on the list with it. What he leaves after ``now`` is an ordinary caller's.
        Returns in how many rows something was taken out. Harmless when done again.
        """
        with self._erasing() as connection:
            ids = _decide(connection, number, unless)
            _list(connection, until)
            decided()
            keys = _keys(connection, number, ids)
            _close(connection, ids, now, who)
            touched = _blank(connection, number, ids, keys)
        for table in metadata.sorted_tables:
            if table.name not in _UNTOUCHED:
                touched += self._sweep(table, number, now)
        with self._database.write() as connection:
            row = {"at": now, "kind": KIND, "subject": "", "old": "", "new": DELETED}
            connection.execute(
                insert(change).values(row | {"reason": number.without(why), "who": who, "incident": ""})
            )
        self._clean()
        return touched

    def numbers(self) -> Iterator[str]:
        """Every number that stands in a column of its own, once."""
        columns = (
            promise.c.number,
            capture.c.number,
            capture.c.caller_id,
            capture.c.owner,
            attempt.c.number,
            notice.c.number,
        )
        seen: set[str] = set()
        for column in columns:
            with self._database.read() as connection:
                found = set(connection.execute(select(column).where(column != "").distinct()).scalars())
            yield from sorted(found - seen)
            seen |= found

    def _sweep(self, table: Table, number: PersonNumber, until: datetime) -> int:
        """Mask it wherever it stands in a text of this table; a short transaction for each hundred rows."""
        with self._database.read() as connection:
            found = list(_mentions(connection, table, number, until))
        keys = list(table.primary_key.columns)
        for start in range(0, len(found), 100):
            with self._erasing() as connection:
                for row in found[start : start + 100]:
                    values = {one.name: number.without_in(row._mapping[one]) for one in _texts_of(table)}
                    where = [column == row._mapping[column] for column in keys]
                    connection.execute(update(table).where(*where).values(values))
        return len(found)

    def _erasing(self) -> Any:
        """A transaction whose old bytes are overwritten."""
        return _Erasing(self._database)

    def _clean(self) -> None:
        """What the database itself keeps of rows as they were goes too, as far as nobody reads it at this moment."""
        if self._database.is_file:
            with self._database.engine.connect() as connection:
                raw = connection.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return
        autocommit = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            for name in sorted(_NAMED | {"message", "change", "intent", "live", "note"}):
                connection.exec_driver_sql(f'VACUUM "{name}"')


class _Erasing:
    def __init__(self, database: Any) -> None:
        self._database, self._open = database, database.write()

    def __enter__(self) -> Connection:
        connection: Connection = self._open.__enter__()
        if self._database.is_file:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        return connection

    def __exit__(self, *error: Any) -> bool | None:
        done: bool | None = self._open.__exit__(*error)
        return done


def _list(connection: Connection, until: Mapping[str, datetime]) -> None:
    if until:
        rows = [{"digest": digest, "until": at} for digest, at in until.items()]
        connection.execute(put(connection, forgotten), rows)


def _decide(connection: Connection, number: PersonNumber, unless: Collection[PromiseState]) -> list[int]:
    """The ids of his promises, held until the end of the transaction: whoever begins to call one waits, and finds it closed."""
    ids = held(connection, promise.c.number.in_(sorted(number.forms)))
    standing = select(promise.c.id).where(promise.c.id.in_(ids), promise.c.state.in_(sorted(unless)))
    if still := connection.execute(standing.order_by(promise.c.id)).scalars().all():
        raise StillOpen(still)
    return ids


def _whose(connection: Connection, number: PersonNumber) -> tuple[list[int], list[str]]:
    """Ids of his promises and keys of his calls."""
    mine = promise.c.number.in_(sorted(number.forms))
    ids = list(connection.execute(select(promise.c.id).where(mine)).scalars())
    return ids, _keys(connection, number, ids)


def _keys(connection: Connection, number: PersonNumber, ids: Sequence[int]) -> list[str]:
    forms = sorted(number.forms)
    mine = or_(capture.c.number.in_(forms), capture.c.owner.in_(forms))
    alone = capture.c.caller_id.in_(forms) & (capture.c.number == "")
    keys = set(connection.execute(select(capture.c.key).where(or_(mine, alone))).scalars())
    for some in _portions(ids):
        keys |= set(connection.execute(select(capture.c.key).where(capture.c.promise_id.in_(some))).scalars())
    return sorted(keys)


def _own(
    connection: Connection, number: PersonNumber, ids: Sequence[int], keys: Sequence[str]
) -> Iterator[tuple[str, list[Any]]]:
    forms = sorted(number.forms)
    yield "promise", _where(connection, promise, promise.c.id, ids)
    called = list(connection.execute(select(capture).where(capture.c.caller_id.in_(forms))))
    mine = _where(connection, capture, capture.c.key, keys)
    yield "capture", [*mine, *(row for row in called if row.key not in set(keys))]
    by_promise = _where(connection, attempt, attempt.c.promise_id, ids)
    stray = list(connection.execute(select(attempt).where(attempt.c.number.in_(forms))))
    yield "attempt", [*by_promise, *(row for row in stray if row.promise_id not in set(ids))]
    yield "touch", _where(connection, touch, touch.c.promise_id, ids)
    yield "matter_outcome", _where(connection, matter_outcome, matter_outcome.c.capture, keys)
    told = list(connection.execute(select(notice).where(notice.c.number.in_(forms))))
    yield (
        "notice",
        [*told, *(row for row in _where(connection, notice, notice.c.key, keys) if row.number not in forms)],
    )
    yield "duty", _where(connection, duty, duty.c.key, keys)


def _where(connection: Connection, table: Table, column: Column[Any], values: Sequence[Any]) -> list[Any]:
    return [
        row
        for some in _portions(values)
        for row in connection.execute(
            select(table).where(column.in_(some)).order_by(*table.primary_key.columns)
        )
    ]


def _close(connection: Connection, ids: Sequence[int], now: datetime, who: str) -> None:
    """Whatever its state: the outcome of a call that an older copy brought back finds nothing to move."""
    ended = {"state": PromiseState.CANCELLED, "closed_at": now, "reason": DELETED, "attention": False}
    for some in _portions(ids):
        still = update(promise).where(promise.c.id.in_(some), promise.c.closed_at.is_(None))
        closed = still.values(**ended, holder="", claimed_until=None).returning(promise.c.id)
        touch_all(connection, connection.execute(closed).scalars().all(), now, who, Touched.CANCELLED)


def _blank(connection: Connection, number: PersonNumber, ids: Sequence[int], keys: Sequence[str]) -> int:
    """What is his by its place, whatever is written there."""
    forms, count = sorted(number.forms), 0
    for some in _portions(ids):
        strange = promise.c.reason.not_in(_SAFE)
        connection.execute(update(promise).where(promise.c.id.in_(some), strange).values(reason=DELETED))
        count += connection.execute(update(promise).where(promise.c.id.in_(some)).values(number="")).rowcount
        connection.execute(
            update(attempt).where(attempt.c.promise_id.in_(some)).values(number="", note="", reason="")
        )
        connection.execute(update(touch).where(touch.c.promise_id.in_(some)).values(detail=""))
    bare = dict.fromkeys(("number", "caller_id", "owner", "recording", "name", "address", "remarks"), "")
    for part in _portions(keys):
        mine = update(capture).where(capture.c.key.in_(part))
        count += connection.execute(mine.values(**bare, source=NumberSource.NONE)).rowcount
        connection.execute(
            update(matter_outcome)
            .where(matter_outcome.c.capture.in_(part))
            .values({matter_outcome.c.note: "", matter_outcome.c.order: ""})
        )
        connection.execute(update(notice).where(notice.c.key.in_(part)).values(number="", detail=""))
    for table, column in (
        (capture, capture.c.caller_id),
        (attempt, attempt.c.number),
        (notice, notice.c.number),
    ):
        count += connection.execute(update(table).where(column.in_(forms)).values({column: ""})).rowcount
    return count


def _texts_of(table: Table) -> list[Column[Any]]:
    """Columns in which people or machines may have written a number. Keys are left as they are: other rows name them."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, String | Text | JSON)
        and not column.primary_key  # words of ours are of a type of their own
    ]


_LEFT_AT: Final = {  # when a row came that bears his number for as long as he waits
    "promise": promise.c.created_at,
    "capture": capture.c.at,
    "attempt": attempt.c.started_at,
    "notice": notice.c.asked_at,
}


def _mentions(
    connection: Connection, table: Table, number: PersonNumber, until: datetime | None = None
) -> Iterator[Any]:
    """Rows in which it stands. until: not those of a caller who called later."""
    columns = _texts_of(table)
    if not columns:
        return
    likely = or_(*(cast(column, Text).like(number.like) for column in columns))
    at = _LEFT_AT.get(table.name)
    before = () if until is None or at is None else (at <= until,)
    for row in connection.execute(select(table).where(likely, *before)):
        if any(number.stands_in(row._mapping[column]) for column in columns):
            yield row


def _portions(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))
