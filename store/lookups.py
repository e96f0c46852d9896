"""What a caller may hear of his promise, and whether one more may be asked for, while he is on the line."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from callbacks.policy import LimitPolicy
from callbacks.rules.limits import Counts
from callbacks.values import Asks, PromiseFacts, PromiseState
from store.counting import counts_of
from store.engine import Subject
from store.requests import CANCELLED
from store.tables import ABOUT, REFERRED, capture, promise

_Row = Row[*tuple[Any, ...]]


class Lookups(Subject):
    """Read only. All times are aware UTC."""

    def look_up(
        self, number: str, reference: str, *, cancelled_since: datetime | None = None
    ) -> PromiseFacts | None:
        """What a caller may hear of the promise of a number (as dialled from the site).

        Without a reference: that there is an open one, and nothing about it. With one: the promise of the call that was told
        it, open or cancelled by the caller (since then, if a time is given). None when there is none; a reference that is
        wrong and a number that is strange are answered by the same None after the same work, so nobody learns from it which.
        """
        with self._database.read() as connection:
            open_ = _open(connection, number)
            meant = _meant(connection, number, reference)
            told = "" if meant is None else _number_of(connection, meant, number, reference)
        if not reference:
            return PromiseFacts(number) if open_ else None
        if meant is None or not _may_hear(meant, cancelled_since):
            return None
        return PromiseFacts(
            number=told,
            known=True,
            state=meant.state,
            matter=meant.matter,
            attempts=meant.attempts,
            due_at=meant.due_at,
            id=meant.id,
        )

    def caller_counts(self, caller_id: str, number: str, policy: LimitPolicy, now: datetime) -> Counts:
        """Callbacks asked for in the 24 hours before ``now``, for ``rules.limits.exceeded``.

        caller_id, number: as dialled from the site. A number with an open promise counts nothing: another call joins it.
        """
        with self._database.read() as connection:
            if _open(connection, number):
                return Counts()
            return counts_of(connection, caller_id, number, policy, now)


# Put together once: a caller waits for the answer.
_OPEN = (
    select(promise.c.id)
    .where(promise.c.number == bindparam("b_number"), promise.c.closed_at.is_(None))
    .limit(1)
)
_CALLED = (REFERRED, capture.c.reference == bindparam("b_reference"), capture.c.asks == Asks.CALL)
_CHANGED = (ABOUT, capture.c.about == bindparam("b_reference"), capture.c.asks == Asks.CHANGE)
_MEANT = tuple(
    select(promise)
    .join(capture, capture.c.promise_id == promise.c.id)
    .where(*conditions, capture.c.number == bindparam("b_number"))
    for conditions in (_CALLED, _CHANGED)
)
_MOVED = select(capture.c.id).where(*_CHANGED, capture.c.number == bindparam("b_number")).limit(1)


def _open(connection: Connection, number: str) -> bool:
    return connection.execute(_OPEN, {"b_number": number}).first() is not None


def _meant(connection: Connection, number: str, reference: str) -> _Row | None:
    """By the call itself, or by the request that gave the promise this number. The open one first, then the newest."""
    values = {"b_number": number, "b_reference": reference}
    found: list[_Row] = [row for query in _MEANT for row in connection.execute(query, values)]
    return max(found, key=lambda one: (one.closed_at is None, one.id), default=None)


def _number_of(connection: Connection, meant: _Row, number: str, reference: str) -> str:
    """The number on which he is called: his own, or another that he asked for. A promise into which a leader merged his is
    another caller's, whose number he never hears.
    """
    values = {"b_number": meant.number, "b_reference": reference}
    return number if connection.execute(_MOVED, values).first() is None else str(meant.number)


def _may_hear(meant: _Row, cancelled_since: datetime | None) -> bool:
    if meant.closed_at is None:
        return True
    undoable = meant.state is PromiseState.CANCELLED and meant.reason == CANCELLED
    return undoable and (cancelled_since is None or meant.closed_at >= cancelled_since)
