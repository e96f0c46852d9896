"""Whose turn it is: danger first, then by place less the head start of the matter (``callbacks.rules.order_key``).

One look for each scope and matter reads the first few of an index; merged they are the order of all. So nothing has to be
ranked beforehand, and it costs the same with a thousand promises as with a million.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, bindparam, select, union_all

from callbacks.values import Matter
from store.tables import ASSIGNED, TURN, promise

NO_START: Mapping[Matter, float] = MappingProxyType({})
_SCOPES = 40  # in one statement; SQLite allows 500 looks in one
_NOW = bindparam("now", type_=promise.c.due_at.type)


def whose_turn(
    connection: Connection,
    scopes: Sequence[str] | None,
    most: int,
    now: datetime,
    head_start: Mapping[Matter, float],
    only: Collection[Matter] | None,
) -> list[int]:
    """The ids of those that may be called now, at most so many, in their order. scopes None: all; only None: all matters."""
    matters = tuple(one for one in Matter if only is None or one in only)
    wanted = _all_scopes(connection) if scopes is None else list(dict.fromkeys(scopes))
    if not matters:
        return []
    if connection.dialect.name == "postgresql":
        # Else it plans two dozen looks anew each time in a large book, which takes longer than to do them.
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    found: list[Any] = []
    for start in range(0, len(wanted), _SCOPES):
        some = wanted[start : start + _SCOPES]
        values = {f"scope_{place}": name for place, name in enumerate(some)}
        found += connection.execute(_looks(len(some), matters), {**values, "now": now, "most": most})
    return _in_order(found, head_start)[:most]


def handed_to(
    connection: Connection,
    agent: str,
    scopes: Sequence[str] | None,
    now: datetime,
    head_start: Mapping[Matter, float],
    only: Collection[Matter] | None,
) -> list[int]:
    """The same among those that were handed to this agent."""
    query = select(promise.c.id, promise.c.place_at, promise.c.matter).where(
        ASSIGNED, promise.c.assigned == agent, promise.c.state == "open", ~promise.c.paused, *due(now)
    )
    query = query if scopes is None else query.where(promise.c.scope.in_(scopes))
    query = query if only is None else query.where(promise.c.matter.in_(only))
    return _in_order(connection.execute(query), head_start)


def _in_order(rows: Iterable[Any], head_start: Mapping[Matter, float]) -> list[int]:
    starts = {matter: timedelta(seconds=seconds) for matter, seconds in head_start.items()}
    none = timedelta()
    ranked = sorted(
        (row.matter is not Matter.DANGER, row.place_at - starts.get(row.matter, none), row.id) for row in rows
    )
    return [id_ for _, _, id_ in ranked]


def due(now: Any) -> tuple[ColumnElement[bool], ...]:
    """A place lies before the due time only where the due time was put off (an attempt that failed for our own reasons, a
    promise that is held); asking for both lets the index of places end the look.
    """
    return promise.c.place_at <= now, promise.c.due_at <= now


@cache
def _looks(scopes: int, matters: tuple[Matter, ...]) -> CompoundSelect[Any]:
    """Built once for so many scopes: to build it takes longer than to run it."""
    looks = [_look(f"scope_{place}", matter) for place in range(scopes) for matter in matters]
    return union_all(*looks)


def _look(scope: str, matter: Matter) -> Select[Any]:
    first = (
        select(promise.c.id, promise.c.place_at, promise.c.matter)
        .where(TURN, promise.c.scope == bindparam(scope), promise.c.matter == matter, *due(_NOW))
        .order_by(promise.c.place_at, promise.c.id)
        .limit(bindparam("most"))
        .subquery()
    )
    return select(first)


def _all_scopes(connection: Connection) -> list[str]:
    """Every scope with something waiting, one step in the index for each."""
    found: list[str] = []
    last = ""
    while True:
        step = select(promise.c.scope).where(TURN, promise.c.scope > last).order_by(promise.c.scope).limit(1)
        next_one = connection.execute(step).scalar_one_or_none()
        if next_one is None:
            return found
        found.append(next_one)
        last = next_one
