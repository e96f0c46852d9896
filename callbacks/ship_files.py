"""What lies in the folders of an Asterisk host and has not been acknowledged: parts of files, and what may be deleted."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from callbacks.lines import read_chunk
from callbacks.spool_file import is_written

PART_BYTES = 128 * 1024
MOST_RECORDING = 16 * 1024 * 1024
TIER3_CLOSED = timedelta(minutes=3)  # nobody appends to a minute's file this long after
SETTLED = timedelta(seconds=10)  # a recording that nobody has written to for so long is whole
KEEP_LINES = timedelta(days=7)
KEEP_RECORDINGS = timedelta(days=1)
SUFFIX = {"spool": ".jsonl", "tier3": ".txt", "recordings": ".wav"}
_TIER3_STAMP = "%Y%m%d-%H%M"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of one file to be shipped. start, end: offsets in the file.

    body: the bytes; of spool and tier 3 whole lines, where a torn end gets the newline that it lacks (the importer sets it
    aside). ino: tells a file from a later one of the same name. whole: SHA-256 of the whole recording, with its last part.
    """

    kind: str
    name: str
    ino: int
    start: int
    end: int
    body: bytes
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A file in one of the folders. changed: when it was last written to, aware UTC."""

    kind: str
    path: Path
    ino: int
    size: int
    changed: datetime

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.path.name}"


def find(kind: str, folder: Path) -> list[Found]:
    """The files of a folder, oldest name first; what is not ours is left alone. Raises OSError when it cannot be listed."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIX[kind]) and entry.name[0] != "." and entry.is_file():
                stat = entry.stat()
                changed = datetime.fromtimestamp(stat.st_mtime, UTC)
                found.append(Found(kind, Path(entry.path), stat.st_ino, stat.st_size, changed))
    return sorted(found, key=lambda one: one.path.name)


def parts(file: Found, start: int, now: datetime) -> Iterator[Part]:
    """What can be shipped of a file from an offset on. Raises OSError."""
    if file.kind == "recordings":
        yield from _recording(file, start, now)
        return
    left = _is_left(file, now)  # asked before reading: what is read afterwards is all there will be
    while True:
        chunk = read_chunk(file.path, start, PART_BYTES)
        body, end = b"".join(line + b"\n" for line in chunk.lines), chunk.end
        if not body and left and chunk.rest:
            body, end = chunk.rest + b"\n", start + len(chunk.rest)
        if not body:
            return
        yield Part(file.kind, file.path.name, file.ino, start, end, body)
        start = end


def may_go(file: Found, shipped: int, now: datetime) -> bool:
    """Whether all of it was acknowledged, nobody writes to it any more, and it was kept for long enough."""
    keep = KEEP_RECORDINGS if file.kind == "recordings" else KEEP_LINES
    return shipped == file.size and now - file.changed > keep and _is_left(file, now)


def _is_left(file: Found, now: datetime) -> bool:
    if file.kind == "spool":
        return not is_written(file.path)
    if file.kind == "recordings":
        return now - file.changed > SETTLED
    try:
        minute = "-".join(file.path.stem.split("-")[:2])  # behind it stands which life of Asterisk wrote it
        named = datetime.strptime(minute, _TIER3_STAMP).replace(tzinfo=UTC)
    except ValueError:
        named = file.changed
    return now - max(named, file.changed) > TIER3_CLOSED


def _recording(file: Found, start: int, now: datetime) -> Iterator[Part]:
    if not _is_left(file, now) or start >= file.size:
        return
    if file.size > MOST_RECORDING:
        raise OSError(0, f"{file.path.name} is longer than {MOST_RECORDING} bytes and is not shipped")
    data = file.path.read_bytes()
    for begin in range(start, len(data), PART_BYTES):
        body = data[begin : begin + PART_BYTES]
        last = begin + len(body) == len(data)
        whole = sha256(data).hexdigest() if last else ""
        yield Part(file.kind, file.path.name, file.ino, begin, begin + len(body), body, whole)
