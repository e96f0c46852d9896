"""A database of an older version is brought up to date with everything that is in it."""

import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from postgres import Books
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


class Reader(threading.Thread):
    """A bridge of the version before: reads what it knows, all the time, and writes now and then. slowest: seconds."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        self.over = threading.Event()
        self.slowest, self.looks = 0.0, 0
        self.problem: Exception | None = None

    def run(self) -> None:
        try:
            while not self.over.wait(0.005):
                began = time.monotonic()
                with self._engine.begin() as connection:
                    connection.exec_driver_sql(
                        "SELECT id, scope, number, state FROM promise WHERE closed_at IS NULL"
                    )
                    connection.exec_driver_sql("UPDATE promise SET tries = tries + 1 WHERE id = 1")
                self.slowest, self.looks = max(self.slowest, time.monotonic() - began), self.looks + 1
        except Exception as problem:
            self.problem = problem
        finally:
            self._engine.dispose()


PROMISES = """
INSERT INTO promise (scope, number, state, created_at, due_at, place_at, captures, matter, language)
SELECT 'power', n::text, 'open', now(), now(), now(), 1, 'bill', 'en' FROM generate_series(1, 20000) n
"""


def test_a_bridge_of_the_version_before_goes_on_while_tables_grow(postgres: Books) -> None:
    with postgres.bare("growing") as url:
        migrate_to(url.replace("postgresql:", "postgresql+psycopg:"), "0006")
        postgres.server.execute(PROMISES, "growing")
        reader = Reader(url)
        reader.start()
        migrate(url)
        reader.over.set()
        reader.join(30)
        assert reader.problem is None
        assert reader.looks > 3
        assert reader.slowest < 10.0, "it waited behind a table that was held"
        with Store(url) as book:
            book.ping()


def test_a_migration_does_not_keep_others_waiting_behind_one_who_holds_a_table(
    postgres: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ALTER TABLE waits for a reader that does not end; whoever came after it would wait for both."""
    monkeypatch.setattr("store.schema.WAIT_SECONDS", 1)
    monkeypatch.setattr("store.schema.AGAIN_SECONDS", 0.5)
    with postgres.bare("held") as url:
        address = url.replace("postgresql:", "postgresql+psycopg:")
        migrate_to(address, "0006")
        engine = create_engine(address)
        migrating = threading.Thread(target=migrate, args=(url,), daemon=True)
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM promise")
            migrating.start()
            time.sleep(1.5)
            began = time.monotonic()
            with engine.begin() as other:
                other.exec_driver_sql("SELECT count(*) FROM promise")
            assert (
                time.monotonic() - began < 5.0
            )  # a guard: behind the migration it would wait for this very transaction
            assert migrating.is_alive()
        migrating.join(60)
        engine.dispose()
        with Store(url) as book:
            book.ping()


def test_two_processes_may_migrate_one_server_at_once(postgres: Books) -> None:
    program = "import sys; from store import migrate; sys.stdin.read(1); migrate(sys.argv[1])"
    with postgres.bare("both") as url:
        both = [
            subprocess.Popen(
                [sys.executable, "-c", program, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(2)
        ]
        for one in both:
            assert one.stdin
            one.stdin.write(b"x")
            one.stdin.flush()
        told = [one.communicate(timeout=120)[1].decode() for one in both]
        assert [one.returncode for one in both] == [0, 0], told
        with Store(url) as store:
            store.ping()


def test_the_tables_of_postgresql_are_those_of_this_version(postgres: Books) -> None:
    engine = create_engine(postgres.empty().replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_start_on_tables_of_this_version_does_not_load_what_migrates(tmp_path: Path) -> None:
    """It is half a second of each restart, while callers are in a lower tier."""
    program = "import sys; from store import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"
    url = f"sqlite:///{tmp_path}/book.db"
    told = [
        subprocess.run(
            [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert told == ["True\n", "False\n"]
