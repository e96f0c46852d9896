"""A batch of captures on its way into the book, inside one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from callbacks.policy import LimitPolicy
from callbacks.ports import ImportResult, Terms
from callbacks.rules import merge
from callbacks.values import OF_PROMISES, Asks, Capture, NoticeState, NumberSource, Touched
from store.counting import OVER, Asked, hold_exceeding, within_limits
from store.dialect import upsert
from store.gather import gather, renumber
from store.history import CALLER, touch_all
from store.moves import held
from store.requests import settle
from store.tables import capture, notice, promise

_NAMES = tuple(field.name for field in fields(Capture))
_FIELDS = attrgetter(*_NAMES)
_COLUMNS = [capture.c[name] for name in _NAMES]
_Row = Row[*tuple[Any, ...]]
_MANY = 400  # keys in one statement; SQLite's oldest limit is 999 variables


def bring_in(
    connection: Connection,
    captures: Sequence[Capture],
    limits: LimitPolicy | None,
    terms: Terms,
    now: datetime,
) -> ImportResult:
    """Insert what is new, complete what is known, do what was asked, hold what is too much."""
    batch = _by_key(captures)
    known = _known(connection, list(batch))
    opened = _Opened(terms)
    fresh = [one for key, one in batch.items() if key not in known]
    _insert(connection, fresh, opened, now)
    changed = [
        whole
        for key, row in known.items()
        if (whole := _complete(connection, row, batch[key], opened, now)) is not None
    ]
    touched = [*fresh, *changed]
    _do_as_asked(connection, touched, opened, now)
    held = 0
    if limits is not None:
        held = len(hold_exceeding(connection, opened.all, limits, now))
        _let_own(connection, opened.joined_by_owner, now)
    _note_who_wants_to_hear(connection, touched, limits, now)
    return ImportResult(len(fresh), len(changed), len(opened.all), held)


@dataclass(slots=True)
class _Opened:
    """Promises that this batch opened, and those that somebody joined who rang from their number."""

    terms: Terms
    all: list[Asked] = field(default_factory=list)
    joined_by_owner: set[int] = field(default_factory=set)

    def gather(self, connection: Connection, asked: Sequence[Capture], now: datetime) -> dict[str, int]:
        """The promise of each capture, by its key."""
        gathered = gather(connection, asked, now, self.terms)
        places = {one.key: gathered.promises[one.number, one.scope] for one in asked}
        first: dict[int, Capture] = {}
        own: set[int] = set()
        for one in asked:
            first.setdefault(places[one.key], one)
            if one.source is NumberSource.OWN:
                own.add(places[one.key])
        fresh = {gathered.promises[pair] for pair in gathered.fresh}
        for id_ in fresh:
            call = first[id_]
            self.all.append(Asked(id_, call.caller_id, call.number, id_ not in own, call.at))
        self.joined_by_owner |= own - fresh
        return places


def _by_key(captures: Sequence[Capture]) -> dict[str, Capture]:
    batch: dict[str, Capture] = {}
    for one in captures:
        batch[one.key] = merge(batch[one.key], one) if one.key in batch else one
    return batch


def _known(connection: Connection, keys: Sequence[str]) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    for some in _portions(keys):
        rows = connection.execute(select(*_COLUMNS, capture.c.promise_id).where(capture.c.key.in_(some)))
        found.update((row.key, row) for row in rows)
    return found


def _portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))


def _is_asked_for(one: Capture) -> bool:
    return one.wanted and bool(one.number) and one.asks is Asks.CALL


def _insert(connection: Connection, fresh: Sequence[Capture], opened: _Opened, now: datetime) -> None:
    if not fresh:
        return
    places = opened.gather(connection, [one for one in fresh if _is_asked_for(one)], now)
    connection.execute(
        insert(capture),
        [
            dict(zip(_NAMES, _FIELDS(one), strict=True), promise_id=places.get(one.key), imported_at=now)
            for one in fresh
        ],
    )


def _complete(
    connection: Connection, row: _Row, line: Capture, opened: _Opened, now: datetime
) -> Capture | None:
    """Let a further line complete a known call: the call as it is now, or None when the line says nothing new."""
    old = Capture(*row[:-1])
    whole = merge(old, line)
    if whole == old:
        return None
    promise_id = row.promise_id
    if _is_asked_for(whole) and promise_id is None:
        promise_id = opened.gather(connection, [whole], now)[whole.key]
    elif promise_id is not None and (whole.number, whole.scope) != (old.number, old.scope):
        promise_id, made = renumber(connection, promise_id, old, whole, now, opened.terms)
        if made:
            opened.all.append(_asked(promise_id, whole))
    connection.execute(
        update(capture)
        .where(capture.c.key == whole.key)
        .values(**dict(zip(_NAMES, _FIELDS(whole), strict=True)), promise_id=promise_id)
    )
    return whole


def _asked(promise_id: int, one: Capture) -> Asked:
    return Asked(promise_id, one.caller_id, one.number, one.source is not NumberSource.OWN, one.at)


def _do_as_asked(connection: Connection, touched: Sequence[Capture], opened: _Opened, now: datetime) -> None:
    """Do what was asked besides callbacks. Calls count too: a request about one of them may have come in before it."""
    references = {one.about if one.asks in OF_PROMISES else one.reference for one in touched} - {""}
    if references:
        opened.all += settle(connection, references, now)


def _note_who_wants_to_hear(
    connection: Connection, touched: Sequence[Capture], limits: LimitPolicy | None, now: datetime
) -> None:
    """A row among the notices for each who may be told. What is above a limit stays a capture, and is listed (``unapplied``)."""
    asked = [one for one in touched if one.asks is Asks.NOTICE and one.number]
    may = asked if limits is None else within_limits(connection, asked, limits, now)
    if may:
        connection.execute(
            upsert(connection, notice).on_conflict_do_nothing(index_elements=[notice.c.key]),
            [_notice(one) for one in may],
        )


def _notice(one: Capture) -> dict[str, Any]:
    names = ("key", "scope", "number", "language", "incident")
    return {name: getattr(one, name) for name in names} | {"asked_at": one.at, "state": NoticeState.WAITING}


def _let_own(connection: Connection, joined: Iterable[int], now: datetime) -> None:
    """Somebody keyed a number so often that its promise is held; now its owner rings himself, and is called."""
    ids, over = sorted(joined), (promise.c.attention, promise.c.reason.startswith(OVER))
    for start in range(0, len(ids), _MANY):
        let = held(connection, promise.c.id.in_(ids[start : start + _MANY]), *over)
        values = {"due_at": now, "attention": False, "reason": ""}
        connection.execute(update(promise).where(promise.c.id.in_(let)).values(values))
        touch_all(connection, let, now, CALLER, Touched.RESUMED)
