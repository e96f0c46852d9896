"""The first choice, and the ways out of the dialogue."""

from dataclasses import replace
from datetime import datetime

from ivr.dialogue.stages import Purpose, Stage
from ivr.dialogue.state import Dialogue, Move, facts, fresh
from ivr.lengths import Length
from ivr.speech import digits
from ivr.steps import Input, Next, SetLanguage, Step


def other_language(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The message again, in the other language, with the danger key before it (requirement B6)."""
    languages = dialogue.policy.languages
    language = languages[(languages.index(dialogue.language) + 1) % len(languages)]
    key = dialogue.policy.danger_key
    danger = ("danger", *digits(key)) if key else ()
    dialogue = replace(
        dialogue, language=language, said=False, before=(*danger, f"message-{dialogue.call.message}")
    )
    return dialogue, (SetLanguage(language), facts(HF_LANG=language, HF_KEY=""))


def own(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Called back on the number he is calling from; a withheld or refused one has to be keyed."""
    if not dialogue.own:
        return other(dialogue, given, now)
    return settled(dialogue, dialogue.own, "own")


def other(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Called back on a number that he keys."""
    dialogue = replace(fresh(dialogue, Stage.KEYING), purpose=Purpose.CALL, wanted=True)
    return dialogue, (facts(HF_WANTED="1", HF_KEY="2"),)


def settled(dialogue: Dialogue, number: str, source: str) -> Move:
    """The number is confirmed: it goes out at once, and what follows is asked only as far as there is time for it."""
    known: tuple[Step, ...] = (facts(HF_WANTED="1", HF_NUMBER=number, HF_SOURCE=source),)
    call = dialogue.call
    told = (number, source) == (call.number, call.source) and call.wanted
    if told or (source == "own" and number == call.own and call.key == "1"):
        known = ()  # they are in the call: the dialplan has put them there when the key came, or another tier
    put = {**dialogue.put, Stage.MATTER: 0}
    return replace(
        dialogue, stage=Stage.MEETING, number=number, source=source, wanted=True, before=(), put=put
    ), known


def stayed(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Stayed to the end without settling a number: called on his own one where that is known, and asked nothing more."""
    dialogue = replace(dialogue, stage=Stage.SPOOLING, before=())
    if not dialogue.own:
        return dialogue, ()
    dialogue = replace(dialogue, number=dialogue.own, source="own", wanted=True, stayed=True)
    known = facts(
        HF_WANTED="1", HF_NUMBER=dialogue.own, HF_SOURCE="own", HF_STAYED="1", **nothing_more(dialogue)
    )
    return dialogue, (known,)


def nothing_more(dialogue: Dialogue) -> dict[str, str]:
    """Facts by which no other tier asks what this one has asked in vain."""
    if dialogue.short:
        return {}
    matter = {} if dialogue.matter else {"HF_MATTER": "unstated"}
    return matter | ({"HF_LENGTH": Length.SHORT.value} if dialogue.length is Length.FULL else {})


def taken(dialogue: Dialogue, now: datetime) -> Move:
    """Lines are so short that the caller id is taken without a key; nothing of it needs telling: the next tier does the same."""
    number = dialogue.own
    return replace(dialogue, stage=Stage.SPOOLING, number=number, source="own", wanted=True, stayed=True), ()


def danger(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The danger key, at a later moment (requirement B6)."""
    return replace(dialogue, stage=Stage.ENDED, next=Next.DANGER), ()


def person(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Back to the queue, where somebody is left."""
    return replace(dialogue, stage=Stage.ENDED, next=Next.PERSON), ()


def leave(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Not durable, so nothing is promised here; the next tier takes the call."""
    return replace(dialogue, stage=Stage.ENDED), ()
