"""Claims: who may call next. A claim is a lease by one conditional UPDATE, so two can never hold the same
promise.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    TextClause,
    cast,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from callbacks.rules import Move, target
from callbacks.values import CLOSED_STATES, Matter, Promise, PromiseState, Touch, Touched
from store.engine import Subject
from store.history import touch, touches
from store.moves import can, held
from store.record_tables import change
from store.tables import BUSY, CLOSED, LISTED, OPEN, TURN, promise
from store.turns import NO_START, due, handed_to, whose_turn

BY_PERSON, LET, SEEN = "callback", "let", "seen"  # kind and new state of the rows that a leader's word leaves
LAPSED = "lapsed"
_S = PromiseState
_FREE = {"holder": "", "claimed_until": None, "agent": ""}
_IN_ORDER = itemgetter(*(promise.c.keys().index(field.name) for field in fields(Promise)))
_SPARE = 16  # looked at beyond what is wanted, where others may be taking the first ones at this moment
_LOOKS = 8


def to_promise(row: Row[*tuple[Any, ...]]) -> Promise:
    """A whole row of the table as a value."""
    return Promise(*_IN_ORDER(row))


class Promises(Subject):
    """The open and closed promises. All times are aware UTC; leases run on the ``now`` that is given."""

    def claim_due(
        self,
        scopes: Sequence[str],
        limit: int,
        now: datetime,
        holder: str,
        lease: float,
        *,
        head_start: Mapping[Matter, float] = NO_START,
        only: Collection[Matter] | None = None,
    ) -> list[Promise]:
        """Claim up to ``limit`` promises that are due, in their order, for ``lease`` seconds.

        holder: unique for each run of a process, so that a run which was replaced holds nothing any more.
        Claims that lapsed are free again; only CLAIMED ones lapse. head_start: seconds by matter, see ``rules.order_key``.
        only: these matters; None: all. What a leader paused, or was handed to an agent, is left out.
        """
        if limit <= 0 or not scopes:
            return []
        with self._database.write() as connection:
            _free_lapsed(connection, now)
            return _claim_first(connection, scopes, limit, now, holder, lease, "", head_start, only)

    def claim_for_agent(
        self,
        agent: str,
        now: datetime,
        lease: float,
        scopes: Sequence[str] | None = None,
        *,
        head_start: Mapping[Matter, float] = NO_START,
        only: Collection[Matter] | None = None,
    ) -> Promise | None:
        """The next due promise for an agent who asks; what the agent holds already is given again, with a
        new lease. What was handed to him comes before what is for everybody.

        scopes: None means any. The holder is the agent. None when nothing is due. head_start, only: as for ``claim_due``.
        """
        with self._database.write() as connection:
            _free_lapsed(connection, now)
            held = select(promise.c.id).where(BUSY, promise.c.state == _S.CLAIMED, promise.c.holder == agent)
            mine = connection.execute(held.limit(1)).scalars().all()
            own = (promise.c.holder == agent,)
            again = _claim(connection, mine, now, agent, lease, agent=agent, move=Move.RENEW, also=own)
            if again:
                return again[0]
            handed = handed_to(connection, agent, scopes, now, head_start, only)
            his = (promise.c.assigned == agent, not_(promise.c.paused), *due(now))
            made = _claim(connection, handed[:1], now, agent, lease, agent=agent, also=his)
            made = made or _claim_first(connection, scopes, 1, now, agent, lease, agent, head_start, only)
            return made[0] if made else None

    def claim(
        self, promise_id: int, now: datetime, holder: str, lease: float, *, agent: str = ""
    ) -> Promise | None:
        """Claim this one, due or not; None when it is not open (somebody else has it, or it is closed), when a leader
        paused it, or when it was handed to another agent.
        """
        with self._database.write() as connection:
            _free_lapsed(connection, now)
            free = not_(promise.c.paused), promise.c.assigned.in_(("", agent))
            made = _claim(connection, [promise_id], now, holder, lease, agent=agent, also=free)
            return made[0] if made else None

    def release(
        self, promise_id: int, holder: str, *, now: datetime | None = None, who: str = "", why: str = ""
    ) -> bool:
        """Give a claim back, its place kept; False when this holder has no claim on it. now: None is this moment."""
        values = {"state": target(Move.RELEASE), **_FREE}
        line = _Line(now or datetime.now(UTC), who or holder, Touched.RELEASED, why)
        return self._moved(promise_id, _holds(holder, Move.RELEASE), values, line)

    def renew(self, promise_id: int, holder: str, now: datetime, lease: float) -> bool:
        """Lengthen a claim; False when it is lost."""
        until = now + timedelta(seconds=lease)
        standing = (*_holds(holder, Move.RENEW), promise.c.claimed_until > now)
        return self._moved(promise_id, standing, {"claimed_until": until}, None)

    def cancel(
        self, promise_id: int, now: datetime, reason: str, *, attention: bool = False, who: str = ""
    ) -> bool:
        """Close a promise that nobody is calling at this moment; False when it is being called, or closed.

        attention: put it on the leader's list; without it a promise that is there already stays there.
        """
        values: dict[str, Any] = {"state": target(Move.CANCEL), "closed_at": now, "reason": reason, **_FREE}
        values |= {"attention": True} if attention else {}
        return self._moved(
            promise_id, (can(Move.CANCEL),), values, _Line(now, who, Touched.CANCELLED, reason)
        )

    def hold(self, promise_id: int, now: datetime, until: datetime, reason: str, *, who: str = "") -> bool:
        """Keep a promise open that cannot be called as it stands (a number that is none): not due before ``until``,
        its place kept, any claim given back, on the leader's list. Nothing that a caller left ends in silence.

        False when it is being called, or closed. Raises ValueError unless ``until`` is later than ``now``: it
        would be due again at once, and again.
        """
        if until <= now:
            raise ValueError(f"a promise is held until a later time; {until} is not after {now}")
        values = {"state": target(Move.HOLD), "due_at": until, "attention": True, "reason": reason, **_FREE}
        return self._moved(promise_id, (can(Move.HOLD),), values, _Line(now, who, Touched.PAUSED, reason))

    def let(self, promise_id: int, now: datetime, who: str = "") -> bool:
        """Let one be called that was held: due now, its place kept, off the leader's list. False when it is not waiting.

        who: the person who let it; he stands in the record with the time and the reason for which it was held.
        """
        waiting = (promise.c.id == promise_id, promise.c.state == _S.OPEN, promise.c.attention)
        to = {"due_at": now, "attention": False, "reason": ""}
        return self._settle(waiting, to, LET, _Line(now, who, Touched.RESUMED))

    def seen_by_leader(self, promise_id: int, now: datetime, who: str = "") -> bool:
        """Take a promise off the leader's list; who did it stands in the record. False when it was not on it."""
        listed = (promise.c.id == promise_id, promise.c.attention)
        return self._settle(listed, {"attention": False}, SEEN, _Line(now, who, Touched.LOOKED))

    def _settle(
        self, which: Sequence[ColumnElement[bool]], to: Mapping[str, Any], word: str, line: "_Line"
    ) -> bool:
        """A person's word on one promise, with its row in the record."""
        with self._database.write() as connection:
            before = connection.execute(
                select(promise.c.id, promise.c.state, promise.c.reason).where(*which)
            ).one_or_none()
            if before is None or connection.execute(update(promise).where(*which).values(**to)).rowcount != 1:
                return False
            row = {"at": line.at, "kind": BY_PERSON, "subject": f"#{before.id}", "old": before.state}
            row |= {"new": word, "reason": before.reason, "who": line.who, "incident": ""}
            connection.execute(insert(change), [row])
            touch(connection, before.id, line.at, line.who, line.what, before.reason)
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
                BUSY,
                or_(promise.c.agent == member, promise.c.holder == member),
            )
            .order_by(promise.c.id)
        )

    def in_flight(self) -> list[Promise]:
        """Those that are being called or await their outcome; ``attempt`` is the key of each one's
        attempt.
        """
        return self._listed_promises(
            select(promise).where(BUSY, promise.c.state.in_((_S.DIALLING, _S.TALKING))).order_by(promise.c.id)
        )

    def open_promises(self, limit: int = 100, scope: str | None = None) -> list[Promise]:
        """All that are not closed, in the order of the queue, whether due or not."""
        query = select(promise).where(OPEN).order_by(promise.c.place_at, promise.c.id)
        query = query if scope is None else query.where(promise.c.scope == scope)
        return self._listed_promises(query.limit(limit))

    def promises(self, limit: int, *states: PromiseState) -> list[Promise]:
        """Those in these states: first the newest closed, then the open ones in the order of the queue."""
        closed, waiting = _closed(set(states), limit), sorted(set(states) - CLOSED_STATES)
        with self._database.read() as connection:
            found = [to_promise(row) for query in closed for row in connection.execute(query)]
            found.sort(key=lambda one: (one.closed_at, one.id), reverse=True)
            if waiting and len(found) < limit:
                query = select(promise).where(OPEN, promise.c.state.in_(waiting))
                rows = connection.execute(query.order_by(promise.c.place_at, promise.c.id).limit(limit))
                found += [to_promise(row) for row in rows]
        return found[:limit]

    def for_leader(self, limit: int = 100) -> list[Promise]:
        """Promises that somebody should look at (an outcome nobody knows, lines that never carried the
        call).
        """
        return self._listed_promises(select(promise).where(LISTED).order_by(promise.c.id).limit(limit))

    def count_due(self, scopes: Sequence[str], now: datetime) -> int:
        """How many could be claimed now."""
        ready = select(func.count()).where(TURN, *due(now), promise.c.scope.in_(scopes))
        with self._database.read() as connection:
            count: int = connection.execute(ready).scalar_one()
        return count

    def next_due(self, scopes: Sequence[str]) -> datetime | None:
        """When the first open promise is due, past or future; None when there is none."""
        first_due = select(func.min(promise.c.due_at)).where(TURN, promise.c.scope.in_(scopes))
        with self._database.read() as connection:
            first: datetime | None = connection.execute(first_due).scalar_one()
        return first

    def _listed_promises(self, query: Select[Any]) -> list[Promise]:
        with self._database.read() as connection:
            return [to_promise(row) for row in connection.execute(query)]

    def _moved(
        self,
        promise_id: int,
        when: Sequence[ColumnElement[bool]],
        values: Mapping[str, Any],
        line: "_Line | None",
    ) -> bool:
        """One promise, if it is as asked for; with its line in the history."""
        with self._database.write() as connection:
            statement = update(promise).where(promise.c.id == promise_id, *when).values(**values)
            done = connection.execute(statement).rowcount == 1
            if done and line is not None:
                touch(connection, promise_id, line.at, line.who, line.what, line.detail)
            return done


