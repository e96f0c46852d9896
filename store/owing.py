"""What is owed to callers and until when (requirements E2, E3): what is near, what is late, and of what the leader was told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
    union,
    update,
)

from callbacks.values import Matter, Promise, PromiseState, Touched
from store.engine import Subject
from store.history import touch_all
from store.moves import held
from store.promises import to_promise
from store.tables import OPEN, UNANSWERED, UNTRIED, promise, touch

Place = tuple[datetime, int]
_MANY = 400


class Terms(Protocol):
    """The two times that are written on a promise; None: nothing is owed."""

    @property
    def first_by(self) -> datetime | None: ...

    @property
    def answer_by(self) -> datetime | None: ...


Owes = Callable[[Matter, datetime], Terms]  # what is owed to somebody who left this matter then


class Owing(Subject):
    """All times are aware UTC. A first attempt is owed until one was begun, an answer until the promise is closed."""

    def due_soon(
        self,
        now: datetime,
        until: datetime,
        limit: int = 100,
        *,
        warned_before: datetime | None = None,
        beyond: Place | None = None,
    ) -> list[Promise]:
        """Those of which something is owed after ``now`` and by ``until``, the nearest first.

        warned_before: without those of which the leader was told since. beyond: only those behind this one, as the last row of
        the page before: the time that is nearest of what it is owed in that time, and its id.
        """
        return self._owed(limit, warned_before, until, after=now, beyond=beyond)

    def late(
        self,
        now: datetime,
        limit: int = 100,
        *,
        warned_before: datetime | None = None,
        beyond: Place | None = None,
    ) -> list[Promise]:
        """Those of which something was owed by ``now``, the latest first. warned_before, beyond: as for ``due_soon``."""
        return self._owed(limit, warned_before, now, beyond=beyond)

    def count_owed(self, now: datetime, until: datetime, most: int = 100) -> tuple[int, int]:
        """How many ``late`` and ``due_soon`` would give, at most so many of either; nothing but indexes is read."""
        looks = (_ids(most, now), _ids(most, until, after=now))
        counts = (
            select(func.count()).select_from(one.limit(most).subquery()).scalar_subquery() for one in looks
        )
        with self._database.read() as connection:
            late, soon = connection.execute(select(*counts)).one()
        return int(late), int(soon)

    def mark_warned(self, ids: Sequence[int], now: datetime, who: str = "") -> None:
        """The leader was told of them."""
        with self._database.write() as connection:
            wanted = sorted(ids)
            for start in range(0, len(wanted), _MANY):
                some = held(connection, promise.c.id.in_(wanted[start : start + _MANY]))
                connection.execute(update(promise).where(promise.c.id.in_(some)).values(warned_at=now))
                touch_all(connection, some, now, who, Touched.WARNED)

    def fill_deadlines(self, owed: Owes, limit: int = 500) -> int:
        """Write on open promises what is owed where nothing is written yet (they are of an older version); returns on how many.

        limit: of promises in one transaction, so that nobody waits long for it.
        """
        filled = 0
        after: tuple[datetime, int] | None = None
        while True:
            query = select(promise.c.id, promise.c.place_at, promise.c.matter, promise.c.created_at).where(
                OPEN, promise.c.first_by.is_(None), promise.c.answer_by.is_(None)
            )
            if after is not None:
                query = query.where(tuple_(promise.c.place_at, promise.c.id) > after)
            with self._database.write() as connection:
                order = query.order_by(promise.c.place_at, promise.c.id).limit(limit)
                rows = connection.execute(order).all()
                due = [(row.id, owed(row.matter, row.created_at)) for row in rows]
                values = [
                    {"b_id": id_, "b_first": one.first_by, "b_answer": one.answer_by}
                    for id_, one in sorted(due, key=lambda pair: pair[0])  # held in this order
                    if one.first_by or one.answer_by
                ]
                if values:
                    connection.execute(_FILL, values)
            filled += len(values)
            if len(rows) < limit:
                return filled
            after = rows[-1].place_at, rows[-1].id

    def list_forsaken(self, since: datetime, now: datetime, who: str = "", limit: int = 500) -> int:
        """Put on the leader's list what nobody else would speak of: due before ``since`` and paused, or handed to an agent who
        does not come; or being called, on an Asterisk that nobody holds any more. Only what nobody has touched since then, so
        one that a leader has looked at comes again later. Returns how many.
        """
        kept = and_(
            promise.c.state == PromiseState.OPEN,
            promise.c.due_at <= since,
            or_(promise.c.paused, promise.c.assigned != ""),
        )
        called = promise.c.state.in_((PromiseState.DIALLING, PromiseState.TALKING))
        lately = exists().where(touch.c.promise_id == promise.c.id, touch.c.at > since)
        which = OPEN, or_(kept, called), not_(promise.c.attention), not_(lately)
        with self._database.read() as connection:
            ids = connection.execute(select(promise.c.id).where(*which).limit(limit)).scalars().all()
        if not ids:
            return 0
        with self._database.write() as connection:
            done = held(connection, promise.c.id.in_(ids), *which)
            connection.execute(update(promise).where(promise.c.id.in_(done)).values(attention=True))
            touch_all(connection, done, now, who, Touched.WARNED)
        return len(done)

    def _owed(
        self,
        limit: int,
        warned_before: datetime | None,
        until: datetime,
        after: datetime | None = None,
        beyond: Place | None = None,
    ) -> list[Promise]:
        """One look for each kind of debt, in its index; merged by the time that is nearest."""
        found: dict[int, tuple[datetime, Any]] = {}
        with self._database.read() as connection:
            for condition, by in _DEBTS:
                query = select(promise).where(condition, by <= until, *_unwarned(warned_before))
                query = query if after is None else query.where(by > after)
                query = query if beyond is None else query.where(_beyond(by, after, beyond))
                for row in connection.execute(query.order_by(by, promise.c.id).limit(limit)):
                    at = row._mapping[by]
                    found[row.id] = min(found.get(row.id, (at, row)), (at, row), key=lambda one: one[0])
        ordered = sorted(found.items(), key=lambda item: (item[1][0], item[0]))
        return [to_promise(row) for _, (_, row) in ordered[:limit]]


_DEBTS = ((UNTRIED, promise.c.first_by), (UNANSWERED, promise.c.answer_by))


def _ids(most: int, until: datetime, after: datetime | None = None) -> CompoundSelect[tuple[int]]:
    """Of whom something is owed by then, each once; of either debt the first so many."""
    looks = []
    for condition, by in _DEBTS:
        query = select(promise.c.id).where(condition, by <= until)
        query = query if after is None else query.where(by > after)
        looks.append(select(query.order_by(by, promise.c.id).limit(most).subquery()))
    return union(*looks)


_BESIDE: dict[Any, tuple[ColumnElement[datetime], ColumnElement[bool]]] = {
    promise.c.first_by: (promise.c.answer_by, promise.c.answer_by.is_(None)),
    promise.c.answer_by: (
        promise.c.first_by,
        or_(promise.c.first_by.is_(None), promise.c.first_at.is_not(None)),
    ),
}  # of an open promise: the other debt, and when there is none


def _beyond(by: ColumnElement[datetime], after: datetime | None, place: Place) -> ColumnElement[bool]:
    """Behind the place by this debt, and not before it by the other one: that was on an earlier page."""
    other, none = _BESIDE[by]
    free = [none, tuple_(other, promise.c.id) > place]
    if after is not None:
        free.append(other <= after)
    return and_(tuple_(by, promise.c.id) > place, or_(*free))


def _unwarned(before: datetime | None) -> tuple[ColumnElement[bool], ...]:
    return () if before is None else (or_(promise.c.warned_at.is_(None), promise.c.warned_at < before),)


_FILL = (
    update(promise)
    .where(promise.c.id == bindparam("b_id"), OPEN)
    .values(
        first_by=bindparam("b_first", type_=promise.c.first_by.type),
        answer_by=bindparam("b_answer", type_=promise.c.answer_by.type),
    )
)
