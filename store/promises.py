"""Claims: who may call next. A claim is a lease by one conditional UPDATE, so two can never hold the same
promise.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, func, insert, or_, select, update

from callbacks.rules import Move, order_key, target
from callbacks.values import Promise, PromiseState
from store.engine import Subject
from store.moves import can
from store.tables import change, promise

BY_PERSON, LET, SEEN = "callback", "let", "seen"  # kind and new state of the rows that a leader's word leaves
_S = PromiseState
_FREE = {"holder": "", "claimed_until": None, "agent": ""}


def to_promise(row: Row[*tuple[Any, ...]]) -> Promise:
    """A whole row of the table as a value."""
    return Promise(**row._mapping)


class Promises(Subject):
    """The open and closed promises. All times are aware UTC; leases run on the ``now`` that is given."""

    def claim_due(
        self, scopes: Sequence[str], limit: int, now: datetime, holder: str, lease: float
    ) -> list[Promise]:
        """Claim up to ``limit`` promises that are due, in their order, for ``lease`` seconds.

        holder: unique for each run of a process, so that a run which was replaced holds nothing any more.
        Claims that lapsed are free again; only CLAIMED ones lapse.
        """
        if limit <= 0 or not scopes:
            return []
        with self._database.write() as connection:
            _free_lapsed(connection, now)
            return _claim(connection, _first(connection, scopes, limit, now), now, holder, lease)

    def claim_for_agent(
        self, agent: str, now: datetime, lease: float, scopes: Sequence[str] | None = None
    ) -> Promise | None:
        """The next due promise for an agent who asks; what the agent holds already is given again, with a
        new lease.

        scopes: None means any. The holder is the agent. None when nothing is due.
        """
        with self._database.write() as connection:
            _free_lapsed(connection, now)
            held = select(promise.c.id).where(promise.c.state == _S.CLAIMED, promise.c.holder == agent)
            mine = connection.execute(held.limit(1)).scalars().all()
            again = _claim(connection, mine, now, agent, lease, agent=agent, move=Move.RENEW)
            if again:
                return again[0]
            first = _first(connection, scopes, 1, now)
            made = _claim(connection, first, now, agent, lease, agent=agent)
            return made[0] if made else None

    def claim(
        self, promise_id: int, now: datetime, holder: str, lease: float, *, agent: str = ""
    ) -> Promise | None:
        """Claim this one, due or not; None when it is not open (somebody else has it, or it is closed)."""
        with self._database.write() as connection:
            _free_lapsed(connection, now)
            made = _claim(connection, [promise_id], now, holder, lease, agent=agent)
            return made[0] if made else None

    def release(self, promise_id: int, holder: str) -> bool:
        """Give a claim back, its place kept; False when this holder has no claim on it."""
        return self._one_promise(
            _held(promise_id, holder, Move.RELEASE).values(state=target(Move.RELEASE), **_FREE)
        )

    def renew(self, promise_id: int, holder: str, now: datetime, lease: float) -> bool:
        """Lengthen a claim; False when it is lost."""
        until = now + timedelta(seconds=lease)
        return self._one_promise(
            _held(promise_id, holder, Move.RENEW)
            .where(promise.c.claimed_until > now)
            .values(claimed_until=until)
        )

    def cancel(self, promise_id: int, now: datetime, reason: str, *, attention: bool = False) -> bool:
        """Close a promise that nobody is calling at this moment; False when it is being called, or closed.

        attention: put it on the leader's list; without it a promise that is there already stays there.
        """
        seen: dict[str, Any] = {"attention": True} if attention else {}
        return self._one_promise(
            update(promise)
            .where(promise.c.id == promise_id, can(Move.CANCEL))
            .values(state=target(Move.CANCEL), closed_at=now, reason=reason, **seen, **_FREE)
        )

    def hold(self, promise_id: int, now: datetime, until: datetime, reason: str) -> bool:
        """Keep a promise open that cannot be called as it stands (a number that is none): not due before ``until``,
        its place kept, any claim given back, on the leader's list. Nothing that a caller left ends in silence.

        False when it is being called, or closed. Raises ValueError unless ``until`` is later than ``now``: it
        would be due again at once, and again.
        """
        if until <= now:
            raise ValueError(f"a promise is held until a later time; {until} is not after {now}")
        return self._one_promise(
            update(promise)
            .where(promise.c.id == promise_id, can(Move.HOLD))
            .values(state=target(Move.HOLD), due_at=until, attention=True, reason=reason, **_FREE)
        )

    def let(self, promise_id: int, now: datetime, who: str = "") -> bool:
        """Let one be called that was held: due now, its place kept, off the leader's list. False when it is not waiting.

        who: the person who let it; he stands in the record with the time and the reason for which it was held.
        """
        waiting = (promise.c.id == promise_id, promise.c.state == _S.OPEN, promise.c.attention)
        return self._settle(waiting, {"due_at": now, "attention": False, "reason": ""}, LET, now, who)

    def seen_by_leader(self, promise_id: int, now: datetime, who: str = "") -> bool:
        """Take a promise off the leader's list; who did it stands in the record. False when it was not on it."""
        listed = (promise.c.id == promise_id, promise.c.attention)
        return self._settle(listed, {"attention": False}, SEEN, now, who)

    def _settle(
        self, which: Sequence[ColumnElement[bool]], to: Mapping[str, Any], word: str, now: datetime, who: str
    ) -> bool:
        """A person's word on one promise, with its row in the record."""
        with self._database.write() as connection:
            before = connection.execute(
                select(promise.c.id, promise.c.state, promise.c.reason).where(*which)
            ).one_or_none()
            if before is None or connection.execute(update(promise).where(*which).values(**to)).rowcount != 1:
                return False
            row = {"at": now, "kind": BY_PERSON, "subject": f"#{before.id}", "old": before.state, "new": word}
            connection.execute(insert(change), [row | {"reason": before.reason, "who": who, "incident": ""}])
            return True

    def promise(self, promise_id: int) -> Promise | None:
        """One promise in whatever state, or None when there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(promise).where(promise.c.id == promise_id)).one_or_none()
        return None if row is None else to_promise(row)

    def promises_of(self, member: str) -> list[Promise]:
        """What an agent holds now: claimed by him, being called with him, or awaiting the outcome; oldest
        first.
        """
        return self._listed_promises(
            select(promise)
            .where(
                promise.c.state.in_((_S.CLAIMED, _S.DIALLING, _S.TALKING)),
                or_(promise.c.agent == member, promise.c.holder == member),
            )
            .order_by(promise.c.id)
        )

    def in_flight(self) -> list[Promise]:
        """Those that are being called or await their outcome; ``attempt`` is the key of each one's
        attempt.
        """
        return self._listed_promises(
            select(promise).where(promise.c.state.in_((_S.DIALLING, _S.TALKING))).order_by(promise.c.id)
        )

    def open_promises(self, limit: int = 100, scope: str | None = None) -> list[Promise]:
        """All that are not closed, in the order of the queue, whether due or not."""
        query = (
            select(promise).where(promise.c.closed_at.is_(None)).order_by(promise.c.place_at, promise.c.id)
        )
        query = query if scope is None else query.where(promise.c.scope == scope)
        return self._listed_promises(query.limit(limit))

    def promises(self, limit: int, *states: PromiseState) -> list[Promise]:
        """Those in these states: first the newest closed, then the open ones in the order of the queue."""
        query = select(promise).where(promise.c.state.in_(states))
        query = query.order_by(promise.c.closed_at.desc().nulls_last(), promise.c.place_at, promise.c.id)
        return self._listed_promises(query.limit(limit))

    def for_leader(self, limit: int = 100) -> list[Promise]:
        """Promises that somebody should look at (an outcome nobody knows, lines that never carried the
        call).
        """
        return self._listed_promises(
            select(promise).where(promise.c.attention).order_by(promise.c.id).limit(limit)
        )

    def count_due(self, scopes: Sequence[str], now: datetime) -> int:
        """How many could be claimed now."""
        query = select(func.count()).where(*_due(now), promise.c.scope.in_(scopes))
        with self._database.read() as connection:
            count: int = connection.execute(query).scalar_one()
        return count

    def next_due(self, scopes: Sequence[str]) -> datetime | None:
        """When the first open promise is due, past or future; None when there is none."""
        with self._database.read() as connection:
            first: datetime | None = connection.execute(
                select(func.min(promise.c.due_at)).where(
                    promise.c.state == _S.OPEN, promise.c.scope.in_(scopes)
                )
            ).scalar_one()
        return first

    def _listed_promises(self, query: Select[Any]) -> list[Promise]:
        with self._database.read() as connection:
            return [to_promise(row) for row in connection.execute(query)]

    def _one_promise(self, statement: Update) -> bool:
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1


def _held(promise_id: int, holder: str, move: Move) -> Update:
    return update(promise).where(promise.c.id == promise_id, can(move), promise.c.holder == holder)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A place never lies before the due time except where an attempt failed for our own reasons, so asking
    for both
    lets the index of places end the look.
    """
    return promise.c.state == _S.OPEN, promise.c.place_at <= now, promise.c.due_at <= now


