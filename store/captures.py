"""Captures come in, once each, and are gathered in promises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from callbacks.ports import ImportResult
from callbacks.rules import merge
from callbacks.values import OF_PROMISES, Asks, Capture, NoticeState
from store.dialect import upsert
from store.engine import Subject
from store.gather import gather, renumber
from store.requests import settle
from store.tables import capture, import_offset, notice

_NAMES = tuple(field.name for field in fields(Capture))
_FIELDS = attrgetter(*_NAMES)
_COLUMNS = [capture.c[name] for name in _NAMES]
_Row = Row[*tuple[Any, ...]]
_MANY = 400  # keys in one statement; SQLite's oldest limit is 999 variables


@dataclass(frozen=True, slots=True)
class Missed:
    """A call without a promise: nothing was wanted, or no number was left. callers: see ``missed``."""

    capture: Capture
    imported_at: datetime


class Captures(Subject):
    """The facts that callers left. Satisfies ``callbacks.ports.CaptureBook``."""

    def offsets(self, sources: Sequence[str]) -> Mapping[str, int]:
        """Byte offset up to which each source was imported; sources never seen are left out."""
        found: dict[str, int] = {}
        with self._database.read() as connection:
            for some in _portions(sources):
                rows = connection.execute(
                    select(import_offset.c.source, import_offset.c.offset).where(
                        import_offset.c.source.in_(some)
                    )
                )
                found.update((row.source, row.offset) for row in rows)
        return found

    def import_captures(
        self, captures: Sequence[Capture], source: str, offset: int, now: datetime, *, damaged: int = 0
    ) -> ImportResult:
        """Bring captures in and move the source's offset, in one transaction.

        Captures are known by their keys: two lines of a call are one capture (``callbacks.rules.merge``),
        and a line that was imported before changes nothing. A wanted capture with a number joins the open
        promise of its number and scope, or opens one (E6, C3); a call that joins takes nothing of the
        promise's place. Requests about a promise are applied (``store.requests``), and who asked to be told that it is over
        gets a row among the notices. damaged: lines of the source that were set aside, counted with it. now: aware UTC.
        """
        batch = _by_key(captures)
        with self._database.write() as connection:
            known = _known(connection, list(batch))
            fresh = [one for key, one in batch.items() if key not in known]
            new_promises = _bring_in(connection, fresh, now)
            changed: list[Capture] = []
            for key, row in known.items():
                whole, opened = _complete(connection, row, batch[key], now)
                if whole is not None:
                    changed.append(whole)
                new_promises += opened
            new_promises += _do_as_asked(connection, [*fresh, *changed], now)
            _move_offset(connection, source, offset, damaged, now)
        return ImportResult(new=len(fresh), completed=len(changed), promises=new_promises)

    def forget(self, sources: Sequence[str]) -> None:
        """Drop the offsets of sources whose files were deleted."""
        with self._database.write() as connection:
            for some in _portions(sources):
                connection.execute(delete(import_offset).where(import_offset.c.source.in_(some)))

    def damaged_lines(self) -> int:
        """Lines set aside so far, of the files that are still known."""
        with self._database.read() as connection:
            total: int = connection.execute(
                select(func.coalesce(func.sum(import_offset.c.damaged), 0))
            ).scalar_one()
        return total

    def capture(self, key: str) -> Capture | None:
        """The capture of a call, by "<pbx id>:<unique id>"."""
        with self._database.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(capture.c.key == key)).one_or_none()
        return None if row is None else Capture(*row)

    def captures_of(self, promise_id: int) -> list[Capture]:
        """The captures that a promise gathers, and the requests about it, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .where(capture.c.promise_id == promise_id)
                .order_by(capture.c.at, capture.c.id)
            )
            return [Capture(*row) for row in rows]

    def missed(self, limit: int = 100) -> list[Missed]:
        """Calls that opened no promise, newest first; not those that asked for something else."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(*_COLUMNS, capture.c.imported_at)
                .where(capture.c.promise_id.is_(None), capture.c.asks == Asks.CALL)
                .order_by(capture.c.at.desc())
                .limit(limit)
            )
            return [Missed(Capture(*row[:-1]), row[-1]) for row in rows]

    def unapplied(self, limit: int = 100) -> list[Capture]:
        """Requests that had no effect, newest first: a wrong reference, or a promise that was closed before."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(*_COLUMNS)
                .where(capture.c.promise_id.is_(None), capture.c.asks.in_(OF_PROMISES))
                .order_by(capture.c.at.desc())
                .limit(limit)
            )
            return [Capture(*row) for row in rows]


