"""Nothing is promised to a caller before it is durable; nothing fails in silence (design section 2, one
way in).
"""

import errno
import os
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import String

from callbacks.lines import DamagedLine
from callbacks.spool import Spool, SpoolFailed, is_written
from callbacks.spool_line import decode, encode
from callbacks.values import Asks, Capture, Matter
from store.tables import capture as table

Build = Callable[..., Capture]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def lines_in(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def failing(call: Callable[..., object], code: int) -> Callable[..., object]:
    def fail(*args: object) -> object:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_line_says_in_plain_words_what_the_caller_left(capture: Build) -> None:
    line = encode(capture(caller_id="张三", matter=Matter.BILL))
    assert decode(line[:-1]) == capture(caller_id="张三", matter=Matter.BILL)
    assert b'"number":"13912341234"' in line
    assert line.endswith(b'"}\n')
    assert line.count(b"\n") == 1


def test_what_is_empty_stands_in_no_line_and_what_is_not_comes_back(capture: Build) -> None:
    """Lines of before there was such a thing stay readable."""
    assert all(
        name not in encode(capture()) for name in (b"reference", b"region", b"recording", b"asks", b"about")
    )
    whole = capture(
        reference="482913", region="east", recording="1.wav", asks=Asks.CHANGE, about="111222", tier=2
    )
    assert decode(encode(whole)[:-1]) == whole


@pytest.mark.parametrize("name", ["reference", "region", "recording", "about", "owner"])
def test_no_text_is_written_that_is_longer_than_the_books_column(name: str, capture: Build) -> None:
    column = table.c[name].type
    assert isinstance(column, String)
    assert column.length
    assert decode(encode(capture(**{name: "x" * column.length}))[:-1])
    with pytest.raises(ValueError, match=name):
        encode(capture(**{name: "x" * (column.length + 1)}))


def test_what_a_network_writes_into_the_caller_id_is_cut_to_what_every_database_can_keep(
    capture: Build,
) -> None:
    line = encode(capture(caller_id='1\n2\ud800\x00","v":9' + "x" * 99))
    assert line.count(b"\n") == 1
    assert decode(line[:-1]).caller_id == ('12","v":9' + "x" * 99)[:64]


def test_a_line_cut_anywhere_or_with_one_changed_byte_is_recognised(capture: Build) -> None:
    line = encode(capture())[:-1]
    for end in range(len(line)):
        with pytest.raises(DamagedLine):
            decode(line[:end])
    for place in range(0, len(line), 7):
        with pytest.raises(DamagedLine):
            decode(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :])


def test_a_naive_time_is_refused(folder: Path, capture: Build) -> None:
    with Spool(folder, linger=0) as spool, pytest.raises(SpoolFailed, match="naive"):
        spool.submit(capture(at=datetime(2026, 11, 21))).result(5)  # noqa: DTZ001  # that is the point


@pytest.mark.parametrize(
    "values",
    [{"number": "139;1"}, {"number": "1" * 41}, {"scope": "x" * 81}, {"incident": "a\nb"}, {"tier": 9}],
)
def test_a_line_that_the_book_could_not_take_is_never_acknowledged(
    values: dict[str, object], folder: Path, capture: Build
) -> None:
    with Spool(folder, linger=0) as spool:
        bad, good = spool.submit(capture("pbx1:1", **values)), spool.submit(capture("pbx1:2"))
        with pytest.raises(SpoolFailed, match="pbx1:1"):
            bad.result(5)
        good.result(5)
    assert [decode(line).key for line in lines_in(folder)] == ["pbx1:2"]


def test_what_was_acknowledged_is_in_the_file(folder: Path, capture: Build) -> None:
    with Spool(folder, linger=0) as spool:
        spool.submit(capture("pbx1:1")).result(5)
        assert [decode(line).key for line in lines_in(folder)] == ["pbx1:1"]


def test_captures_of_one_moment_share_a_sync(folder: Path, capture: Build) -> None:
    with Spool(folder, linger=0.05) as spool:
        wait([spool.submit(capture(f"pbx1:{n}")) for n in range(200)], timeout=10)
        assert spool.figures.lines == 200
        assert spool.figures.syncs <= 3
    assert [decode(line).key for line in lines_in(folder)] == [f"pbx1:{n}" for n in range(200)]


def test_what_was_submitted_before_the_end_is_kept_and_what_comes_later_is_refused(
    folder: Path, capture: Build
) -> None:
    spool = Spool(folder)
    before = spool.submit(capture())
    spool.close()
    spool.close()
    assert before.result(0) is None
    with pytest.raises(SpoolFailed, match="closed"):
        spool.submit(capture()).result(0)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("call", ["write", "fdatasync", "open"])
