"""Copies of an SQLite file, by its own online backup: in one step, which holds up no writer (the file is in WAL mode)."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import URL

from store.backups.manifest import BackupProblem, sync, sync_folder
from store.backups.tally import Tally, tally
from store.schema import migrate

_SPARE = 64 * 1024 * 1024  # bytes that stay free on the disk


def copy(url: URL, draft: Path) -> Tally:
    """Raises BackupProblem, OSError."""
    path = _file_of(url)
    if not path.is_file():
        raise BackupProblem(f"there is no database {path}; run `holdfast db migrate`, or correct its address")
    _check_room(draft.parent, path.stat().st_size)
    try:
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(draft)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # a copy is one file
            return _tally(target)
    except sqlite3.Error as error:
        raise BackupProblem(
            f"{path} cannot be copied: {error}; if it is damaged, put a copy back: holdfast db restore"
        ) from None


@contextmanager
def tried(path: Path, _url: URL) -> Iterator[Tally]:
    """What is in a copy, read from a copy of it that is gone afterwards. Raises BackupProblem."""
    with tempfile.TemporaryDirectory(prefix=".holdfast-verify-", dir=path.parent) as folder:
        scratch = Path(folder) / "scratch.db"
        _check_room(path.parent, path.stat().st_size)
        shutil.copyfile(path, scratch)
        yield _read(scratch, path)


def put_back(path: Path, url: URL, mark: str) -> str:
    """In one step: whoever opens the file finds the old one or the new one. Raises BackupProblem, OSError."""
    target = _file_of(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.restored")
    old = target.with_name(f"{target.name}.{mark}")
    try:
        _check_room(target.parent, path.stat().st_size)
        shutil.copyfile(path, fresh)
        migrate(f"sqlite:///{fresh}")  # a copy may be of an older version
        _settle(fresh)
        with _alone_with(target):
            if target.exists():
                os.link(target, old)
            fresh.replace(target)
            sync_folder(target.parent)
    finally:
        for name in (fresh, *_beside(fresh)):
            name.unlink(missing_ok=True)
    return str(old) if old.exists() else ""


def _settle(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    sync(file)


@contextmanager
def _alone_with(target: Path) -> Iterator[None]:
    """Nobody else has the database open, nor can open it, until the block is left. A damaged one is put aside as it lies."""
    if not target.exists():
        yield
        return
    with closing(sqlite3.connect(target, timeout=2, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=DELETE")  # refused while anybody else is there
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise BackupProblem(
                    f"{target} is open in another process (console, command); stop every Holdfast process first"
                ) from None
        except sqlite3.DatabaseError:  # not a database, or malformed: that is what copies are for
            for name in _beside(target):
                name.unlink(missing_ok=True)
        yield
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _beside(file: Path) -> list[Path]:
    return [file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal")]


def _read(scratch: Path, path: Path) -> Tally:
    try:
        with closing(sqlite3.connect(scratch)) as connection:
            said = connection.execute("PRAGMA integrity_check(3)").fetchall()
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            if said != [("ok",)] or broken:
                raise BackupProblem(
                    f"{path} is damaged inside: {said[0][0] if said else broken[0]}; take another copy"
                )
            return _tally(connection)
    except sqlite3.Error as error:
        raise BackupProblem(f"{path} is no database that can be read: {error}; take another copy") from None


def _tally(connection: sqlite3.Connection) -> Tally:
    def ask(query: str) -> list[tuple[object, ...]]:
        return connection.execute(query).fetchall()

    names = ask(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    tables = [str(row[0]) for row in names]
    has_id = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'id'"
    numbered = sorted(str(row[0]) for row in ask(has_id) if row[0] in tables)
    return tally(ask, tables, numbered)


def _file_of(url: URL) -> Path:
    return Path(str(url.database)).absolute()


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise BackupProblem(
            f"{folder} has {free // 1024 // 1024} MiB free, and the copy needs {(size + _SPARE) // 1024 // 1024}; make room"
        )
