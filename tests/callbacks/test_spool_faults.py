"""Disks fill, rights change, power is cut: nothing is dropped in silence, and everybody hears of it who has to."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import md5
from itertools import permutations
from pathlib import Path

import pytest

from callbacks.importer import Importer, import_once
from callbacks.spool_line import decode, encode
from callbacks.values import Asks, Capture
from store import Store

Build = Callable[..., Capture]
Folders = tuple[Path, Path]
PROGRAM = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from callbacks.spool import Spool, SpoolFailed
from callbacks.values import Capture, Matter, NumberSource

folder, fault = Path(sys.argv[1]), sys.argv[2]
if fault == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
elif os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
facts = ("power", "1", "13900000000", NumberSource.OWN, Matter.FAULT, "zh-CN", 1, True, True)
with Spool(folder, linger=0, probe_every=0.02) as spool:
    try:
        for n in range(99):
            spool.submit(Capture(f"pbx1:1.{n}", datetime.now(UTC), *facts)).result(20)
            print(f"pbx1:1.{n}")
    except SpoolFailed as failed:
        print(f"refused: {failed}")
        print(f"staff: {spool.figures.problem}")
    if fault == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        while spool.figures.problem:
            pass
        spool.submit(Capture("pbx1:2.1", datetime.now(UTC), *facts)).result(20)
        print("pbx1:2.1")
"""


def t3(unique_id: str, number: str = "13800000000") -> bytes:
    text = f"hf1|{unique_id}|1763720101|power|13912341234|{number}|keyed|bill|zh-CN|1|1|"
    return f"{text}|{md5(text.encode(), usedforsecurity=False).hexdigest()}\n".encode()


def in_a_process(folder: Path, fault: str) -> list[str]:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), fault],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith(("pbx1", "refused", "staff"))]


def damaged(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((folder / "damaged").iterdir()))


def test_a_full_disk_is_told_to_the_caller_and_to_staff_and_what_was_acknowledged_is_there(
    book: Store, folders: Folders, now: datetime
) -> None:
    """The kernel refuses the write in the middle of a line. When there is room again the spool takes captures again."""
    said = in_a_process(folders[0], "full")
    kept = [line for line in said if line.startswith("pbx1")]
    refused, staff = (line for line in said if not line.startswith("pbx1"))
    assert 0 < len(kept) < 20
    assert str(folders[0]) in refused
    assert "File too large; make room there" in staff
    assert kept[-1] == "pbx1:2.1"
    assert import_once(book, *folders, "pbx1", now).damaged == 0
    assert [key for key in kept if book.capture(key) is None] == []


def test_a_folder_without_rights_is_told_with_a_remedy(folders: Folders) -> None:
    folders[0].chmod(0o555)
    try:
        (refused, staff) = in_a_process(folders[0], "rights")
    finally:
        folders[0].chmod(0o755)
    assert "Permission denied" in refused
    assert "give this user the right to write" in staff


DAMAGE: dict[str, Callable[[list[bytes]], bytes]] = {
    "a byte in the middle": lambda lines: (
        lines[0] + lines[1].replace(b"139", b"138", 1) + b"".join(lines[2:])
    ),
    "a line cut and the next written behind it": lambda lines: b"".join(
        [lines[0], lines[1][:40], *lines[2:]]
    ),
    "pages of NUL at the end": lambda lines: b"".join([*lines[:1], *lines[2:]]) + bytes(8192),
    "another version": lambda lines: lines[0] + _versioned(9) + b"".join(lines[2:]),
}


def _versioned(version: int) -> bytes:
    from zlib import crc32

    body = b'{"v":%d,"key":"pbx1:9.9"' % version
    return b'%b,"sum":"%08x"}\n' % (body, crc32(body))


