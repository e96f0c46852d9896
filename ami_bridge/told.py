"""What callers were told, on our own disk (requirement B8): a book that became an older copy, by a fail-over or a restore, does
not know it, and brings back as waiting what was sent. Nobody is told twice by that.

One JSON line a word, synced before anything is sent. A line counts for as long as its notice could be sent at all.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from callbacks.rules.notifying import Notice
from callbacks.values import NoticeState

_MAY_HAVE_HEARD = frozenset({NoticeState.INTENDED, NoticeState.SENT, NoticeState.UNKNOWN})
_LEAST = 1000  # lines before a file is written anew without those that are over


@dataclass(frozen=True, slots=True)
class Word:
    """The last word on one notice. asked_at, at: aware UTC."""

    key: str
    scope: str
    number: str
    state: NoticeState
    asked_at: datetime
    at: datetime


class Told:
    """path: None keeps it in memory only. expires: seconds after which a notice is too late to be sent. Thread-safe."""

    def __init__(self, path: Path | None = None, expires: float = 86_400.0) -> None:
        self.expires = expires
        self._path = path
        self._door = Lock()
        self._words: dict[str, Word] = {}
        self._keys: dict[tuple[str, str], dict[str, None]] = {}  # by number and scope
        self._lines, self._most = 0, _LEAST
        self._whole = False  # whether the file ends with a whole line, as far as we know
        if path is not None:
            self._load(path)

    def of(self, notice: Notice) -> NoticeState | None:
        """The last word on this notice; None when nothing was sent, or surely nothing left."""
        word = self._words.get(notice.key)
        return None if word is None or word.state is NoticeState.WAITING else word.state

    def other(self, notice: Notice) -> NoticeState | None:
        """What became of another notice to the same number and scope since this one was asked for; None: he did not hear it."""
        same = [self._words[key] for key in self._keys.get((notice.number, notice.scope), ())]
        found = [
            word
            for word in same
            if word.key != notice.key and word.at >= notice.asked_at and word.state in _MAY_HAVE_HEARD
        ]
        return max(found, key=lambda word: word.at).state if found else None

    def put(self, notice: Notice, state: NoticeState, now: datetime) -> None:
        """Durable on return. Raises OSError; then the word counts for this run only. WAITING: surely nothing left."""
        word = Word(notice.key, notice.scope, notice.number, state, notice.asked_at, now)
        with self._door:
            self._know(word)
            if self._path is None:
                return
            self._append(self._path, word)
            if self._lines > self._most:
                self._anew(self._path, now)

    def forget(self, gone: Callable[[str, datetime], bool]) -> int:
        """Let go of the numbers of people who were deleted; that they were told stays. In the file they were masked already.

        gone: whether what a number left then is to stay deleted. Returns how many words had one.
        """
        with self._door:
            mine = [one for one in self._words.values() if one.number and gone(one.number, one.asked_at)]
            for one in mine:
                self._keys.get((one.number, one.scope), {}).pop(one.key, None)
                self._know(replace(one, number=""))
        return len(mine)

    def _load(self, path: Path) -> None:
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        self._lines = len(lines) - 1
        for line in lines:
            with suppress(KeyError, TypeError, ValueError):  # torn by a power cut: it had not been acted upon
                self._know(_read(line))

    def _know(self, word: Word) -> None:
        self._words[word.key] = word
        self._keys.setdefault((word.number, word.scope), {})[word.key] = None

    def _append(self, path: Path, word: Word) -> None:
        start = b"" if self._whole else b"\n"
        self._whole = False
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            rest = memoryview(start + _line(word))
            while rest:
                rest = rest[os.write(fd, rest) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        self._whole = True
        self._lines += 1

    def _anew(self, path: Path, now: datetime) -> None:
        """Without what is over. What cannot be written stays as it was."""
        until = now - timedelta(seconds=self.expires)
        words = [word for word in self._words.values() if max(word.asked_at, word.at) > until]
        self._words, self._keys = {}, {}
        for word in words:
            self._know(word)
        draft = path.with_name(f".{path.name}.draft")
        with suppress(OSError):
            draft.write_bytes(b"".join(map(_line, self._words.values())))
            draft.chmod(0o600)
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(path)
        self._lines = len(self._words)
        self._most = max(_LEAST, 2 * self._lines)


def _line(word: Word) -> bytes:
    row = {
        "key": word.key,
        "scope": word.scope,
        "number": word.number,
        "state": word.state.value,
        "asked_at": word.asked_at.isoformat(),
        "at": word.at.isoformat(),
    }
    return json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> Word:
    """Raises KeyError, TypeError or ValueError for a line that is none."""
    row = json.loads(line)
    times = {name: datetime.fromisoformat(row[name]) for name in ("asked_at", "at")}
    if any(at.utcoffset() is None for at in times.values()):
        raise ValueError("a naive time")
    return Word(row["key"], row["scope"], row["number"], NoticeState(row["state"]), **times)
