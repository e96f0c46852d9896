"""The promise, spoken only when the line is durable, with its reference and when (requirements B2, B4)."""

from dataclasses import replace
from datetime import datetime

from ivr.dialogue.stages import Stage
from ivr.dialogue.state import Dialogue, Move, facts, fresh, recovery
from ivr.lengths import Length
from ivr.speech import digits
from ivr.steps import Input, Play, SetFacts

PROMISES = {"unanswered": "promise-soon", "surge": "promise-soon", "closed": "promise-open"}
"""Message → what is promised where nothing is broken; with any other, we call when the system works again."""
SPOOLED = SetFacts((("HF_SPOOLED", "1"),))


def promise(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Durable: now it may be promised. The reference of a full dialogue can be heard again."""
    ended = replace(dialogue, stage=Stage.ENDED, done=True)
    if not dialogue.number:
        return ended, (SPOOLED, Play(("no-number",)))
    ended, when = recovery(ended, now)
    message = ("message-kept",) if dialogue.recording else ()
    stays = ("own-number",) if dialogue.stayed else ()
    words = (*message, *stays, *when, PROMISES.get(dialogue.call.message, "promise"))
    if dialogue.short:  # every second of these is somebody else's busy tone
        words = (*when, "promise-short")
    spooled = facts(HF_SPOOLED="1", **_taken(dialogue))
    promised = facts(HF_PROMISED="1")
    reference = () if dialogue.short else digits(dialogue.call.reference)
    if reference and dialogue.length is Length.FULL:
        return fresh(replace(ended, done=False), Stage.TOLD), (spooled, Play(words), promised)
    spoken = ("reference-is", *reference) if reference else ()
    last = () if dialogue.short else ("goodbye",)
    return ended, (spooled, Play((*words, *spoken, *last)), promised)


def _taken(dialogue: Dialogue) -> dict[str, str]:
    """A number that was taken without a key goes out only now: before the line was durable any tier would have taken it."""
    if dialogue.length is not Length.MESSAGE or dialogue.call.number:
        return {}
    return {"HF_WANTED": "1", "HF_NUMBER": dialogue.number, "HF_SOURCE": dialogue.source, "HF_STAYED": "1"}


def goodbye(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """All was said."""
    return replace(dialogue, stage=Stage.ENDED, done=True), (Play(("goodbye",)),)
