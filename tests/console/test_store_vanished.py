"""A database that is missing: of a new site the way to make it is told; of one in use it is said to be gone, and none is made."""

import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import shared
from store import Store, StoreProblem
from store.backups import make
from store.vanished import vanished

pytest_plugins = ["console_fixtures"]
READ_ONCE = cache(load_policy)
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a site whose database has the usual place."""
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)
    return tmp_path / "data"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def used(data: Path, migrated: Path) -> Path:
    """A site with a book, a copy of it and lines in the spool; returns the database."""
    data.mkdir()
    file = data / "holdfast.db"
    shutil.copy(migrated, file)
    make(f"sqlite:///{file}", data / "backups", NOW)
    (data / "spool").mkdir()
    (data / "spool" / "20261121T04-1.jsonl").write_text("{}\n")
    return file


def test_where_the_folder_is_missing_the_command_that_makes_it_is_named(data: Path) -> None:
    told = run("callbacks", "list")
    assert (told.exit_code, "holdfast db migrate" in told.stderr) == (2, True)
    assert not data.exists()
    assert run("db", "migrate").exit_code == 0
    assert run("callbacks", "list").exit_code == 0


def test_a_database_elsewhere_gets_its_folder_too(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere/book.db")
    assert run("db", "migrate").exit_code == 0
    assert run("callbacks", "list").exit_code == 0


def test_looking_at_a_database_that_is_not_there_makes_none(data: Path) -> None:
    data.mkdir()
    told = run("callbacks", "list")
    assert told.exit_code == 2
    assert "it is not there: make it with `holdfast db migrate`" in told.stderr
    assert list(data.iterdir()) == []


def test_tables_of_an_older_version_name_the_command(data: Path, migrated: Path) -> None:
    file = used(data, migrated)
    with Store(f"sqlite:///{file}") as store, store._database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert "is of an older version: run `holdfast db migrate`" in run("callbacks", "list").stderr


@pytest.mark.parametrize("words", [("callbacks", "list"), ("db", "migrate")])
@pytest.mark.parametrize("left", ["nothing", "an empty file"])
def test_a_book_that_has_vanished_is_told_with_the_newest_copy_and_none_is_made_quietly(
    data: Path, migrated: Path, words: tuple[str, ...], left: str
) -> None:
    file = used(data, migrated)
    file.unlink()
    if left == "an empty file":  # as a program leaves it behind that opens what is not there
        file.touch()
    told = run(*words)
    assert told.exit_code == 2
    assert "is gone, though this site was in use" in told.stderr
    (copy,) = data.glob("backups/holdfast-*.db")
    assert f"`holdfast db restore {copy}`" in told.stderr
    assert "`holdfast db migrate --anew`" in told.stderr
    assert file.exists() is (left == "an empty file")
    assert vanished(f"sqlite:///{file}", data), "an empty file has no tables afterwards either"


def test_a_vanished_book_is_put_back_or_begun_anew_on_purpose(data: Path, migrated: Path) -> None:
    file = used(data, migrated)
    file.unlink()
    (copy,) = data.glob("backups/holdfast-*.db")
    assert run("db", "restore", str(copy)).exit_code == 0
    assert run("callbacks", "list").exit_code == 0
    file.unlink()
    assert run("db", "migrate", "--anew").exit_code == 0
    assert run("callbacks", "list").exit_code == 0


def test_a_new_site_whose_folders_were_made_is_not_taken_for_one_in_use(data: Path) -> None:
    for name in ("spool", "tier3", "recordings", "prompts"):
        (data / name).mkdir(parents=True)
    assert vanished(f"sqlite:///{data / 'holdfast.db'}", data, (data / "spool",)) == ""
    assert run("db", "migrate").exit_code == 0


def test_a_file_with_tables_and_a_database_on_a_server_have_not_vanished(data: Path, migrated: Path) -> None:
    file = used(data, migrated)
    assert vanished(f"sqlite:///{file}", data) == ""
    file.unlink()
    assert vanished("postgresql://holdfast@far/book", data) == ""
    assert "is gone" in vanished(f"sqlite:///{file}", data)


def test_a_store_that_works_makes_no_file_where_its_own_was_taken_away(data: Path, migrated: Path) -> None:
    """As a console that runs on."""
    file = used(data, migrated)
    with Store(f"sqlite:///{file}") as store:
        file.unlink()
        with pytest.raises(StoreProblem, match="it is not there"):
            store.open_promises()
    assert not file.exists()
