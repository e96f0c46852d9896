"""The own spool of this site: durable before anything is promised, and no line twice where that can be known.

A provider may ask the same thing twice (it retries, or somebody replays what it once sent). The book would not mind, since a
call is one key; but what this process has written, or finds in the newest files of the folder, is not written again.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

import structlog

from callbacks.lines import DamagedLine, read_chunk
from callbacks.spool import Spool
from callbacks.spool_file import try_folder
from callbacks.spool_line import decode
from callbacks.values import Capture
from ivr.left_line import to_capture
from ivr.values import Left

log = structlog.get_logger()
MOST_KNOWN = 20_000
LOOK_BACK = timedelta(hours=6)  # as old as a token may be
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Keeper:
    """Keeps lines under the name of this site. Thread-safe, and safe to be made before a process forks.

    site: goes before every call's id in its key. seconds: longest wait for the disk. clock: aware UTC.
    """

    def __init__(self, folder: Path, site: str, seconds: float, clock: Callable[[], datetime]) -> None:
        self._folder, self._site, self._seconds, self._clock = folder, site, seconds, clock
        self._door = Lock()
        self._spool: tuple[int, Spool] | None = None
        self._known = KnownLines(folder)

    def keep(self, left: Left) -> bool:
        """True when it is durable; only then may anything be promised."""
        capture = to_capture(left, self._site)
        if self._known.has(capture, self._clock()):
            return True
        done = self._own().submit(capture)
        try:
            done.result(self._seconds)
        except Exception as error:  # whatever it is, the caller must hear of it
            done.cancel()
            log.error("not kept", key=capture.key, problem=str(error) or type(error).__name__)
            return False
        self._known.add(capture)
        return True

    def note(self, left: Left) -> None:
        """Keeps what is known so far, without waiting: nothing is promised on it."""
        capture = to_capture(left, self._site)
        if self._known.has(capture, self._clock()):
            return
        self._known.add(capture)
        self._own().submit(capture).add_done_callback(lambda done: self._noted(capture, done))

    @property
    def problem(self) -> str:
        """Why the newest line could not be kept, "" when all is well."""
        return self._own().figures.problem

    def try_now(self) -> str:
        """Writes and syncs a file that nobody reads, as a line would be; "" when that went well."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try_folder(self._folder)
        except OSError as error:
            return f"{self._folder} cannot be written: {error.strerror}; make room there, or give this user the right to write"
        return ""

    def close(self) -> None:
        """Makes durable what is under way."""
        with self._door:
            if self._spool is not None and self._spool[0] == os.getpid():
                self._spool[1].close()

    def _noted(self, capture: Capture, done: "Future[None]") -> None:
        error = done.exception()
        if error is not None:
            self._known.forget(capture)
            log.error("not kept", key=capture.key, problem=str(error))

    def _own(self) -> Spool:
        """The spool of this process: its thread would not survive a fork."""
        with self._door:
            if self._spool is None or self._spool[0] != os.getpid():
                with suppress(OSError):  # the spool itself says what is wrong, and tries again
                    self._folder.mkdir(parents=True, exist_ok=True)
                self._spool = (os.getpid(), Spool(self._folder, linger=0.0, clock=self._clock))
            return self._spool[1]


class KnownLines:
    """What stands in the folder's newest files, of all processes here, followed as they grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._door = Lock()
        self._offsets: dict[str, int] = {}
        self._lines: OrderedDict[Capture, None] = OrderedDict()

    def has(self, capture: Capture, now: datetime) -> bool:
        """Whether just this stands there already; when it was written does not matter."""
        with self._door:
            if _timeless(capture) in self._lines:
                return True
            self._follow(now)
            return _timeless(capture) in self._lines

    def add(self, capture: Capture) -> None:
        """It has been written."""
        with self._door:
            self._put(capture)

    def forget(self, capture: Capture) -> None:
        """It has not been written after all."""
        with self._door:
            self._lines.pop(_timeless(capture), None)

    def _follow(self, now: datetime) -> None:
        oldest = (now - LOOK_BACK).strftime("%Y%m%dT%H")
        try:
            names = {path.name for path in self._folder.glob("*T*.jsonl") if path.name >= oldest}
            for name in sorted(names):
                self._read(name)
        except OSError as error:
            log.warning("spool cannot be read", folder=str(self._folder), problem=str(error))
            return
        self._offsets = {name: offset for name, offset in self._offsets.items() if name in names}

    def _read(self, name: str) -> None:
        while True:
            chunk = read_chunk(self._folder / name, self._offsets.get(name, 0))
            self._offsets[name] = chunk.end
            for line in chunk.lines:
                try:
                    self._put(decode(line))
                except DamagedLine:
                    continue  # its reader at the book reports it
            if chunk.end == chunk.start:
                return

    def _put(self, capture: Capture) -> None:
        self._lines[_timeless(capture)] = None
        while len(self._lines) > MOST_KNOWN:
            self._lines.popitem(last=False)


def _timeless(capture: Capture) -> Capture:
    return replace(capture, at=_NO_TIME)
