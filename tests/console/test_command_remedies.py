"""What is missing on a new site, or not as it should be, is made or told with its remedy."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from measured import DAY
from openpyxl import Workbook
from typer.testing import CliRunner

from callbacks.forgotten import KEY_FILE, load_key
from config.policy import DEFAULT_POLICY, load_policy
from config.settings import load_settings
from console.cli import app
from console.commands import shared
from console.forms import blank
from console.forms.site import form_site
from console.keeping.person import LIST
from console.looks import NotWell, Place, forgotten
from store import Store

pytest_plugins = ["console_fixtures"]
READ_ONCE = cache(load_policy)
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site with a store and nothing else."""
    for name, value in (
        ("HOLDFAST_DATA_DIR", str(tmp_path)),
        ("HOLDFAST_DATABASE_URL", url),
        ("HOLDFAST_POLICY_FILE", str(DEFAULT_POLICY)),
        ("HOLDFAST_AMI_SECRET", "secret"),
        ("LC_ALL", "C.UTF-8"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(shared, "load_policy", READ_ONCE)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_a_new_site_has_its_folders_once_its_tables_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "new" / "data"
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(data))
    monkeypatch.delenv("HOLDFAST_DATABASE_URL")
    assert run("db", "migrate").exit_code == 0
    assert {one.name for one in data.iterdir() if one.is_dir()} == {"spool", "tier3", "recordings"}
    assert (run("spool", "check").exit_code, run("spool", "import").exit_code) == (0, 0)


def test_an_import_makes_the_folders_that_it_needs(store: Store, tmp_path: Path) -> None:
    made = run("spool", "import")
    assert (made.exit_code, "cannot list" in made.output) == (0, False)
    assert (tmp_path / "spool").is_dir()
    (tmp_path / "spool").rmdir()
    form = tmp_path / "form.csv"
    head, _, *rest = (
        blank.to_csv(form_site(READ_ONCE(DEFAULT_POLICY), "en"), "F1", 2).decode("utf-8-sig").splitlines()
    )
    form.write_text(
        "\n".join([head, f"F1,1,2026-11-21,09:30,13900001201{',' * (head.count(',') - 4)}", *rest])
    )
    brought = run("form", "import", str(form), "--who", "leader")
    assert "1 rows are safe in the spool" in brought.output, brought.output
    assert list((tmp_path / "spool").glob("*.jsonl"))


def test_a_folder_that_is_not_there_is_told_by_the_check_with_who_makes_it(store: Store) -> None:
    told = run("spool", "check")
    assert told.exit_code == 1
    assert (
        "No such file or directory; of a new site, the bridge or `holdfast db migrate` makes it"
        in told.output
    )


def test_a_folder_that_cannot_be_made_is_told_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "mkdir", _refused)
    told = run("db", "migrate")
    assert told.exit_code == 2
    assert "spool_dir: " in told.stderr
    assert "give this user the right to" in told.stderr


def _refused(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_time_without_records_is_said_to_be_without_records(store: Store) -> None:
    told = run("measures", "--from", "2030-01-01", "--language", "en")
    assert told.exit_code == 0
    assert told.stdout == "There are no records from 2030-01-01 00:00 to 2030-01-02 00:00 (Asia/Shanghai).\n"


def test_a_carriers_count_is_a_record(store: Store, tmp_path: Path) -> None:
    """And a file as spreadsheets in China write it is read."""
    file = tmp_path / "carrier.csv"
    text = f"carrier,from,until,offered,refused\n移动,{DAY} 08:00,{DAY} 09:00,1100,40\n"
    file.write_bytes(text.encode("gb18030"))
    assert run("measures", "carrier", str(file)).stdout == "imported 1 counts\n"
    since, until = (
        datetime.fromisoformat(f"{DAY}T00:00:00+00:00"),
        datetime.fromisoformat(f"{DAY}T23:00:00+00:00"),
    )
    assert [one.carrier for one in store.carrier_counts(since, until)] == ["移动"]
    assert "Total calls" in run("measures", "--from", DAY, "--until", DAY).stdout


@pytest.mark.parametrize("command", ["roster", "carrier"])
@pytest.mark.parametrize("name", ["roster.xlsx", "roster.csv"])
def test_a_workbook_is_known_as_one_whatever_it_is_called(tmp_path: Path, name: str, command: str) -> None:
    Workbook().save(tmp_path / name)
    told = run("measures", command, str(tmp_path / name))
    assert told.exit_code == 2
    assert "is a workbook (.xlsx), and a CSV is read here" in told.stderr
    assert "save as, CSV (UTF-8)" in told.stderr


def test_a_file_in_no_known_encoding_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_bytes(b"agent,from,until\n\xff\xff\xff\n")
    told = run("measures", "roster", str(tmp_path / "roster.csv"))
    assert told.exit_code == 2
    assert "is neither UTF-8 nor GB18030 (line 2)" in told.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(load_settings(), READ_ONCE(DEFAULT_POLICY), tmp_path)


def test_the_doctor_misses_the_key_only_where_somebody_was_deleted(
    store: Store, place: Place, tmp_path: Path
) -> None:
    assert forgotten.key(place) == "nobody was deleted for good"
    store.put_forgotten({"a" * 64: NOW + timedelta(days=1)})
    with pytest.raises(NotWell, match=r"1 people were deleted, and .*forgotten\.key") as told:
        forgotten.key(place)
    assert "bring it from the machine" in told.value.remedy
    load_key(tmp_path, make=True)
    assert forgotten.key(place) == "forgotten.key is here"
    (tmp_path / KEY_FILE).write_text("not a key\n")
    with pytest.raises(NotWell, match="is no key"):
        forgotten.key(place)


def test_the_doctor_misses_the_key_after_an_older_copy_that_knows_of_nobody(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / LIST).write_text('{"digest": "aa", "until": "2026-11-21T00:00:00+00:00"}\n')
    with pytest.raises(NotWell, match="names people who were deleted"):
        forgotten.key(place)


def test_the_doctor_tells_of_the_key(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put_forgotten({"a" * 64: NOW + timedelta(days=1)})
    monkeypatch.setenv("HOLDFAST_AMI_PORT", "1")
    told = run("doctor")
    assert told.exit_code == 2
    assert "forgotten.key: 1 people were deleted" in told.stderr
