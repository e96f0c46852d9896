"""The table of a promise's life (callbacks.rules.states) as conditions of SQL."""

from functools import cache

from sqlalchemy import ColumnElement

from callbacks.rules import Move, sources
from store.tables import promise


@cache
def can(move: Move) -> ColumnElement[bool]:
    """The promise is in a state in which the table allows the move. Every update that moves one asks for it."""
    states = sorted(sources(move))
    return promise.c.state == states[0] if len(states) == 1 else promise.c.state.in_(states)
