"""Making, trying out and putting back, on either kind of database."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from store.backups import postgresql, sqlite
from store.backups.manifest import PREFIX, Backup, BackupProblem, digest_of, load, sync, sync_folder, write
from store.backups.tally import Tally

_ENDINGS = {"sqlite": ".db", "postgresql": ".dump"}
_DRAFT = f".{PREFIX}"
_LOCK = ".lock"


def make(url: str, folder: Path, now: datetime) -> Backup:
    """A copy of one moment, made while everybody works, in a folder of its own rights (0700). now: aware UTC.

    It counts only once it is durable and its digest and counts stand beside it. Raises BackupProblem.
    """
    parsed = make_url(url)
    engine = parsed.get_backend_name()
    with _in_words(folder, "written"), _alone(folder):
        _sweep(folder)
        path = folder / f"{PREFIX}{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{_ENDINGS[engine]}"
        draft = folder / f".{path.name}"
        made = sqlite.copy if engine == "sqlite" else postgresql.copy
        try:
            tally = made(parsed, draft)
            if not tally.revision:  # it would push out the good ones, and look like one
                raise BackupProblem(
                    "the database holds no Holdfast tables; put a copy back: holdfast db restore"
                )
            draft.chmod(0o600)
            sync(draft)
            digest, size = digest_of(draft), draft.stat().st_size
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        backup = Backup(
            path, now.astimezone(UTC), engine, tally.revision, digest, size, tally.counts, tally.newest
        )
        write(backup)
        return backup


def verify(path: Path, url: str) -> Backup:
    """Put the copy into a scratch database and compare what is in it with what was in it when it was made.

    url: of the site's database; of PostgreSQL the scratch is made on the same server, and gone afterwards. Raises BackupProblem.
    """
    backup = load(path)
    with _in_words(path, "read"):
        if path.stat().st_size != backup.size or digest_of(path) != backup.digest:
            raise BackupProblem(f"{path} is not what was written: its digest differs; take another copy")
        with _scratch(backup, make_url(url)) as tally:
            _compare(backup, tally)
    return backup


def restore(path: Path, url: str, now: datetime, in_use: Callable[[], str] = lambda: "") -> str:
    """Put the copy in the database's place, after trying it out; what was there stays beside it. Returns where.

    in_use: why it may not be now, "" it may. Raises BackupProblem; then nothing was changed. now: aware UTC.
    """
    backup, parsed = verify(path, url), make_url(url)
    if parsed.get_backend_name() != backup.engine:
        what = f"{path} is of {backup.engine}, and the site's database is of {parsed.get_backend_name()}"
        raise BackupProblem(f"{what}; set HOLDFAST_DATABASE_URL to one of the same kind")
    if why := in_use():
        raise BackupProblem(f"{why}; stop it first")
    put = sqlite.put_back if backup.engine == "sqlite" else postgresql.put_back
    with _in_words(path, "put back"):
        return put(path, parsed, f"before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")


@contextmanager
def _scratch(backup: Backup, url: URL) -> Iterator[Tally]:
    tried = sqlite.tried if backup.engine == "sqlite" else postgresql.tried
    with tried(backup.path, url) as tally:
        yield tally


def _compare(backup: Backup, tally: Tally) -> None:
    for name in sorted({*backup.counts, *tally.counts}):
        was, now = backup.counts.get(name, 0), tally.counts.get(name, 0)
        if was != now or backup.newest.get(name) != tally.newest.get(name):
            what = f"{backup.path}: of {name} {was} rows were copied and {now} come back"
            raise BackupProblem(f"{what}, or not the newest ones; take another copy")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One copy at a time in a folder, whoever makes it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
        sync_folder(folder)
    except BlockingIOError:
        raise BackupProblem(f"another copy is being made in {folder}; wait for it") from None
    finally:
        os.close(fd)


def _sweep(folder: Path) -> None:
    """What a run that was killed left behind."""
    for draft in folder.glob(f"{_DRAFT}*"):
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)


@contextmanager
def _in_words(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupProblem(
            f"{path} cannot be {verb}: {error.strerror or error}; check its rights, and the room on its disk"
        ) from None
