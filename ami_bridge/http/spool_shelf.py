"""The folder of one remote Asterisk on our disk. Every method returns when what it was given is durable."""

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from callbacks.spool_file import SpoolFile, sync_folder


class Gap(Exception):
    """Not the bytes that come next; ``at`` is where to go on."""

    def __init__(self, at: int) -> None:
        super().__init__(f"to go on at {at}")
        self.at = at


class BadRecording(ValueError):
    """This recording is not taken; the text says why."""


class Shelf:
    """Not thread-safe: one call at a time. Folders are made when something comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._spool: SpoolFile | None = None
        self._life = secrets.token_hex(4)  # what a power cut took back of a file, no later run writes over

    def add_lines(self, kind: str, lines: bytes, now: datetime) -> None:
        """Append whole lines of ``spool`` or ``tier3``. Raises OSError; then nothing of them counts. now: aware UTC."""
        folder = self.folder / kind
        _make(folder)
        if kind == "spool":
            self._add_spool(folder, lines, now)
        else:
            _append(folder / f"{now.astimezone(UTC):%Y%m%d-%H%M}-{self._life}.txt", lines)

    def _add_spool(self, folder: Path, lines: bytes, now: datetime) -> None:
        hour = f"{now.astimezone(UTC):%Y%m%dT%H}-remote"  # never the name of a file of our own spool
        if self._spool is not None and self._spool.hour != hour:
            self.close()
        if self._spool is None:
            self._spool = SpoolFile(folder, hour)
        try:
            self._spool.append(lines)
        except OSError:
            self.close()
            raise

    def add_recording(self, name: str, start: int, data: bytes, whole: str) -> int:
        """A part of a recording; with the last one ``whole`` is its SHA-256, and it appears under its name.

        Returns up to where it is here. Raises Gap, BadRecording and OSError.
        """
        folder = self.folder / "recordings"
        _make(folder)
        path, draft = folder / name, folder / f".{name}.part"
        with suppress(FileNotFoundError):
            return _already(path, start + len(data), whole)
        with draft.open("ab") as file:
            if start > file.tell():
                raise Gap(file.tell())
            file.truncate(start)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if whole:
            if sha256(draft.read_bytes()).hexdigest() != whole:
                draft.unlink()
                raise Gap(0)
            draft.replace(path)
        sync_folder(folder)
        return start + len(data)

    def close(self) -> None:
        """Let go of the file that is written."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None


def _make(folder: Path) -> None:
    """Durable, with the folders above it that were missing."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def _already(path: Path, end: int, whole: str) -> int:
    """It is here under its name: then it is the same one, or another that must not take its place."""
    data = path.read_bytes()
    if end > len(data) or (whole and sha256(data).hexdigest() != whole):
        raise BadRecording("another recording of this name is here already; rename one of them")
    return end


def _append(path: Path, data: bytes) -> None:
    """As the dial plan appends, but whole and durable, or not at all."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        size = os.fstat(fd).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(fd, rest) :]
            os.fdatasync(fd)
            sync_folder(path.parent)
        except OSError:
            with suppress(OSError):
                os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)
