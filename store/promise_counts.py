"""What the callback measures need to know of promises (requirement G)."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from callbacks.measures.promises import PromiseCount
from callbacks.values import Outcome
from store.engine import Subject
from store.tables import attempt, capture, promise

ADOPTED = "adopted"  # reason of a promise whose caller got through by himself
_REACHED = (Outcome.ANSWERED, Outcome.REFUSED, Outcome.AGAIN)
_NOT_ON_THE_LINE = (Outcome.NO_AGENT, Outcome.NOT_DIALLED)


class PromiseCounts(Subject):
    """Read only."""

    def promise_counts(self, since: datetime, until: datetime) -> list[PromiseCount]:
        """Of every promise made in this time, oldest first. Aware UTC."""
        with self._database.read() as connection:
            return list(_counts(connection, since, until))


def _counts(connection: Connection, since: datetime, until: datetime) -> Iterator[PromiseCount]:
    made = (promise.c.created_at >= since) & (promise.c.created_at < until)
    tried = connection.execute(
        select(
            attempt.c.promise_id,
            func.count().filter(attempt.c.outcome.not_in(_NOT_ON_THE_LINE)),
            func.count().filter(attempt.c.outcome.in_(_REACHED)),
            func.min(attempt.c.started_at),
        )
        .join(promise, promise.c.id == attempt.c.promise_id)
        .where(made)
        .group_by(attempt.c.promise_id)
    )
    attempts = {row[0]: row[1:] for row in tried}
    named = connection.execute(
        select(capture.c.promise_id, func.min(capture.c.incident))
        .join(promise, promise.c.id == capture.c.promise_id)
        .where(made, capture.c.incident != "")
        .group_by(capture.c.promise_id)
    )
    incidents = {row[0]: row[1] for row in named}
    for row in connection.execute(select(promise).where(made).order_by(promise.c.created_at)):
        calls, reached, first = attempts.get(row.id, (0, 0, None))
        yield PromiseCount(
            created_at=row.created_at,
            scope=row.scope,
            agent=row.agent,
            incident=incidents.get(row.id, ""),
            state=row.state,
            adopted=row.reason == ADOPTED,
            first_at=row.first_at or first,
            first_by=row.first_by,
            attempts=calls,
            reached=reached,
            tries=row.tries,
        )
