"""Live rows: figures of this moment, rewritten by the bridge, read by console and command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from store.dialect import put
from store.engine import Subject
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
        rows = [{"key": key, "value": value, "at": now} for key, value in values.items()]
        with self._database.write() as connection:
            connection.execute(put(connection, live), rows)

    def live_row(self, key: str) -> LiveRow | None:
        """One row, or None when it was never written."""
        return self.live_rows().get(key)

    def live_rows(self) -> dict[str, LiveRow]:
        """All rows of one moment, by key."""
        with self._database.read() as connection:
            return {row.key: LiveRow(row.key, row.value, row.at) for row in connection.execute(select(live))}
