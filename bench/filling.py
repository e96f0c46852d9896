"""A book with very many open promises, made inside the database: a million in seconds, where captures would take minutes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from callbacks.values import Matter
from lab.postgres import Postgres
from store import migrate

SCOPES = ("power", "water", "gas")
SPREAD = 86_400.0  # seconds over which the callers called
STORES = ("sqlite", "postgresql")
_DIGITS = {"sqlite": "printf('%08d', {0})", "postgresql": "lpad(cast({0} AS text), 8, '0')"}
_TIME = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', {0}, 'unixepoch')",
    "postgresql": "to_timestamp({0})",
}
_ROWS = {
    "sqlite": "WITH RECURSIVE rows(n) AS (SELECT :start UNION ALL SELECT n + 1 FROM rows WHERE n + 1 < :until)",
    "postgresql": "WITH rows(n) AS (SELECT * FROM generate_series(:start, :until - 1) AS n)",
}


@contextmanager
def books(store: str, folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Addresses of new migrated books by name: files, or databases of a PostgreSQL of its own."""
    if store == "sqlite":
        urls = {name: f"sqlite:///{folder / name}.db" for name in names}
        for url in urls.values():
            migrate(url)
        yield urls
        return
    with Postgres(say=lambda _: None) as server:
        urls = {name: server.create(name) for name in names}
        for url in urls.values():
            migrate(url)
        yield urls


def fill(url: str, count: int, now: datetime, *, scopes: tuple[str, ...] = SCOPES, start: int = 0) -> None:
    """Open promises with the numbers ``start`` to ``start + count``, of all scopes and matters, the lower the longer ago: all due
    at ``now``, spread over the day before. The database knows afterwards how large it is.
    """
    engine = create_engine(url)
    kind = engine.dialect.name
    try:
        with engine.begin() as connection:
            if kind == "sqlite":
                connection.exec_driver_sql("PRAGMA cache_size = -400000")
            connection.execute(
                text(_statement(kind, scopes)),
                {
                    "start": start,
                    "until": start + count,
                    "since": now.astimezone(UTC).timestamp() - SPREAD,
                    "step": SPREAD / (start + count),
                },
            )
        settle(url)
    finally:
        engine.dispose()


def settle(url: str) -> None:
    """Let the database do now what it would do some time later: statistics, its log, old versions of rows."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in _settling(connection):
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def _settling(connection: Connection) -> tuple[str, ...]:
    if connection.dialect.name == "sqlite":
        return ("PRAGMA wal_checkpoint(TRUNCATE)",)
    return "VACUUM ANALYZE promise", "CHECKPOINT"


def _statement(kind: str, scopes: tuple[str, ...]) -> str:
    """Scope and matter go by different strides, so that every pair of them occurs."""
    scope = _choice(f"n % {len(scopes)}", scopes)
    matter = _choice(f"n / {len(scopes)} % {len(Matter)}", tuple(one.value for one in Matter))
    number = "'139' || " + _DIGITS[kind].format("n")
    at = _TIME[kind].format(":since + n * :step")
    owed = _TIME[kind].format(":since + n * :step + 172800")
    return (
        f"{_ROWS[kind]} INSERT INTO promise (scope, number, state, created_at, due_at, place_at, captures, matter, language, "  # noqa: S608  # our own words
        f"first_by) SELECT {scope}, {number}, 'open', {at}, {at}, {at}, 1, {matter}, 'zh-CN', {owed} FROM rows"
    )


def _choice(number: str, words: tuple[str, ...]) -> str:
    whens = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE {number} {whens} END"
