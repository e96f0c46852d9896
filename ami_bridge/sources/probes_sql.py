"""One query over any SQLAlchemy address, in whatever thread the caller chose."""

import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool


class QueryFailed(Exception):
    """The database did not answer; the text holds nothing that it or its driver said."""


def query(address: str, statement: str, timeout: float) -> None:
    """Connects, runs the statement, reads one row, rolls back. Blocks. timeout: seconds, where the driver knows one.

    Raises QueryFailed. A SQLite file is opened read-only, so that a missing one is not made.
    """
    url = make_url(address)
    options: dict[str, Any] = {}
    if opener := _sqlite_opener(url, timeout):
        options["creator"] = opener
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, **options)
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            if result.returns_rows:
                result.fetchone()
    except Exception as problem:  # drivers raise what they like, and a probe only wants to know
        raise QueryFailed(_kind_of(problem)) from None


def _kind_of(problem: Exception) -> str:
    """The kinds of the error alone: messages of drivers repeat addresses, and some passwords."""
    driver = getattr(problem, "orig", None)
    name = type(driver or problem).__name__
    return f"the query failed: {name}"


def _sqlite_opener(url: URL, timeout: float) -> Callable[[], sqlite3.Connection] | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    address = f"file:{quote(url.database)}?mode=ro"
    return lambda: sqlite3.connect(address, uri=True, timeout=timeout, check_same_thread=False)


def why_not_usable(address: str) -> tuple[str, str] | None:
    """What is wrong with a database address and what to do about it, before anything is asked; None: usable."""
    try:
        url = make_url(address)
        driver = url.get_driver_name()
        url.get_dialect().import_dbapi()
    except (NoSuchModuleError, ArgumentError) as problem:
        kind = address.partition("://")[0] if "://" in address else ""
        if isinstance(problem, NoSuchModuleError):
            return f"SQLAlchemy knows no database {kind!r}", "Use one of its names, e.g. postgresql+psycopg."
        return "is no SQLAlchemy address", "Write driver://user:password@host/name."
    except ImportError as problem:
        wanted = problem.name or driver
        return f"the driver {wanted!r} is not installed", f"Install it beside Holdfast: pip install {wanted}"
    except SQLAlchemyError as problem:
        return f"cannot be used: {type(problem).__name__}", "Write driver://user:password@host/name."
    return None