@pytest.mark.parametrize("kind", sorted(DAMAGE))
def test_damage_costs_only_what_it_hit_and_is_set_aside_and_reported(
    kind: str, book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    lines = [encode(capture(f"pbx1:1.{n}", number=f"1390000000{n}")) for n in range(5)]
    path = folders[0] / "20261121T10-1-0.jsonl"
    path.write_bytes(DAMAGE[kind](lines))
    report = import_once(book, *folders, "pbx1", now)
    assert report.damaged == 1
    assert "set aside" in report.problems[0]
    assert len(damaged(folders[0])) > 20
    lost = {f"pbx1:1.{n}" for n in range(5)} - {one.key for one in _all(book)}
    # A line written behind a torn one shares its fate: no process of ours does that, each has files of its own.
    assert lost <= {"pbx1:1.1", "pbx1:1.2"}
    assert len(lost) == (2 if "behind" in kind else 1)


def _all(book: Store) -> list[Capture]:
    return [one for promise in book.open_promises() for one in book.captures_of(promise.id)]


def test_a_file_of_nul_pages_only_is_damage_and_not_nothing(
    book: Store, folders: Folders, now: datetime
) -> None:
    """A power cut can leave the length of a file without its content."""
    (folders[1] / "20261121-1000.txt").write_bytes(bytes(4096))
    assert import_once(book, *folders, "pbx1", now).damaged == 1


def test_the_first_line_behind_pages_of_nul_is_read(book: Store, folders: Folders, now: datetime) -> None:
    """Asterisk goes on in the file of the same minute."""
    (folders[1] / "20261121-1000.txt").write_bytes(bytes(4096) + t3("1.1") + t3("1.2", "13700000000"))
    report = import_once(book, *folders, "pbx1", now)
    assert (report.new, report.damaged) == (2, 0)


def test_a_file_that_was_cut_to_nothing_is_told_and_goes_on_with_what_comes_next(
    book: Store, folders: Folders, now: datetime
) -> None:
    path = folders[1] / f"{now:%Y%m%d-%H%M}.txt"
    path.write_bytes(t3("1.1") + t3("1.2", "13700000000"))
    importer = Importer(book, *folders, "pbx1")
    importer.run_once(now)
    path.write_bytes(b"")
    assert "shorter than what was imported" in importer.run_once(now).problems[0]
    path.write_bytes(t3("1.3", "13600000000"))
    assert importer.run_once(now).new == 1


def test_a_line_that_stands_twice_counts_once(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    line = encode(capture())
    (folders[0] / "20261121T10-1-0.jsonl").write_bytes(line * 3)
    (folders[0] / "20261121T11-2-0.jsonl").write_bytes(line)
    assert import_once(book, *folders, "pbx1", now).new == 1
    assert book.open_promises()[0].captures == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_files_in_any_order_end_the_same(
    order: tuple[int, ...], book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    """A stepped clock names a later file earlier: the undo may be read before the cancel, and that before the call."""
    lines = [
        capture("pbx1:1", reference="482913"),
        capture("pbx1:2/2", at=now + timedelta(minutes=1), asks=Asks.CANCEL, about="482913"),
        capture("pbx1:3/2", at=now + timedelta(minutes=2), asks=Asks.UNDO, about="482913"),
    ]
    for hour, n in enumerate(order):
        (folders[0] / f"20261121T0{hour}-1-0.jsonl").write_bytes(encode(lines[n]))
    import_once(book, *folders, "pbx1", now + timedelta(hours=1))
    (one,) = book.open_promises()
    assert (one.captures, one.place_at) == (1, now)
    assert book.unapplied() == []


def test_what_was_set_aside_is_whole_in_its_file_and_can_be_read_by_eye(
    book: Store, folders: Folders, capture: Build, now: datetime
) -> None:
    line = encode(capture())
    (folders[0] / "20261121T10-1-0.jsonl").write_bytes(b"x" + line)
    import_once(book, *folders, "pbx1", now)
    why, kept = damaged(folders[0]).splitlines()
    assert why.startswith(b"# ")
    assert decode(kept[1:]) == capture()
