"""Figures of the book for pages and reports, as of one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, not_, select

from callbacks.values import CLOSED_STATES, Asks, Outcome, PromiseState
from store.engine import Subject
from store.tables import LISTED, NEVER_DIALLED, OPEN, attempt, capture, promise


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
    since then.
    """

    open: int
    due: int
    talking: int
    done_today: int
    missed: int


class View(Subject):
    """Read only."""

    def summary(self) -> Summary:
        """All figures of one moment."""
        with self._database.read() as connection:
            states = connection.execute(select(promise.c.state, func.count()).group_by(promise.c.state))
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
        """Counts at ``now``; since: when today began. Both aware UTC."""
        open_, due, talking = (
            func.count(),
            func.count().filter(
                promise.c.state == PromiseState.OPEN, promise.c.due_at <= now, not_(promise.c.paused)
            ),
            func.count().filter(promise.c.state.in_((PromiseState.DIALLING, PromiseState.TALKING))),
        )
        with self._database.read() as connection:
            counts = connection.execute(select(open_, due, talking).where(OPEN)).one()
            done = connection.execute(
                select(func.count()).where(promise.c.state == PromiseState.DONE, promise.c.closed_at >= since)
            ).scalar_one()
            missed = connection.execute(
                select(func.count()).where(
                    capture.c.promise_id.is_(None), capture.c.asks == Asks.CALL, capture.c.at >= since
                )
            ).scalar_one()
        return Figures(*counts, done_today=done, missed=missed)
