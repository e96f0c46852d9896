"""What the work stands on: the book, the bridge's ear, the policy, and the checks that everything shares."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from callbacks.policy import CallbackPolicy
from callbacks.ports import NO_TERMS, ImportResult, Terms
from callbacks.rules.hours import CallCalendar
from callbacks.rules.outcomes import Next
from callbacks.values import (
    Attempt,
    Capture,
    Matter,
    MatterOutcome,
    Outcome,
    Promise,
    PromiseState,
    SilentPbx,
    Touch,
)
from callbacks.work.allowed import Do, why_not
from callbacks.work.values import N_, Actor, NotAllowed

NO_PROMISE = N_("There is no promise %(id)s.")
TOO_LONG = N_("Keep it within %(most)s characters.")
SAY_WHY = N_("Say why, in at most %(most)s characters.")
NO_AGENT = N_("There is no agent “%(name)s”.")


Place = tuple[datetime, int]  # where a page of a list ended: time and id of its last row


class WorkBook(Protocol):
    """The book, as agents and leaders need it; each method is one transaction. who: stands in the history."""

    def promise(self, promise_id: int) -> Promise | None: ...
    def promises_of(self, member: str) -> list[Promise]: ...
    def captures_of(self, promise_id: int) -> list[Capture]: ...
    def attempts_of(self, promise_id: int) -> list[Attempt]: ...
    def history(self, promise_id: int) -> list[Touch]: ...
    def matter_outcomes(self, promise_id: int) -> list[MatterOutcome]: ...
    def unapplied(self, limit: int = 100, about: Collection[str] | None = None) -> list[Capture]: ...
    def same_fault(self, fault: str) -> list[Promise]: ...
    def count_same_fault(self, fault: str, without: int = 0) -> int: ...

    def claim_for_agent(
        self,
        agent: str,
        now: datetime,
        lease: float,
        scopes: Sequence[str] | None = None,
        *,
        head_start: Mapping[Matter, float],
        only: Collection[Matter] | None = None,
    ) -> Promise | None: ...
    def claim(
        self, promise_id: int, now: datetime, holder: str, lease: float, *, agent: str = ""
    ) -> Promise | None: ...
    def release(
        self, promise_id: int, holder: str, *, now: datetime | None = None, who: str = "", why: str = ""
    ) -> bool: ...
    def renew(self, promise_id: int, holder: str, now: datetime, lease: float) -> bool: ...

    def note(self, promise_id: int, text: str, now: datetime, who: str) -> bool: ...
    def reschedule(
        self, promise_id: int, wished_at: datetime, now: datetime, who: str, note: str = ""
    ) -> bool: ...
    def settle_matter(self, outcome: MatterOutcome) -> bool: ...
    def adopt(self, promise_id: int, now: datetime, who: str, note: str = "") -> bool: ...
    def merge(self, from_id: int, into_id: int, now: datetime, who: str) -> bool: ...
    def move_to(
        self, promise_id: int, place_at: datetime, now: datetime, who: str, why: str = ""
    ) -> bool: ...
    def assign(self, ids: Sequence[int], agent: str, now: datetime, who: str) -> list[int]: ...
    def pause(self, ids: Sequence[int], now: datetime, who: str, why: str = "") -> list[int]: ...
    def resume(self, ids: Sequence[int], now: datetime, who: str) -> list[int]: ...
    def cancel_many(self, ids: Sequence[int], now: datetime, reason: str, who: str) -> list[int]: ...
    def seen_by_leader(self, promise_id: int, now: datetime, who: str = "") -> bool: ...
    def let(self, promise_id: int, now: datetime, who: str = "") -> bool: ...
    def silent_pbxs(self) -> list[SilentPbx]: ...
    def end_attempts_of(
        self,
        pbx: str,
        judge: Callable[[Attempt, Promise], tuple[Outcome, Next]],
        now: datetime,
        who: str,
        why: str,
    ) -> list[int] | None: ...
    def search(
        self,
        *,
        state: PromiseState | None = None,
        scope: str = "",
        matter: Matter | None = None,
        agent: str = "",
        number: str = "",
        reference: str = "",
        fault: str = "",
        attention: bool = False,
        paused: bool = False,
        due_by: datetime | None = None,
        owed_by: datetime | None = None,
        after: Place | None = None,
        limit: int = 50,
    ) -> list[Promise]: ...
    def late(self, now: datetime, limit: int, *, beyond: Place | None = None) -> list[Promise]: ...
    def due_soon(
        self, now: datetime, until: datetime, limit: int, *, beyond: Place | None = None
    ) -> list[Promise]: ...
    def import_captures(
        self,
        captures: Sequence[Capture],
        source: str,
        offset: int,
        now: datetime,
        *,
        terms: Terms = NO_TERMS,
    ) -> ImportResult: ...


class Bridge(Protocol):
    """What only the bridge does. Each returns the number of the wish, by which its answer is found."""

    def dial(self, promise_id: int, member: str, who: str, now: datetime) -> int:
        """Ring this agent's telephone, then the caller."""
        ...

    def outcome(
        self, promise_id: int, attempt: str, result: Outcome, member: str, note: str, who: str, now: datetime
    ) -> int:
        """The agent's word on how an attempt ended."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """policy: of callbacks. zone: the site's, in which people state times. calendar: when people may be called; None: always.

    agents: telephones that are known; nobody else is handed anything. None: not known here, then any name goes. terms: what is
    owed to somebody who complains (E3).
    """

    book: WorkBook
    bridge: Bridge
    policy: CallbackPolicy
    zone: ZoneInfo
    calendar: CallCalendar | None = None
    agents: Collection[str] | None = None
    terms: Terms = NO_TERMS

    def found(self, promise_id: int) -> Promise:
        """The promise. Raises NotAllowed when there is none."""
        one = self.book.promise(promise_id) if 0 < promise_id < 2**31 else None
        if one is None:
            raise NotAllowed("promise", NO_PROMISE, id=promise_id)
        return one

    def may(self, do: Do, promise_id: int, actor: Actor, now: datetime) -> Promise:
        """The promise, if this may be done with it. Raises NotAllowed with the reason."""
        one = self.found(promise_id)
        if why := why_not(do, one, actor, now):
            raise NotAllowed("promise", why)
        return one

    def known_agent(self, name: str) -> str:
        """The telephone of an agent. Raises NotAllowed for one that nobody knows."""
        name = name.strip()
        if not name or len(name) > 120 or (self.agents is not None and name not in self.agents):
            raise NotAllowed("agent", NO_AGENT, name=name[:60])
        return name


def words(text: str, field: str, most: int, *, needed: bool = False) -> str:
    """A person's words on one line. Raises NotAllowed when they are too long, or missing though needed."""
    text = " ".join(text.split())
    if needed and not text:
        raise NotAllowed(field, SAY_WHY, most=most)
    if len(text) > most:
        raise NotAllowed(field, TOO_LONG, most=most)
    return text
