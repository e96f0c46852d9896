"""The file by which tiers without a bridge know the site: whole, lean, and told apart from rubbish."""

import json
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import book_file
from ivr.book_file import BadBook, DialogueBook
from ivr.policy import CallerPolicy, Region
from ivr.values import Outage

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = CallerPolicy(
    languages=("en",),
    dialogue="short",
    area_code="0571",
    own_lines=("057188880000",),
    choice_seconds=4.5,
    regions=(Region("north", "1"), Region("süd", "2")),
    danger_key="",
    premium_prefixes=("168",),
)
BOOK = DialogueBook(
    POLICY,
    outages=(Outage("north", NOW, NOW + HOUR), Outage("", NOW + 9 * 24 * HOUR, NOW + 10 * 24 * HOUR)),
    pbx_id="pbx1",
    spool_dir=Path("/srv/holdfast/spool"),
    recordings_dir=Path("/srv/holdfast/recordings"),
    prompts_dir=Path("/srv/holdfast/prompts"),
    written_at=NOW,
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    book_file.write(tmp_path / "ivr/dialogue.json", BOOK)
    assert book_file.read(tmp_path / "ivr/dialogue.json") == BOOK
    assert [path.name for path in (tmp_path / "ivr").iterdir()] == ["dialogue.json"]


def test_asterisks_user_may_read_it(tmp_path: Path) -> None:
    book_file.write(tmp_path / "dialogue.json", BOOK)
    assert (tmp_path / "dialogue.json").stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dialogue.json"
    book_file.write(path, BOOK)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        book_file.write(path, DialogueBook(CallerPolicy()))
    assert book_file.read(path) == BOOK
    assert list(tmp_path.iterdir()) == [path]


def test_no_field_of_the_policy_is_forgotten() -> None:
    row = json.loads(book_file.encode(DialogueBook(CallerPolicy())))
    assert set(row["policy"]) == {field.name for field in fields(CallerPolicy)}
    assert book_file.decode(book_file.encode(DialogueBook(CallerPolicy()))).policy == CallerPolicy()


def test_an_older_file_lacks_fields_and_a_newer_one_has_more() -> None:
    row = json.loads(book_file.encode(BOOK))
    del row["policy"]["ask_message"]
    row["policy"]["colour"] = "green"
    row["hint"] = 1
    assert book_file.decode(json.dumps(row).encode()) == BOOK


@pytest.mark.parametrize(("hours", "known"), [(-1, 1), (0.5, 1), (1, 0), (3 * 24, 1), (9 * 24 + 1, 1)])
def test_outages_are_spoken_of_until_they_end_and_from_seven_days_before(hours: float, known: int) -> None:
    assert len(BOOK.coming(NOW + hours * HOUR)) == known


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"v": 2}',
        b"\xff\xfe",
        b'{"v":1,"policy":{"max_tries":"3"},"outages":[],"pbx_id":"","spool_dir":"","recordings_dir":"","prompts_dir":"","written_at":""}',
        b'{"v":1,"policy":{"max_tries":0},"outages":[],"pbx_id":"","spool_dir":"","recordings_dir":"","prompts_dir":"","written_at":""}',
        b'{"v":1,"policy":{"languages":"en"},"outages":[],"pbx_id":"","spool_dir":"","recordings_dir":"","prompts_dir":"","written_at":""}',
        b"1" * (book_file.MOST_BYTES + 1),
    ],
)
def test_a_file_that_is_none_is_named_with_a_remedy(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "dialogue.json"
    path.write_bytes(text)
    with pytest.raises(BadBook, match=r"dialogue\.json.*start the bridge"):
        book_file.read(path)


def test_a_missing_file_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadBook, match=r"cannot be read \(No such file.*start the bridge"):
        book_file.read(tmp_path / "dialogue.json")


@given(st.binary(max_size=300))
def test_rubbish_never_raises_anything_else(data: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        book_file.decode(data)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        book_file.encode(DialogueBook(POLICY, written_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - on purpose


def test_reading_it_loads_nothing_heavy() -> None:
    program = "import sys, ivr.book_file; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"pydantic", "yaml", "phonenumbers", "structlog", "asyncio", "sqlalchemy", "panoramisk"}
    assert not heavy & set(loaded.stdout.split())
