"""One file of the spool as a process writes it, and how its readers tell that somebody still does.

Standard library only: the local AGI script starts anew for every call and has no time for more.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_PROBE_BYTES = 16 * 1024  # some dozens of lines: a disk that takes less is still full


class SpoolFile:
    """One file of this process, locked while it is written. Every failure raises OSError; then leave the
    file.
    """

    def __init__(self, folder: Path, hour: str) -> None:
        self.hour = hour
        self.torn = ""  # what is wrong with the file after an append that failed, "" nothing
        self._size = 0
        self._path, self._fd = self._create(folder, hour)
        try:
            # Waits at most for a reader that is just looking whether anybody still writes.
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            sync_folder(folder)
        except OSError:
            self.close()
            raise

    @staticmethod
    def _create(folder: Path, hour: str) -> tuple[Path, int]:
        number = 0
        while True:
            path = folder / f"{hour}-{os.getpid()}-{number}.jsonl"
            try:
                return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o640)
            except FileExistsError:
                number += 1

    def append(self, data: bytes) -> None:
        """Durable when it returns. After a failure nothing of ``data`` counts; a part may stand there,
        torn.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
            os.fdatasync(self._fd)
        except OSError:
            self._cut_back()
            raise
        self._size += len(data)

    def _cut_back(self) -> None:
        """Take back what was written of a group that failed. Best effort: a torn line is recognised by its
        reader.
        """
        try:
            os.ftruncate(self._fd, self._size)
        except OSError as error:
            self.torn = f"{self._path.name} keeps a torn line: {error.strerror or error}"

    def close(self) -> None:
        """Let go of the file; one that never got a line is removed."""
        with suppress(OSError):
            os.close(self._fd)
            if self._size == 0:
                self._path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the folder's own entries durable, so that a new file is still there after a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def try_folder(folder: Path) -> None:
    """Do all that a capture needs, with a file that no reader takes for one, and leave nothing behind. Raises
    OSError.
    """
    path = folder / f".probe-{os.getpid()}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        rest = memoryview(bytes(_PROBE_BYTES))
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.fdatasync(fd)
        sync_folder(folder)
    finally:
        os.close(fd)
        path.unlink(missing_ok=True)


def is_written(path: Path) -> bool:
    """Whether a living process still writes to this spool file. Raises OSError when it cannot be opened."""
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
