"""Keying a number, whatever it is for: taken, admitted, read back, confirmed (requirement C5)."""

from dataclasses import replace
from datetime import datetime

from ivr.dialogue.choosing import nothing_more, settled, stayed
from ivr.dialogue.reading import admits
from ivr.dialogue.stages import Purpose, Stage
from ivr.dialogue.state import Dialogue, Move, back, facts, fresh
from ivr.numbers import Refusal, check
from ivr.steps import Input, Keys
from ivr.values import Asks

MISTAKEN = (Refusal.INVALID, Refusal.NOT_A_NUMBER)
ASKS = {Purpose.NOTICE: Asks.NOTICE, Purpose.CHANGE: Asks.CHANGE}


def keyed(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """A number that may be called, as far as its digits say."""
    assert isinstance(given, Keys)  # noqa: S101 - the row is read from keys only
    return fresh(replace(dialogue, keyed=check(given.text, dialogue.policy).number), Stage.ADMITTING), ()


def refused(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Refused at capture with the reason spoken: not a whole number, or one that may not be dialled."""
    text = given.text if isinstance(given, Keys) else ""
    mistaken = check(text, dialogue.policy).refusal in MISTAKEN
    dialogue = replace(dialogue, before=("number-invalid" if mistaken else "number-refused",))
    return dialogue, (facts(HF_KEYED=""),)


def over(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Too many callbacks are asked for on this number: he is asked for another one."""
    dialogue = replace(dialogue, stage=Stage.KEYING, keyed="", before=("number-refused",))
    return dialogue, (facts(HF_KEYED=""),)


def unasked(dialogue: Dialogue) -> bool:
    """Whether the number is read back without anybody being asked about limits."""
    return not admits(dialogue)


def read_back(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Within the limits."""
    return fresh(dialogue, Stage.CONFIRM), ()


def rekey(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """He says that it is wrong: never kept (requirement C5). Each keying is a try."""
    return replace(dialogue, stage=Stage.KEYING, keyed="", before=()), (facts(HF_KEYED=""),)


def confirmed(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """He says that it is right."""
    if dialogue.purpose is Purpose.CALL:
        return settled(dialogue, dialogue.keyed, "keyed")
    cleared = (facts(HF_KEYED=""),)
    if dialogue.purpose is Purpose.WHOSE:
        return fresh(replace(dialogue, owner=dialogue.keyed, owner_source="keyed"), Stage.REFERENCE), cleared
    return replace(dialogue, stage=Stage.REQUESTING, asks=ASKS[dialogue.purpose]), cleared


def let_stand(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Silent at a number that he keyed and heard read back: it stands; but nothing that there is already is changed for it."""
    if dialogue.purpose is Purpose.CHANGE:
        return back(dialogue, given, now)
    if dialogue.purpose is not Purpose.CALL:
        return confirmed(dialogue, given, now)
    known = facts(HF_WANTED="1", HF_NUMBER=dialogue.keyed, HF_SOURCE="keyed", **nothing_more(dialogue))
    dialogue = replace(
        dialogue, stage=Stage.SPOOLING, number=dialogue.keyed, source="keyed", wanted=True, before=()
    )
    return dialogue, (known,)


def given_up(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """No number came of it."""
    if dialogue.purpose is Purpose.CALL:
        return stayed(dialogue, given, now)
    moved, steps = back(dialogue, given, now)
    return moved, (*steps, facts(HF_KEYED=""))
