"""What callers recorded is found, checked, and deleted in time."""

import os
import wave
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callbacks.policy import MessagePolicy
from callbacks.recordings import Recorded, Recordings, listen
from callbacks.values import Capture
from store import Store

Build = Callable[..., Capture]
KEEP = MessagePolicy(keep=86_400.0, least=1.0)


def record(path: Path, seconds: float, at: datetime) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(16_000 * seconds)))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


@pytest.fixture
def shelf(book: Store, tmp_path: Path) -> Recordings:
    (tmp_path / "recordings").mkdir()
    return Recordings(book, tmp_path / "recordings", "pbx1", tmp_path / "remote")


def keep(book: Store, *captures: Capture) -> None:
    book.import_captures(captures, "test", 0, captures[0].at)


def test_a_recording_is_found_in_the_folder_of_its_own_asterisk(
    shelf: Recordings, book: Store, capture: Build, tmp_path: Path, now: datetime
) -> None:
    keep(book, capture("pbx1:1.1", recording="1.1.wav"), capture("pbx2:1.1", recording="1.1.wav"))
    own = record(tmp_path / "recordings" / "1.1.wav", 2, now)
    other = record(tmp_path / "remote" / "pbx2" / "recordings" / "1.1.wav", 3, now)
    assert {one.key: shelf.path(one) for one in book.recordings(9)} == {"pbx1:1.1": own, "pbx2:1.1": other}
    assert (listen(own).seconds, listen(other).seconds) == (2, 3)


def test_the_bridges_own_asterisk_may_record_on_another_host(
    shelf: Recordings, tmp_path: Path, now: datetime
) -> None:
    path = record(tmp_path / "remote" / "pbx1" / "recordings" / "1.wav", 2, now)
    assert shelf.path(Recorded("pbx1:1", now, "1.wav")) == path


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/passwd", "link.wav", "folder", ""])
def test_no_name_leads_out_of_the_folder(name: str, shelf: Recordings, tmp_path: Path, now: datetime) -> None:
    """Names come with lines that a telephone call made."""
    record(tmp_path / "secret.wav", 2, now)
    (tmp_path / "recordings" / "link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "recordings" / "folder").mkdir()
    assert shelf.path(Recorded("pbx1:1.1", now, name)) is None
    assert shelf.path(Recorded("../pbx1:1.1", now, "1.wav")) is None


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is a letter" * 9])
def test_what_is_no_sound_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "1.wav"
    path.write_bytes(content)
    assert "no WAV file" in listen(path).problem


def test_a_file_whose_writer_was_killed_is_as_long_as_what_lies_there(tmp_path: Path, now: datetime) -> None:
    """Asterisk writes the length when it closes the file."""
    path = record(tmp_path / "1.wav", 2, now)
    whole = bytearray(path.read_bytes())
    whole[40:44] = bytes(4)
    path.write_bytes(whole)
    assert listen(path).seconds == 2


def test_recordings_go_after_their_time_and_their_calls_stay(
    shelf: Recordings, book: Store, capture: Build, tmp_path: Path, now: datetime
) -> None:
    old, new = now - timedelta(days=2), now - timedelta(hours=5)
    keep(
        book,
        capture("pbx1:1", at=old, recording="1.wav", wanted=False),
        capture("pbx1:2", at=new, recording="2.wav"),
    )
    gone = record(tmp_path / "recordings" / "1.wav", 5, old)
    kept = record(tmp_path / "recordings" / "2.wav", 5, new)
    assert shelf.tidy(KEEP, now).expired == 1
    assert (gone.exists(), kept.exists()) == (False, True)
    call = book.capture("pbx1:1")
    assert call is not None
    assert call.recording == ""
    assert [one.key for one in book.recordings(9)] == ["pbx1:2"]
    assert shelf.tidy(KEEP, now).expired == 0


def test_the_message_of_one_who_is_still_to_be_called_stays_however_old_it_is(
    shelf: Recordings, book: Store, capture: Build, tmp_path: Path, now: datetime
) -> None:
    old = now - timedelta(days=400)
    keep(book, capture("pbx1:1", at=old, recording="1.wav"), capture("pbx1:2", at=old, recording="2.wav"))
    for number in (1, 2):
        record(tmp_path / "recordings" / f"{number}.wav", 5, old)
    assert shelf.tidy(KEEP, now).expired == 0
    [waiting] = book.open_promises()
    assert book.cancel(waiting.id, now, "asked for")
    assert shelf.tidy(KEEP, now).expired == 2


def test_one_in_which_nothing_can_be_said_goes_and_one_that_is_written_does_not(
    shelf: Recordings, book: Store, capture: Build, tmp_path: Path, now: datetime
) -> None:
    keep(book, *(capture(f"pbx1:{n}", at=now, recording=f"{n}.wav") for n in range(3)))
    short = record(tmp_path / "recordings" / "0.wav", 0.5, now - timedelta(minutes=10))
    record(tmp_path / "recordings" / "1.wav", 0.5, now)
    record(tmp_path / "recordings" / "2.wav", 5, now - timedelta(minutes=10))
    assert shelf.tidy(KEEP, now).short == 1
    assert not short.exists()
    assert len(book.recordings(9)) == 2


def test_files_of_no_call_are_listed_and_go_by_their_age(
    shelf: Recordings, book: Store, capture: Build, tmp_path: Path, now: datetime
) -> None:
    keep(book, capture("pbx1:1", recording="1.wav"))
    record(tmp_path / "recordings" / "1.wav", 5, now - timedelta(hours=5))
    record(tmp_path / "recordings" / "coming.wav", 5, now)
    young = record(tmp_path / "recordings" / "young.wav", 5, now - timedelta(hours=5))
    old = record(tmp_path / "recordings" / "old.wav", 5, now - timedelta(days=2))
    assert sorted(shelf.orphans(now)) == [old, young]
    assert shelf.tidy(KEEP, now).orphans == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_what_cannot_be_deleted_is_told_and_stops_nobody(
    shelf: Recordings,
    book: Store,
    capture: Build,
    tmp_path: Path,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = now - timedelta(days=2)
    keep(book, *(capture(f"pbx1:{n}", at=old, recording=f"{n}.wav", wanted=False) for n in range(2)))
    stuck, gone = (record(tmp_path / "recordings" / f"{n}.wav", 5, old) for n in range(2))
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(13, "Permission denied")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    done = shelf.tidy(KEEP, now)
    assert (done.expired, gone.exists()) == (1, False)
    assert str(stuck) in done.problems[0]
    assert [one.key for one in book.recordings(9)] == ["pbx1:0"]


def test_a_name_without_a_file_goes_with_the_others(
    shelf: Recordings, book: Store, capture: Build, now: datetime
) -> None:
    """A kill between the two steps of a deletion leaves one."""
    keep(book, capture("pbx1:1", at=datetime(2026, 1, 1, tzinfo=UTC), recording="1.wav", wanted=False))
    assert shelf.tidy(KEEP, now).expired == 1
    assert book.recordings(9) == []
