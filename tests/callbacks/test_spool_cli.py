"""``holdfast spool``: kept files are checked, and read again into a book that lost rows."""

from collections.abc import Callable, Iterator
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from callbacks.spool import Spool
from callbacks.spool_line import encode
from callbacks.values import Capture
from config.policy import DEFAULT_POLICY, load_policy
from console.cli import app
from console.commands import shared
from store import Store, migrate

Build = Callable[..., Capture]
READ_ONCE = cache(load_policy)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Store]:
    """The one that the settings of these tests name."""
    url = f"sqlite:///{tmp_path / 'book.db'}"
    migrate(url)
    with Store(url) as store:
        yield store


@pytest.fixture
def site(tmp_path: Path, book: Store, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a site in this test's folder."""
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path / 'book.db'}")
    monkeypatch.setenv("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY))
    monkeypatch.setenv("HOLDFAST_AMI_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["spool", *arguments])


def t3(unique_id: str, number: str = "13800000000") -> bytes:
    text = f"hf1|{unique_id}|1763720101|power|13912341234|{number}|keyed|bill|zh-CN|1|1|"
    return f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}\n".encode()


def filled(site: Path, capture: Build) -> None:
    numbers = [f"1390000000{n}" for n in range(4)]
    lines = [encode(capture(f"pbx1:1.{n}", number=number)) for n, number in enumerate(numbers)]
    (site / "spool" / "20261121T10-1-0.jsonl").write_bytes(b"".join(lines))
    (site / "tier3" / "20261121-1014.txt").write_bytes(t3("9.1"))
    remote = site / "remote" / "pbx-far" / "tier3"
    remote.mkdir(parents=True)
    (remote / "20261121-1014.txt").write_bytes(t3("9.1", "13700000000"))


def test_whole_files_are_said_to_be_whole(site: Path, capture: Build) -> None:
    filled(site, capture)
    result = run("check")
    assert (result.exit_code, "3 files, 6 lines whole, 0 damaged" in result.output) == (0, True)


def test_what_is_damaged_is_told_with_file_line_and_reason(site: Path, capture: Build) -> None:
    filled(site, capture)
    path = site / "spool" / "20261121T10-1-0.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"139", b"138", 1) + lines[2] + lines[3][:50])
    result = run("check")
    assert result.exit_code == 1
    assert f"{path}:2 the checksum does not fit" in result.output
    assert f"{path}:4 no checksum: the line is torn" in result.output
    assert "4 lines whole, 2 damaged" in result.output
    assert "1390000" not in result.output


def test_the_end_of_a_file_that_is_being_written_is_no_damage(site: Path, capture: Build) -> None:
    with Spool(site / "spool", linger=0) as spool:
        spool.submit(capture()).result(5)
        (path,) = (site / "spool").glob("*.jsonl")
        with path.open("ab") as file:
            file.write(b'{"v":1,"key":"pbx')
            file.flush()
        assert run("check").exit_code == 0
    assert run("check").exit_code == 1


def test_new_lines_come_in_and_a_second_run_finds_none(site: Path, book: Store, capture: Build) -> None:
    filled(site, capture)
    assert "6 lines read: 6 new" in run("import").output
    assert "0 lines read" in run("import").output
    assert book.capture("pbx-far:9.1")


def test_a_book_that_lost_rows_has_them_again(site: Path, book: Store, capture: Build) -> None:
    filled(site, capture)
    run("import")
    with book._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM capture WHERE key IN ('pbx1:1.3', 'pbx-far:9.1')")
        connection.exec_driver_sql("DELETE FROM promise WHERE number IN ('13900000003', '13700000000')")
    result = run("import", "--again")
    assert "6 lines read: 2 new, 0 completed, 4 known, 0 damaged" in result.output
    assert len(book.open_promises()) == 6
    assert "6 lines read: 0 new, 0 completed, 6 known" in run("import", "--again").output


def test_a_copy_elsewhere_is_read_whole_and_leaves_the_sites_own_places_alone(
    site: Path, book: Store, capture: Build
) -> None:
    """Its files have the names of ours."""
    filled(site, capture)
    run("import")
    copy = site / "backup"
    copy.mkdir()
    (copy / "20261121T10-1-0.jsonl").write_bytes(encode(capture("pbx1:7.7", number="13911111111")))
    before = book.offsets(["pbx1/spool/20261121T10-1-0.jsonl"])
    assert before
    assert "1 lines read: 1 new" in run("import", str(copy)).output
    assert "1 lines read: 0 new, 0 completed, 1 known" in run("import", str(copy)).output
    assert book.offsets(["pbx1/spool/20261121T10-1-0.jsonl"]) == before
    assert (copy / "20261121T10-1-0.jsonl").exists()


def test_a_wrong_folder_is_named(site: Path) -> None:
    result = run("check", str(site / "gone"))
    assert (result.exit_code, "is no folder" in result.output) == (2, True)
