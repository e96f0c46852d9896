"""Wrong places and wrong files: one clear message that names the thing and the remedy."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from traceback import format_exception

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError, OperationalError

from store import Store, StoreBusy, StoreProblem, migrate
from store.schema import HEAD
from store.tables import metadata, promise


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's rights, which know no read-only file."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may enter and nobody may write, with a migrated book."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrate(f"sqlite:///{folder / 'book.db'}")
        (folder / "book.db").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_an_empty_file_is_brought_to_the_tables_of_this_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    migrate(url)
    migrate(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    with Store(url) as store:
        store.ping()


def test_the_program_knows_its_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_two_processes_may_migrate_at_once(tmp_path: Path) -> None:
    """Processes, not threads: what Alembic works with is global to a process."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    program = "import sys; from store import migrate; sys.stdin.read(1); migrate(sys.argv[1])"
    both = [
        subprocess.Popen([sys.executable, "-c", program, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for one in both:
        assert one.stdin
        one.stdin.write(b"x")
        one.stdin.flush()
    told = [one.communicate(timeout=60)[1].decode() for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    with Store(url) as store:
        store.ping()


def test_what_was_committed_survives_a_power_cut(file_url: str) -> None:
    """Every row of the book is synced before it counts."""
    with Store(file_url) as store, store._database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_read_only_file_is_named_with_its_remedy(public: Path) -> None:
    url = f"sqlite:///{public / 'book.db'}"
    with (
        as_nobody(),
        Store(url) as store,
        pytest.raises(StoreProblem, match=r"book\.db: .*give this user the right"),
    ):
        store.ping()


def test_a_read_only_file_is_named_also_while_working(public: Path, now: object) -> None:
    with (
        as_nobody(),
        Store(f"sqlite:///{public / 'book.db'}") as store,
        pytest.raises(StoreProblem, match=r"book\.db"),
    ):
        store.add_intent("dial", {}, "li", now)  # type: ignore[arg-type]  # a datetime, which fixtures do not say


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    path.write_bytes(b"this is a letter, not a database\n" * 100)
    with (
        Store(f"sqlite:///{path}") as store,
        pytest.raises(StoreProblem, match=r"book\.db.*restore a backup"),
    ):
        store.ping()


def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'book.db'}") as store:
        with pytest.raises(StoreProblem, match="holdfast db migrate"):
            store.ping()
        with pytest.raises(StoreProblem, match="holdfast db migrate"):
            store.open_promises()


def test_a_database_of_a_newer_version_is_left_alone(file_url: str) -> None:
    path = file_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with Store(file_url) as store, pytest.raises(StoreProblem, match="newer Holdfast"):
        store.ping()
    with pytest.raises(StoreProblem, match="newer Holdfast"):
        migrate(file_url)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match=r"gone does not exist: .* make it with `holdfast db migrate`"):
        Store(f"sqlite:///{tmp_path / 'gone' / 'book.db'}")


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_can_not_hold_a_book_is_refused(url: str) -> None:
    with pytest.raises(StoreProblem):
        Store(url)


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(StoreProblem) as caught, Store("postgresql://me:secret@127.0.0.1:1/book") as store:
        store.ping()
    assert "secret" not in str(caught.value)


def test_a_database_that_somebody_holds_is_said_to_be_busy(
    file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.engine._BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Store(file_url) as store, pytest.raises(StoreBusy, match="held by another process"):
        store.ping()
    holder.execute("ROLLBACK")
    holder.close()
    with Store(file_url) as store:
        store.ping()


@pytest.mark.parametrize("raised", [IntegrityError, ValueError])
def test_an_error_never_tells_a_callers_number(book: Store, raised: type[Exception]) -> None:
    """Errors go into logs, and a log holds no numbers."""
    at = datetime(2026, 11, 21, tzinfo=UTC) if raised is IntegrityError else datetime(2026, 11, 21)  # noqa: DTZ001  # refused
    row: dict[str, object] = {"scope": "power", "number": "13912341234", "state": "open", "matter": "fault"}
    row |= {"language": "zh-CN", "captures": 1, "created_at": at, "due_at": at, "place_at": at}
    with pytest.raises(Exception, match="promise") as caught, book._database.write() as connection:
        connection.execute(promise.insert(), [row, row])
    assert isinstance(caught.value, raised) or isinstance(caught.value.__cause__, raised)
    assert "13912341234" not in str(caught.value)


@pytest.mark.parametrize("kind", [IntegrityError, OperationalError])
def test_what_postgresql_adds_about_a_row_is_never_told(
    book: Store, kind: type[IntegrityError | OperationalError]
) -> None:
    """Its second line repeats the values that it did not like, among them a number."""
    said = Exception("duplicate key\nDETAIL:  Key (number, scope)=(13912341234, power) already exists.")
    with (
        pytest.raises((IntegrityError, StoreProblem), match="duplicate key") as caught,
        book._database.write(),
    ):
        raise kind("INSERT INTO promise", {}, said, hide_parameters=True)
    assert "13912341234" not in "".join(format_exception(caught.value))
