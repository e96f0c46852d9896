"""What a collector ships, up to where, and what it may delete."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callbacks.ship import Progress
from callbacks.ship_files import PART_BYTES, Found, find, may_go, parts
from callbacks.ship_settings import SettingsWrong, ship_settings
from callbacks.spool_file import SpoolFile

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
Put = Callable[..., Found]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def put(kind: str, name: str, content: bytes, age: float = 0.0) -> Found:
        path = tmp_path / name
        path.write_bytes(content)
        changed = NOW.timestamp() - age
        os.utime(path, (changed, changed))
        return next(one for one in find(kind, tmp_path) if one.path == path)

    return put


def test_only_whole_lines_of_a_file_that_is_written_and_the_torn_end_once_it_is_left(put: Put) -> None:
    fresh = put("tier3", "20261122-0629.txt", b"one\ntwo\nthr", age=5)
    assert [(p.start, p.end, p.body) for p in parts(fresh, 0, NOW)] == [(0, 8, b"one\ntwo\n")]
    assert list(parts(fresh, 8, NOW)) == []
    later = NOW + timedelta(minutes=5)
    assert [(p.start, p.end, p.body) for p in parts(fresh, 8, later)] == [(8, 11, b"thr\n")]


def test_a_spool_file_is_left_when_nobody_holds_it(tmp_path: Path) -> None:
    held = SpoolFile(tmp_path, "20261122T06")
    held.append(b"one\ntwo")
    (file,) = find("spool", tmp_path)
    assert [p.body for p in parts(file, 0, NOW)] == [b"one\n"]
    held.close()
    assert [p.body for p in parts(file, 0, NOW)] == [b"one\n", b"two\n"]


def test_parts_are_bounded_and_join_to_the_whole(put: Put) -> None:
    content = b"".join(b"%07d\n" % n for n in range(40_000))
    shipped = list(parts(put("tier3", "20261122-0600.txt", content), 0, NOW))
    assert b"".join(p.body for p in shipped) == content
    assert max(len(p.body) for p in shipped) <= PART_BYTES
    assert all(p.body.endswith(b"\n") for p in shipped)


def test_a_recording_waits_until_it_is_whole(put: Put) -> None:
    assert list(parts(put("recordings", "a.wav", b"RIFF" * 100, age=5), 0, NOW)) == []
    (part,) = parts(put("recordings", "a.wav", b"RIFF" * 100, age=11), 0, NOW)
    assert (part.start, part.end, len(part.whole)) == (0, 400, 64)


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    for name in ("notes.txt", ".hidden.jsonl"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "damaged").mkdir()
    assert find("spool", tmp_path) == []


@pytest.mark.parametrize(
    ("days", "shipped", "goes"), [(8, 4, True), (8, 3, False), (8, 0, False), (6, 4, False), (-1, 4, False)]
)
def test_nothing_goes_before_it_was_acknowledged_and_kept(
    put: Put, days: float, shipped: int, goes: bool
) -> None:
    file = put("tier3", "20261110-0600.txt", b"one\n", age=days * 86400)
    assert may_go(file, shipped, NOW) is goes


def test_a_later_file_of_the_same_name_is_another_one(put: Put, tmp_path: Path) -> None:
    progress = Progress(tmp_path / "shipped.json")
    first = put("spool", "20261122T06-7-0.jsonl", b"one\n")
    progress.reach(first, 4)
    progress.save()
    assert Progress(tmp_path / "shipped.json").of(first) == 4
    (tmp_path / "keep").hardlink_to(first.path)  # so that its inode is not taken again at once
    first.path.unlink()
    second = put("spool", "20261122T06-7-0.jsonl", b"two\nthree\n")
    assert Progress(tmp_path / "shipped.json").of(second) == 0


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}'])
def test_progress_that_cannot_be_read_ships_everything_again(content: str, put: Put, tmp_path: Path) -> None:
    (tmp_path / "shipped.json").write_text(content)
    assert Progress(tmp_path / "shipped.json").of(put("spool", "20261122T06-7-0.jsonl", b"one\n")) == 0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "HOLDFAST_DATA_DIR": str(tmp_path),
        "HOLDFAST_SHIP_URL": "https://holdfast.example/base/",
        "HOLDFAST_SHIP_PBX": "pbx1",
        "HOLDFAST_SHIP_SECRET": "0123456789abcdef",
    }


def test_settings_have_their_folders_below_the_data_folder(
    environment: dict[str, str], tmp_path: Path
) -> None:
    settings = ship_settings(environment)
    assert settings.url == "https://holdfast.example/base"
    assert dict(settings.folders()) == {kind: tmp_path / kind for kind in ("spool", "tier3", "recordings")}
    assert "0123456789abcdef" not in repr(settings)


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(SettingsWrong) as told:
        ship_settings({"HOLDFAST_SHIP_SECRET": "short", "HOLDFAST_SHIP_CA": "/nowhere"})
    for name in ("SHIP_URL", "SHIP_PBX", "SHIP_SECRET", "DATA_DIR", "SHIP_CA"):
        assert f"HOLDFAST_{name}" in str(told.value)
    assert "short" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("http://127.0.0.1:8096", True),
        ("http://localhost", True),
        ("http://10.0.0.5:8096", False),
        ("http://holdfast.example", False),
        ("ftp://holdfast.example", False),
        ("https://", False),
        ("https://[", False),
    ],
)
def test_numbers_of_callers_go_to_another_host_by_https_only(
    url: str, good: bool, environment: dict[str, str]
) -> None:
    environment["HOLDFAST_SHIP_URL"] = url
    if good:
        ship_settings(environment)
        return
    with pytest.raises(SettingsWrong, match="HOLDFAST_SHIP_URL"):
        ship_settings(environment)
