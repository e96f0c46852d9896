"""Captures come in, once each, and are gathered in promises."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from callbacks.policy import LimitPolicy
from callbacks.ports import NO_TERMS, ImportResult, Terms
from callbacks.recordings import Recorded
from callbacks.values import OF_PROMISES, Asks, Capture
from store.bringing import bring_in
from store.dialect import upsert
from store.engine import Subject
from store.errors import Collided
from store.tables import ABOUT, RECORDED, capture, import_offset, notice, promise

_COLUMNS = [capture.c[field.name] for field in fields(Capture)]
_TRIES = 3
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
        self,
        captures: Sequence[Capture],
        source: str,
        offset: int,
        now: datetime,
        *,
        damaged: int = 0,
        limits: LimitPolicy | None = None,
        terms: Terms = NO_TERMS,
    ) -> ImportResult:
        """Bring captures in and move the source's offset, in one transaction.

        Captures are known by their keys: two lines of a call are one capture (``callbacks.rules.merge``),
        and a line that was imported before changes nothing. A wanted capture with a number joins the open
        promise of its number and scope, or opens one (E6, C3); a call that joins takes nothing of the
        promise's place. Requests about a promise are applied (``store.requests``), and who asked to be told that it is over
        gets a row among the notices. limits: promises above them are opened and held, on the leader's list, and notices
        above them are not given; None: there are no limits. terms: what is owed, and which fault it is, is written on promises
        when they are opened and when their matter becomes known. damaged: lines of the source that were set aside, counted with
        it. now: aware UTC.

        Where a database has several writers, another process may have brought the same in since we looked: then it is known.
        """
        for left in reversed(range(_TRIES)):
            try:
                with self._database.write() as connection:
                    result = bring_in(connection, captures, limits, terms, now)
                    _move_offset(connection, source, offset, damaged, now)
                return result
            except (IntegrityError, Collided):
                if not left:
                    raise
        raise AssertionError

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

    def unapplied(self, limit: int = 100, about: Collection[str] | None = None) -> list[Capture]:
        """Requests that had no effect, newest first: a wrong reference, a promise that was closed before, or a wish to be
        told that is above a limit.

        about: those about these references only.
        """
        query = select(*_COLUMNS).where(capture.c.promise_id.is_(None))
        if about is None:
            told = exists().where(notice.c.key == capture.c.key)
            unheard = (capture.c.asks == Asks.NOTICE) & ~told
            query = query.where(capture.c.asks.in_(OF_PROMISES) | unheard)
        else:
            query = query.where(ABOUT, capture.c.about.in_(sorted(about)), capture.c.asks.in_(OF_PROMISES))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(capture.c.at.desc()).limit(limit))
            return [Capture(*row) for row in rows]

    def recordings(
        self,
        limit: int,
        *,
        before: datetime | None = None,
        since: datetime | None = None,
        over: bool = False,
    ) -> list[Recorded]:
        """Captures with a recording, the oldest first; before, since: of calls in that time, aware UTC. over: without those of
        promises that are open.
        """
        query = select(capture.c.key, capture.c.at, capture.c.recording).where(RECORDED)
        if over:
            waits = exists().where(promise.c.id == capture.c.promise_id, promise.c.closed_at.is_(None))
            query = query.where(~waits)
        query = query if before is None else query.where(capture.c.at < before)
        query = query if since is None else query.where(capture.c.at >= since)
        with self._database.read() as connection:
            return [Recorded(*row) for row in connection.execute(query.order_by(capture.c.at).limit(limit))]

    def recorded_names(self, names: Sequence[str]) -> dict[str, str]:
        """Key of the capture by the name of its recording, of those of these names that there are."""
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for some in _portions(names):
                query = select(capture.c.recording, capture.c.key).where(
                    RECORDED, capture.c.recording.in_(some)
                )
                found.update((row.recording, row.key) for row in connection.execute(query))
        return found

    def drop_recording(self, key: str) -> bool:
        """Take the recording's name out of a capture; False when there was none."""
        with self._database.write() as connection:
            statement = update(capture).where(capture.c.key == key, RECORDED).values(recording="")
            return connection.execute(statement).rowcount == 1


def _portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))


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
