"""How much is in a database, to compare a copy with what was copied."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Ask = Callable[[str], Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Tally:
    """revision: of the tables. counts, newest: see ``manifest.Backup``."""

    revision: str
    counts: Mapping[str, int]
    newest: Mapping[str, int]


def tally(ask: Ask, tables: Sequence[str], numbered: Sequence[str]) -> Tally:
    """ask: runs a query. numbered: tables that have a column ``id``. All must be of one moment."""
    counts = {name: int(ask(f'SELECT count(*) FROM "{name}"')[0][0]) for name in tables}  # noqa: S608  # names of tables that are there
    newest = {name: int(ask(f'SELECT coalesce(max(id), 0) FROM "{name}"')[0][0]) for name in numbered}  # noqa: S608  # the same
    known = ask("SELECT version_num FROM alembic_version") if "alembic_version" in tables else []
    return Tally(str(known[0][0]) if known else "", counts, newest)
