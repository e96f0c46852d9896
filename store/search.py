"""Finding promises for a page: some rows at a time, from where the last page ended, never by walking to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_, union
from sqlalchemy.sql.expression import Tuple

from callbacks.rules.grouping import keys_near
from callbacks.values import CLOSED_STATES, Matter, Promise, PromiseState
from store.engine import Subject
from store.promises import to_promise
from store.tables import ASSIGNED, BUSY, FAULTY, LISTED, OPEN, REFERRED, TURN, capture, promise
from store.turns import NO_START

Place = tuple[datetime, int]
COUNTED = 10_000
_S = PromiseState


def place_of(one: Promise) -> Place:
    """What the page after this row is asked for with: its place in the queue, or the time of its end when it is closed."""
    if one.closed_at is not None:
        return one.closed_at, one.id
    return one.place_at or one.created_at, one.id


class Search(Subject):
    """Read only. All times are aware UTC."""

    def search(
        self,
        *,
        state: PromiseState | None = None,
        scope: str = "",
        matter: Matter | None = None,
        agent: str = "",
        number: str = "",
        reference: str = "",
        fault: str = "",
        attention: bool = False,
        paused: bool = False,
        due_by: datetime | None = None,
        owed_by: datetime | None = None,
        after: Place | None = None,
        limit: int = 50,
    ) -> list[Promise]:
        """Promises to which all that is asked for applies; what is left empty does not matter.

        state: None is all that are not closed, or, with a number or a reference, all. Open ones come in the order of the queue,
        those of a closed state the newest end first; of all states together, the newest first. agent: who has it, or to whom it
        was handed. number: as dialled, whole. reference: of one of its calls. fault: with the window before it. due_by: may be
        called then. owed_by: something that is owed is over then. after: ``place_of`` the last row of the page before.
        """
        everything = state is None and bool(number or reference)
        query = select(promise).where(*_state(state, everything))
        conditions: list[ColumnElement[bool] | None] = [
            promise.c.scope == scope if scope else None,
            promise.c.matter == matter if matter else None,
            promise.c.number == number if number else None,
            promise.c.id.in_(_called(reference)) if reference else None,
            and_(FAULTY, promise.c.fault.in_(keys_near(fault))) if fault else None,
            promise.c.id.in_(select(promise.c.id).where(LISTED)) if attention else None,
            promise.c.paused if paused else None,
            _has(agent, state, everything or state in CLOSED_STATES) if agent else None,
            _may_be_called(due_by) if due_by else None,
            _owed(owed_by) if owed_by else None,
        ]
        query = query.where(*(one for one in conditions if one is not None))
        query = _paged(query, everything, state, after)
        with self._database.read() as connection:
            return [to_promise(row) for row in connection.execute(query.limit(limit))]

    def same_fault(self, fault: str, limit: int = 200) -> list[Promise]:
        """Open promises about the same fault in one place (requirement C3), oldest first; none for ""."""
        keys = keys_near(fault)
        if not keys:
            return []
        query = select(promise).where(FAULTY, promise.c.fault.in_(keys))
        query = query.order_by(promise.c.place_at, promise.c.id).limit(limit)
        with self._database.read() as connection:
            return [to_promise(row) for row in connection.execute(query)]

    def count_same_fault(self, fault: str, without: int = 0, *, most: int = COUNTED) -> int:
        """How many open promises are about the same fault, as ``search`` lists them, without that one.

        0 for "". most: or more.
        """
        keys = keys_near(fault)
        if not keys:
            return 0
        some = select(literal(1)).where(FAULTY, promise.c.fault.in_(keys), promise.c.id != without)
        with self._database.read() as connection:
            query = select(func.count()).select_from(some.limit(most).subquery())
            return int(connection.execute(query).scalar_one())

    def ahead_of(
        self, promise_id: int, head_start: Mapping[Matter, float] = NO_START, *, most: int = COUNTED
    ) -> int:
        """How many of its scope come before it, whether due or not; ``most``: or more of one matter. 0 without such a promise."""
        with self._database.read() as connection:
            row = connection.execute(select(promise).where(promise.c.id == promise_id)).one_or_none()
            if row is None:
                return 0
            one = to_promise(row)
            ahead = 0
            for matter in Matter:
                before = _before(one, matter, head_start)
                if before is not None:
                    some = select(literal(1)).where(TURN, promise.c.scope == one.scope, before).limit(most)
                    ahead += connection.execute(
                        select(func.count()).select_from(some.subquery())
                    ).scalar_one()
        return ahead


def _state(state: PromiseState | None, everything: bool) -> tuple[ColumnElement[bool], ...]:
    if everything:
        return ()
    if state is None:
        return (and_(OPEN),)
    if state in CLOSED_STATES:
        return promise.c.state == state, promise.c.closed_at.is_not(None)
    return (and_(OPEN if state is _S.OPEN else BUSY), promise.c.state == state)


def _paged(
    query: Select[tuple[object, ...]], everything: bool, state: PromiseState | None, after: Place | None
) -> Select[tuple[object, ...]]:
    if everything:
        query = query.order_by(promise.c.id.desc())
        return query if after is None else query.where(promise.c.id < after[1])
    if state in CLOSED_STATES:
        query = query.order_by(promise.c.closed_at.desc(), promise.c.id.desc())
        return query if after is None else query.where(_key(promise.c.closed_at) < after)
    query = query.order_by(promise.c.place_at, promise.c.id)
    return query if after is None else query.where(_key(promise.c.place_at) > after)


def _key(at: ColumnElement[datetime]) -> Tuple:
    return tuple_(at, promise.c.id)


def _called(reference: str) -> Select[tuple[int]]:
    return select(capture.c.promise_id).where(
        REFERRED, capture.c.reference == reference, capture.c.promise_id.is_not(None)
    )


def _has(agent: str, state: PromiseState | None, closed: bool) -> ColumnElement[bool]:
    """To whom it was handed, or who has it at this moment, by the ids of two indexes; of closed ones, who had it last. An open
    one nobody has: those that were handed to him stand in one index in their order, however many they are.
    """
    if closed:
        return promise.c.agent == agent
    if state is _S.OPEN:
        return and_(ASSIGNED, promise.c.assigned == agent)
    handed = select(promise.c.id).where(ASSIGNED, promise.c.assigned == agent)
    has = select(promise.c.id).where(BUSY, or_(promise.c.agent == agent, promise.c.holder == agent))
    return promise.c.id.in_(union(handed, has))


def _may_be_called(by: datetime) -> ColumnElement[bool]:
    free = promise.c.state == _S.OPEN, ~promise.c.paused
    return and_(*free, promise.c.place_at <= by, promise.c.due_at <= by)


def _owed(by: datetime) -> ColumnElement[bool]:
    first = and_(promise.c.first_at.is_(None), promise.c.first_by <= by)
    return or_(first, promise.c.answer_by <= by)


def _before(one: Promise, matter: Matter, head_start: Mapping[Matter, float]) -> ColumnElement[bool] | None:
    """Of this matter: what comes before that promise; None when nothing can."""
    mine, theirs = one.matter is Matter.DANGER, matter is Matter.DANGER
    if mine and not theirs:
        return None
    if theirs and not mine:
        return promise.c.matter == matter
    lead = head_start.get(matter, 0.0) - head_start.get(one.matter, 0.0)
    at = (one.place_at or one.created_at) + timedelta(seconds=lead)
    return and_(promise.c.matter == matter, _key(promise.c.place_at) < (at, one.id))
