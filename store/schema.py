"""Bringing a database to this version's tables, and refusing one that is not there."""

import time

from sqlalchemy import Connection, func, select

from store.engine import Database
from store.errors import StoreBusy, StoreProblem

HEAD = "0010"  # the newest migration; a test holds it equal to the scripts
ADVISORY = 0x486F6C64  # "Hold": the lock of whoever migrates
MIGRATION_MINUTES = 60  # a large index takes its time
WAIT_SECONDS = 2  # for a table: everybody who comes after us waits as long
_KNOWN = {
    "postgresql": "SELECT to_regclass('alembic_version') IS NOT NULL",
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
}
TRIES, AGAIN_SECONDS = 60, 1.0


def migrate(url: str) -> None:
    """Create or bring up to date. Harmless when done twice, or by two processes at once, and while others work.

    On SQLite all of it or nothing. On PostgreSQL each migration is a transaction, which gives up where it would have to
    wait for a table for longer than a moment, because everybody else would wait behind it; it is tried again.
    Raises StoreProblem, also for a database that a newer Holdfast wrote.
    """
    database = Database(url, MIGRATION_MINUTES * 60.0, make=True)
    try:
        if database.is_file:
            with database.write() as connection:
                _upgrade(database, connection)
        else:
            _migrate_online(database)
    finally:
        database.close()


def _upgrade(database: Database, connection: Connection) -> None:
    revision = _revision(connection)
    if revision == HEAD:
        return
    # Only whoever migrates pays for loading Alembic.
    from alembic import command
    from alembic.config import Config

    _refuse_newer(database, revision)
    if not database.is_file:
        connection.commit()  # each migration begins a transaction of its own
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _migrate_online(database: Database) -> None:
    """One process at a time, by an advisory lock of the session, which is gone with it however it ends."""
    for left in reversed(range(TRIES)):
        try:
            with database.session() as connection:
                connection.exec_driver_sql(f"SET statement_timeout = '{MIGRATION_MINUTES}min'")
                connection.exec_driver_sql(f"SET lock_timeout = '{MIGRATION_MINUTES}min'")
                connection.execute(select(func.pg_advisory_lock(ADVISORY)))
                connection.exec_driver_sql(f"SET lock_timeout = '{WAIT_SECONDS}s'")
                connection.commit()
                _upgrade(database, connection)
            return
        except StoreBusy:
            if not left:
                raise
            time.sleep(AGAIN_SECONDS)


def is_current(database: Database) -> bool:
    """Whether there is nothing to migrate. Raises StoreProblem for a database that cannot be read."""
    with database.read() as connection:
        return _revision(connection) == HEAD


def check(database: Database) -> None:
    """Raises StoreProblem unless the tables are those of this version and the database can be written."""
    with database.read() as connection:
        revision = _revision(connection)
    if revision is None:
        raise StoreProblem(
            f"the database {database.name} holds no Holdfast tables: run `holdfast db migrate`"
        )
    _refuse_newer(database, revision)
    if revision != HEAD:
        raise StoreProblem(f"the database {database.name} is of an older version: run `holdfast db migrate`")
    alive(database)


def alive(database: Database) -> None:
    """Raises StoreProblem unless the database answers and can be written; for whoever works with it already: its tables may
    have become those of a newer version since, which only ever adds to them.
    """
    with database.write() as connection:  # takes the write lock, which a read-only file refuses
        if not database.is_file and connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on":
            raise StoreProblem(f"cannot use the database {database.name}: it may only be read")


def _revision(connection: Connection) -> str | None:
    """Asked in plain words: every start waits for it, and SQLAlchemy's own inspection takes a while to load."""
    if not connection.exec_driver_sql(_KNOWN[connection.dialect.name]).scalar():
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _refuse_newer(database: Database, revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise StoreProblem(
            f"the database {database.name} was written by a newer Holdfast (its tables are {revision}, "
            f"this program knows {HEAD}): install that version, or restore an older backup"
        )