def _first(connection: Connection, scopes: Sequence[str] | None, limit: int, now: datetime) -> list[int]:
    """The ids whose turn it is. One look per scope, because an index gives the order within one scope
    only.
    """
    query = select(promise.c.place_at, promise.c.id).where(*_due(now)).limit(limit)
    query = query.order_by(promise.c.place_at, promise.c.id)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(
            skip_locked=True
        )  # SQLite has one writer, and would drop this in silence
    open_ = query.where(promise.c.closed_at.is_(None))  # says nothing new, but names the index of all scopes
    looks = [open_] if scopes is None else [query.where(promise.c.scope == one) for one in scopes]
    found = sorted((row.place_at, row.id) for look in looks for row in connection.execute(look))
    return [id_ for _, id_ in found[:limit]]


def _free_lapsed(connection: Connection, now: datetime) -> None:
    connection.execute(
        update(promise)
        .where(can(Move.LAPSE), promise.c.claimed_until <= now)
        .values(state=target(Move.LAPSE), **_FREE)
    )


def _claim(
    connection: Connection,
    ids: Sequence[int],
    now: datetime,
    holder: str,
    lease: float,
    *,
    agent: str = "",
    move: Move = Move.CLAIM,
) -> list[Promise]:
    """The conditional update: whoever comes second finds the state changed and gets nothing."""
    if not ids:
        return []
    rows = connection.execute(
        update(promise)
        .where(promise.c.id.in_(ids), can(move))
        .values(state=target(move), holder=holder, agent=agent, claimed_until=now + timedelta(seconds=lease))
        .returning(promise)
    ).all()
    return sorted((to_promise(row) for row in rows), key=order_key)
