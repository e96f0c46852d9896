"""An Asterisk that does not come back: nobody can ask it any more what became of its calls (docs/adr/0005, 0027)."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, func, select

from callbacks.rules import Next
from callbacks.values import Attempt, Outcome, Promise, SilentPbx, Touch, Touched
from store.attempts import end_attempt, to_attempt
from store.engine import Subject
from store.history import touches
from store.holders import database_now
from store.promises import to_promise
from store.tables import attempt, holder, promise

Judge = Callable[[Attempt, Promise], tuple[Outcome, Next]]
"""What an attempt ends as, and where that leads its promise."""
REASON = "its Asterisk does not come back"


class Gone(Subject):
    """Only a leader knows that an Asterisk is gone for good; whoever holds it knows better. All times are aware UTC."""

    def silent_pbxs(self) -> list[SilentPbx]:
        """Asterisks that nobody holds though calls were in flight there, by pbx id."""
        with self._database.read() as connection:
            now = database_now(connection)
            calls = (
                select(attempt.c.pbx, func.count(), holder.c.until)
                .outerjoin(holder, holder.c.pbx == attempt.c.pbx)
                .where(*_UNENDED, attempt.c.pbx != "")
                .where(holder.c.until.is_(None) | (holder.c.until < now))
                .group_by(attempt.c.pbx, holder.c.until)
                .order_by(attempt.c.pbx)
            )
            return [SilentPbx(*row) for row in connection.execute(calls)]

    def end_attempts_of(self, pbx: str, judge: Judge, now: datetime, who: str, why: str) -> list[int] | None:
        """End every attempt of this Asterisk whose line nobody saw end; the ids of their promises. None, and nothing changes,
        while a bridge holds it.

        Nobody can take it meanwhile, and to a bridge that comes back later all of them are over. who, why: stand in the history.
        """
        with self._database.write() as connection:
            if _is_held(connection, pbx):
                return None
            found = connection.execute(
                select(attempt)
                .where(attempt.c.pbx == pbx, *_UNENDED)
                .order_by(attempt.c.started_at, attempt.c.key)
            ).all()
            ended = [to_attempt(row) for row in found] if pbx else []
            rows = connection.execute(
                select(promise)
                .where(promise.c.id.in_([one.promise_id for one in ended]))
                .order_by(promise.c.id)
                .with_for_update()
            )
            promises = {row.id: to_promise(row) for row in rows}
            done: list[int] = []
            for one in ended:
                outcome, after = judge(one, promises[one.promise_id])
                if end_attempt(connection, one.key, outcome, after, now, reason=REASON, who=who):
                    done.append(one.promise_id)
            lines = [Touch(one, now, who, Touched.GONE, f"{pbx}, {why}") for one in done]
            touches(connection, lines)
            return done


_UNENDED = (attempt.c.outcome.is_(None), attempt.c.line.is_(None))


def _is_held(connection: Connection, pbx: str) -> bool:
    """Whether its lease stands; its row is held until the end of the transaction."""
    row = select(holder.c.pbx, holder.c.until >= database_now(connection)).where(holder.c.pbx == pbx)
    found = connection.execute(row.with_for_update()).one_or_none()
    return found is not None and bool(found[1])
