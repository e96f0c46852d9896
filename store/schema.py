"""Bringing a database to this version's tables, and refusing one that is not there."""

from sqlalchemy import Connection, inspect, text

from store.engine import Database
from store.errors import StoreProblem

HEAD = "0010"  # the newest migration; a test holds it equal to the scripts


def migrate(url: str) -> None:
    """Create or bring up to date; all of it or nothing. Harmless when done twice, or by two processes at
    once.

    Raises StoreProblem, also for a database that a newer Holdfast wrote.
    """
    # Only whoever migrates pays for loading Alembic.
    from alembic import command
    from alembic.config import Config

    database = Database(url)
    try:
        with database.write() as connection:
            _refuse_newer(database, _revision(connection))
            config = Config()
            config.set_main_option("script_location", "store:migrations")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()


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
    with database.write():
        pass  # takes the write lock, which a read-only file refuses


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _refuse_newer(database: Database, revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise StoreProblem(
            f"the database {database.name} was written by a newer Holdfast (its tables are {revision}, "
            f"this program knows {HEAD}): install that version, or restore an older backup"
        )
