"""Live rows: figures of this moment, rewritten by the bridge, read by console and command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from store.dialect import put
from store.engine import Subject
from store.several import marked, split, together
from store.tables import live


@dataclass(frozen=True, slots=True)
class LiveRow:
    """value: JSON; at: aware UTC, by the clock of the bridge that wrote it."""

    key: str
    value: Any
    at: datetime


class Live(Subject):
    """One row per key."""

    def put_live(self, values: Mapping[str, Any], now: datetime) -> None:
        """Write all of them in one transaction. Values are what JSON can hold."""
        if not values:
            return
        rows = [{"key": marked(key, self.mark), "value": value, "at": now} for key, value in values.items()]
        with self._database.write() as connection:
            connection.execute(put(connection, live), rows)

    def live_row(self, key: str) -> LiveRow | None:
        """One row, or None when it was never written."""
        return self.live_rows().get(key)

    def live_rows_of(self, key: str) -> dict[str, LiveRow]:
        """That row of each Asterisk, by its pbx id, "" for the first one's."""
        with self._database.read() as connection:
            rows = connection.execute(select(live)).all()
        named = ((split(row.key), row) for row in rows)
        return {pbx: LiveRow(key, row.value, row.at) for (plain, pbx), row in named if plain == key}

    def live_rows(self) -> dict[str, LiveRow]:
        """All rows of one moment, by key; those of several Asterisks as one site's."""
        with self._database.read() as connection:
            rows = {row.key: row for row in connection.execute(select(live))}
        whole = together({key: row.value for key, row in rows.items()})
        return {key: LiveRow(key, value, _at(key, rows)) for key, value in whole.items()}


def _at(key: str, rows: Mapping[str, Any]) -> datetime:
    """The oldest of what was put together: one bridge that is silent must show."""
    oldest: datetime = min(row.at for name, row in rows.items() if split(name)[0] == key)
    return oldest
