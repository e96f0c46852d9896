"""How many callbacks were asked for, and holding those above a limit (``callbacks.rules.limits``). Toll fraud is the attack.

Promises are counted, not captures: whoever rings again while his promise is open asks for nothing more (requirement E6). Who
only wants to hear when it is over is rung up, or written to, as well: the numbers that he asked it for count with the others,
each once in a scope, however often he asks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, distinct, func, select, update

from callbacks.policy import LimitPolicy
from callbacks.rules.limits import Counts, exceeded, prefix_of
from callbacks.values import Asks, Capture, NumberSource, Touch, Touched
from store.history import touches
from store.tables import KEYED, capture, notice, promise

DAY = timedelta(hours=24)
HELD = timedelta(days=3650)  # until somebody lets it; see Promises.let
OVER = "over a limit: "
_ASKS = (Asks.CALL, Asks.CHANGE)
_MANY = 400
_NEVER = 2**31 - 1  # the last id that there can be
_Span = dict[str, Any]


# The statements are put together once: a caller waits for their answer, and putting them together costs more than asking.
def _within(at: ColumnElement[datetime]) -> ColumnElement[bool]:
    return at.between(bindparam("b_since"), bindparam("b_until"))


def _named(column: ColumnElement[str]) -> ColumnElement[bool]:
    return column.in_(bindparam("b_names", expanding=True))


_CALLERS = (
    select(capture.c.caller_id, func.count(distinct(capture.c.promise_id)))
    .where(_within(capture.c.at), capture.c.asks.in_(_ASKS), _named(capture.c.caller_id))
    .where(capture.c.promise_id < bindparam("b_before"))
    .group_by(capture.c.caller_id)
)
_CALLERS_TOLD = (
    select(capture.c.caller_id, notice.c.number, notice.c.scope)
    .join(notice, notice.c.key == capture.c.key)
    .where(_within(capture.c.at), capture.c.asks == Asks.NOTICE, _named(capture.c.caller_id))
    .distinct()
)
_NUMBERS = (
    select(promise.c.number, func.count())
    .where(_within(promise.c.created_at), _named(promise.c.number), promise.c.id < bindparam("b_before"))
    .group_by(promise.c.number)
)
_NUMBERS_TOLD = (
    select(notice.c.number, notice.c.scope)
    .where(_within(notice.c.asked_at), _named(notice.c.number))
    .distinct()
)
_KEYED_NUMBERS = select(capture.c.number).where(KEYED, _within(capture.c.at)).distinct()
_KEYED_CALLED = _KEYED_NUMBERS.where(capture.c.promise_id < bindparam("b_before"))
_KEYED_TOLD = _KEYED_NUMBERS.where(capture.c.asks == Asks.NOTICE).join(notice, notice.c.key == capture.c.key)


@dataclass(frozen=True, slots=True)
class Asked:
    """A promise that was opened just now, for whom. at: of the call, aware UTC."""

    promise_id: int
    caller_id: str
    number: str
    keyed: bool
    at: datetime


def counts_of(
    connection: Connection, caller_id: str, number: str, policy: LimitPolicy, now: datetime
) -> Counts:
    """What a caller asked for in the day before ``now``, and others for the same number."""
    found = _Day(connection, [Asked(0, caller_id, number, True, now)], policy, now)
    return found.counts(caller_id, number)


def hold_exceeding(
    connection: Connection, opened: Sequence[Asked], policy: LimitPolicy, now: datetime
) -> dict[int, str]:
    """Hold those of these promises that are above a limit; by id, which limit. The first ones of a batch come first."""
    if not opened:
        return {}
    day = _Day(connection, opened, policy, now)
    over: dict[int, str] = {}
    for one in sorted(opened, key=lambda one: (one.at, one.promise_id)):
        word = exceeded(day.counts(one.caller_id, one.number), policy, one.keyed)
        if word:
            over[one.promise_id] = word
        day.add(one)
    if over:
        connection.execute(
            update(promise)
            .where(promise.c.id == bindparam("b_id"))
            .values(due_at=now + HELD, attention=True, reason=bindparam("b_reason")),
            [{"b_id": id_, "b_reason": OVER + word} for id_, word in over.items()],
        )
        touches(connection, [Touch(id_, now, "", Touched.PAUSED, OVER + word) for id_, word in over.items()])
    return over


def within_limits(
    connection: Connection, asked: Sequence[Capture], policy: LimitPolicy, now: datetime
) -> list[Capture]:
    """Of those who want to be told when it is over, those that may be; the first ones of a batch come first."""
    if not asked:
        return []
    owned = {one.key: one.source is NumberSource.OWN for one in asked}
    day = _Day(
        connection,
        [Asked(0, one.caller_id, one.number, not owned[one.key], one.at) for one in asked],
        policy,
        now,
    )
    there = _told_anyway(connection, {one.number for one in asked}, now)
    kept = []
    for one in sorted(asked, key=lambda one: (one.at, one.key)):
        if (one.number, one.scope) not in there:
            if exceeded(day.counts(one.caller_id, one.number), policy, not owned[one.key]):
                continue
            day.add(Asked(0, one.caller_id, one.number, not owned[one.key], one.at))
            there.add((one.number, one.scope))
        kept.append(one)
    return kept


def _told_anyway(connection: Connection, numbers: Iterable[str], now: datetime) -> set[tuple[str, str]]:
    """Numbers and scopes that a notice of the last day counts for already."""
    wanted, found = sorted(numbers), set[tuple[str, str]]()
    for start in range(0, len(wanted), _MANY):
        rows = connection.execute(
            select(notice.c.number, notice.c.scope).where(
                notice.c.number.in_(wanted[start : start + _MANY]), notice.c.asked_at.between(now - DAY, now)
            )
        )
        found.update((row.number, row.scope) for row in rows)
    return found


class _Day:
    """Counts over 24 hours, with those of the batch added one by one."""

    def __init__(
        self, connection: Connection, batch: Sequence[Asked], policy: LimitPolicy, now: datetime
    ) -> None:
        until = min(now, max(one.at for one in batch))
        self._policy = policy
        # those of the batch are added one by one; ids are never used twice
        self._older = {"b_before": min(one.promise_id for one in batch) or _NEVER}
        span = {"b_since": until - DAY, "b_until": until}
        self._caller = self._by_caller(connection, {one.caller_id for one in batch} - {""}, span)
        self._number = self._by_number(connection, {one.number for one in batch}, span)
        self._prefix: Counter[str] = Counter()
        self._keyed = 0
        if any(one.keyed for one in batch):
            self._count_keyed(connection, span)

    def counts(self, caller_id: str, number: str) -> Counts:
        caller = self._caller[caller_id] if caller_id else 0
        prefix = self._prefix[prefix_of(number, self._policy)]
        return Counts(caller, self._number[number], prefix, self._keyed)

    def add(self, one: Asked) -> None:
        self._caller[one.caller_id] += 1
        self._number[one.number] += 1
        if one.keyed:
            self._prefix[prefix_of(one.number, self._policy)] += 1
            self._keyed += 1

    def _by_caller(self, connection: Connection, callers: Iterable[str], span: _Span) -> Counter[str]:
        wanted = list(callers)
        return _counted(connection, _CALLERS, wanted, span | self._older) + _tallied(
            connection, _CALLERS_TOLD, wanted, span
        )

    def _by_number(self, connection: Connection, numbers: Iterable[str], span: _Span) -> Counter[str]:
        wanted = list(numbers)
        return _counted(connection, _NUMBERS, wanted, span | self._older) + _tallied(
            connection, _NUMBERS_TOLD, wanted, span
        )

    def _count_keyed(self, connection: Connection, span: _Span) -> None:
        rows = [
            *connection.execute(_KEYED_CALLED, span | self._older),
            *connection.execute(_KEYED_TOLD, span),
        ]
        for number in {row.number for row in rows}:
            self._prefix[prefix_of(number, self._policy)] += 1
            self._keyed += 1


def _counted(
    connection: Connection, query: Select[Any], wanted: Sequence[str], values: Mapping[str, Any]
) -> Counter[str]:
    found: Counter[str] = Counter()
    for start in range(0, len(wanted), _MANY):
        rows = connection.execute(query, {**values, "b_names": wanted[start : start + _MANY]})
        for name, count in rows:
            found[name] += count
    return found


def _tallied(
    connection: Connection, query: Select[Any], wanted: Sequence[str], values: Mapping[str, Any]
) -> Counter[str]:
    """How many rows begin with each name."""
    found: Counter[str] = Counter()
    for start in range(0, len(wanted), _MANY):
        rows = connection.execute(query, {**values, "b_names": wanted[start : start + _MANY]})
        found.update(row[0] for row in rows)
    return found
