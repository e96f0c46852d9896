"""The few statements that SQLAlchemy spells per database."""

from functools import cache

from sqlalchemy import ColumnElement, Connection, Insert, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def upsert(connection: Connection, table: Table) -> SqliteInsert | PostgresqlInsert:
    """An INSERT that can say ON CONFLICT, for the database at hand."""
    if connection.dialect.name == "postgresql":
        return postgresql_insert(table)
    return sqlite_insert(table)


def put_only(
    connection: Connection, table: Table, names: tuple[str, ...], where: ColumnElement[bool]
) -> Insert:
    """INSERT rows, or bring only these columns of a known one up to date, where the condition holds for it.

    Built once as ``put`` is; where: a constant, for the same reason.
    """
    return _put_only(connection.dialect.name, table, names, where)


@cache
def _put_only(dialect: str, table: Table, names: tuple[str, ...], where: ColumnElement[bool]) -> Insert:
    statement = postgresql_insert(table) if dialect == "postgresql" else sqlite_insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in names},
        where=where,
    )


def put(connection: Connection, table: Table) -> Insert:
    """INSERT whole rows, or bring those with the same primary key up to date.

    Built once for each table and kind of database: to build it takes longer than to run it.
    """
    return _put(connection.dialect.name, table)


@cache
def _put(dialect: str, table: Table) -> Insert:
    statement = postgresql_insert(table) if dialect == "postgresql" else sqlite_insert(table)
    key = list(table.primary_key.columns)
    kept = {
        column.name: statement.excluded[column.name] for column in table.columns if column not in set(key)
    }
    return statement.on_conflict_do_update(index_elements=key, set_=kept)