def _portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))


def _by_key(captures: Sequence[Capture]) -> dict[str, Capture]:
    batch: dict[str, Capture] = {}
    for one in captures:
        batch[one.key] = merge(batch[one.key], one) if one.key in batch else one
    return batch


def _known(connection: Connection, keys: Sequence[str]) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    for some in _portions(keys):
        rows = connection.execute(select(*_COLUMNS, capture.c.promise_id).where(capture.c.key.in_(some)))
        found.update((row.key, row) for row in rows)
    return found


def _is_asked_for(one: Capture) -> bool:
    return one.wanted and bool(one.number) and one.asks is Asks.CALL


def _bring_in(connection: Connection, fresh: Sequence[Capture], now: datetime) -> int:
    """Insert new captures with their promises; returns how many promises were opened."""
    if not fresh:
        return 0
    gathered = gather(connection, [one for one in fresh if _is_asked_for(one)], now)
    connection.execute(
        insert(capture),
        [
            dict(
                zip(_NAMES, _FIELDS(one), strict=True),
                promise_id=gathered.promises.get((one.number, one.scope)) if _is_asked_for(one) else None,
                imported_at=now,
            )
            for one in fresh
        ],
    )
    return gathered.opened


def _complete(connection: Connection, row: _Row, line: Capture, now: datetime) -> tuple[Capture | None, int]:
    """Let a further line complete a known call: the call as it is now, None when the line says nothing new, and how many
    promises were opened.
    """
    old = Capture(*row[:-1])
    whole = merge(old, line)
    if whole == old:
        return None, 0
    promise_id, opened = row.promise_id, 0
    if _is_asked_for(whole) and promise_id is None:
        gathered = gather(connection, [whole], now)
        promise_id, opened = gathered.promises[whole.number, whole.scope], gathered.opened
    elif promise_id is not None and (whole.number, whole.scope) != (old.number, old.scope):
        promise_id, opened = renumber(connection, promise_id, old, whole, now)
    connection.execute(
        update(capture)
        .where(capture.c.key == whole.key)
        .values(**dict(zip(_NAMES, _FIELDS(whole), strict=True)), promise_id=promise_id)
    )
    return whole, opened


def _do_as_asked(connection: Connection, touched: Sequence[Capture], now: datetime) -> int:
    """Do what was asked besides callbacks; how many promises that opened. Calls count too: a request about one of them may
    have come in before it.
    """
    notices = [one for one in touched if one.asks is Asks.NOTICE and one.number]
    if notices:
        connection.execute(
            upsert(connection, notice).on_conflict_do_nothing(index_elements=[notice.c.key]),
            [_notice(one) for one in notices],
        )
    references = {one.about if one.asks in OF_PROMISES else one.reference for one in touched} - {""}
    return len(settle(connection, references, now)) if references else 0


def _notice(one: Capture) -> dict[str, Any]:
    names = ("key", "scope", "number", "language", "incident")
    return {name: getattr(one, name) for name in names} | {"asked_at": one.at, "state": NoticeState.WAITING}


def _move_offset(connection: Connection, source: str, offset: int, damaged: int, now: datetime) -> None:
    row = {"source": source, "offset": offset, "damaged": damaged, "at": now}
    statement = upsert(connection, import_offset)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[import_offset.c.source],
            set_={
                "offset": statement.excluded.offset,
                "damaged": import_offset.c.damaged + statement.excluded.damaged,
                "at": statement.excluded.at,
            },
        ),
        row,
    )
