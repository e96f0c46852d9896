"""What the promise book's moving parts need from outside, as small Protocols. The store satisfies them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callbacks.policy import LimitPolicy
from callbacks.rules import Next
from callbacks.rules.deadlines import Owed
from callbacks.values import Attempt, Capture, Matter, Outcome, Promise


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What a batch did: captures new in the book, known ones that it completed, promises that it opened, and how many of
    these are held because they are above a limit.
    """

    new: int = 0
    completed: int = 0
    promises: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What the site's rules say of a capture that comes in. owed: until when what is owed to somebody who left this matter then
    (E2, E3); None: it is written later. fault: key of the fault in one place that it reports (C3), "" none; None: none has one.
    """

    owed: Callable[[Matter, datetime], Owed] | None = None
    fault: Callable[[Capture], str] | None = None


NO_TERMS = Terms()


class CaptureBook(Protocol):
    """Where captures go. Batches are one transaction with their offset: both or neither."""

    def offsets(self, sources: Sequence[str]) -> Mapping[str, int]:
        """Byte offset up to which each source was imported; sources never seen are left out."""
        ...

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
        """Bring captures in, once each by their key, gather them in promises on the site's terms, hold those above a limit,
        and move the source's offset.
        """
        ...

    def forget(self, sources: Sequence[str]) -> None:
        """Drop the offsets of sources whose files were deleted."""
        ...


class PromiseBook(Protocol):
    """Claims, as a dispatcher needs them. All times are aware UTC; every method is one transaction."""

    def claim_due(
        self,
        scopes: Sequence[str],
        limit: int,
        now: datetime,
        holder: str,
        lease: float,
        *,
        head_start: Mapping[Matter, float] = ...,
        only: Collection[Matter] | None = None,
    ) -> list[Promise]:
        """Claim up to ``limit`` promises whose turn it is, for ``lease`` seconds."""
        ...

    def claim(
        self, promise_id: int, now: datetime, holder: str, lease: float, *, agent: str = ""
    ) -> Promise | None:
        """Claim this one; None when somebody else has it or it is closed."""
        ...

    def release(
        self, promise_id: int, holder: str, *, now: datetime | None = None, who: str = "", why: str = ""
    ) -> bool:
        """Give a claim back; False when this holder has none."""
        ...

    def cancel(
        self, promise_id: int, now: datetime, reason: str, *, attention: bool = False, who: str = ""
    ) -> bool:
        """Close a promise that nobody is calling; attention: and put it on the leader's list."""
        ...

    def hold(self, promise_id: int, now: datetime, until: datetime, reason: str, *, who: str = "") -> bool:
        """Keep one open that cannot be called as it stands, not due before ``until``, on the leader's list."""
        ...

    def in_flight(self) -> list[Promise]:
        """Those that are being called or await their outcome."""
        ...

    def promise(self, promise_id: int) -> Promise | None:
        """One promise in whatever state."""
        ...


class AttemptBook(Protocol):
    """Attempts, as a dispatcher needs them. All times are aware UTC; every method is one transaction."""

    def start_attempt(self, one: Attempt, holder: str) -> Promise:
        """Write the row before the call. Raises when this holder's claim does not stand; then nothing may
        go out.
        """
        ...

    def mark_talking(self, key: str, *, agent: str = "") -> bool:
        """Agent and caller are connected."""
        ...

    def await_disposition(
        self,
        key: str,
        line: Outcome,
        due: datetime,
        now: datetime,
        *,
        talk_seconds: float = 0.0,
        reason: str = "",
    ) -> bool:
        """The line's part is over; the agent's word is awaited until ``due``."""
        ...

    def set_disposition(self, key: str, outcome: Outcome, who: str, note: str = "") -> Attempt | None:
        """Record the agent's word; None when an outcome stands already."""
        ...

    def finish_attempt(
        self,
        key: str,
        outcome: Outcome,
        after: Next,
        now: datetime,
        *,
        talk_seconds: float | None = None,
        reason: str = "",
        who: str = "",
    ) -> bool:
        """Set the outcome, once, and move the promise; False when it was set before."""
        ...

    def unended_attempts(self) -> list[Attempt]:
        """What reconciliation has to ask about."""
        ...

    def awaiting_disposition(self, now: datetime | None = None) -> list[Attempt]:
        """Line ended, no outcome yet; with ``now``: only those whose time is up."""
        ...