def test_a_failing_disk_reaches_every_caller_and_mends_itself(
    call: str, code: int, folder: Path, capture: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Spool(folder, linger=0) as spool:
        spool.submit(capture("pbx1:1")).result(5)
        with monkeypatch.context() as broken:
            if call == "open":
                spool._leave_file()
            broken.setattr(os, call, failing(getattr(os, call), code))
            failed = spool.submit(capture("pbx1:2"))
            with pytest.raises(SpoolFailed, match=f"{folder}.*{os.strerror(code)}"):
                failed.result(5)
        assert spool.figures.problem
        spool.submit(capture("pbx1:3")).result(5)
        assert spool.figures.problem == ""
    keys = [decode(line).key for line in lines_in(folder)]
    assert keys == ["pbx1:1", "pbx1:3"]


def test_half_a_line_written_before_the_disk_was_full_is_taken_back(
    folder: Path, capture: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write

    def half(fd: int, data: memoryview) -> int:
        if len(data) < 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[: len(data) // 2])

    with Spool(folder, linger=0) as spool:
        spool.submit(capture("pbx1:1")).result(5)
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(SpoolFailed):
            spool.submit(capture("pbx1:2")).result(5)
        monkeypatch.setattr(os, "write", real)
        spool.submit(capture("pbx1:3")).result(5)
    assert [decode(line).key for line in lines_in(folder)] == ["pbx1:1", "pbx1:3"]


def test_a_missing_folder_is_named_with_a_remedy(tmp_path: Path, capture: Build) -> None:
    with Spool(tmp_path / "gone", linger=0) as spool, pytest.raises(SpoolFailed, match=r"gone.*make room"):
        spool.submit(capture()).result(5)


def test_each_hour_and_each_process_has_a_file_of_its_own(folder: Path, capture: Build) -> None:
    hours = iter([datetime(2026, 11, 21, 10, 59, 59, tzinfo=UTC) + timedelta(seconds=n) for n in range(9)])
    with Spool(folder, linger=0, clock=lambda: next(hours)) as spool:
        for n in range(2):
            spool.submit(capture(f"pbx1:{n}")).result(5)
    with Spool(folder, linger=0, clock=lambda: next(hours)) as spool:
        spool.submit(capture("pbx1:2")).result(5)
    pid = os.getpid()
    assert sorted(path.name for path in folder.iterdir()) == [
        f"20261121T10-{pid}-0.jsonl",
        f"20261121T11-{pid}-0.jsonl",
        f"20261121T11-{pid}-1.jsonl",
    ]


def test_a_file_is_known_to_be_written_only_while_its_process_lives(folder: Path, capture: Build) -> None:
    with Spool(folder, linger=0) as spool:
        spool.submit(capture()).result(5)
        (path,) = folder.iterdir()
        assert is_written(path)
    assert not is_written(path)


def test_a_caller_who_gave_up_before_his_turn_harms_nobody(folder: Path, capture: Build) -> None:
    with Spool(folder, linger=0.2) as spool:
        given_up: Future[None] = spool.submit(capture("pbx1:1"))
        assert given_up.cancel()
        spool.submit(capture("pbx1:2")).result(5)
    assert [decode(line).key for line in lines_in(folder)] == ["pbx1:2"]


def until(holds: Callable[[], bool], seconds: float = 5) -> bool:
    end = monotonic() + seconds
    while not holds() and monotonic() < end:
        sleep(0.005)
    return holds()


def test_a_folder_that_was_gone_is_noticed_when_it_is_back_without_any_capture(
    tmp_path: Path, capture: Build
) -> None:
    """While there is a problem nobody is sent to the spool, so it has to look by itself."""
    folder = tmp_path / "spool"
    with Spool(folder, linger=0, probe_every=0.01) as spool:
        with pytest.raises(SpoolFailed):
            spool.submit(capture("pbx1:1")).result(5)
        sleep(0.05)
        assert "gone" in spool.figures.problem or "No such file" in spool.figures.problem
        folder.mkdir()
        assert until(lambda: spool.figures.problem == "")
        assert spool.figures.refused == 1
        assert list(folder.iterdir()) == []
        spool.submit(capture("pbx1:2")).result(5)
    assert [decode(line).key for line in lines_in(folder)] == ["pbx1:2"]


@pytest.mark.parametrize("call", ["write", "fdatasync", "fsync", "open"])
def test_a_disk_that_still_fails_is_never_taken_for_mended(
    call: str, folder: Path, capture: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = getattr(os, call)

    def full(*args: object) -> object:
        asked.append(call)
        raise OSError(errno.ENOSPC, "No space left on device")

    with Spool(folder, linger=0, probe_every=0.01) as spool:
        monkeypatch.setattr(os, call, full)
        with pytest.raises(SpoolFailed):
            spool.submit(capture("pbx1:1")).result(5)
        assert until(lambda: len(asked) > 3)
        assert "No space left" in spool.figures.problem
        monkeypatch.setattr(os, call, real)
        assert until(lambda: spool.figures.problem == "")
    assert lines_in(folder) == []
    assert list(folder.iterdir()) == []


def test_a_spool_with_a_problem_still_takes_captures_and_its_end_at_once(
    tmp_path: Path, capture: Build
) -> None:
    spool = Spool(tmp_path / "gone", linger=0, probe_every=60)
    for n in range(3):
        with pytest.raises(SpoolFailed, match="gone"):
            spool.submit(capture(f"pbx1:{n}")).result(5)
    begun = monotonic()
    spool.close()
    assert monotonic() - begun < 5  # a guard: it would wait for the next probe, in a minute
