"""People who had their data deleted: how they are known again without keeping their numbers, and what stays of what they left.

A number is kept as a keyed digest (HMAC-SHA-256). The key lies in a file of its own, apart from the database and its copies:
with both, all numbers could be tried out. What a person leaves after the deletion is an ordinary call again.
"""

import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from callbacks.policy import LimitPolicy
from callbacks.ports import NO_TERMS, CaptureBook, ImportResult, Terms
from callbacks.values import Capture, NumberSource

_log = structlog.get_logger()
KEY_FILE = "forgotten.key"  # in the data folder
_BYTES = 32


class KeyMissing(Exception):
    """People were deleted, and the key by which they are known is not here. The message names the file and the remedy."""


class Forgotten:
    """Who is forgotten. until: by digest, the time up to which what was left stays deleted, aware UTC."""

    def __init__(self, key: bytes, until: Mapping[str, datetime]) -> None:
        self._key, self._until = key, until

    def digest(self, number: str) -> str:
        """Of a number as it is dialled."""
        return hmac.new(self._key, number.encode(), "sha256").hexdigest()

    def has(self, number: str, at: datetime) -> bool:
        """Whether what this number left at that time is to stay deleted."""
        until = self._until.get(self.digest(number)) if number else None
        return until is not None and at <= until

    def scrub(self, one: Capture) -> Capture:
        """The capture without what tells of a forgotten person; itself, where it is of nobody who is forgotten."""
        of = [text for text in (one.number, one.owner, one.caller_id) if self.has(text, one.at)]
        if not of:
            return one
        if one.number in of or one.owner in of or not one.number:
            return bare(one)
        return replace(one, caller_id="")


def bare(one: Capture) -> Capture:
    """What stays of a capture whose person is forgotten: that there was a call, when and about what. Nobody can be called."""
    return replace(
        one,
        number="",
        caller_id="",
        owner="",
        source=NumberSource.NONE,
        recording="",
        name="",
        address="",
        remarks="",
    )


def load_key(folder: Path, *, make: bool = False) -> bytes | None:
    """The site's key; None when there is none. make: then one is made. Raises OSError."""
    file = folder / KEY_FILE
    try:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        if not make:
            return None
    key = secrets.token_bytes(_BYTES)
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as out:
        out.write(key.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    return key


class ForgottenRows(Protocol):
    """Where the digests are."""

    def forgotten(self) -> Mapping[str, datetime]: ...


class ForgettingBook(Protocol):
    """A book that knows who is forgotten."""

    def offsets(self, sources: Sequence[str]) -> Mapping[str, int]: ...

    def import_captures(
        self,
        captures: Sequence[Capture],
        source: str,
        offset: int,
        now: datetime,
        *,
        damaged: int = 0,
        limits: LimitPolicy | None = None,
        terms: Terms = NO_TERMS,
    ) -> ImportResult: ...

    def forget(self, sources: Sequence[str]) -> None: ...

    def forgotten(self) -> Mapping[str, datetime]: ...


def who_is_forgotten(book: ForgottenRows, folder: Path) -> Forgotten | None:
    """None when nobody is. Raises KeyMissing, and what the book raises."""
    until = book.forgotten()
    if not until:
        return None
    key = load_key(folder)
    if key is None:
        raise KeyMissing(
            f"{len(until)} people were deleted, and {folder / KEY_FILE}, by which they are known, is not here: "
            "bring it from the machine on which they were deleted, or what old files hold of them comes back"
        )
    return Forgotten(key, until)


class Forgetting(CaptureBook):
    """A book that takes in nothing of forgotten people, from whatever old file it comes. folder: of the key."""

    def __init__(self, book: ForgettingBook, folder: Path) -> None:
        self._book, self._folder = book, folder
        self.trouble = ""

    def offsets(self, sources: Sequence[str]) -> Mapping[str, int]:
        """As the book."""
        return self._book.offsets(sources)

    def import_captures(
        self,
        captures: Sequence[Capture],
        source: str,
        offset: int,
        now: datetime,
        *,
        damaged: int = 0,
        limits: LimitPolicy | None = None,
        terms: Terms = NO_TERMS,
    ) -> ImportResult:
        """As the book, without what tells of forgotten people. Where the key is missing callers go before: all comes in."""
        try:
            known = who_is_forgotten(self._book, self._folder)
        except (KeyMissing, OSError, ValueError) as problem:
            if str(problem) != self.trouble:
                self.trouble = str(problem)
                _log.error("forgotten people cannot be told", problem=self.trouble)
            known = None
        else:
            self.trouble = ""
        if known is not None:
            captures = [known.scrub(one) for one in captures]
        return self._book.import_captures(
            captures, source, offset, now, damaged=damaged, limits=limits, terms=terms
        )

    def forget(self, sources: Sequence[str]) -> None:
        """As the book."""
        self._book.forget(sources)
