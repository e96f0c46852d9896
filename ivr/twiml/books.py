"""What the dialogue goes by at this site: the copy of ``dialogue.json``, read again when it has changed."""

import hashlib
from collections import OrderedDict
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

import structlog

from ivr.book_file import DialogueBook, decode
from ivr.policy import CallerPolicy
from ivr.twiml.talk import Rules

log = structlog.get_logger()
MOST_OLD = 8


class BookFile:
    """Thread-safe. A file that is gone or damaged leaves the last good one in force; without any, the policy's defaults, so
    that a caller is taken down in any case.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._door = Lock()
        self._mark: tuple[int, int, int] | None = None
        self._book = DialogueBook(CallerPolicy(dialogue="short"))
        self._seen: OrderedDict[str, DialogueBook] = OrderedDict()
        self._digest = ""
        self.problem = f"{path} was not read yet"
        self._look()

    @property
    def book(self) -> DialogueBook:
        """The newest good one."""
        self._look()
        return self._book

    def newest(self, began: datetime) -> Rules:
        """For a call whose dialogue begins then. began: aware UTC."""
        self._look()
        return _rules(self._book, self._digest, began)

    def of(self, digest: str, began: datetime) -> Rules | None:
        """For a dialogue that began then with this digest; None when nobody here remembers it."""
        self._look()
        book = self._seen.get(digest)
        return _rules(book, digest, began) if book else None

    def _look(self) -> None:
        with self._door:
            try:
                state = self._path.stat()
                mark = (state.st_mtime_ns, state.st_size, state.st_ino)
                if mark != self._mark or self._digest == "":
                    self._take(decode(self._path.read_bytes()))
                    self._mark, self.problem = mark, ""
            except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
                self._complain(f"{self._path} cannot be used: {type(error).__name__}: {error}")
            if not self._seen:
                self._take(self._book)

    def _take(self, book: DialogueBook) -> None:
        ZoneInfo(book.policy.timezone)  # raises before anything is taken over
        self._book = book
        self._digest = hashlib.sha256(repr((asdict(book.policy), book.outages)).encode()).hexdigest()[:8]
        self._seen[self._digest] = book
        self._seen.move_to_end(self._digest)
        while len(self._seen) > MOST_OLD:
            self._seen.popitem(last=False)

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            log.error("the policy's copy", problem=problem)
        self.problem = problem


def _rules(book: DialogueBook, digest: str, began: datetime) -> Rules:
    """The same for the same moment, so that answers can be played back."""
    return Rules(book.policy, ZoneInfo(book.policy.timezone), book.coming(began), digest)
