"""A real PostgreSQL for tests: one server for a run, or for each worker of it; an empty book for each test.

A book is emptied by DELETE, which takes a tenth of the time of a new database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from lab.postgres import Postgres
from store import migrate
from store.tables import metadata

BOOK = "book"


class Books:
    """The databases of one server."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._made: set[str] = set()

    def empty(self, name: str = BOOK) -> str:
        """The address of a migrated book that holds nothing; whoever is still connected to it is thrown out."""
        if name not in self._made:
            migrate(self.server.create(name))
            self._made.add(name)
            return self.server.url(name)
        url = self.server.url(name)
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                for table in metadata.sorted_tables:
                    connection.execute(text(f'DELETE FROM "{table.name}"'))  # noqa: S608  # our own names
                for sequence in (
                    connection.execute(text("SELECT sequencename FROM pg_sequences")).scalars().all()
                ):
                    connection.execute(text(f'ALTER SEQUENCE "{sequence}" RESTART'))
        finally:
            engine.dispose()
        return url

    @contextmanager
    def bare(self, name: str) -> Iterator[str]:
        """A database without tables, which is gone afterwards."""
        url = self.server.create(name)
        try:
            yield url
        finally:
            self.server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def sqlite_book(folder: Path) -> str:
    """The address of an empty migrated book in a file."""
    from bridge_world import empty_book

    return empty_book(folder / "book.db")
