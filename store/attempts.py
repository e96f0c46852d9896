"""Attempts: the row before the call, and one outcome for each."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, insert, or_, select, true, update

from callbacks.rules import Move, Next, ending, target
from callbacks.values import (
    CLOSED_STATES,
    Attempt,
    Outcome,
    Promise,
    PromiseState,
    Settled,
    Touched,
)
from store.engine import Subject
from store.errors import ClaimLost, UnknownRow
from store.gather import part
from store.history import touch
from store.matters import settle_rest
from store.moves import can
from store.promises import to_promise
from store.requests import settle_promise
from store.tables import attempt, promise

_NAMES = tuple(field.name for field in fields(Attempt))
_OURS = frozenset(
    {Outcome.NO_AGENT, Outcome.NOT_DIALLED}
)  # for reasons of our own: no attempt at the caller (E2)
LEFT_FOR = timedelta(minutes=1)  # another Asterisk's, whose bridge would have ended it: nobody holds it
_SETTLES = {PromiseState.DONE: Settled.DONE, PromiseState.REFUSED: Settled.GIVEN_UP}


def to_attempt(row: Row[*tuple[Any, ...]]) -> Attempt:
    """A whole row of the table as a value."""
    values = row._mapping
    return Attempt(**{name: values[name] for name in _NAMES})


class Attempts(Subject):
    """Every outgoing call. All times are aware UTC; every method is one transaction."""

    def start_attempt(self, one: Attempt, holder: str) -> Promise:
        """Write the attempt's row and move its promise to DIALLING; only then may the call go out.

        Raises ClaimLost, and writes nothing, unless this holder's claim on the promise stands at
        ``started_at``: the lease may have lapsed, or a newer run may have taken over. From here on only
        the outcome moves the promise.
        """
        with self._database.write() as connection:
            moved = connection.execute(
                update(promise)
                .where(
                    promise.c.id == one.promise_id,
                    can(Move.DIAL),
                    promise.c.holder == holder,
                    promise.c.claimed_until > one.started_at,
                )
                .values(
                    state=target(Move.DIAL),
                    attempt=one.key,
                    tries=promise.c.tries + 1,
                    claimed_until=None,
                    first_at=func.coalesce(promise.c.first_at, one.started_at),
                    **({"agent": one.agent} if one.agent else {}),
                )
                .returning(promise)
            ).one_or_none()
            if moved is None:
                raise ClaimLost(f"promise {one.promise_id} is not claimed by {holder}; nothing is dialled")
            connection.execute(
                insert(attempt).values({name: getattr(one, name) for name in _NAMES} | {"pbx": self.pbx})
            )
            who = one.agent or holder
            touch(connection, one.promise_id, one.started_at, who, Touched.DIALLED, one.key)
            return to_promise(moved)

    def mark_talking(self, key: str, *, agent: str = "") -> bool:
        """Agent and caller are connected; agent: who, when known by now. False when the promise is not
        being dialled.
        """
        with self._database.write() as connection:
            if agent:
                connection.execute(update(attempt).where(attempt.c.key == key).values(agent=agent))
            named: dict[str, Any] = {"agent": agent} if agent else {}
            done = connection.execute(
                update(promise)
                .where(promise.c.attempt == key, can(Move.TALK))
                .values(state=target(Move.TALK), **named)
            )
            return done.rowcount == 1

    def set_agent(self, key: str, agent: str) -> None:
        """Record which agent the queue chose, while the caller's phone rings."""
        with self._database.write() as connection:
            connection.execute(update(attempt).where(attempt.c.key == key).values(agent=agent))
            connection.execute(
                update(promise).where(promise.c.attempt == key, can(Move.AWAIT)).values(agent=agent)
            )

    def await_disposition(
        self,
        key: str,
        line: Outcome,
        due: datetime,
        now: datetime,
        *,
        talk_seconds: float = 0.0,
        reason: str = "",
    ) -> bool:
        """The line's part is over; the agent has until ``due`` to state the outcome. The promise waits in
        TALKING.

        False, and nothing changes, when the line's end or the outcome was recorded before.
        """
        with self._database.write() as connection:
            done = connection.execute(
                update(attempt)
                .where(attempt.c.key == key, attempt.c.outcome.is_(None), attempt.c.line.is_(None))
                .values(
                    line=line,
                    line_ended_at=now,
                    disposition_due=due,
                    talk_seconds=talk_seconds,
                    reason=reason,
                )
            )
            if done.rowcount == 1:
                connection.execute(
                    update(promise)
                    .where(promise.c.attempt == key, can(Move.AWAIT))
                    .values(state=target(Move.AWAIT))
                )
            return done.rowcount == 1

    def set_disposition(self, key: str, outcome: Outcome, who: str, note: str = "") -> Attempt | None:
        """Record what the agent states. None when an outcome stands already, stated or not; UnknownRow
        without a row.

        The outcome itself is set by ``finish_attempt``; when the line has not ended yet, that is to wait
        until it has.
        """
        with self._database.write() as connection:
            row = connection.execute(
                update(attempt)
                .where(attempt.c.key == key, attempt.c.outcome.is_(None), attempt.c.disposition.is_(None))
                .values(disposition=outcome, who=who, note=note)
                .returning(attempt)
            ).one_or_none()
            if row is None:
                _must_exist(connection, key)
                return None
            return to_attempt(row)

    def finish_attempt(
        self,
        key: str,
        outcome: Outcome,
        after: Next,
        now: datetime,
        *,
        talk_seconds: float | None = None,
        reason: str = "",
        who: str = "",
    ) -> bool:
        """Set the attempt's outcome, once, and move its promise to where ``after`` says
        (``rules.after_attempt``), or to a later time that the caller wished for while he was being called.

        False, and nothing changes, when it was finished before. talk_seconds: None leaves what the line said.
        When that closes the promise, calls that came in too late to be answered by it go on as a promise of
        their own, in the same transaction (E8): somebody is still waiting. What callers asked of the promise while it was
        being called is done then, unless the outcome has answered it. An outcome that answers the caller settles all matters
        that have none of their own. who: stands in the history; "": whoever stated the outcome, else the agent. Raises
        WrongMove for a state to which no outcome leads.
        """
        with self._database.write() as connection:
            return end_attempt(
                connection, key, outcome, after, now, talk_seconds=talk_seconds, reason=reason, who=who
            )

    def unended_attempts(self) -> list[Attempt]:
        """Attempts whose line has not ended as far as the book knows: what reconciliation has to ask
        about. A bridge hears of those of its own Asterisk: no other one knows what became of them.
        """
        query = select(attempt).where(attempt.c.outcome.is_(None), attempt.c.line.is_(None))
        query = query.where(attempt.c.pbx.in_((self.pbx, ""))) if self.pbx else query
        return self._listed_attempts(query.order_by(attempt.c.started_at))

    def awaiting_disposition(self, now: datetime | None = None) -> list[Attempt]:
        """Attempts whose line has ended without an outcome yet; with ``now``: only those whose time is up. A bridge hears of
        those of its own Asterisk, and of another's when that one's bridge has not ended them for ``LEFT_FOR``.
        """
        query = select(attempt).where(attempt.c.outcome.is_(None), attempt.c.line.is_not(None))
        if now is not None:
            due = attempt.c.disposition_due
            ours = attempt.c.pbx.in_((self.pbx, "")) if self.pbx else true()
            query = query.where(due <= now, or_(ours, due <= now - LEFT_FOR))
        return self._listed_attempts(query.order_by(attempt.c.started_at))

    def attempt(self, key: str) -> Attempt | None:
        """One attempt by its key, or None when there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(attempt).where(attempt.c.key == key)).one_or_none()
        return None if row is None else to_attempt(row)

    def attempts_of(self, promise_id: int) -> list[Attempt]:
        """All attempts of a promise, oldest first."""
        return self._listed_attempts(
            select(attempt)
            .where(attempt.c.promise_id == promise_id)
            .order_by(attempt.c.started_at, attempt.c.key)
        )

    def _listed_attempts(self, query: Select[Any]) -> list[Attempt]:
        with self._database.read() as connection:
            return [to_attempt(row) for row in connection.execute(query)]


def end_attempt(
    connection: Connection,
    key: str,
    outcome: Outcome,
    after: Next,
    now: datetime,
    *,
    talk_seconds: float | None = None,
    reason: str = "",
    who: str = "",
) -> bool:
    """``finish_attempt`` in a transaction that does more."""
    values: dict[str, Any] = {"outcome": outcome, "ended_at": now}
    values |= {} if talk_seconds is None else {"talk_seconds": talk_seconds}
    values |= {"reason": reason} if reason else {}
    done = connection.execute(
        update(attempt)
        .where(attempt.c.key == key, attempt.c.outcome.is_(None))
        .values(**values)
        .returning(attempt)
    ).one_or_none()
    if done is None:
        _must_exist(connection, key)
        return False
    ended = to_attempt(done)
    moved = connection.execute(
        update(promise)
        .where(promise.c.attempt == key, can(ending(after.state)))
        .values(**_moved(after, now), **_first_at(ended))
        .returning(promise.c.wished_at)
    ).one_or_none()
    person = who or ended.who or ended.agent
    touch(connection, ended.promise_id, now, person, Touched.ENDED, outcome.value)
    if moved is not None:
        _after_moved(connection, ended, after, now, moved.wished_at, person)
    return True


def _must_exist(connection: Connection, key: str) -> None:
    if connection.execute(select(attempt.c.key).where(attempt.c.key == key)).one_or_none() is None:
        raise UnknownRow(f"there is no attempt {key}")


def _after_moved(
    connection: Connection, ended: Attempt, after: Next, now: datetime, wished_at: datetime | None, who: str
) -> None:
    """What follows for the promise: calls that came too late go on, matters are settled, wishes and requests are done."""
    if after.state in CLOSED_STATES:
        part(connection, ended.promise_id, _answers_until(ended, after, now), now)
        if after.state in _SETTLES:
            settle_rest(connection, ended.promise_id, _SETTLES[after.state], who, now)
    elif wished_at is not None and wished_at > now:
        connection.execute(
            update(promise)
            .where(promise.c.id == ended.promise_id)
            .values(due_at=wished_at, place_at=wished_at)
        )
    settle_promise(connection, ended.promise_id, now)


def _first_at(ended: Attempt) -> Mapping[str, Any]:
    """An attempt that rang nobody is no first attempt: what is owed stays owed (E2)."""
    if ended.outcome not in _OURS:
        return {}
    return {"first_at": case((promise.c.first_at == ended.started_at, None), else_=promise.c.first_at)}


def _answers_until(ended: Attempt, after: Next, now: datetime) -> datetime:
    """What was left later than this, the attempt did not answer.

    Nobody reached: its start. Somebody reached: the beginning of the conversation, which an end that was noticed
    late moves towards the end of it, never before it.
    """
    if after.state is PromiseState.UNREACHABLE:
        return ended.started_at
    talked_from = (ended.line_ended_at or now) - timedelta(seconds=ended.talk_seconds)
    return max(ended.started_at, talked_from)


def _moved(after: Next, now: datetime) -> Mapping[str, Any]:
    closed = after.state in CLOSED_STATES
    return {
        "state": after.state,
        "due_at": after.due_at,
        "place_at": after.place_at,
        "attempts": after.attempts,
        "line_failures": after.line_failures,
        "reason": after.reason,
        "attention": after.attention,
        "closed_at": now if closed else None,
        "holder": "",
        "claimed_until": None,
        **({} if closed else {"agent": ""}),
    }
