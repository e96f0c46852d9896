"""Copies of the store are whole, tried out, and put back as a whole, on both kinds of database (requirement A9)."""

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from typer.testing import CliRunner, Result

from callbacks.values import Capture, Matter, NumberSource
from config.policy import DEFAULT_POLICY
from console.cli import app
from lab.postgres import programs
from store import Store
from store.backups import BackupProblem, good, make, restore, thin, verify
from store.backups.manifest import manifest_of

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


def bring(url: str, first: int, last: int) -> None:
    calls = [
        Capture(
            f"pbx1:{n}",
            NOW,
            "power",
            "",
            f"1390000{n:04}",
            NumberSource.KEYED,
            Matter.BILL,
            "en",
            1,
            True,
            True,
        )
        for n in range(first, last)
    ]
    with Store(url) as store:
        store.import_captures(calls, f"test-{first}", 0, NOW)


def count(url: str) -> int:
    with Store(url) as store:
        return len(store.open_promises(10_000))


@pytest.fixture
def url(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A book with ten promises."""
    if store_url.startswith("postgresql"):
        monkeypatch.setenv("HOLDFAST_PG_BIN", str(programs()))
    bring(store_url, 0, 10)
    return store_url


@pytest.fixture
def gone_afterwards(url: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Databases that a restore put aside on the run's server."""
    yield
    if url.startswith("postgresql"):
        books = request.getfixturevalue("postgres")
        for (name,) in books.server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'book_before%'"
        ):
            books.server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_copy_is_made_tried_out_and_put_back(url: str, tmp_path: Path, gone_afterwards: None) -> None:
    copy = make(url, tmp_path / "copies", NOW)
    bring(url, 10, 15)
    assert verify(copy.path, url) == copy
    assert (copy.counts["promise"], copy.newest["promise"]) == (10, 10)
    kept = restore(copy.path, url, NOW)
    assert count(url) == 10
    assert kept
    if url.startswith("sqlite"):
        assert count(f"sqlite:///{kept}") == 15, "what was there is kept"
    bring(url, 20, 21)
    assert count(url) == 11, "and it can be gone on with"


def test_a_copy_is_of_one_moment_though_others_write_and_holds_none_of_them_up(
    url: str, tmp_path: Path
) -> None:
    over, slowest = threading.Event(), [0.0]

    def write() -> None:
        number = 100
        while not over.is_set():
            began = datetime.now(UTC)
            bring(url, number, number + 5)
            slowest[0] = max(slowest[0], (datetime.now(UTC) - began).total_seconds())
            number += 5

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [make(url, tmp_path, NOW + timedelta(seconds=n)) for n in range(2)]
    finally:
        over.set()
        writer.join()
    for copy in copies:
        assert copy.counts["promise"] % 5 == 0, "each transaction is in it whole, or not at all"
    verify(copies[-1].path, url)
    assert slowest[0] < 5


