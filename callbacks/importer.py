"""The one way into the book: new lines of spool and tier 3 files become captures, once each.

Lines are read from the offset that the book itself holds, and the offset moves in the transaction of the
rows. A kill at any moment repeats at most a batch, whose captures are known by their keys.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from callbacks.aside import put_aside, trouble
from callbacks.folders import Listing, Source, feeds_of, remote_feeds
from callbacks.lines import Chunk, DamagedLine, read_chunk
from callbacks.policy import LimitPolicy
from callbacks.ports import NO_TERMS, CaptureBook, ImportResult, Terms
from callbacks.values import OF_PROMISES, Capture

_log = structlog.get_logger()
KEEP = timedelta(days=7)
MOST = 2000  # lines of one pass; about a third of a second
_TIDY = timedelta(minutes=1)  # between looks for what is old enough to be deleted
_LATE = timedelta(
    hours=24
)  # for which a finished file of the dial plan is looked at, once a minute, whether it grew
_SURE = 400  # files that moved last: what a fail-over to an older book loses first
_NOT_OLD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one pass did. lines: read; new, completed, promises, held: see ImportResult; damaged: lines set aside;
    deleted: files. more: there is more to read at once. problems: sentences for people, about files that could not be
    read or kept.
    """

    lines: int = 0
    new: int = 0
    completed: int = 0
    promises: int = 0
    damaged: int = 0
    held: int = 0
    deleted: int = 0
    more: bool = False
    problems: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """Lines that the book knew already."""
        return self.lines - self.new - self.completed - self.damaged


@dataclass(slots=True)
class _Tally:
    report: ImportReport = field(default_factory=ImportReport)

    def add(self, chunk: Chunk, result: ImportResult, damaged: int) -> None:
        was = self.report
        self.report = replace(
            was,
            lines=was.lines + len(chunk.lines),
            new=was.new + result.new,
            completed=was.completed + result.completed,
            promises=was.promises + result.promises,
            damaged=was.damaged + damaged,
            held=was.held + result.held,
        )

    def is_full(self, most: int) -> bool:
        """Whether this pass has read enough; the report then says that there is more."""
        if self.report.lines < most:
            return False
        self.report = replace(self.report, more=True)
        return True

    def problem(self, text: str) -> None:
        self.report = replace(self.report, problems=(*self.report.problems, text))


def _as_it_is(number: str) -> str:
    return number


def no_limits() -> LimitPolicy | None:
    """As much as anybody wants."""
    return None


def no_terms() -> Terms:
    """Nothing is owed, and no two calls are about the same fault."""
    return NO_TERMS


def nobody(_captures: Sequence[Capture]) -> None:
    """Nobody wants to see captures on their way."""


