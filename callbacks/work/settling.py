"""What became of each matter of a promise (requirements C4, E7): a second one is kept, and needs an outcome of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callbacks.values import (
    DESK,
    Asks,
    Capture,
    Matter,
    MatterOutcome,
    NumberSource,
    Outcome,
    Promise,
    Settled,
    complaint_key,
)
from callbacks.work.ground import TOO_LONG, Ground, words
from callbacks.work.values import N_, NOTE_MOST, WORDS_MOST, Actor, Matters, MatterWord, NotAllowed

ORDER_MOST: Final = 80
AND: Final = " / "
NOT_OF_IT: Final = N_("That matter is not of this promise.")
NEED_ORDER: Final = N_("Give the number of the fault order.")
SATISFIED: Final = N_("Satisfaction is a number from 1 to 5, or left out.")
SAY_EACH: Final = N_("Several matters wait: say what became of each.")
WHAT_COMPLAINT: Final = N_("Say what the complaint is about.")
# What a definite end of the call says about a matter of which nothing else was said.
_BY_OUTCOME: Final = {Outcome.ANSWERED: Settled.DONE, Outcome.REFUSED: Settled.GIVEN_UP}


def matters_of(ground: Ground, promise_id: int) -> tuple[Matters, ...]:
    """Every matter that the promise gathers, oldest first, with what became of it."""
    said = {one.capture: one for one in ground.book.matter_outcomes(promise_id)}
    calls = [one for one in ground.book.captures_of(promise_id) if one.asks is Asks.CALL]
    return tuple(Matters(one, said.get(one.key)) for one in calls)


def for_outcome(
    matters: Sequence[Matters], said: Sequence[MatterWord], outcome: Outcome
) -> tuple[MatterWord, ...]:
    """What is to be written of the matters when a call ended so. Raises NotAllowed when one of several would be left open.

    Who wants no call wants none for any of them.
    """
    usual = _BY_OUTCOME.get(outcome)
    if usual is None:
        return tuple(said)
    named = {one.capture for one in said}
    left = [one.capture.key for one in matters if one.outcome is None and one.capture.key not in named]
    if left and len(matters) > 1 and outcome is Outcome.ANSWERED:
        raise NotAllowed("matter", SAY_EACH)
    return (*said, *(MatterWord(key, usual) for key in left))


def checked(matters: Sequence[Matters], said: Sequence[MatterWord]) -> tuple[MatterWord, ...]:
    """The words, on one line each. Raises NotAllowed for the first thing that is wrong."""
    known = {one.capture.key for one in matters}
    return tuple(_checked(one, known) for one in said)


def _checked(one: MatterWord, known: set[str]) -> MatterWord:
    if one.capture not in known:
        raise NotAllowed("matter", NOT_OF_IT)
    if one.settled is Settled.ORDERED and not one.order.strip():
        raise NotAllowed("order", NEED_ORDER)
    if len(one.order.strip()) > ORDER_MOST:
        raise NotAllowed("order", TOO_LONG, most=ORDER_MOST)
    if not 0 <= one.satisfied <= 5:
        raise NotAllowed("satisfied", SATISFIED)
    note = words(one.note, "note", NOTE_MOST)
    if one.settled is Settled.COMPLAINT and not (note or one.order.strip()):
        raise NotAllowed("note", WHAT_COMPLAINT)
    return MatterWord(one.capture, one.settled, one.order.strip(), one.satisfied, note, one.caused)


@dataclass(frozen=True, slots=True)
class Settling:
    """Writes them down, and opens what follows from them."""

    ground: Ground

    def write(self, said: Sequence[MatterWord], actor: Actor, now: datetime) -> None:
        """Each matter's outcome."""
        for one in said:
            self.ground.book.settle_matter(
                MatterOutcome(
                    one.capture, one.settled, actor.who, now, one.note, one.order, one.satisfied, one.caused
                )
            )

    def follow(
        self,
        promise: Promise,
        matters: Sequence[Matters],
        said: Sequence[MatterWord],
        actor: Actor,
        now: datetime,
    ) -> None:
        """Open what follows: a complaint in the attempt that has no number elsewhere becomes one of the book (E7)."""
        captures = {one.capture.key: one.capture for one in matters}
        for one in said:
            if one.settled is Settled.COMPLAINT and not one.order:
                self.complain(promise, captures[one.capture], one.note, actor, now, caused=one.caused)

    def complain(
        self, promise: Promise, about: Capture | None, text: str, actor: Actor, now: datetime, *, caused: bool
    ) -> str:
        """A complaint as a call of its own, taken down by hand: it joins the promise while that is open, and has one of its
        own when the promise is closed by the attempt in which it was made. Returns its key, the same for the same attempt.
        """
        text = words(text, "note", NOTE_MOST)
        if not text:
            raise NotAllowed("note", WHAT_COMPLAINT)
        key = complaint_key(promise.id, promise.tries)
        before = [one.remarks for one in self.ground.book.captures_of(promise.id) if one.key == key]
        if before and text not in before[0]:
            text = f"{before[0]}{AND}{text}"  # a second one takes nothing away from the first
        capture = Capture(
            key=key,
            at=now,
            scope=promise.scope,
            caller_id=promise.number,
            number=promise.number,
            source=NumberSource.KEYED,
            matter=Matter.COMPLAINT,
            language=promise.language,
            tier=0,
            wanted=True,
            promised=True,
            incident=about.incident if about is not None and caused else "",
            region=about.region if about is not None else "",
            remarks=text,
            taken_by=actor.who,
        )
        self.ground.book.import_captures([capture], DESK, 0, now, terms=self.ground.terms)
        return key


def note_of(text: str) -> str:
    """A remark on the outcome of a call."""
    return words(text, "note", WORDS_MOST)
