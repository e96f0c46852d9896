"""Callers who asked to be told that it is over, and what became of it (requirement B8)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from callbacks.rules.notifying import Notice
from callbacks.values import NoticeState
from store.engine import Subject
from store.tables import notice

_MAY_HAVE_HEARD = (NoticeState.INTENDED, NoticeState.SENT, NoticeState.UNKNOWN)
_COLUMNS = (
    notice.c.key,
    notice.c.scope,
    notice.c.number,
    notice.c.language,
    notice.c.asked_at,
    notice.c.state,
    notice.c.way,
    notice.c.at,
    notice.c.detail,
)


class Notices(Subject):
    """Every change is conditional, so that two processes never both tell one caller. All times are aware UTC."""

    def waiting_notices(self, scope: str, limit: int, without: Collection[str] = ()) -> list[Notice]:
        """Those of a scope that nothing was sent to, oldest first. without: keys that are not wanted now."""
        query = (
            select(*_COLUMNS)
            .where(notice.c.scope == scope, notice.c.state == NoticeState.WAITING.value)
            .order_by(notice.c.asked_at, notice.c.key)
            .limit(limit + len(without))
        )
        with self._database.read() as connection:
            found = [Notice(*row) for row in connection.execute(query)]
        return [one for one in found if one.key not in without][:limit]

    def intended_notices(self) -> list[Notice]:
        """Those of which something may have left, and nobody has said what became of it."""
        query = select(*_COLUMNS).where(notice.c.state == NoticeState.INTENDED.value)
        with self._database.read() as connection:
            return [Notice(*row) for row in connection.execute(query)]

    def told_since(self, one: Notice) -> NoticeState | None:
        """What became of another notice to the same number and scope since this one was asked for; None: there was none, or
        he surely did not hear it. Whoever rings three times is told once.
        """
        query = (
            select(notice.c.state)
            .where(
                notice.c.scope == one.scope,
                notice.c.number == one.number,
                notice.c.key != one.key,
                notice.c.at >= one.asked_at,
                notice.c.state.in_([state.value for state in _MAY_HAVE_HEARD]),
            )
            .order_by(notice.c.at.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else NoticeState(row.state)

    def intend_notice(self, key: str, way: str, now: datetime, *, after: str = "") -> bool:
        """Write down that a message is about to leave. after: the way that surely was not heard, "" for the first one.

        False when it is not so any more: then nothing may leave.
        """
        stands: ColumnElement[bool] = notice.c.state == NoticeState.WAITING.value
        if after:
            stands = (notice.c.state == NoticeState.INTENDED.value) & (notice.c.way == after)
        return self._change(key, stands, NoticeState.INTENDED, now, way=way)

    def release_notice(self, key: str, detail: str, now: datetime) -> bool:
        """Surely nothing left: it waits again."""
        stands = notice.c.state == NoticeState.INTENDED.value
        return self._change(key, stands, NoticeState.WAITING, now, detail=detail)

    def end_notice(self, key: str, state: NoticeState, detail: str, now: datetime) -> bool:
        """What became of it, once; False when that was said before."""
        stands = notice.c.state.in_([NoticeState.INTENDED.value, NoticeState.WAITING.value])
        return self._change(key, stands, state, now, detail=detail)

    def notices(self, limit: int = 100) -> list[Notice]:
        """Those of every scope and state, the newest first: what was asked for, and what became of it."""
        query = select(*_COLUMNS).order_by(notice.c.asked_at.desc(), notice.c.key.desc()).limit(limit)
        with self._database.read() as connection:
            return [Notice(*row) for row in connection.execute(query)]

    def notice(self, key: str) -> Notice | None:
        """One of them."""
        with self._database.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(notice.c.key == key)).one_or_none()
        return None if row is None else Notice(*row)

    def _change(
        self, key: str, stands: ColumnElement[bool], state: NoticeState, now: datetime, **more: str
    ) -> bool:
        with self._database.write() as connection:
            done = connection.execute(
                update(notice).where(notice.c.key == key, stands).values(state=state, at=now, **more)
            )
            return done.rowcount == 1
