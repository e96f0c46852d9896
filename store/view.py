"""Figures of the book for pages and reports, as of one moment."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, not_, select

from callbacks.values import CLOSED_STATES, Asks, Outcome, PromiseState
from store.engine import Database, Subject
from store.remembering import Remembered
from store.tables import (
    BUSY,
    CLOSED,
    LISTED,
    NEVER_DIALLED,
    OPEN,
    UNANSWERED,
    UNTRIED,
    attempt,
    capture,
    promise,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """promises: by state, every state present. missed: calls without a promise. oldest_open: creation of the
    promise that waits longest, aware UTC. never_dialled: closed though no attempt was ever made, and neither cancelled nor
    gone on in another one, nor his caller got through by himself; always 0 (requirement E8). attention: on the leader's list.
    """

    promises: Mapping[PromiseState, int]
    captures: int
    missed: int
    attempts: Mapping[Outcome, int]
    in_flight: int
    attention: int
    never_dialled: int
    oldest_open: datetime | None

    @property
    def open(self) -> int:
        """Promises that are not closed, in whatever state."""
        return sum(count for state, count in self.promises.items() if state not in CLOSED_STATES)


@dataclass(frozen=True, slots=True)
class Figures:
    """For a page that looks every second. open: not closed; due: could be claimed now; talking: being called or
    awaiting the outcome; done_today: closed as done since the time given; missed: calls without a promise
    since then. late: something owed to the caller is over; attention: on the leader's list.
    """

    open: int
    due: int
    talking: int
    done_today: int
    missed: int
    late: int = 0
    attention: int = 0


LARGE = 5000


def _is_large(figures: Figures) -> bool:
    return figures.open > LARGE


class View(Subject):
    """Read only."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._remembered = Remembered(_is_large)

    def moment(self) -> AbstractContextManager[None]:
        """Everything that this thread reads in the block is of one moment (``Database.moment``)."""
        return self._database.moment()

    def summary(self) -> Summary:
        """All figures of one moment."""
        with self._database.read() as connection:
            by_state = select(promise.c.state, func.count()).group_by(promise.c.state)
            states = [row for which in (OPEN, CLOSED) for row in connection.execute(by_state.where(which))]
            outcomes = connection.execute(select(attempt.c.outcome, func.count()).group_by(attempt.c.outcome))
            by_outcome = {row[0]: row[1] for row in outcomes}
            total, missed = connection.execute(
                select(
                    func.count(),
                    func.count().filter(capture.c.promise_id.is_(None), capture.c.asks == Asks.CALL),
                )
            ).one()
            attention, never = (
                connection.execute(select(func.count()).select_from(promise).where(which)).scalar_one()
                for which in (LISTED, NEVER_DIALLED)
            )
            oldest = connection.execute(select(func.min(promise.c.created_at)).where(OPEN)).scalar_one()
            return Summary(
                promises=dict.fromkeys(PromiseState, 0) | {row[0]: row[1] for row in states},
                captures=total,
                missed=missed,
                attempts={outcome: by_outcome[outcome] for outcome in Outcome if outcome in by_outcome},
                in_flight=by_outcome.get(None, 0),
                attention=attention,
                never_dialled=never,
                oldest_open=oldest,
            )

    def figures(self, now: datetime, since: datetime) -> Figures:
        """Counts at ``now``; since: when today began. Both aware UTC. Where more than ``LARGE`` are open, they may be some
        seconds old (``Remembered``).
        """
        return self._remembered.get(since, now, lambda: self._count(now, since))

    def _count(self, now: datetime, since: datetime) -> Figures:
        waiting = promise.c.state == PromiseState.OPEN, promise.c.due_at <= now, not_(promise.c.paused)
        talking = promise.c.state.in_((PromiseState.DIALLING, PromiseState.TALKING))
        counts = func.count(), func.count().filter(*waiting)
        unheard = capture.c.promise_id.is_(None), capture.c.asks == Asks.CALL, capture.c.at >= since
        untried = promise.c.first_at.is_(None) & (promise.c.first_by <= now)
        with self._database.read() as connection:

            def count(*which: Any) -> int:
                return int(connection.execute(select(func.count()).where(*which)).scalar_one())

            open_, due = connection.execute(select(*counts).where(OPEN)).one()
            return Figures(
                open=open_,
                due=due,
                talking=count(BUSY, talking),
                done_today=count(promise.c.state == PromiseState.DONE, promise.c.closed_at >= since),
                missed=count(*unheard),
                late=count(UNTRIED, promise.c.first_by <= now)
                + count(UNANSWERED, promise.c.answer_by <= now, func.coalesce(untried, False).is_(False)),
                attention=count(LISTED, promise.c.id.is_not(None)),
            )
