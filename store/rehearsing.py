"""What an import would do, found out by doing it and taking it back: the same code, so the same answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from callbacks.policy import LimitPolicy
from callbacks.values import Capture
from store.captures import Captures
from store.engine import Database, Subject
from store.tables import capture, promise

_MANY = 400


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of one capture. known: it was in the book; completed: and got something new. promise: that it is in, 0 none.

    opened: the promise is new. held: it is above a limit, and waits for the leader.
    """

    known: bool = False
    completed: bool = False
    promise: int = 0
    opened: bool = False
    held: bool = False


class Rehearsing(Subject):
    """Imports that are taken back."""

    def rehearse(
        self, captures: Sequence[Capture], now: datetime, limits: LimitPolicy | None = None
    ) -> dict[str, Rehearsed]:
        """What an import of these captures would do with each, by its key. Nothing is written. now: aware UTC.

        Takes the database for itself for as long, so it is for some thousands of captures at most.
        """
        found: dict[str, Rehearsed] = {}
        with suppress(_Undone), self._database.write() as connection:
            newest = connection.execute(select(func.coalesce(func.max(promise.c.id), 0))).scalar_one()
            before = _rows(connection, [one.key for one in captures])
            Captures(_Within(connection)).import_captures(captures, _SOURCE, 0, now, limits=limits)
            for key, row in _rows(connection, [one.key for one in captures]).items():
                old = before.get(key)
                known, opened = old is not None, (row.promise_id or 0) > newest
                changed = old is not None and tuple(old) != tuple(row)
                found[key] = Rehearsed(known, changed, row.promise_id or 0, opened, opened and row.attention)
            raise _Undone
        return found


_SOURCE = "rehearsal"


class _Undone(Exception):
    """Ends the transaction without a trace."""


class _Within(Database):
    """A database whose every transaction is a part of one that goes on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection


def _rows(connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
    columns = [one for one in capture.columns if one.name not in ("id", "imported_at")]
    joined = capture.outerjoin(promise, promise.c.id == capture.c.promise_id)
    found: dict[str, Any] = {}
    for start in range(0, len(keys), _MANY):
        some = keys[start : start + _MANY]
        query = select(*columns, promise.c.attention).select_from(joined).where(capture.c.key.in_(some))
        found.update((row.key, row) for row in connection.execute(query))
    return found
