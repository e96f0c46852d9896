"""The archive: everything of an incident in a folder, checkable, and the same bytes for the same rows (F3)."""

import json
import subprocess
from pathlib import Path

import pytest
import records_story as story
from records_story import EN, KEY, OPENED, ZH

from console import records
from fallback.state import Case
from store import Store

pytest_plugins = ["console_fixtures"]

DRILL = Case("DRILL-fire-1", "power", "A6", "evacuation", OPENED, "a6", drill="fire")


def held(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_an_archive_holds_every_document_and_sha256sum_agrees(store: Store, tmp_path: Path) -> None:
    story.tell_incident(store)
    (made,) = records.archive(store, [KEY], tmp_path / "a", (ZH, EN))
    names = {
        f"{name}.{language}.{ending}"
        for name in ("incident-report", "fault-form", "closing-review")
        for language in ("zh-CN", "en")
        for ending in ("md", "csv", "html")
    }
    assert {file.name for file in made.iterdir()} == names | {"rows.json", "SHA256SUMS"}
    program = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    ended = subprocess.run(program, cwd=made, capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout) == (0, "")
    rows = json.loads((made / "rows.json").read_text(encoding="utf-8"))
    assert rows["incident"]["key"] == KEY
    assert len(rows["changes"]) == len([one for one in story.CHANGES if one.incident])


def test_archiving_twice_gives_the_same_bytes_and_touches_nothing(store: Store, tmp_path: Path) -> None:
    story.tell_incident(store)
    store.record([], [], [], OPENED, [DRILL])
    keys = [KEY, "DRILL-fire-1"]
    records.archive(store, keys, tmp_path / "a", (ZH, EN))
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "a").rglob("*")}
    records.archive(store, keys, tmp_path / "a", (ZH, EN))
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "a").rglob("*")} == times
    records.archive(store, keys, tmp_path / "b", (ZH, EN))
    assert held(tmp_path / "a") == held(tmp_path / "b")
    assert "DRILL-fire-1/drill-record.en.html" in held(tmp_path / "a")


def test_a_key_never_leads_out_of_the_folder(store: Store, tmp_path: Path) -> None:
    store.record([], [], [], OPENED, [Case("../../etc/x", "power", "A1", "seat", OPENED, "a1")])
    (made,) = records.archive(store, ["../../etc/x"], tmp_path / "a", (EN,))
    assert made.resolve().parent == (tmp_path / "a").resolve()


def test_an_unknown_incident_writes_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(records.UnknownIncident):
        records.archive(store, ["INC-9"], tmp_path / "a", (EN,))
    assert not (tmp_path / "a").exists()
