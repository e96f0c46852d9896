"""When the last good copy of the store was made, for every bridge that shares it (requirement A9)."""

from datetime import UTC, datetime

from sqlalchemy import select

from store.dialect import put
from store.engine import Subject
from store.tables import meta

_KEY = "last copy"


class Copied(Subject):
    """Where the store is a file, its folder of copies says it; several machines each have a folder of their own."""

    def last_copy(self) -> datetime | None:
        """When it was made, aware UTC; None: none by a bridge yet."""
        with self._database.read() as connection:
            text = connection.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
        return None if text is None else datetime.fromisoformat(text)

    def note_copy(self, at: datetime) -> None:
        """A good one was made then. at: aware UTC."""
        with self._database.write() as connection:
            row = {"key": _KEY, "value": at.astimezone(UTC).isoformat()}
            connection.execute(put(connection, meta), row)
