"""How captures find their promise: one open promise per number and scope (requirements C3, E6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError

from callbacks.ports import NO_TERMS, Terms
from callbacks.rules import Move, sources, target
from callbacks.values import (
    CLOSED_STATES,
    Asks,
    Capture,
    Matter,
    PromiseState,
    Settled,
    Touch,
    Touched,
    complaint_key,
)
from store.debts import earliest
from store.dialect import upsert
from store.history import CALLER, touch, touches
from store.tables import capture, matter_outcome, promise

Pair = tuple[str, str]  # number and scope
_COLUMNS = [capture.c[field.name] for field in fields(Capture)]
_COARSE = timedelta(seconds=1)  # tier 3 knows whole seconds only

_MANY = 400
_UNSETTLED = (None, Settled.COMPLAINT)  # of a complaint: that it is one is no answer
_CORRECTED = "the caller corrected the number"
_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Where each pair's captures belong, and for which a promise had to be opened."""

    promises: Mapping[Pair, int]
    fresh: Sequence[Pair]

    @property
    def opened(self) -> int:
        """How many were opened."""
        return len(self.fresh)


_JOIN = (
    update(promise)
    .where(promise.c.id == bindparam("b_id"))
    .values(captures=promise.c.captures + bindparam("b_captures"))
)
_TELL = (
    update(promise)
    .where(promise.c.id == bindparam("b_id"))
    .values(
        {
            promise.c[name]: bindparam(f"b_{name}", type_=promise.c[name].type)
            for name in ("matter", "fault", "first_by", "answer_by", "due_at", "place_at")
        }
    )
)


def gather(
    connection: Connection, asked: Sequence[Capture], now: datetime, terms: Terms = NO_TERMS
) -> Gathered:
    """Join each capture's open promise in whatever state it is, or open one. Only counts, matter and what follows from the
    matter change of a joined promise: its place and due time stay (E6), but for danger, which is due at once. Every call is a
    line in the promise's history.
    """
    groups: dict[Pair, list[Capture]] = {}
    for one in asked:
        groups.setdefault((one.number, one.scope), []).append(one)
    there = _open_promises(connection, groups)
    missing = [pair for pair in groups if pair not in there]
    _join(connection, [(there[pair], groups[pair]) for pair in there], now, terms)
    found = {pair: row.id for pair, row in there.items()}
    if missing:
        made = _open(connection, [_row(groups[pair], now, terms) for pair in missing])
        found |= made
        late = [pair for pair in missing if pair not in found]
        if late:  # another process opened them in between, which only a database with several writers allows
            theirs = _open_promises(connection, late)
            _join(connection, [(theirs[pair], groups[pair]) for pair in theirs], now, terms)
            found |= {pair: row.id for pair, row in theirs.items()}
            missing = [pair for pair in missing if pair not in theirs]
        touches(connection, [line for pair, id_ in made.items() for line in _opened(id_, groups[pair], now)])
    return Gathered(found, missing)


def _open_promises(connection: Connection, pairs: Iterable[Pair]) -> dict[Pair, _Row]:
    """Held until the end of the transaction: an outcome that closed one meanwhile would leave the new call in a closed promise.
    In the order of their ids, so that two importers do not wait for each other. (SQLite has one writer and no such words.)
    """
    wanted = set(pairs)
    numbers = list({number for number, _ in wanted})
    found: dict[Pair, _Row] = {}
    for start in range(0, len(numbers), _MANY):
        rows = connection.execute(
            select(*_KNOWN)
            .where(promise.c.number.in_(numbers[start : start + _MANY]), promise.c.closed_at.is_(None))
            .order_by(promise.c.id)
            .with_for_update()
        )
        found.update({(row.number, row.scope): row for row in rows})
    return {pair: found[pair] for pair in wanted if pair in found}


_KNOWN = [
    promise.c[name]
    for name in (
        *("number", "scope", "id", "matter", "created_at", "fault"),
        *("first_by", "answer_by", "due_at", "place_at"),
    )
]


