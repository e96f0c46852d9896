"""What is owed until when, where two promises become one (requirements E2, E3; docs/adr/0023)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row


def debts_of_both(into: Row[Any], held: Row[Any]) -> dict[str, datetime | None]:
    """Columns of ``into`` when it takes over ``held``: the earlier time of each debt.

    An attempt at the same number was one for both. At another number, it kept what was owed there, and whoever is called on this
    one has not been called by it.
    """
    answer = {"answer_by": earliest((into.answer_by, held.answer_by))}
    if into.number == held.number:
        return answer | {
            "first_by": earliest((into.first_by, held.first_by)),
            "first_at": earliest((into.first_at, held.first_at)),
        }
    return answer | {"first_by": into.first_by if held.first_at else earliest((into.first_by, held.first_by))}


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """Of those that there are; None when there is none."""
    return min((at for at in times if at is not None), default=None)
