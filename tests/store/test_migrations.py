"""A database of an older version is brought up to date with everything that is in it."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from fallback.state import Case
from store import Store, migrate
from store.tables import metadata

OPENED = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


def migrate_to(url: str, revision: str) -> None:
    """As the version did whose newest migration this was."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_incidents_of_the_first_version_are_kept_and_can_be_gone_on_with(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    migrate_to(url, "0001")
    old = sqlite3.connect(tmp_path / "book.db")
    for key, closed in (("INC-power-1", None), ("INC-power-0", "2026-11-20 11:00:00.000000")):
        values = (key, "power", "A3", "2026-11-21 10:15:00.000000", closed, "A3 power-agents")
        old.execute("INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?)", values)
    old.execute(
        "INSERT INTO change VALUES (1, '2026-11-21 10:15:00.000000', 'mode', 'power', 'a', 'b', '', '', 'k')"
    )
    old.commit()
    old.close()
    migrate(url)
    case = Case("INC-power-1", "power", "A3", "A3 power-agents", OPENED, "")
    with Store(url) as book:
        book.ping()
        assert book.load_cases() == [case]
        assert len(book.incidents()) == 2
        assert [one.new for one in book.changes(incident="k")] == ["b"]
        book.record([], [], [], OPENED, [])
        assert book.load_cases() == []


def test_a_database_of_the_first_version_ends_with_the_tables_of_this_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'book.db'}"
    migrate_to(url, "0001")
    migrate(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