def _join(
    connection: Connection, groups: Sequence[tuple[_Row, Sequence[Capture]]], now: datetime, terms: Terms
) -> None:
    if not groups:
        return
    connection.execute(_JOIN, [{"b_id": row.id, "b_captures": len(some)} for row, some in groups])
    if told := [new for row, some in groups if (new := _told(row, some, now, terms)) is not None]:
        connection.execute(_TELL, told)
    touches(connection, [_line(row.id, one, Touched.JOINED, now) for row, some in groups for one in some])


def _told(row: _Row, some: Sequence[Capture], now: datetime, terms: Terms) -> Mapping[str, Any] | None:
    """What these calls say of a promise besides that they are; None: nothing new. A stated matter is worth more than none; the
    first one stated stands, unless somebody speaks of danger: then no wish and no interval of another matter puts it off.
    """
    matter = _matter(some)
    matter = matter if row.matter is Matter.UNSTATED or matter is Matter.DANGER else row.matter
    fault = row.fault or _fault(some, terms)
    answer_by = earliest([row.answer_by, *_answers(some, now, terms)])
    if matter is row.matter and fault == row.fault and answer_by == row.answer_by:
        return None
    until = row.first_by, answer_by
    if matter is not row.matter and terms.owed is not None:
        owed = terms.owed(matter, row.created_at)
        until = owed.first_by, earliest([answer_by, owed.answer_by])
    at = now if matter is Matter.DANGER and matter is not row.matter else datetime.max.replace(tzinfo=UTC)
    values = {"matter": matter, "fault": fault, "first_by": until[0], "answer_by": until[1]}
    values |= {"due_at": min(row.due_at, at), "place_at": min(row.place_at, at)}
    return {"b_id": row.id, **{f"b_{name}": value for name, value in values.items()}}


def _opened(promise_id: int, some: Sequence[Capture], now: datetime) -> Iterable[Touch]:
    first = min(some, key=lambda one: one.at)
    yield _line(promise_id, first, Touched.OPENED, now)
    for one in some:
        if one is not first:
            yield _line(promise_id, one, Touched.JOINED, now)


def _line(promise_id: int, one: Capture, what: Touched, now: datetime) -> Touch:
    return Touch(promise_id, min(one.at, now), CALLER, what, one.matter.value)


def _fault(some: Sequence[Capture], terms: Terms) -> str:
    if terms.fault is None:
        return ""
    return next((key for one in some if (key := terms.fault(one))), "")


