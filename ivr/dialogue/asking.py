"""What each stage puts to the caller, or to those who can answer for the machine."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from ivr.dialogue.leaving import left, request
from ivr.dialogue.reading import PEOPLE, REFERENCE_DIGITS
from ivr.dialogue.stages import Stage
from ivr.dialogue.state import Dialogue, Move, facts, recovery
from ivr.lengths import Length
from ivr.speech import digits
from ivr.steps import Admit, Ask, End, Look, Next, Play, Record, Spool, Step

NUMBER_DIGITS = 16
MOST_RECORDED_NAME = 60
READ_BACK = "read-back"
Question = Callable[[Dialogue], tuple[str, ...]]


def ask(dialogue: Dialogue, now: datetime) -> Move:
    """The question of the present stage, spoken once more, with what is to be said before it."""
    stage = dialogue.stage
    when: tuple[str, ...] = ()
    if stage is Stage.CHOICE:
        dialogue, when = recovery(dialogue, now)
    said, prompts = (*dialogue.before, *when), QUESTIONS[stage](dialogue)
    dialogue = replace(dialogue, before=(), put={**dialogue.put, stage: dialogue.put.get(stage, 0) + 1})
    most = _digits(dialogue)
    seconds = dialogue.policy.digit_seconds if most > 1 else dialogue.policy.choice_seconds
    if stage is Stage.CONFIRM:
        # deaf at first: a last digit that was keyed slowly is no answer to what was keyed before it
        return dialogue, (Play((*said, READ_BACK)), Ask(prompts, most, seconds))
    return dialogue, (Ask((*said, *prompts), most, seconds),)


def _digits(dialogue: Dialogue) -> int:
    if dialogue.stage is Stage.KEYING:
        return NUMBER_DIGITS
    if dialogue.stage is Stage.REFERENCE:
        return REFERENCE_DIGITS
    if dialogue.stage in (Stage.REGION, Stage.OUTAGES):
        return max(len(region.key) for region in dialogue.policy.regions)
    return 1


# -- the questions


def _choice(dialogue: Dialogue) -> tuple[str, ...]:
    offer = f"offer{'-short' if dialogue.short else ''}{'' if dialogue.own else '-keyed'}"
    return offer, *(("more",) if dialogue.length is Length.FULL else ()), *_person(dialogue)


def _more(dialogue: Dialogue) -> tuple[str, ...]:
    notice = ("more-notice",) if dialogue.policy.offer_notice else ()
    return "more-menu", *notice, *_person(dialogue), "back"


def _person(dialogue: Dialogue) -> tuple[str, ...]:
    return ("person",) if dialogue.call.person and dialogue.stage in PEOPLE else ()


def _confirm(dialogue: Dialogue) -> tuple[str, ...]:
    return *digits(dialogue.keyed), "confirm"


def _regions(dialogue: Dialogue) -> tuple[str, ...]:
    spoken = ((f"region-{region.id}", "press", *digits(region.key)) for region in dialogue.policy.regions)
    return "region-intro", *(prompt for prompts in spoken for prompt in prompts)


def _reference(dialogue: Dialogue) -> tuple[str, ...]:
    return "reference-is", *digits(dialogue.call.reference), "reference-again"


QUESTIONS: Mapping[Stage, Question] = {
    Stage.CHOICE: _choice,
    Stage.KEYING: lambda dialogue: ("enter-number",),
    Stage.CONFIRM: _confirm,
    Stage.MATTER: lambda dialogue: ("matter",),
    Stage.REGION: _regions,
    Stage.MESSAGE: lambda dialogue: ("ask-message",),
    Stage.TOLD: _reference,
    Stage.MORE: _more,
    Stage.OUTAGES: _regions,
    Stage.REFERENCE: lambda dialogue: ("enter-reference",),
    Stage.PROMISE: lambda dialogue: ("promise-menu",),
    Stage.UNDO: lambda dialogue: ("undo",),
}
"""Stages that put a question to the caller."""


# -- the others


def _record(dialogue: Dialogue, now: datetime) -> Step:
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in dialogue.call.unique_id)
    return Record(("leave-message",), name[-MOST_RECORDED_NAME:], dialogue.policy.message_seconds)


def _end(dialogue: Dialogue) -> tuple[Step, ...]:
    if dialogue.done:
        return facts(HF_DONE="1"), End(done=True)
    if dialogue.next is Next.TIER:
        return (End(done=False),)
    return facts(HF_NEXT=dialogue.next.value), End(done=False, next=dialogue.next)


ERRANDS: Mapping[Stage, Callable[[Dialogue, datetime], Step]] = {
    Stage.ADMITTING: lambda dialogue, now: Admit(dialogue.keyed),
    Stage.RECORDING: _record,
    Stage.SPOOLING: lambda dialogue, now: Spool(left(dialogue, now)),
    Stage.MEETING: lambda dialogue, now: Look(dialogue.number),
    Stage.LOOKING: lambda dialogue, now: Look(dialogue.own),
    Stage.CHECKING: lambda dialogue, now: Look(dialogue.owner, dialogue.about),
    Stage.REQUESTING: lambda dialogue, now: Spool(request(dialogue, now)),
}
"""Stages that somebody else answers."""


def enter(dialogue: Dialogue, now: datetime) -> Move:
    """The last steps of a move: the question, the errand or the end of the stage that it led to."""
    if dialogue.stage in QUESTIONS:
        return ask(dialogue, now)
    if dialogue.stage is Stage.ENDED:
        return dialogue, _end(dialogue)
    return dialogue, (ERRANDS[dialogue.stage](dialogue, now),)