@pytest.mark.parametrize("harm", ["cut", "turned", "no manifest", "fewer rows"])
def test_a_copy_that_is_not_what_was_written_is_refused_and_changes_nothing(
    url: str, tmp_path: Path, harm: str
) -> None:
    copy = make(url, tmp_path, NOW)
    data = copy.path.read_bytes()
    if harm == "cut":
        copy.path.write_bytes(data[: len(data) // 2])
    elif harm == "turned":
        copy.path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    elif harm == "no manifest":
        manifest_of(copy.path).unlink()
    else:
        facts = json.loads(manifest_of(copy.path).read_text())
        facts["counts"]["promise"] += 1
        manifest_of(copy.path).write_text(json.dumps(facts))
    bring(url, 10, 11)
    with pytest.raises(BackupProblem, match="copy"):
        restore(copy.path, url, NOW)
    assert count(url) == 11


def test_nothing_is_put_back_while_somebody_is_connected(url: str, tmp_path: Path) -> None:
    copy = make(url, tmp_path, NOW)
    with Store(url) as other:
        other.open_promises()
        with pytest.raises(BackupProblem, match="stop every Holdfast process"):
            restore(copy.path, url, NOW)
        bring(url, 10, 11)
    assert count(url) == 11


# -- SQLite, and what both share


@pytest.fixture
def book(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'holdfast.db'}"
    with Store(url) as store:
        store.migrate()
    bring(url, 0, 3)
    return url


def test_a_database_that_is_damaged_can_be_replaced_and_is_kept(book: str, tmp_path: Path) -> None:
    copy = make(book, tmp_path / "copies", NOW)
    (tmp_path / "holdfast.db").write_bytes(b"not a database" * 1000)
    kept = restore(copy.path, book, NOW)
    assert count(book) == 3
    assert Path(kept).read_bytes().startswith(b"not a database")


def test_a_database_that_is_gone_comes_back(book: str, tmp_path: Path) -> None:
    copy = make(book, tmp_path / "copies", NOW)
    for file in tmp_path.glob("holdfast.db*"):
        file.unlink()
    assert restore(copy.path, book, NOW) == ""
    assert count(book) == 3


def test_a_copy_that_was_not_finished_never_looks_like_one(
    book: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copies"

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("store.backups.making.sync", fail)
        with pytest.raises(BackupProblem, match="No space left"):
            make(book, folder, NOW)
    assert good(folder) == []
    assert [path.name for path in folder.iterdir()] == [".lock"]
    (folder / ".holdfast-killed.db").write_bytes(b"half")
    make(book, folder, NOW)
    assert not (folder / ".holdfast-killed.db").exists()


def test_the_last_fourteen_stay_and_what_is_not_whole_counts_for_nothing(book: str, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    made = [make(book, folder, NOW + timedelta(days=n)) for n in range(4)]
    made[3].path.write_bytes(b"cut")
    assert thin(folder, 2) == 1
    assert [one.path for one in good(folder)] == [made[2].path, made[1].path]
    assert (folder.stat().st_mode & 0o777, made[1].path.stat().st_mode & 0o777) == (0o700, 0o600)


def test_two_that_copy_at_once_do_not_disturb_each_other(book: str, tmp_path: Path) -> None:
    from store.backups.making import _alone

    with _alone(tmp_path / "copies"), pytest.raises(BackupProblem, match="another copy is being made"):
        make(book, tmp_path / "copies", NOW)


def test_a_copy_of_an_older_version_is_brought_up_to_date(tmp_path: Path, book: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'older.db'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
    engine.dispose()
    copy = make(f"sqlite:///{tmp_path / 'older.db'}", tmp_path / "copies", NOW)
    assert copy.revision == "0006"
    restore(copy.path, book, NOW)
    with Store(book) as store:
        store.ping()


# -- the command

Run = Callable[..., Result]


@pytest.fixture
def run(book: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in {"DATA_DIR": tmp_path, "POLICY_FILE": DEFAULT_POLICY, "AMI_SECRET": "x"}.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", str(value))
    return lambda *arguments: CliRunner().invoke(app, ["db", *map(str, arguments)])


def test_the_command_copies_verifies_and_restores(run: Run, tmp_path: Path, book: str) -> None:
    assert "copied" in run("backup").stdout
    [copy] = good(tmp_path / "backups")
    assert str(copy.path) in run("backup", "--list").stdout
    assert "whole" in run("verify", copy.path).stdout
    bring(book, 10, 12)
    assert run("restore", copy.path).exit_code == 0
    assert count(book) == 3
    assert len(list(tmp_path.glob("holdfast.db.before-*"))) == 1


@pytest.mark.parametrize("sign", ["socket", "live row"])
def test_it_restores_nothing_while_a_bridge_runs(run: Run, tmp_path: Path, book: str, sign: str) -> None:
    run("backup")
    [copy] = good(tmp_path / "backups")
    bring(book, 10, 12)
    door = socket.socket(socket.AF_UNIX)
    try:
        if sign == "socket":
            from console.bridge_socket import socket_path

            door.bind(str(socket_path(tmp_path)))
            door.listen()
        else:
            with Store(book) as store:
                store.put_live({"bridge": {"pid": 1}}, datetime.now(UTC))
        result = run("restore", copy.path)
    finally:
        door.close()
    assert result.exit_code == 2
    assert "bridge" in result.stderr
    assert count(book) == 5


def test_it_says_what_to_do_when_there_is_no_copy(run: Run, tmp_path: Path) -> None:
    result = run("verify", tmp_path / "none.db")
    assert result.exit_code == 2
    assert ".json beside it" in result.stderr


def test_it_says_when_there_is_no_room(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=10))
    result = run("backup")
    assert result.exit_code == 2
    assert "make room" in result.stderr


def test_a_database_without_tables_is_no_copy_and_pushes_none_out(
    run: Run, tmp_path: Path, book: str
) -> None:
    """A file that is gone comes back empty when a program opens it; fourteen days of that must not cost the last book."""
    assert run("backup").exit_code == 0
    file = Path(book.removeprefix("sqlite:///"))
    file.unlink()
    file.touch()
    result = run("backup", "--keep", "1")
    assert result.exit_code == 2
    assert "holds no Holdfast tables" in result.stderr
    assert len(good(tmp_path / "backups")) == 1
    assert not list((tmp_path / "backups").glob(".holdfast-*.db*"))
