"""The connection to the database, with what each kind of it needs, and its problems put into words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, local
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from store import postgresql
from store.errors import StoreBusy, StoreProblem

_BUSY_SECONDS = 10


class Database:
    """One engine for all subjects. ``read`` and ``write`` are transactions: all of a block, or nothing.

    is_file: SQLite, which one machine has for itself. There a writer takes the write lock at once, so that what it read cannot
    change before it writes; writers of this process queue in memory, because SQLite's own waiting is sleeping and trying again.
    """

    def __init__(self, url: str, patience: float | None = None, *, make: bool = False) -> None:
        """make: a file that is not there is made; otherwise it is a StoreProblem, for an empty book in the place of one that is
        gone would look as if nobody had ever called.
        """
        self.url = _checked(url)
        self.is_file = self.url.get_backend_name() == "sqlite"
        self.name = str(self.url.database) if self.is_file else postgresql.name_of(self.url)
        self.engine = _engine(self.url, patience)
        if self.is_file and not make:
            event.listen(self.engine, "do_connect", _refuse_missing)
        whole = {} if self.is_file else postgresql.READING
        self._reader = self.engine.execution_options(holdfast_read=True, **whole)
        self._turn = RLock()
        self._mine = local()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; writing in it is a mistake. Raises StoreProblem."""
        shared = getattr(self._mine, "connection", None)
        if shared is not None:
            with _in_words(self.name):
                yield shared
            return
        with _in_words(self.name), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Everything that this thread reads in the block is of one moment, over one connection: a page that reads a dozen things
        asks for one and not for a dozen. What is written meanwhile is not seen in it, not even by whoever wrote it.
        """
        if getattr(self._mine, "connection", None) is not None:
            yield
            return
        with self.read() as connection:
            self._mine.connection = connection
            try:
                yield
            finally:
                self._mine.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Committed and durable when the block is left; rolled back when it raises. Raises StoreProblem."""
        if not self.is_file:
            with _in_words(self.name), self.engine.begin() as connection:
                yield connection
            return
        with self._turn, _in_words(self.name), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection of its own without a transaction, which is not used again afterwards. Raises StoreProblem."""
        with _in_words(self.name), self.engine.connect() as connection:
            try:
                yield connection
            finally:
                connection.invalidate()

    def close(self) -> None:
        self.engine.dispose()


class Subject:
    """One subject of the store: queries over a database that all subjects share.

    pbx: of the Asterisk for which a bridge speaks, "" for whoever speaks for none. mark: what its rows of the moment carry
    behind their names; the first Asterisk's carry nothing (store.several).
    """

    pbx = ""
    mark = ""

    def __init__(self, database: Database) -> None:
        self._database = database


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreProblem(
            "the database address cannot be read; it looks like sqlite:////var/lib/holdfast/holdfast.db "
            "or postgresql://user@host/name"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        _check_file(parsed)
        return parsed
    return postgresql.checked(parsed)


def _check_file(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        raise StoreProblem("the database must be a file: a book in memory would be lost with the process")
    folder = Path(url.database).parent
    if not folder.is_dir():
        raise StoreProblem(
            f"cannot open the database {url.database}: the folder {folder} does not exist: mount it if it was "
            "there; make it with `holdfast db migrate` for a new site; or set HOLDFAST_DATA_DIR to the right one"
        )


def _engine(url: URL, patience: float | None) -> Engine:
    """Numbers of callers are parameters; an error that is logged must not tell them."""
    if url.get_backend_name() != "sqlite":
        return postgresql.engine(url, patience or postgresql.PATIENCE_SECONDS)
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_SECONDS},
        pool_size=8,
        max_overflow=8,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _refuse_missing(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    if not Path(arguments[0]).exists():
        raise sqlite3.OperationalError(f"{_MISSING}: {arguments[0]}")


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own way begins too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("holdfast_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise StoreBusy(
            f"the database {name} has more to do for us than it can: every connection is in use"
        ) from error
    except DBAPIError as error:
        _without_values(error)
        told = postgresql.told(name, error)
        if told is not None:
            raise told from error
        if isinstance(error, IntegrityError | ProgrammingError | DataError):
            raise  # a mistake of ours or a rule of the tables, not of the place where the database lies
        raise problem(name, str(error.orig)) from error


def _without_values(error: DBAPIError) -> None:
    """PostgreSQL says below its first line which row it did not like, with the caller's number; errors go into logs."""
    said = error.orig
    if said is not None and "\n" in str(said):
        said.args = (str(said).partition("\n")[0],)
        error.args = (f"({type(said).__module__}.{type(said).__name__}) {said}",)


_MISSING = "there is no such file"
_REMEDIES = (
    (
        _MISSING,
        "it is not there: make it with `holdfast db migrate`, or put a copy back with `holdfast db restore FILE` if it was there",
    ),
    ("readonly", "it is read-only: give this user the right to write the file and its folder"),
    ("read-only", "it is read-only: give this user the right to write the file and its folder"),
    ("unable to open", "it cannot be opened: check that the file and its folder belong to this user"),
    ("not a database", "the file is not a database, or is damaged: put it aside and restore a backup"),
    ("malformed", "the file is damaged: stop every Holdfast process, put it aside and restore a backup"),
    ("disk is full", "the disk is full: make room"),
    ("disk i/o", "the disk fails: check it, then restore a backup if the file is damaged"),
    ("no such table", "it holds no Holdfast tables: run `holdfast db migrate`"),
    ("no such column", "its tables are older than this Holdfast: run `holdfast db migrate`"),
)


def problem(name: str, said: str) -> StoreProblem:
    """The driver's words made into a StoreProblem that names the database and the remedy."""
    low = said.lower()
    if "locked" in low or "busy" in low:
        return StoreBusy(f"the database {name} is held by another process for more than {_BUSY_SECONDS} s")
    for mark, remedy in _REMEDIES:
        if mark in low:
            return StoreProblem(f"cannot use the database {name}: {remedy} ({said})")
    return StoreProblem(f"cannot use the database {name}: {said}")
