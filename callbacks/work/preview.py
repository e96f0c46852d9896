"""Everything that belongs to one promise, as whoever is about to call sees it."""

from dataclasses import dataclass
from datetime import datetime

from callbacks.values import Asks, Attempt, Capture, Promise, Touch
from callbacks.work.allowed import Do, allowed, concerns
from callbacks.work.ground import Ground
from callbacks.work.marks import Mark, mark_of
from callbacks.work.settling import matters_of
from callbacks.work.values import Actor, Matters

STRAYS = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """concerns: it is this person's, and he sees the number whole, as does a leader. matters: calls with what became of each;
    requests: what was asked about it afterwards; strays: what was asked without effect. same_fault: other open promises about
    the same fault. may: what this person may do with it now. mark: what is owed soon, or late.
    """

    promise: Promise
    concerns: bool
    matters: tuple[Matters, ...]
    requests: tuple[Capture, ...]
    strays: tuple[Capture, ...]
    attempts: tuple[Attempt, ...]
    history: tuple[Touch, ...]
    same_fault: int
    may: frozenset[Do]
    mark: Mark | None


def preview(ground: Ground, promise_id: int, actor: Actor, now: datetime) -> Preview:
    """What there is to see. Raises NotAllowed when there is no such promise."""
    one = ground.found(promise_id)
    book = ground.book
    matters = matters_of(ground, one.id)
    references = {m.capture.reference for m in matters if m.capture.reference}
    return Preview(
        promise=one,
        concerns=actor.leader or concerns(one, actor, now),
        matters=matters,
        requests=tuple(c for c in book.captures_of(one.id) if c.asks is not Asks.CALL),
        strays=tuple(book.unapplied(STRAYS, references)) if references else (),
        attempts=tuple(book.attempts_of(one.id)),
        history=tuple(book.history(one.id)),
        same_fault=book.count_same_fault(one.fault, one.id) if one.fault else 0,
        may=allowed(one, actor, now),
        mark=mark_of(one, now, ground.policy.warn_before),
    )
