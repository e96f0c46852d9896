"""Copies of a PostgreSQL database, by the pg_dump and pg_restore of the server's own version or a later one."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from store.backups.manifest import BackupProblem
from store.backups.tally import Tally, tally
from store.schema import migrate

PROGRAMS = "HOLDFAST_PG_BIN"  # a folder with pg_dump, where it is in none of the usual ones
MOST_SECONDS = 4 * 3600.0
_MAINTENANCE = ("postgres", "template1")
_NAMES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
_NUMBERED = (
    "SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema() "
    "AND column_name = 'id' AND data_type IN ('integer', 'bigint') ORDER BY table_name"
)


def copy(url: URL, draft: Path) -> Tally:
    """The dump and the counts are of one moment. Raises BackupProblem."""
    with _connected(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
        counted = _tally(connection)
        _run(
            url,
            "pg_dump",
            _version(connection),
            *("--format=custom", "--no-owner", "--no-privileges", "--compress=6"),
            *(f"--snapshot={snapshot}", f"--file={draft}"),
        )
        return counted


@contextmanager
def tried(path: Path, url: URL) -> Iterator[Tally]:
    """What is in a copy, read from a database on the same server that is gone afterwards. Raises BackupProblem."""
    name = f"holdfast_verify_{secrets.token_hex(4)}"
    with _maintaining(url) as connection:
        _create(connection, name)
        try:
            _fill(path, url.set(database=name), _version(connection))
            with _connected(url.set(database=name)) as scratch:
                counted = _tally(scratch)
            yield counted
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"')


def put_back(path: Path, url: URL, mark: str) -> str:
    """Into a new database, which then takes the old one's name in one transaction. Raises BackupProblem."""
    name = str(url.database)
    fresh, old = (
        f"{name[:40]}_restored_{secrets.token_hex(3)}",
        f"{name[:40]}_{mark.replace('-', '_').lower()}",
    )
    with _maintaining(url) as connection:
        _create(connection, fresh)
        try:
            _fill(path, url.set(database=fresh), _version(connection))
            migrate(
                url.set(database=fresh).render_as_string(hide_password=False)
            )  # it may be of an older version
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            _swap(connection, name, fresh, old if there else "")
        except BaseException:
            connection.execute(f'DROP DATABASE IF EXISTS "{fresh}"')
            raise
    return old if there else ""


def _swap(connection: Any, name: str, fresh: str, old: str) -> None:
    import psycopg

    try:
        with connection.transaction():
            if old:
                connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{old}"')
            connection.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')
    except psycopg.errors.ObjectInUse:
        raise BackupProblem(
            f"somebody is connected to the database {name}; stop every Holdfast process (bridges, consoles) first"
        ) from None


def _create(connection: Any, name: str) -> None:
    import psycopg

    try:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    except psycopg.errors.InsufficientPrivilege:
        raise BackupProblem(
            "this user may not create a database, which trying a copy out needs: ALTER ROLE … CREATEDB"
        ) from None


def _fill(path: Path, url: URL, version: int) -> None:
    _run(
        url,
        "pg_restore",
        version,
        *("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"),
        *(f"--dbname={_address(url)}", str(path)),
        alone=True,
    )


def _tally(connection: Any) -> Tally:
    def ask(query: str) -> list[tuple[Any, ...]]:
        return list(connection.execute(query).fetchall())

    tables = [str(row[0]) for row in ask(_NAMES)]
    numbered = [str(row[0]) for row in ask(_NUMBERED) if str(row[0]) in tables]
    return tally(ask, tables, numbered)


def _version(connection: Any) -> int:
    """The server's major version."""
    return int(connection.info.server_version) // 10_000


def _run(url: URL, program: str, version: int, *arguments: str, alone: bool = False) -> None:
    """The password goes by the environment, which no other user sees. alone: the arguments name the database already."""
    command = [str(_program(program, version)), "--no-password", *arguments]
    command += [] if alone else [f"--dbname={_address(url)}"]
    try:
        done = subprocess.run(
            command, env=_environment(url), capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BackupProblem(f"{program} took more than {MOST_SECONDS / 3600:g} hours and was ended") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise BackupProblem(f"{program} failed: {said[0][:300]}")


def _program(name: str, version: int) -> Path:
    """One that can read this server: of its version or a later one, the nearest. Raises BackupProblem."""
    found: list[tuple[int, Path]] = []
    folders = [os.environ.get(PROGRAMS, "")] + [str(one) for one in Path("/usr/lib/postgresql").glob("*/bin")]
    for folder in filter(None, folders):
        if (path := Path(folder) / name).is_file():
            found.append((_major(path), path))
    if on_path := shutil.which(name):
        found.append((_major(Path(on_path)), Path(on_path)))
    fitting = sorted(one for one in found if one[0] >= version)
    if not fitting:
        there = f"only {found[0][0]} is here" if found else "there is none here"
        raise BackupProblem(
            f"{name} of PostgreSQL {version} is needed and {there}: install postgresql-client-{version}, "
            f"or name its folder in {PROGRAMS}"
        )
    return fitting[0][1]


def _major(program: Path) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = re.search(rb"\) (\d+)", said)
    return int(number[1]) if number else 0


def _address(url: URL) -> str:
    """For libpq, without the password."""
    plain = url.set(drivername="postgresql", password=None)
    return plain.render_as_string(hide_password=False)


def _environment(url: URL) -> Mapping[str, str]:
    return dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})


@contextmanager
def _connected(url: URL, *, autocommit: bool = False) -> Iterator[Any]:
    import psycopg

    # None: as libpq itself finds it, in a file or the environment
    password = str(url.password) if url.password else None
    try:
        with psycopg.connect(
            _address(url), autocommit=autocommit, connect_timeout=10, password=password
        ) as connection:
            yield connection
    except psycopg.Error as error:
        said = str(error).partition("\n")[0]
        raise BackupProblem(f"the database {url.database} cannot be used: {said}") from None


@contextmanager
def _maintaining(url: URL) -> Iterator[Any]:
    """Connected to another database of the same server: none may be renamed by whoever is in it."""
    other = next(name for name in _MAINTENANCE if name != url.database)
    with _connected(url.set(database=other), autocommit=True) as connection:
        yield connection
