"""An open promise: what state it is in, and what the caller wants of it. A caller id can be forged, so that there is one is all
that anybody hears without its reference.

Where nobody can look, what he wants is taken down as a request, which is judged when it comes into the book.
"""

from dataclasses import replace
from datetime import datetime

from ivr.dialogue.promising import goodbye
from ivr.dialogue.stages import Purpose, Stage
from ivr.dialogue.state import Dialogue, Move, facts, fresh
from ivr.lengths import Length
from ivr.speech import moment
from ivr.steps import Input, Keys, Play, Seen
from ivr.values import Asks

SAID = {
    Asks.NOTICE: "notice-kept",
    Asks.CANCEL: "promise-cancelled",
    Asks.UNDO: "promise-restored",
    Asks.CHANGE: "promise-changed",
}


def look(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Is there one for the number that he is calling from?"""
    return replace(
        dialogue, stage=Stage.LOOKING, owner=dialogue.own, owner_source="own", seen=None, about=""
    ), ()


def is_not_met(dialogue: Dialogue) -> bool:
    """Whether nobody asks for an earlier promise: there is no time for it, or another tier has gone beyond this."""
    return dialogue.length is not Length.FULL or bool(dialogue.matter)


def met(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """He hears that there is one already; this call joins it, and its place stays (requirement E6)."""
    return replace(dialogue, stage=Stage.MATTER, before=("open-promise",)), ()


def unmet(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The first of this number, as far as anybody can say now."""
    return replace(dialogue, stage=Stage.MATTER), ()


def is_unknown(dialogue: Dialogue) -> bool:
    """Whether the number of the promise has to be keyed."""
    return not dialogue.own


def whose(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The promise is for another number than the one he is calling from, as far as anybody knows."""
    before = ("open-none",) if dialogue.own else ()
    return replace(fresh(dialogue, Stage.KEYING, *before), purpose=Purpose.WHOSE), ()


def there_is_one(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """He hears that there is one."""
    return fresh(dialogue, Stage.REFERENCE, "open-promise"), ()


def cannot_look(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """No dead end: with number and reference what he wants can be taken down."""
    return fresh(dialogue, Stage.REFERENCE, "no-lookup"), ()


def check_reference(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Six digits; they are no number, so no tier may read them back."""
    assert isinstance(given, Keys)  # noqa: S101 - the row is read from keys only
    return replace(dialogue, stage=Stage.CHECKING, about=given.text, before=()), (facts(HF_KEYED=""),)


def wrong_reference(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Not six digits, or those of another promise: which of it, he does not hear."""
    return replace(dialogue, stage=Stage.REFERENCE, about="", before=("reference-wrong",)), (
        facts(HF_KEYED=""),
    )


def unchecked(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Nobody can say whether it is right."""
    return fresh(replace(dialogue, seen=None), Stage.PROMISE, "no-lookup"), ()


def known(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Its state, when we mean to call, and what may be done."""
    assert isinstance(given, Seen)  # noqa: S101 - the row is read from the book only
    assert given.promise is not None  # noqa: S101 - and only when it knows one
    seen = given.promise
    at = seen.due_at if seen.state == "open" else None
    when = moment(at, now, dialogue.zone, dialogue.language, "promise-due") if at else ()
    state = (f"promise-state-{seen.state}",) if seen.state in STATES else ()
    stage = Stage.UNDO if seen.state == "cancelled" else Stage.PROMISE
    return fresh(replace(dialogue, seen=seen), stage, *state, *when), ()


STATES = ("open", "claimed", "dialling", "talking", "cancelled")


def leave_it(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """It stays as it is; nothing of this call needs writing down."""
    return replace(dialogue, stage=Stage.ENDED, done=True), (
        Play(("promise-kept", "goodbye")),
        facts(HF_SPOOLED="1"),
    )


def finished(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Nothing more is wanted of it, and nothing of this call needs writing down."""
    moved, steps = goodbye(dialogue, given, now)
    return moved, (*steps, facts(HF_SPOOLED="1"))


def change(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """To be called on another number."""
    return replace(fresh(dialogue, Stage.KEYING), purpose=Purpose.CHANGE), ()


def cancel(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Not to be called."""
    return replace(dialogue, stage=Stage.REQUESTING, asks=Asks.CANCEL, before=()), ()


def undo(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """To be called after all."""
    return replace(dialogue, stage=Stage.REQUESTING, asks=Asks.UNDO, before=()), ()


def taken_down(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The request is durable, and nothing else of this call needs writing down. A cancel can be taken back at once."""
    parts = dialogue.parts + 1
    steps = (facts(HF_SPOOLED="1", HF_PARTS=str(parts)),)
    dialogue = replace(dialogue, parts=parts)
    sure = dialogue.asks is Asks.NOTICE or (dialogue.seen is not None and dialogue.seen.known)
    said = SAID[dialogue.asks] if sure else "request-taken"
    if dialogue.asks is Asks.CANCEL:
        return fresh(dialogue, Stage.UNDO, said), steps
    ended, last = goodbye(dialogue, given, now)
    return ended, (*steps, Play((said,)), *last)


def not_taken(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Not durable: the next tier takes the call, and what an earlier request has spooled does not end it."""
    steps = (facts(HF_SPOOLED=""),) if dialogue.parts else ()
    return replace(dialogue, stage=Stage.ENDED), steps