def _closed(states: Collection[PromiseState], limit: int) -> list[Select[Any]]:
    """The newest of each state: the index is by state."""
    return [
        select(promise)
        .where(CLOSED, promise.c.state == one)
        .order_by(promise.c.closed_at.desc(), promise.c.id.desc())
        .limit(limit)
        for one in sorted(CLOSED_STATES & set(states))
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    who: str
    what: Touched
    detail: str = ""


def _holds(holder: str, move: Move) -> tuple[ColumnElement[bool], ...]:
    return can(move), promise.c.holder == holder


def _free_lapsed(connection: Connection, now: datetime) -> None:
    """One that another bridge holds at this moment is freed by that one, or is no longer free."""
    lapsed = BUSY, can(Move.LAPSE), promise.c.claimed_until <= now
    freed = held(connection, *lapsed, skip=True)
    if freed:
        values = {"state": target(Move.LAPSE), **_FREE}
        connection.execute(update(promise).where(promise.c.id.in_(freed)).values(values))
        touches(connection, [Touch(id_, now, "", Touched.RELEASED, LAPSED) for id_ in freed])


def _claim_first(
    connection: Connection,
    scopes: Sequence[str] | None,
    limit: int,
    now: datetime,
    holder: str,
    lease: float,
    agent: str,
    head_start: Mapping[Matter, float],
    only: Collection[Matter] | None,
) -> list[Promise]:
    """Those whose turn it is. SQLite has one writer, so what was looked at is still free; elsewhere others take the first ones
    at the same moment, so some more are looked at, and again if all of these were gone; and what was
    paused, handed over or put off between the look and the claim is not taken.
    """
    alone = connection.dialect.name == "sqlite"
    most = limit if alone else limit + _SPARE
    for _ in range(1 if alone else _LOOKS):
        ids = whose_turn(connection, scopes, most, now, head_start, only)
        taken = _claim(connection, ids, now, holder, lease, agent=agent, most=limit, also=(TURN, *due(now)))
        if taken or len(ids) < most:
            return taken
    return []


def _unheld(
    ids: Sequence[int], which: Sequence[ColumnElement[bool] | TextClause], most: int
) -> Select[tuple[int]]:
    """The first of these whose rows nobody holds: nobody waits for another claim. (SQLite has one writer, and would drop these
    words in silence.) Apart from the update, so that it is looked for once.
    """
    turn = func.array_position(cast(list(ids), ARRAY(Integer)), promise.c.id)
    first = select(promise.c.id).where(*which).order_by(turn).limit(most)
    return select(first.with_for_update(skip_locked=True).cte("unheld").c.id)


def _claim(
    connection: Connection,
    ids: Sequence[int],
    now: datetime,
    holder: str,
    lease: float,
    *,
    agent: str = "",
    move: Move = Move.CLAIM,
    most: int | None = None,
    also: Sequence[ColumnElement[bool] | TextClause] = (),
) -> list[Promise]:
    """The conditional update of these, or of the first ``most`` of them that can be had: whoever comes second finds the state
    changed, or the row held, and gets nothing.
    """
    if not ids:
        return []
    which: list[ColumnElement[bool] | TextClause] = [promise.c.id.in_(ids), can(move), *also]
    if connection.dialect.name == "postgresql":
        which = [promise.c.id.in_(_unheld(ids, which, most or len(ids)))]
    rows = connection.execute(
        update(promise)
        .where(*which)
        .values(state=target(move), holder=holder, agent=agent, claimed_until=now + timedelta(seconds=lease))
        .returning(promise)
    ).all()
    if move is Move.CLAIM:
        touches(connection, [Touch(row.id, now, agent or holder, Touched.CLAIMED) for row in rows])
    turn = {id_: place for place, id_ in enumerate(ids)}
    return sorted((to_promise(row) for row in rows), key=lambda one: turn[one.id])
