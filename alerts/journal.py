"""The journal: one JSON line an entry, with a checksum, appended and synced before anything is sent.

A kill can tear the last line only, which is cut off at the next start: what it held was not yet acted upon. A line in the
middle that does not fit its checksum (a bad disk, an editor) is set aside into ``damaged.jsonl`` and told.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alerts.book import KINDS, Entry
from alerts.ports import JournalFailed, JournalHeld, Loaded

NAME, ASIDE, LOCK = "journal.jsonl", "damaged.jsonl", "lock"


class FileJournal:
    """In one folder, which is made when it is not there. Open by one process at a time; close it, or use it in ``with``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / NAME
        self._aside = folder / ASIDE
        self._file = self._lock = -1

    def load(self) -> Loaded:
        """Opens the journal, mends its end and returns its entries. Raises JournalFailed: not readable, or held by another."""
        try:
            self._open()
            data = self.path.read_bytes()
            entries, bad, torn = _read(data)
            if bad:
                _write_durably(self._aside, b"".join(line + b"\n" for line in bad), os.O_APPEND)
            if bad or torn:
                self._replace([encode(entry) for entry in entries])
        except OSError as problem:
            raise self._failed(problem) from problem
        return Loaded(tuple(entries), len(bad), torn, str(self._aside))

    def append(self, entries: Sequence[Entry]) -> None:
        """All of them with one write and one sync."""
        data = b"".join(map(encode, entries))
        try:
            if self._file < 0:
                self._open()
                data = self._after_torn() + data
            _write_all(self._file, data)
            os.fdatasync(self._file)
        except OSError as problem:
            self._close_file()  # what was written in part is ended by a newline when it is opened again
            raise self._failed(problem) from problem

    def compact(self, keep: Callable[[Entry], bool]) -> int:
        """Writes a new file with what is kept and puts it in place of the old one."""
        try:
            entries, _, _ = _read(self.path.read_bytes())
            kept = [entry for entry in entries if keep(entry)]
            if len(kept) < len(entries):
                self._replace([encode(entry) for entry in kept])
        except OSError as problem:
            raise self._failed(problem) from problem
        return len(entries) - len(kept)

    def close(self) -> None:
        """Lets go of the file and its lock."""
        self._close_file()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> "FileJournal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        self._close_file()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._hold()
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        _sync_folder(self._folder)

    def _hold(self) -> None:
        """A file of its own is locked, because the journal's is replaced when it is compacted."""
        if self._lock >= 0:
            return
        file = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise
        self._lock = file

    def _after_torn(self) -> bytes:
        """A newline when the file ends within a line."""
        size = os.fstat(self._file).st_size
        return b"\n" if size and os.pread(self._file, 1, size - 1) != b"\n" else b""

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _replace(self, lines: Sequence[bytes]) -> None:
        fresh = self.path.with_suffix(".new")
        _write_durably(fresh, b"".join(lines), os.O_TRUNC)
        fresh.rename(self.path)
        _sync_folder(self._folder)
        self._close_file()
        self._open()

    def _failed(self, problem: OSError) -> JournalFailed:
        if isinstance(problem, BlockingIOError):
            return JournalHeld(
                f"{self.path} is held by another process: only one bridge may run on this folder"
            )
        what = problem.strerror or str(problem)
        return JournalFailed(f"{self.path}: {what}; mend the disk or the folder's rights")


def encode(entry: Entry) -> bytes:
    """One line: checksum (CRC-32, 8 hex digits), a space, JSON, a newline."""
    body = json.dumps(dict(entry), ensure_ascii=False, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode(line: bytes) -> dict[str, Any] | None:
    """The entry of a line without its newline; None when it is damaged."""
    check, _, body = line.partition(b" ")
    if check != b"%08x" % zlib.crc32(body):
        return None
    try:
        entry = json.loads(body)
    except ValueError:
        return None
    known = isinstance(entry, dict) and entry.get("e") in KINDS and "at" in entry and "incident" in entry
    return entry if known else None


def _read(data: bytes) -> tuple[list[dict[str, Any]], list[bytes], bool]:
    """(entries, damaged lines, whether the end was torn)."""
    *lines, rest = data.split(b"\n")
    entries: list[dict[str, Any]] = []
    bad: list[bytes] = []
    for line in lines:
        entry = decode(line)
        if entry is None:
            bad.append(line)
        else:
            entries.append(entry)
    return entries, bad, bool(rest)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _write_durably(path: Path, data: bytes, mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | mode, 0o600)
    try:
        _write_all(file, data)
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
