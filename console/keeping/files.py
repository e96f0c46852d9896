"""A person's number in files: found, and masked where it stands. No file becomes longer or shorter, because others read them
from where they left off, and write behind what they wrote.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import md5
from pathlib import Path
from typing import Final

from callbacks import spool_line, tier3
from callbacks.forgotten import KEY_FILE, bare
from callbacks.lines import DamagedLine
from callbacks.person import MASK, PersonNumber
from callbacks.values import Capture

_SKIPPED: Final = frozenset({"prompts", "backups"})  # hold sound, or copies that go by their age
_LARGEST: Final = 512 * 1024 * 1024
_DATABASE: Final = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that tells of the person. offset: of its first byte; body: without its newline."""

    path: Path
    offset: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Swept:
    """lines: in which something was masked; problems: sentences about files that could not be read or written."""

    lines: int = 0
    problems: tuple[str, ...] = ()


def find(folders: Iterable[Path], number: PersonNumber, keys: frozenset[str]) -> Iterator[Line]:
    """Every line that is of one of these calls, or in which the number stands. Raises OSError."""
    for path in _files(folders):
        yield from _lines_of(path, number, keys)


def sweep(folders: Iterable[Path], number: PersonNumber, keys: frozenset[str]) -> Swept:
    """Mask them all. A file that cannot be written is told, and does not stop the others."""
    lines, problems = 0, []
    for path in _files(folders):
        try:
            lines += _mask(path, list(_lines_of(path, number, keys)), number, keys)
        except OSError as error:
            problems.append(f"{path}: {error.strerror or error}")
    return Swept(lines, tuple(problems))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file() or path in seen or path.name == KEY_FILE:
                continue
            if _SKIPPED.intersection(path.relative_to(folder).parts) or path.suffix == ".wav":
                continue
            seen.add(path)
            if 0 < path.stat().st_size < _LARGEST and not _is_database(path):
                yield path


def _is_database(path: Path) -> bool:
    if path.name.endswith(("-wal", "-shm", "-journal")):
        return True
    with path.open("rb") as file:
        return file.read(len(_DATABASE)) == _DATABASE


def _lines_of(path: Path, number: PersonNumber, keys: frozenset[str]) -> Iterator[Line]:
    offset = 0
    with path.open("rb") as file:
        for whole in file:
            body = whole.rstrip(b"\n")
            if _tells(body, number, keys):
                yield Line(path, offset, body)
            offset += len(whole)


def _tells(body: bytes, number: PersonNumber, keys: frozenset[str]) -> bool:
    if number.is_in(body.decode("utf-8", "replace")):
        return True
    capture = _capture(body)
    return capture is not None and capture.key in keys and capture != bare(capture)


def _capture(body: bytes) -> Capture | None:
    """The capture of a line of ours, or None."""
    try:
        return spool_line.decode(body) if body[:5] == b'{"v":' else None
    except DamagedLine:
        return None


def _mask(path: Path, lines: list[Line], number: PersonNumber, keys: frozenset[str]) -> int:
    if not lines:
        return 0
    fd = os.open(path, os.O_WRONLY)
    try:
        for line in lines:
            os.pwrite(fd, masked(line.body, number, keys), line.offset)
        os.fsync(fd)
    finally:
        os.close(fd)
    return len(lines)


def masked(body: bytes, number: PersonNumber, keys: frozenset[str] = frozenset()) -> bytes:
    """The line as long as it was, with its checksum right again where it has one."""
    for mask in (_spool, _tier3, _journal):
        if (found := mask(body, number, keys)) is not None:
            return found
    return _plain(body, number)


def _plain(body: bytes, number: PersonNumber) -> bytes:
    """Digits only are replaced, each by one sign, so that other bytes stay where they are, whatever their encoding."""
    return number.without(body.decode("latin-1")).encode("latin-1")


def _spool(body: bytes, number: PersonNumber, keys: frozenset[str]) -> bytes | None:
    capture = _capture(body)
    if capture is None:
        return None
    his = capture.key in keys or {capture.number, capture.owner} & number.forms
    fresh = spool_line.encode(bare(capture) if his else _without_caller(capture, number))[:-1]
    head, _, _ = fresh.rpartition(b',"sum":"')
    head = _plain(head, number)
    head += b" " * (len(body) - len(fresh))
    return b'%b,"sum":"%08x"}' % (head, zlib.crc32(head))


def _without_caller(capture: Capture, number: PersonNumber) -> Capture:
    return replace(capture, caller_id="") if number.is_in(capture.caller_id) else capture


def _tier3(body: bytes, number: PersonNumber, _keys: frozenset[str]) -> bytes | None:
    """Signs that are no digits in place of the number's: a reader takes such a field for an empty one."""
    try:
        tier3.parse(body, "any")
    except DamagedLine:
        return None
    head, bar, tail = body.rpartition(b"|")
    fields = head.split(b"|")
    for place, text in enumerate(fields):
        if number.is_in(text.decode("ascii", "replace")):
            fields[place] = MASK.encode() * len(text)
    head = b"|".join(fields)
    sums = md5(head, usedforsecurity=False).hexdigest().encode()
    return head + bar + (sums.upper() if tail.isupper() else sums)


def _journal(body: bytes, number: PersonNumber, _keys: frozenset[str]) -> bytes | None:
    """Of alerts: a checksum, a space, JSON."""
    check, space, rest = body.partition(b" ")
    if not space or check != b"%08x" % zlib.crc32(rest):
        return None
    rest = _plain(rest, number)
    return b"%08x %b" % (zlib.crc32(rest), rest)
