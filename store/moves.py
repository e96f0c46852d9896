"""The table of a promise's life (callbacks.rules.states) as conditions of SQL."""

from functools import cache

from sqlalchemy import ColumnElement, Connection, TextClause, select

from callbacks.rules import Move, sources
from store.tables import promise


@cache
def can(move: Move) -> ColumnElement[bool]:
    """The promise is in a state in which the table allows the move. Every update that moves one asks for it."""
    states = sorted(sources(move))
    return promise.c.state == states[0] if len(states) == 1 else promise.c.state.in_(states)


def held(connection: Connection, *which: ColumnElement[bool] | TextClause, skip: bool = False) -> list[int]:
    """The ids of these promises, their rows held until the end of the transaction, one after another by id: whoever changes
    several at once asks here first, so that two of them may wait, but never for each other. skip: those that somebody holds are
    left out, and nobody is waited for. (SQLite has one writer and no such words.)
    """
    rows = select(promise.c.id).where(*which).order_by(promise.c.id).with_for_update(skip_locked=skip)
    return list(connection.execute(rows).scalars())
