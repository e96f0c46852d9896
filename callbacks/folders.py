"""Folders of lines: which files there are, of what time, and whether anybody may still write to them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callbacks import spool_line, tier3
from callbacks.spool_file import is_written
from callbacks.values import Capture

# A tier 3 file is named for its minute at the moment of writing; nobody appends to one this long after.
_TIER3_CLOSED = timedelta(minutes=3)
_SPOOL_CLOSED = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of folder: how its lines are read and its files named, and when no more can come.

    name: as the book knows its files, before their own. locked: whoever writes to a file holds a lock on it for as long.
    closed_after: how long after its name's time a file is looked at for the last time; of one that is locked the
    margin is for a file that was made and not yet written. may_lack: no such folder is no trouble.
    """

    name: str
    folder: Path
    suffix: str
    stamp: str
    parse: Callable[[bytes], Capture]
    closed_after: timedelta
    locked: bool
    may_lack: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One file. named: aware UTC, the time in its name; name: as the book knows it."""

    feed: Feed
    path: Path
    named: datetime
    name: str

    def is_left(self, now: datetime) -> bool:
        """Whether nobody can write to it any more. Raises OSError when it cannot be opened."""
        return not is_written(self.path) if self.feed.locked else self.is_past(now)

    def is_past(self, now: datetime) -> bool:
        """Whether its name's time is over. No longer so when the clock was stepped back: Asterisk may then
        append to it again.
        """
        return now - self.named > self.feed.closed_after

    def is_over(self, now: datetime, size: int) -> bool:
        """Of one that is left: whether it need not be looked at again. The process that wrote something has its lock
        first, and its file's name is nobody else's ever.
        """
        return self.is_past(now) or (self.feed.locked and size > 0)


def feeds_of(
    pbx_id: str, spool_dir: Path, tier3_dir: Path, *, may_lack: bool = False, label: str = ""
) -> tuple[Feed, Feed]:
    """The two folders in which lines about the calls of one Asterisk are. label: stands before their names in the book."""
    label += pbx_id
    spool = Feed(
        f"{label}/spool", spool_dir, ".jsonl", "%Y%m%dT%H", spool_line.decode, _SPOOL_CLOSED, True, may_lack
    )

    def parse(line: bytes) -> Capture:
        return tier3.parse(line, pbx_id)

    return spool, Feed(
        f"{label}/tier3", tier3_dir, ".txt", "%Y%m%d-%H%M", parse, _TIER3_CLOSED, False, may_lack
    )


def remote_feeds(folder: Path, label: str = "") -> list[Feed]:
    """Of all other Asterisks, whose lines are brought to ``folder/<pbx id>/{spool,tier3}``; in the book their files are not
    those of the same names that lie in our own folders. Raises OSError, but not when there is no such folder.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] != ".")
    except FileNotFoundError:
        return []
    places = ((name, folder / name) for name in names)
    return [
        feed
        for name, place in places
        for feed in feeds_of(name, place / "spool", place / "tier3", may_lack=True, label=f"{label}remote/")
    ]


class Listing:
    """The files of one folder, each name read once: after days there are ten thousand of them."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._known: dict[str, Source | None] = {}
        self._sources: list[Source] = []

    def look(self) -> list[Source]:
        """All that are ours, in the order of their names. Raises OSError; glob would hide a folder that cannot be read."""
        try:
            names = os.listdir(self.feed.folder)  # noqa: PTH208  # ten thousand paths take ten times as long
        except FileNotFoundError:
            if self.feed.may_lack:
                return []
            raise
        if len(names) != len(self._known) or not self._known.keys() >= set(names):
            self._learn(names)
        return self._sources

    def _learn(self, names: Iterable[str]) -> None:
        known = self._known
        self._known = {name: known[name] if name in known else self._source(name) for name in sorted(names)}
        self._sources = [source for source in self._known.values() if source is not None]

    def _source(self, name: str) -> Source | None:
        feed = self.feed
        named = _named(name.removesuffix(feed.suffix), feed.stamp) if name.endswith(feed.suffix) else None
        return None if named is None else Source(feed, feed.folder / name, named, f"{feed.name}/{name}")


def _named(stem: str, stamp: str) -> datetime | None:
    """The time in the file's name, or None for a file that is not ours. Behind it stands whose life wrote it."""
    text = "-".join(stem.split("-")[: stamp.count("-") + 1])
    try:
        return datetime.strptime(text, stamp).replace(tzinfo=UTC)
    except ValueError:
        return None