class Importer:
    """Brings the lines of all folders into the book. Not thread-safe: one per process, one pass at a time.

    It remembers which files can hold nothing new, so that a pass over days of kept files costs a look at
    their names. keep: files stay this long after their time, so that they can be imported again after a
    loss of the book. dialled: a number as the site dials it; every way in passes through here, so one person
    is one promise however his number was written (E6). It returns what it cannot read as it came. seen: is called with
    new captures before the book is, and goes on while the book is away, so that danger is told also then; once for each
    line in the life of this importer, once more for those that were not yet in the book when a new one begins. limits,
    terms: asked for every batch; what is above the limits is held. remote: the folder into which other Asterisks' lines are
    brought. label: for the names of files in the book, so that a folder beside the site's own has offsets of its own.
    """

    def __init__(
        self,
        book: CaptureBook,
        spool_dir: Path,
        tier3_dir: Path,
        pbx_id: str,
        *,
        keep: timedelta = KEEP,
        most: int = MOST,
        dialled: Callable[[str], str] = _as_it_is,
        seen: Callable[[Sequence[Capture]], None] = nobody,
        limits: Callable[[], LimitPolicy | None] = no_limits,
        terms: Callable[[], Terms] = no_terms,
        remote: Path | None = None,
        label: str = "",
    ) -> None:
        self._book = book
        self._dialled = dialled
        self._seen = seen
        self._shown: dict[str, int] = {}
        self._skipped: dict[
            str, int
        ] = {}  # file → up to where old lines were not shown while the book was away
        self._limits, self._terms = limits, terms
        self._remote, self._label = remote, label
        self._keep = keep
        self._most = most
        self._finished: set[str] = set()
        self._reached: dict[str, int] = {}
        self._newest: datetime | None = None
        self._tidied: datetime | None = None
        self._moved: dict[str, None] = {}
        self._sure_at: datetime | None = None
        own = feeds_of(pbx_id, spool_dir, tier3_dir, label=label)
        self._listings = {feed.name: Listing(feed) for feed in own}

    def run_once(self, now: datetime) -> ImportReport:
        """One pass of bounded length; ``more`` in its report asks for another one at once, so that after a
        long
        outage of the book nobody else has to wait for its whole backlog. now: aware UTC. A file that
        cannot be read is a problem in the report and does not stop the others.

        Raises what the book raises (the store's problems): nothing is lost by that, the next pass goes on.
        """
        tally = _Tally()
        sources = self._sources(tally)
        if (
            self._newest is not None and now < self._newest
        ):  # then Asterisk's clock may have been stepped back as well
            self._finished.difference_update(source.name for source in sources if not source.is_past(now))
        self._newest = now
        fresh = [source for source in sources if source.name not in self._finished]
        try:
            if self._is_older(now):
                fresh = sources
            self._drain_all(fresh, now, tally)
        except Exception:
            self._sure_at = None
            self._show_all(fresh, now)
            raise
        self._delete_old(sources, now, tally)
        return tally.report

    def _is_older(self, now: datetime) -> bool:
        """Whether the book has gone back behind what this importer brought into it: a fail-over or a restore put an older
        copy in its place. Then every file is read from where that copy was. Looked at once a minute, and after each failure.
        """
        if self._sure_at is not None and timedelta(0) <= now - self._sure_at < _TIDY:
            return False
        mine = {name: self._reached[name] for name in self._moved if name in self._reached}
        theirs = self._book.offsets(list(mine)) if mine else {}
        self._sure_at = now
        lost = sum(theirs.get(name, 0) < offset for name, offset in mine.items())
        if lost:
            _log.error("the book is an older copy: what it lacks is read again", files=lost)
            for memory in (self._reached, self._finished, self._moved):
                memory.clear()
        return lost > 0

    def _drain_all(self, fresh: Sequence[Source], now: datetime, tally: _Tally) -> None:
        offsets = self._offsets([source.name for source in fresh])
        for source in fresh:
            if tally.is_full(self._most):
                break
            try:
                self._drain(source, offsets[source.name], now, tally)
            except OSError as error:
                tally.problem(trouble("read", source.path, error))

    def _offsets(self, names: list[str]) -> dict[str, int]:
        """The book's offsets; those that this importer has moved itself, it remembers."""
        unknown = [name for name in names if name not in self._reached]
        if unknown:
            self._reached |= dict.fromkeys(unknown, 0) | dict(self._book.offsets(unknown))
        return {name: self._reached[name] for name in names}

    def read_again(self) -> None:
        """Forget how far every file was read, so that all that is kept comes in again; what the book knows changes nothing."""
        names = [source.name for source in self._sources(_Tally())]
        self._book.forget(names)
        for memory in (self._reached, self._shown, self._skipped, self._moved):
            for name in names:
                memory.pop(name, None)
        self._finished.difference_update(names)

    def _sources(self, tally: _Tally) -> list[Source]:
        if self._remote is not None:
            try:
                for feed in remote_feeds(self._remote, self._label):
                    self._listings.setdefault(feed.name, Listing(feed))
            except OSError as error:
                tally.problem(trouble("list", self._remote, error))
        found: list[Source] = []
        for listing in self._listings.values():
            try:
                found += listing.look()
            except OSError as error:
                tally.problem(trouble("list", listing.feed.folder, error))
        return found

    def _drain(self, source: Source, offset: int, now: datetime, tally: _Tally) -> None:
        """Import everything that is whole; a torn end waits until nobody can write its rest any more."""
        left = source.is_left(now)  # asked before reading: what is read afterwards is all there will be
        size = source.path.stat().st_size
        if offset > size:
            tally.problem(f"{source.path} is shorter than what was imported of it; it is read again")
            offset = self._reached[source.name] = self._shown[source.name] = 0
        while offset < size:
            if tally.is_full(self._most):
                return
            chunk = read_chunk(source.path, offset)
            if not chunk.lines and left:
                chunk = Chunk(offset, offset + len(chunk.rest), (chunk.rest,), b"")
            if not chunk.lines:
                return
            self._bring_in(source, chunk, now, tally)
            offset = chunk.end
        if left and source.is_over(now, size):
            self._finished.add(source.name)

    def _bring_in(self, source: Source, chunk: Chunk, now: datetime, tally: _Tally) -> None:
        captures, damaged = self._parsed(source, chunk)
        if damaged:
            # Before the offset moves: a kill in between writes the same file again, never a second one.
            tally.problem(put_aside(source.path, chunk.start, damaged))
            _log.warning("damaged lines", file=source.path.name, lines=len(damaged), why=damaged[0][1])
        result = self._book.import_captures(
            captures,
            source.name,
            chunk.end,
            now,
            damaged=len(damaged),
            limits=self._limits(),
            terms=self._terms(),
        )
        self._reached[source.name] = chunk.end
        self._remember(source.name, chunk.end)
        tally.add(chunk, result, len(damaged))

    def _remember(self, name: str, end: int) -> None:
        self._moved.pop(name, None)
        self._moved[name] = None
        if len(self._moved) > _SURE:
            del self._moved[next(iter(self._moved))]
        if self._skipped.get(name, end + 1) <= end:
            del self._skipped[name]

    def _parsed(
        self, source: Source, chunk: Chunk, since: datetime | None = None
    ) -> tuple[list[Capture], list[tuple[bytes, str]]]:
        """The captures of a chunk, and its damaged lines with what is wrong. Captures that nobody has seen are shown;
        since: only those left since then; the others are shown when the book has not had them either.
        """
        shown, place = self._shown.get(source.name, 0), chunk.start
        skipped = self._skipped.get(source.name, 0)
        captures: list[Capture] = []
        damaged: list[tuple[bytes, str]] = []
        unseen: list[Capture] = []
        for line in chunk.lines:
            place += len(line) + 1
            try:
                one = self._as_dialled(source.feed.parse(line))
            except DamagedLine as error:
                damaged.append((line, str(error)))
                continue
            captures.append(one)
            if since is not None and one.at < since:
                self._skipped[source.name] = max(skipped, place)
            elif place > shown or place <= skipped:
                unseen.append(one)
        self._shown[source.name] = max(shown, chunk.end)
        self._show(unseen)
        return captures, damaged

    def _show(self, unseen: Sequence[Capture]) -> None:
        if not unseen:
            return
        try:
            self._seen(unseen)
        except Exception:  # whoever looks on must not keep captures out of the book
            _log.exception("captures could not be shown", captures=len(unseen))

    def _show_all(self, fresh: Iterable[Source], now: datetime) -> None:
        """The book is away: show what it cannot take yet. Of files of which only the book knows how far they were
        imported, what is not old.
        """
        for source in fresh:
            offset = max(self._shown.get(source.name, 0), self._reached.get(source.name, 0))
            since = None if source.name in self._reached else now - _NOT_OLD
            with suppress(OSError):  # told when the book is back
                while (chunk := read_chunk(source.path, offset)).lines:
                    self._parsed(source, chunk, since)
                    offset = chunk.end

    def _as_dialled(self, capture: Capture) -> Capture:
        """The dial plan's tier 3 writes what the network gave it; tier 1 has asked the rules already. Of a request the
        caller id counts too: it may be the number that the promise is for.
        """
        if capture.asks in OF_PROMISES:
            caller_id, owner = (
                self._dialled(text) if text else "" for text in (capture.caller_id, capture.owner)
            )
            capture = replace(capture, caller_id=caller_id, owner=owner)
        number = self._dialled(capture.number) if capture.number else ""
        return capture if number == capture.number else replace(capture, number=number)

    def _grew(self, source: Source, now: datetime) -> bool:
        """A machine that slept, or a slow disk: Asterisk named the file for its minute and wrote to it long after. That line
        was promised, and must not wait until the file is deleted.
        """
        if source.feed.locked or source.name not in self._finished or now - source.named > _LATE:
            return False
        with suppress(OSError):
            return source.path.stat().st_size != self._reached[source.name]
        return False

    def _delete_old(self, sources: Iterable[Source], now: datetime, tally: _Tally) -> None:
        """Delete files that are wholly imported and past their time; then the book forgets their offsets.

        One that is not as long as what was imported of it was written to after it had counted as finished;
        it stays, and the next pass reads it.
        """
        if self._tidied is not None and timedelta(0) <= now - self._tidied < _TIDY:
            return
        self._tidied = now
        self._finished.difference_update(source.name for source in sources if self._grew(source, now))
        old = [
            source for source in sources if source.name in self._finished and now - source.named > self._keep
        ]
        gone: list[str] = []
        for source in old:
            try:
                if source.path.stat().st_size != self._reached[source.name]:
                    self._finished.discard(source.name)
                    self._tidied = None
                    continue
                source.path.unlink()
            except OSError as error:
                tally.problem(trouble("delete", source.path, error))
            else:
                gone.append(source.name)
        if gone:
            self._book.forget(gone)
            self._finished.difference_update(gone)
            for name in gone:
                for memory in (self._reached, self._shown, self._skipped, self._moved):
                    memory.pop(name, None)
            tally.report = replace(tally.report, deleted=tally.report.deleted + len(gone))


def import_once(
    book: CaptureBook, spool_dir: Path, tier3_dir: Path, pbx_id: str, now: datetime
) -> ImportReport:
    """Everything there is, without memory of earlier passes; a process that imports all day keeps an
    Importer.
    """
    importer = Importer(book, spool_dir, tier3_dir, pbx_id, most=sys.maxsize)
    return importer.run_once(now)
