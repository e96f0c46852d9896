"""What callers ask of a promise that there is: to cancel it, to undo that, to be called on another number.

A request is a capture like all others and comes in by the same way. What it leads to is worked out from all requests about
one reference, in the order of their times, so that reading them again, or in another order, or before the call that they are
about, ends the same. Besides the reference a number has to fit: the one that the request names as the promise's, or its own,
or its caller id, is one that the promise is or was for. Requests that had an effect carry the promise's id; the others stay
on a list (``Captures.unapplied``).

Several calls may share a promise (a second matter, a second person behind one switchboard). A request speaks for the calls
with its reference only: they are taken out, and the promise stays for the others.

While a promise is being called nothing is changed: the request is noted on it, and applied when the outcome would have it
called again. An outcome that closes it answers the request as well.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from callbacks.rules import Move, target
from callbacks.values import OF_PROMISES, Asks, NumberSource, PromiseState, Touched
from store.counting import Asked
from store.debts import debts_of_both
from store.dialect import upsert
from store.history import CALLER, touch
from store.moves import can
from store.tables import ABOUT, REFERRED, capture, promise

CANCELLED = "the caller cancelled it"
TAKEN_OUT = "a caller cancelled his part of it"
CHANGED = "the caller gave another number"
JOINED = "joined a newer one of the same number"
_S = PromiseState
_Row = Row[*tuple[Any, ...]]
_MANY = 400
_COARSE = timedelta(seconds=1)  # the dial plan's own lines know whole seconds only
# Of the promise whose calls go on in another one: who was to call them, when they wished for it, and what is owed to them.
_KEPT = ("assigned", "paused", "wished_at", "first_by", "answer_by", "first_at", "fault")
_FREE = {"holder": "", "claimed_until": None, "agent": ""}


def settle(connection: Connection, references: Collection[str], now: datetime) -> list[Asked]:
    """Make the promises of these references what the requests about them say, as far as they can be now.

    Returns the promises that were opened for another number.
    """
    asked = _requests(connection, references)
    opened: list[Asked] = []
    for calls in _calls(connection, asked):
        fitting = _fitting(calls, asked[calls[0].reference])
        if fitting:
            opened += _apply(connection, calls, fitting, now)
    return opened


def settle_promise(connection: Connection, promise_id: int, now: datetime) -> None:
    """What was asked while it was being called: to be done when an outcome has moved it."""
    noted = connection.execute(
        select(capture.c.about).where(capture.c.promise_id == promise_id, capture.c.asks.in_(OF_PROMISES))
    )
    settle(connection, set(noted.scalars()), now)


def _requests(connection: Connection, references: Collection[str]) -> dict[str, list[_Row]]:
    """By reference, oldest first."""
    found: dict[str, list[_Row]] = {}
    wanted = sorted(references)
    for start in range(0, len(wanted), _MANY):
        rows = connection.execute(
            select(capture)
            .where(
                ABOUT,
                capture.c.about.in_(wanted[start : start + _MANY]),
                capture.c.asks.in_(OF_PROMISES),
            )
            .order_by(capture.c.at, capture.c.id)
        )
        for row in rows:
            found.setdefault(row.about, []).append(row)
    return found


def _calls(connection: Connection, asked: dict[str, list[_Row]]) -> Iterable[Sequence[_Row]]:
    """The calls that may be meant, together where one person left several lines in one promise."""
    for reference, requests in asked.items():
        numbers = {text for one in requests for text in (one.number, one.caller_id, one.owner) if text}
        rows = connection.execute(
            select(capture).where(
                capture.c.number.in_(numbers),
                capture.c.reference == reference,
                REFERRED,
                capture.c.asks == Asks.CALL,
                capture.c.promise_id.is_not(None),
            )
        ).all()
        groups: dict[tuple[str, int], list[_Row]] = {}
        for row in rows:
            groups.setdefault((row.number, row.promise_id), []).append(row)
        yield from groups.values()


def _fitting(calls: Sequence[_Row], requests: Sequence[_Row]) -> list[_Row]:
    since = min(call.at for call in calls) - _COARSE
    numbers, fitting = {calls[0].number}, []
    for one in requests:
        if one.at >= since and {one.number, one.caller_id, one.owner} & numbers:
            fitting.append(one)
            if one.asks is Asks.CHANGE and one.number:
                numbers.add(one.number)
    return fitting


def _apply(
    connection: Connection, calls: Sequence[_Row], fitting: Sequence[_Row], now: datetime
) -> list[Asked]:
    # Held until the end of the transaction: whoever begins to dial it waits, and finds it as the request has left it.
    held = connection.execute(
        select(promise).where(promise.c.id == calls[0].promise_id).with_for_update()
    ).one()
    change = next((one for one in reversed(fitting) if one.asks is Asks.CHANGE and one.number), None)
    if held.state in (_S.DIALLING, _S.TALKING):
        _note(connection, fitting, held.id)
    elif fitting[-1].asks is Asks.CANCEL:
        _cancel(connection, held, calls, fitting, now)
    elif held.state is _S.CANCELLED and held.reason != CANCELLED:
        pass  # staff closed it, and the caller does not undo that
    elif change is not None and held.number != change.number and held.state in _MOVABLE:
        return _change(connection, held, calls, fitting, change, now)
    elif held.state is _S.CANCELLED:
        _note(connection, fitting, _restore(connection, held, calls, now))
    elif held.state in (_S.OPEN, _S.CLAIMED):
        _note(connection, fitting, held.id)
    return []


_MOVABLE = frozenset({_S.OPEN, _S.CLAIMED, _S.UNREACHABLE, _S.CANCELLED})


def _note(connection: Connection, requests: Sequence[_Row], promise_id: int) -> None:
    ids = [one.id for one in requests if one.promise_id != promise_id]
    if ids:
        connection.execute(update(capture).where(capture.c.id.in_(ids)).values(promise_id=promise_id))


def _others(connection: Connection, held: _Row, calls: Sequence[_Row]) -> int:
    """Calls that the promise gathers besides these."""
    count: int = connection.execute(
        select(func.count()).where(
            capture.c.promise_id == held.id,
            capture.c.asks == Asks.CALL,
            capture.c.id.not_in([call.id for call in calls]),
        )
    ).scalar_one()
    return count


def _cancel(
    connection: Connection, held: _Row, calls: Sequence[_Row], fitting: Sequence[_Row], now: datetime
) -> None:
    if held.state is _S.CANCELLED and held.reason == CANCELLED:
        _note(connection, fitting, held.id)
    if held.state not in (_S.OPEN, _S.CLAIMED):
        return
    place = held.id
    if _others(connection, held, calls):
        ends = {"state": _S.CANCELLED, "closed_at": now, "reason": CANCELLED}
        closed = _like(held, calls, now) | ends | {"number": _wanted_number(calls, fitting)}
        made = connection.execute(insert(promise).values(**closed).returning(promise.c.id))
        place = made.scalar_one()
        _hand_over(connection, held, calls, place)
        _renumber_rest(connection, held, closed["number"], now)
        touch(connection, held.id, now, CALLER, Touched.NOTED, f"{TAKEN_OUT}: #{place}")
        touch(connection, place, now, CALLER, Touched.CANCELLED, CANCELLED)
    elif _close(connection, held, Move.CANCEL, CANCELLED, now):
        touch(connection, held.id, now, CALLER, Touched.CANCELLED, CANCELLED)
    _note(connection, fitting, place)


def _wanted_number(calls: Sequence[_Row], requests: Sequence[_Row]) -> str:
    """Where these calls are to be called. A promise that others were merged into bears one person's number, not everybody's."""
    asked = [one.number for one in requests if one.asks is Asks.CHANGE and one.number]
    return str(asked[-1] if asked else calls[0].number)


def _renumber_rest(connection: Connection, held: _Row, gone: str, now: datetime) -> None:
    """Whoever is left in a merged promise when the person whose number it bears has cancelled is called on his own, or joins the
    promise that his own number has by now.
    """
    rest = connection.execute(
        select(capture).where(capture.c.promise_id == held.id).order_by(capture.c.at)
    ).all()
    if held.number != gone or any(one.number == held.number for one in rest):
        return
    calls = [one for one in rest if one.asks is Asks.CALL]
    own = next((one.number for one in calls if one.number), "")
    if not own:
        return
    there = _open_one(connection, own, held.scope)
    if there is None:
        connection.execute(update(promise).where(promise.c.id == held.id).values(number=own))
    elif _close(connection, held, Move.MERGE, JOINED, now):
        _join(connection, there, held, calls)
        _tell_joined(connection, held.id, there.id, now)


def _close(connection: Connection, held: _Row, move: Move, reason: str, now: datetime) -> bool:
    """Whoever begins to dial it in the same moment wins; then the request is noted and waits for the outcome."""
    closed = connection.execute(
        update(promise)
        .where(promise.c.id == held.id, can(move))
        .values(state=target(move), closed_at=now, reason=reason, **_FREE)
    )
    return closed.rowcount == 1


def _like(held: _Row, calls: Sequence[_Row], now: datetime) -> dict[str, Any]:
    """What a promise for these calls alone takes over: the place is theirs only if the first call is among them."""
    first = min(now, *(call.at for call in calls))
    is_first = first <= held.created_at
    return {
        "scope": held.scope,
        "number": held.number,
        "state": _S.OPEN,
        "created_at": held.created_at if is_first else first,
        "due_at": held.due_at,
        "place_at": held.place_at if is_first else max(held.place_at, first),
        "captures": len(calls),
        "matter": calls[0].matter,
        "language": calls[0].language,
        **{name: getattr(held, name) for name in _KEPT},
    }


def _hand_over(connection: Connection, held: _Row, calls: Sequence[_Row], to: int) -> None:
    ids = [call.id for call in calls]
    connection.execute(update(capture).where(capture.c.id.in_(ids)).values(promise_id=to))
    connection.execute(
        update(promise).where(promise.c.id == held.id).values(captures=promise.c.captures - len(calls))
    )


def _join(connection: Connection, to: _Row, held: _Row, calls: Sequence[_Row]) -> None:
    """These calls become calls of that promise, which takes their place if it is the better one, and what is owed to them."""
    waiting = to.state in (_S.OPEN, _S.CLAIMED)
    better = {"place_at": min(to.place_at, held.place_at)} if waiting else {}
    connection.execute(
        update(promise)
        .where(promise.c.id == to.id)
        .values(captures=promise.c.captures + len(calls), **better, **debts_of_both(to, held))
    )
    _hand_over(connection, held, calls, to.id)


def _open_one(connection: Connection, number: str, scope: str) -> _Row | None:
    return connection.execute(
        select(promise)
        .where(promise.c.number == number, promise.c.scope == scope, promise.c.closed_at.is_(None))
        .with_for_update()
    ).one_or_none()


def _restore(connection: Connection, held: _Row, calls: Sequence[_Row], now: datetime) -> int:
    """Open again with its place, or join what was opened for the same number meanwhile."""
    statement = update(promise).where(promise.c.id == held.id, can(Move.RESTORE))
    try:
        with connection.begin_nested():
            connection.execute(statement.values(state=target(Move.RESTORE), closed_at=None, reason=""))
    except IntegrityError:
        newer = _open_one(connection, held.number, held.scope)
        if newer is None:
            raise
        _join(connection, newer, held, calls)
        connection.execute(
            update(promise)
            .where(promise.c.id == held.id, can(Move.MERGE))
            .values(state=target(Move.MERGE), reason=JOINED)
        )
        _tell_joined(connection, held.id, newer.id, now)
        return int(newer.id)
    touch(connection, held.id, now, CALLER, Touched.RESTORED)
    return int(held.id)


def _tell_joined(connection: Connection, held: int, to: int, now: datetime) -> None:
    touch(connection, held, now, CALLER, Touched.MERGED, f"#{to}")
    touch(connection, to, now, CALLER, Touched.JOINED, f"#{held}")


def _change(
    connection: Connection,
    held: _Row,
    calls: Sequence[_Row],
    fitting: Sequence[_Row],
    change: _Row,
    now: datetime,
) -> list[Asked]:
    """Called on another number instead, with the same place; the promise of the old one ends if nobody else is in it."""
    alone = not _others(connection, held, calls)
    fresh = _like(held, calls, now) | {"number": change.number, "due_at": min(held.due_at, now)}
    made = connection.execute(
        upsert(connection, promise)
        .on_conflict_do_nothing(
            index_elements=[promise.c.number, promise.c.scope], index_where=promise.c.closed_at.is_(None)
        )
        .values(**fresh)
        .returning(promise.c.id)
    ).scalar_one_or_none()
    if made is not None:
        to = int(made)
        _hand_over(connection, held, calls, to)
        touch(connection, to, now, CALLER, Touched.OPENED, f"{CHANGED}: #{held.id}")
    else:
        there = _open_one(connection, change.number, held.scope)
        if there is None:
            return []  # closed in this moment by another process; the next pass over the spool finds it
        _join(connection, there, held, calls)
        to = int(there.id)
        touch(connection, to, now, CALLER, Touched.JOINED, f"#{held.id}")
    ends = alone and held.state is not _S.UNREACHABLE
    if ends and _close(connection, held, Move.MERGE, CHANGED, held.closed_at or now):
        touch(connection, held.id, now, CALLER, Touched.MERGED, f"{CHANGED}: #{to}")
    _note(connection, fitting, to)
    keyed = change.source is not NumberSource.OWN
    return [] if made is None else [Asked(to, change.caller_id, change.number, keyed, change.at)]