def _open(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[Pair, int]:
    made = connection.execute(
        upsert(connection, promise)
        .on_conflict_do_nothing(
            index_elements=[promise.c.number, promise.c.scope], index_where=promise.c.closed_at.is_(None)
        )
        .returning(promise.c.number, promise.c.scope, promise.c.id),
        rows,
    )
    return {(row.number, row.scope): row.id for row in made}


def _row(some: Sequence[Capture], now: datetime, terms: Terms) -> dict[str, Any]:
    first = min(some, key=lambda one: one.at)
    at = min(first.at, now)  # a clock that runs ahead must not hide a caller
    matter = _matter(some)
    owed = terms.owed(matter, at) if terms.owed is not None else None
    return {
        "scope": first.scope,
        "number": first.number,
        "state": PromiseState.OPEN,
        "created_at": at,
        "due_at": at,
        "place_at": min(at, *(one.place_at for one in some)),
        "captures": len(some),
        "matter": matter,
        "language": first.language,
        "fault": _fault(some, terms),
        "first_by": owed and owed.first_by,
        "answer_by": earliest([owed.answer_by if owed else None, *_answers(some, now, terms)]),
    }


def _answers(some: Sequence[Capture], now: datetime, terms: Terms) -> Iterable[datetime | None]:
    """Until when each of them is to be answered (E3), whatever else its promise is about."""
    if terms.owed is not None:
        yield from (terms.owed(one.matter, min(one.at, now)).answer_by for one in some)


def _matter(some: Sequence[Capture]) -> Matter:
    if any(one.matter is Matter.DANGER for one in some):
        return Matter.DANGER
    return next((one.matter for one in some if one.matter is not Matter.UNSTATED), Matter.UNSTATED)


def part(connection: Connection, promise_id: int, until: datetime, now: datetime) -> int:
    """Give the captures of a promise that was closed just now, left later than ``until``, a promise of their own.

    Returns how many were moved. Their place is the time of the first of them. Only what came into the book
    later than ``until`` counts, so that a clock that runs ahead cannot make one call be answered for ever. A complaint that
    the agent took down in this very attempt goes on whatever the times say (E7), unless something became of it.
    """
    # Its caller may have asked to be called on another number than that of his call.
    known = select(promise.c.number, promise.c.tries).where(promise.c.id == promise_id)
    number, tries = connection.execute(known).one()
    complaint = complaint_key(promise_id, tries)
    rows = connection.execute(
        select(*_COLUMNS, matter_outcome.c.settled)
        .outerjoin(matter_outcome, matter_outcome.c.capture == capture.c.key)
        .where(
            capture.c.promise_id == promise_id,
            capture.c.asks == Asks.CALL,
            or_(
                capture.c.key == complaint,
                and_(capture.c.at > until - _COARSE, capture.c.imported_at > until),
            ),
        )
    )
    late = [Capture(*row) for *row, settled in rows if row[0] != complaint or settled in _UNSETTLED]
    if not late:
        return 0
    late = [replace(one, number=number) for one in late]
    gathered = gather(connection, late, now)
    for one in late:
        connection.execute(
            update(capture)
            .where(capture.c.key == one.key)
            .values(promise_id=gathered.promises[one.number, one.scope])
        )
    connection.execute(
        update(promise).where(promise.c.id == promise_id).values(captures=promise.c.captures - len(late))
    )
    return len(late)


def renumber(
    connection: Connection,
    promise_id: int,
    before: Capture,
    whole: Capture,
    now: datetime,
    terms: Terms = NO_TERMS,
) -> tuple[int, int]:
    """A later line of the same call corrected the number or the scope: the capture's promise follows, never a
    second one beside it.

    Returns the promise that now holds the capture and how many were opened. A promise of this call alone
    takes number and scope and keeps its place; if these have an open promise already, the capture
    moves there, and a promise that is left empty is cancelled (unless it is being called at this moment:
    its outcome closes or reopens it). One that was closed because somebody was reached stays so: the call
    was answered. before: the capture as it was; a promise with another number has it from a request that came after the
    call, and keeps it.
    """
    old = connection.execute(select(promise).where(promise.c.id == promise_id).with_for_update()).one()
    if old.state in CLOSED_STATES and old.state is not PromiseState.UNREACHABLE:
        return promise_id, 0
    if old.number != before.number:
        return promise_id, 0
    there = _open_promises(connection, [(whole.number, whole.scope)])
    alone = old.captures == 1 and old.closed_at is None
    if alone and not there and _takes(connection, promise_id, whole):
        touch(connection, promise_id, now, CALLER, Touched.NOTED, _CORRECTED)
        return promise_id, 0
    gathered = gather(connection, [whole], now, terms)
    _take_from(connection, old, now)
    return gathered.promises[whole.number, whole.scope], gathered.opened


def _takes(connection: Connection, promise_id: int, whole: Capture) -> bool:
    """False when somebody else opened one for the same pair in between; the capture then joins that one."""
    statement = update(promise).where(promise.c.id == promise_id)
    try:
        with connection.begin_nested():
            connection.execute(statement.values(number=whole.number, scope=whole.scope))
    except IntegrityError:
        return False
    return True


def _take_from(connection: Connection, old: Any, now: datetime) -> None:
    if old.closed_at is not None:
        return
    values: dict[str, Any] = {"captures": old.captures - 1}
    if old.captures == 1 and old.state in sources(Move.CANCEL):
        values |= {
            "state": target(Move.CANCEL),
            "closed_at": now,
            "reason": _CORRECTED,
        }
    connection.execute(update(promise).where(promise.c.id == old.id).values(**values))
    what = Touched.CANCELLED if "state" in values else Touched.NOTED
    touch(connection, old.id, now, CALLER, what, _CORRECTED)
