"""What alerts need from outside, as small protocols."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.book import Entry
from alerts.policy import Way
from alerts.values import Message, Receipt


class Sender(Protocol):
    """One way to send. ``send`` returns when the way has taken the message or refused it; later news go to
    ``Alerts.receipt``. It is cancelled after ``send_timeout``; what it raises counts as UNKNOWN.
    """

    @property
    def way(self) -> Way:
        """The way that it serves."""
        ...

    async def send(self, message: Message) -> Receipt:
        """Send once; never raises for what is outside."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a journal held. damaged: lines that were set aside; torn: whether the last line had been cut by a kill."""

    entries: tuple[dict[str, Any], ...]
    damaged: int = 0
    torn: bool = False
    aside: str = ""  # the file in which damaged lines are kept


class JournalFailed(Exception):
    """An entry is not durable. The message names the file, what went wrong and what to do."""


class JournalHeld(JournalFailed):
    """Another process has it open."""


class Journal(Protocol):
    """The truth for what was sent. Called from one thread at a time, never from the event loop."""

    def load(self) -> Loaded:
        """Everything that it holds, in order; raises JournalFailed."""
        ...

    def append(self, entries: Sequence[Entry]) -> None:
        """Durable on return; raises JournalFailed."""
        ...

    def compact(self, keep: Callable[[Entry], bool]) -> int:
        """Drops entries that are not kept, atomically; returns how many. Raises JournalFailed."""
        ...
