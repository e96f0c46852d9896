"""The spool: where every capture is made durable before anything is promised to the caller.

One writer thread takes all captures that wait, writes their lines with one ``write`` and one ``fdatasync``
and only then resolves their futures, so the cost of the disk is shared by all callers of that moment. Each
process has files of its own (one per UTC hour, held with a lock for as long as it is written), so what a
killed process left torn stays at the end of a file that nobody writes to any more.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import sleep

import structlog

from callbacks.spool_file import SpoolFile, is_written, try_folder
from callbacks.spool_line import encode
from callbacks.values import Capture

__all__ = ["Spool", "SpoolFailed", "SpoolFigures", "is_written"]
_log = structlog.get_logger()
LINGER = 0.05
PROBE_EVERY = 1.0
_Waiting = tuple[Capture, "Future[None]"]


class SpoolFailed(Exception):
    """The capture is not durable. The message names the folder, what went wrong and what to do."""


@dataclass(frozen=True, slots=True)
class SpoolFigures:
    """Since the start: lines made durable, syncs that took, captures refused; problem: of the newest try, of a
    capture or of the spool's own, "" if none.
    """

    lines: int
    syncs: int
    refused: int
    problem: str


class Spool:
    """Appends captures to files in one folder. Thread-safe; close it, or use it in ``with``.

    linger: seconds to wait for company after the first capture of a group. A caller does not notice it,
    and under load it halves the cost of each. clock: aware UTC now, asked once per group; it only names
    the file. probe_every: seconds between tries of its own after a failure: while the spool has a problem
    nobody is sent here, so no capture would ever show that it is mended.
    """

    def __init__(
        self,
        folder: Path,
        *,
        linger: float = LINGER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        probe_every: float = PROBE_EVERY,
    ) -> None:
        self._folder = folder
        self._linger = linger
        self._clock = clock
        self._probe_every = probe_every
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._door = Lock()
        self._closed = False
        self._file: SpoolFile | None = None
        self._figures = SpoolFigures(0, 0, 0, "")
        self._thread = Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def figures(self) -> SpoolFigures:
        """The newest figures; safe to read from any thread."""
        return self._figures

    def submit(self, capture: Capture) -> "Future[None]":
        """Hand over a capture. The future resolves when its line is durable, or carries SpoolFailed: never
        silence.
        """
        done: Future[None] = Future()
        with self._door:  # so that nothing comes in behind the end
            if self._closed:
                done.set_exception(SpoolFailed(f"the spool in {self._folder} is closed"))
            else:
                self._waiting.put((capture, done))
        return done

    def close(self) -> None:
        """Make durable what was submitted, then stop. May be called twice."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._next_group()
            self._keep(group)
        self._leave_file()

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        """All that wait, in order, and whether more can come. Blocks until there is something."""
        first = self._first()
        if first is not None and self._linger > 0:
            sleep(self._linger)
        group: list[_Waiting] = []
        with suppress(Empty):
            while first is not None:
                group.append(first)
                first = self._waiting.get_nowait()
            return group, False
        return group, True

    def _first(self) -> _Waiting | None:
        """The next that waits. Blocks, and looks whether the folder is well again for as long as it is not."""
        while self._figures.problem:
            with suppress(Empty):
                return self._waiting.get(timeout=self._probe_every)
            self._probe()
        return self._waiting.get()

    def _probe(self) -> None:
        try:
            try_folder(self._folder)
        except Exception as error:  # whatever it is, the thread must live
            self._figures = replace(self._figures, problem=self._problem(error))
            return
        self._figures = replace(self._figures, problem="")
        _log.info("spool can be written again", folder=str(self._folder))

    def _problem(self, error: Exception) -> str:
        return (
            f"cannot write captures to {self._folder}: {getattr(error, 'strerror', None) or error}; "
            "make room there, or give this user the right to write"
        )

    def _keep(self, group: list[_Waiting]) -> None:
        # Nobody may cancel a line that is being written; who cancelled before is left out.
        group = [(capture, done) for capture, done in group if done.set_running_or_notify_cancel()]
        lines, futures = self._encoded(group)
        if not lines:
            return
        try:
            self._open_file().append(b"".join(lines))
        except Exception as error:  # whatever it is, callers must hear of it and the thread must live
            self._refuse(futures, error)
            return
        figures = self._figures
        self._figures = SpoolFigures(figures.lines + len(lines), figures.syncs + 1, figures.refused, "")
        for done in futures:
            done.set_result(None)

    def _encoded(self, group: list[_Waiting]) -> tuple[list[bytes], "list[Future[None]]"]:
        """The lines; a capture that cannot be written as one fails alone, and the others go on."""
        lines: list[bytes] = []
        futures: list[Future[None]] = []
        for capture, done in group:
            try:
                lines.append(encode(capture))
            except Exception as error:
                done.set_exception(SpoolFailed(f"capture {capture.key} cannot be written down: {error}"))
            else:
                futures.append(done)
        return lines, futures

    def _refuse(self, futures: "list[Future[None]]", error: Exception) -> None:
        self._leave_file()
        problem = self._problem(error)
        figures = self._figures
        self._figures = SpoolFigures(figures.lines, figures.syncs, figures.refused + len(futures), problem)
        _log.error("spool failed", folder=str(self._folder), problem=problem, captures=len(futures))
        for done in futures:
            done.set_exception(SpoolFailed(problem))

    def _open_file(self) -> SpoolFile:
        hour = self._clock().astimezone(UTC).strftime("%Y%m%dT%H")
        if self._file is None or self._file.hour != hour:
            self._leave_file()
            self._file = SpoolFile(self._folder, hour)
        return self._file

    def _leave_file(self) -> None:
        if self._file is not None:
            if self._file.torn:
                _log.warning("spool file torn", problem=self._file.torn)
            self._file.close()
            self._file = None
