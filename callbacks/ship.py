"""The collector of a remote Asterisk host: ships what callers left there to the bridge, and brings ``dialogue.json`` back.

A composition root of its own, without book or policy. Nothing is deleted before the bridge has acknowledged it, and then only
when it is days old; progress is kept in a file, and when that is lost everything is shipped again, which harms nobody: one
call is one capture by its key.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from callbacks.ship_files import Found, find, may_go, parts
from callbacks.ship_settings import SettingsWrong, ShipSettings, ship_settings
from callbacks.ship_wire import NotTaken, Wire

ROUND_SECONDS = 1.0
LONGEST_WAIT = 30.0
BOOK_SECONDS = 60.0


def main() -> int:
    """``holdfast-collector``: until SIGTERM or SIGINT. 2: wrong settings, all of them told."""
    try:
        settings = ship_settings(os.environ)
    except SettingsWrong as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Collector(settings, lambda: datetime.now(UTC), _say).run(stop)
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Progress:
    """Up to where each file was acknowledged. A file of the same name that came later (another inode) is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, tuple[int, int]] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            self._rows = {
                key: (int(ino), int(end)) for key, (ino, end) in json.loads(path.read_bytes()).items()
            }
        self._changed = False

    def of(self, file: Found) -> int:
        """The offset that was acknowledged last, 0 for a file that is new."""
        ino, end = self._rows.get(file.key, (file.ino, 0))
        return end if ino == file.ino and end <= file.size else 0

    def reach(self, file: Found, end: int) -> None:
        """Acknowledged up to there."""
        self._rows[file.key] = (file.ino, end)
        self._changed = True

    def keep(self, kind: str, keys: set[str]) -> None:
        """Forget files of this kind that are no longer there."""
        for key in [key for key in self._rows if key.startswith(f"{kind}/") and key not in keys]:
            del self._rows[key]
            self._changed = True

    def save(self) -> None:
        """In one step. Raises OSError; then the same parts are shipped again after a restart."""
        if self._changed:
            draft = self._path.with_name(f".{self._path.name}.draft")
            draft.write_text(json.dumps(self._rows))
            draft.replace(self._path)
            self._changed = False


class Collector:
    """clock: aware UTC. say: takes sentences for people; the same one is said once, until it is over."""

    def __init__(
        self, settings: ShipSettings, clock: Callable[[], datetime], say: Callable[[str], None]
    ) -> None:
        self._settings, self._clock, self._say = settings, clock, say
        self._progress = Progress(settings.data_dir / "shipped.json")
        self._wire = Wire(settings, clock)
        self._done: dict[str, Found] = {}  # as they were when all of them was acknowledged
        self._refused: dict[
            str, tuple[Found, str]
        ] = {}  # as they were when the bridge did not want them, and why
        self._told: set[str] = set()
        self._problems: set[str] = set()

    def run(self, stop: Event) -> None:
        """Rounds until it is stopped; after a refusal ever further apart, up to half a minute."""
        wait, book_due = ROUND_SECONDS, 0.0
        while not stop.is_set():
            now = self._clock().timestamp()
            if now >= book_due or now < book_due - 2 * BOOK_SECONDS:
                self.bring_book()
                book_due = now + BOOK_SECONDS
            wait = ROUND_SECONDS if self.round() else min(LONGEST_WAIT, wait * 2)
            stop.wait(wait)
        self.close()

    def close(self) -> None:
        """Let go of the connection; the next round opens one."""
        self._wire.close()

    def round(self) -> bool:
        """Ship what there is. False when something was not taken, so that waiting is better than asking."""
        self._problems = set()
        good = True
        for kind, folder in self._settings.folders().items():
            found = self._found(kind, folder)
            for file in found or ():
                good = self._look_at(file, ship=good) and good
            if found is not None:
                self._progress.keep(kind, {file.key for file in found})
        self._try(self._progress.save, "progress cannot be kept")
        self._tell()
        return good

    def _look_at(self, file: Found, ship: bool) -> bool:
        refused = self._refused.get(file.key)
        if refused is not None and refused[0] == file:
            self._problems.add(refused[1])
        elif ship and self._done.get(file.key) != file:
            return self._ship(file)
        self._tidy(file)
        return True

    def _found(self, kind: str, folder: Path) -> list[Found] | None:
        try:
            return find(kind, folder)
        except OSError as error:
            self._problems.add(f"{folder} cannot be listed: {error.strerror}; make it, or check its rights")
            return None

    def _ship(self, file: Found) -> bool:
        """False when the bridge is not there, or takes nothing more; what is wrong with one file stops no other."""
        at = self._progress.of(file)
        try:
            for part in parts(file, at, self._clock()):
                at = self._wire.post(part)
                self._progress.reach(file, at)
        except NotTaken as reason:
            return self._not_taken(file, at, reason)
        except OSError as error:
            self._problems.add(f"{file.path} cannot be shipped: {error.strerror or error}")
            return True
        if at == file.size:
            self._done[file.key] = file
        return True

    def _not_taken(self, file: Found, at: int, reason: NotTaken) -> bool:
        if reason.at is not None and reason.at != at and reason.at <= file.size:
            self._progress.reach(
                file, reason.at
            )  # the bridge has more or less of it than we know: from there next time
            return True
        problem = f"{file.key} waits: {reason}"
        self._problems.add(problem)
        if reason.for_good:
            self._refused[file.key] = file, problem
        return reason.for_good

    def _tidy(self, file: Found) -> None:
        with suppress(OSError):
            if may_go(file, self._progress.of(file), self._clock()):
                file.path.unlink()
                self._done.pop(file.key, None)

    def bring_book(self) -> None:
        """Fetch ``dialogue.json`` with the folders of this host in it. A bridge that is away leaves the old one."""
        settings = self._settings
        try:
            row = self._wire.book()
        except NotTaken as reason:
            self._problems.add(f"dialogue.json is not renewed: {reason}")
            self._tell()
            return
        own = {name: str(getattr(settings, name)) for name in ("spool_dir", "recordings_dir", "prompts_dir")}
        self._try(
            lambda: _put(settings.book, json.dumps(row | own, ensure_ascii=False)),
            "dialogue.json cannot be written",
        )

    def _try(self, act: Callable[[], None], what: str) -> None:
        try:
            act()
        except OSError as error:
            self._problems.add(f"{what}: {error.strerror or error}")

    def _tell(self) -> None:
        for problem in sorted(self._problems - self._told):
            self._say(problem)
        if self._told and not self._problems:
            self._say("all is shipped again")
        self._told = self._problems


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o644)  # Asterisk's user reads it
    draft.replace(path)
