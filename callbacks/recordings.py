"""Messages that callers recorded: where they are, whether they can be heard, and when they go.

A recording is a file whose name stands in its call's capture. It goes when it is older than the policy says and its caller is
not still to be called, and then its name goes from the capture as well; the capture stays. A file that no capture names (the
call's line was lost, or it is still on its way into the book) is an orphan, and goes by the same age.
"""

import re
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from callbacks.policy import MessagePolicy

_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,159}\Z")
_MANY = 500
_COMING = timedelta(hours=1)  # for which a file without a capture may belong to a line that is on its way
_FRESH = timedelta(hours=3)  # recordings of so long are looked at whether they are too short
_WRITTEN = timedelta(minutes=5)  # after its last change nobody speaks into it any more
_HEADER = 44  # bytes of a WAV file before its sound


@dataclass(frozen=True, slots=True)
class Recorded:
    """A capture that names a recording. key: of the capture; at: of the call, aware UTC."""

    key: str
    at: datetime
    recording: str


@dataclass(frozen=True, slots=True)
class Sound:
    """seconds: how long one can listen. problem: why one cannot, "" one can."""

    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tidied:
    """expired: recordings deleted by age; short: deleted because nothing is said in so little; orphans: deleted files
    without a capture; problems: sentences for people about what could not be deleted.
    """

    expired: int = 0
    short: int = 0
    orphans: int = 0
    problems: tuple[str, ...] = ()


class RecordingBook(Protocol):
    """What the store knows of recordings."""

    def recordings(
        self,
        limit: int,
        *,
        before: datetime | None = None,
        since: datetime | None = None,
        over: bool = False,
    ) -> Sequence[Recorded]:
        """Captures with a recording, the oldest first; before, since: of calls in that time. over: without those of promises
        that are open.
        """
        ...

    def recorded_names(self, names: Sequence[str]) -> Mapping[str, str]:
        """Key of the capture by the name of its recording, of those of these names that there are."""
        ...

    def drop_recording(self, key: str) -> bool:
        """Take the recording's name out of a capture."""
        ...


class Recordings:
    """own: folder of this Asterisk's recordings; remote: of all others, as ``remote/<pbx id>/recordings``."""

    def __init__(self, book: RecordingBook, own: Path, pbx_id: str, remote: Path | None = None) -> None:
        self._book, self._own, self._pbx_id, self._remote = book, own, pbx_id, remote

    def path(self, one: Recorded) -> Path | None:
        """Where it is, or None when there is no such file, or its name is none of ours."""
        if not _NAME.match(one.recording):
            return None
        paths = (folder / one.recording for folder in self._places(one.key.partition(":")[0]))
        return next((path for path in paths if path.is_file() and not path.is_symlink()), None)

    def orphans(self, now: datetime) -> Iterator[Path]:
        """Files that no capture names, older than what may still be on its way. Raises OSError."""
        for folder in self._folders():
            names = sorted(path.name for path in folder.iterdir() if path.suffix == ".wav")
            for start in range(0, len(names), _MANY):
                some = names[start : start + _MANY]
                known = self._book.recorded_names(some)
                alone = (folder / name for name in some if name not in known)
                yield from (path for path in alone if now - _changed(path) > _COMING)

    def tidy(self, policy: MessagePolicy, now: datetime) -> Tidied:
        """Delete what is too old (and of no open promise) or too short, and orphans that are too old. now: aware UTC.

        Raises what the book raises.
        """
        problems: list[str] = []
        cut = now - timedelta(seconds=policy.keep)
        expired = sum(
            self._drop(one, problems) for one in self._book.recordings(_MANY, before=cut, over=True)
        )
        fresh = self._book.recordings(_MANY, since=now - _FRESH)
        short = [one for one in fresh if self._is_short(one, policy.least, now)]
        gone = sum(self._drop(one, problems) for one in short)
        orphans = 0
        try:
            for path in list(self.orphans(now)):
                if _changed(path) < cut:
                    orphans += _deleted(path, problems)
        except OSError as error:
            problems.append(f"cannot look for recordings without a call: {error.strerror or error}")
        return Tidied(expired, gone, orphans, tuple(problems))

    def delete(self, one: Recorded) -> str:
        """File first, then the name in the capture: a kill in between leaves a name without a file, which the next one ends.

        Returns why it could not be, "" done.
        """
        problems: list[str] = []
        path = self.path(one)
        if path is not None and not _deleted(path, problems):
            return problems[0]
        self._book.drop_recording(one.key)
        return ""

    def _drop(self, one: Recorded, problems: list[str]) -> bool:
        problem = self.delete(one)
        if problem:
            problems.append(problem)
        return not problem

    def _is_short(self, one: Recorded, least: float, now: datetime) -> bool:
        """Only of a file that nobody writes any more."""
        path = self.path(one)
        if path is None or now - _changed(path) < _WRITTEN:
            return False
        sound = listen(path)
        return not sound.problem and sound.seconds < least

    def _places(self, pbx_id: str) -> Iterator[Path]:
        """The bridge's own Asterisk may be on another host."""
        if pbx_id == self._pbx_id:
            yield self._own
        if self._remote is not None and _NAME.match(pbx_id):
            yield self._remote / pbx_id / "recordings"

    def _folders(self) -> list[Path]:
        remote = [] if self._remote is None else sorted(self._remote.glob("*/recordings"))
        return [folder for folder in (self._own, *remote) if folder.is_dir()]


def listen(path: Path) -> Sound:
    """Whether it is a WAV file that people can hear, and how long.

    A file whose writer was killed says in its header that it is empty; what lies behind the header counts then.
    """
    try:
        with wave.open(str(path), "rb") as file:
            each = file.getnchannels() * file.getsampwidth() * file.getframerate()
            frames = file.getnframes() * file.getnchannels() * file.getsampwidth()
    except (wave.Error, EOFError, OSError) as error:
        return Sound(problem=f"no WAV file that can be heard: {error or type(error).__name__}")
    lying = max(0, path.stat().st_size - _HEADER)
    return Sound(round((min(frames, lying) or lying) / each, 1) if each else 0.0)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _deleted(path: Path, problems: list[str]) -> bool:
    try:
        path.unlink()
    except OSError as error:
        problems.append(f"cannot delete {path}: {error.strerror or error}; check its owner and rights")
        return False
    return True
