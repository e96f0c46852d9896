"""Reading a file of lines from an offset, while somebody else appends to it."""

from dataclasses import dataclass
from pathlib import Path

CHUNK = 256 * 1024


class DamagedLine(ValueError):
    """The line is not what was written; the message says in what way. It never holds the line itself."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines between two offsets, without their newline. rest: bytes behind the last newline, if the
    file ends there.

    start, end: byte offsets; ``end`` lies behind the last whole line, so reading on from it misses and
    repeats nothing.
    """

    start: int
    end: int
    lines: tuple[bytes, ...]
    rest: bytes


def read_chunk(path: Path, offset: int, limit: int = CHUNK) -> Chunk:
    """At most ``limit`` bytes from ``offset`` on. Raises OSError when the file cannot be read.

    A run of ``limit`` bytes without a newline is no line of ours; it is returned as one, to be set aside.
    """
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(limit)
    whole, newline, rest = data.rpartition(b"\n")
    if newline:
        end = offset + len(whole) + 1
        return Chunk(offset, end, tuple(whole.split(b"\n")), rest if len(data) < limit else b"")
    if len(data) == limit:
        return Chunk(offset, offset + limit, (data,), b"")
    return Chunk(offset, offset, (), rest)
