"""Every touch of a promise, written in the transaction of what was done."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from callbacks.values import Touch, Touched
from store.engine import Subject
from store.tables import touch as table

CALLER = "caller"  # who, where a caller did it by his call
_WHO_MOST = 120


class History(Subject):
    """Read only; what is done writes its own line."""

    def history(self, promise_id: int) -> list[Touch]:
        """Everything that was done to a promise, in the order in which it was done."""
        columns = table.c.promise_id, table.c.at, table.c.who, table.c.what, table.c.detail
        query = select(*columns).where(table.c.promise_id == promise_id).order_by(table.c.id)
        with self._database.read() as connection:
            return [Touch(*row) for row in connection.execute(query)]


def touch(
    connection: Connection, promise_id: int, at: datetime, who: str, what: Touched, detail: str = ""
) -> None:
    """Write one line of a promise's history, kept only if what it tells of is. at: aware UTC. detail: no number of a caller."""
    touches(connection, [Touch(promise_id, at, who, what, detail)])


def touch_all(
    connection: Connection, ids: Iterable[int], at: datetime, who: str, what: Touched, detail: str = ""
) -> None:
    """The same line for each of them."""
    touches(connection, [Touch(id_, at, who, what, detail) for id_ in ids])


def touches(connection: Connection, lines: Sequence[Touch]) -> None:
    """Many lines at once."""
    if lines:
        connection.execute(_INSERT, [_row(one) for one in lines])


_INSERT = insert(table)


def _row(one: Touch) -> dict[str, Any]:
    return {
        "promise_id": one.promise_id,
        "at": one.at,
        "who": one.who[:_WHO_MOST],
        "what": one.what,
        "detail": one.detail,
    }
