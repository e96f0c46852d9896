"""What it is about (requirement C1): matter, region, and a message in his own words. Asked as far as there is time."""

from dataclasses import replace
from datetime import datetime

from ivr.dialogue.reading import MATTERS, region_of
from ivr.dialogue.stages import Stage
from ivr.dialogue.state import Dialogue, Move, facts, fresh
from ivr.lengths import Length
from ivr.steps import Input, Keys, Recorded, Step


def has_matter(dialogue: Dialogue) -> bool:
    """Whether the matter is known, or not to be asked."""
    return bool(dialogue.matter) or dialogue.short or not dialogue.policy.ask_matter


def has_region(dialogue: Dialogue) -> bool:
    """Whether the region is known, or not to be asked."""
    return bool(dialogue.region) or dialogue.length is not Length.FULL or not dialogue.policy.regions


def has_message(dialogue: Dialogue) -> bool:
    """Whether there is a message, or none is to be offered."""
    return bool(dialogue.recording) or dialogue.length is not Length.FULL or not dialogue.policy.ask_message


def chosen_matter(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """A matter by its key."""
    assert isinstance(given, Keys)  # noqa: S101 - the row is read from keys only
    matter = MATTERS[given.text]
    return fresh(replace(dialogue, matter=matter), Stage.REGION), (facts(HF_MATTER=matter),)


def no_matter(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Asked, never insisted on; no other tier asks again."""
    dialogue = fresh(replace(dialogue, matter="unstated"), Stage.REGION)
    return dialogue, (facts(HF_MATTER="unstated"),)


def chosen_region(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """A region by the digits of its key."""
    assert isinstance(given, Keys)  # noqa: S101 - the row is read from keys only
    region = region_of(dialogue, given.text)
    return fresh(replace(dialogue, region=region), Stage.MESSAGE), (facts(HF_REGION=region),)


def to_region(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """On, past what is known; a short dialogue asks nothing more."""
    return (replace(dialogue, stage=Stage.SPOOLING) if dialogue.short else fresh(dialogue, Stage.REGION)), ()


def to_message(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """On, past what is known or was not answered."""
    return fresh(dialogue, Stage.MESSAGE), ()


def to_spool(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """Everything is known that will be known."""
    return _on(dialogue, {})


def record(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """He wants to say something."""
    return replace(dialogue, stage=Stage.RECORDING, before=()), ()


def no_message(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """No message; no other tier asks again."""
    return _on(dialogue, {})


def recorded(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """A message, or the silence of one who has thought better of it."""
    assert isinstance(given, Recorded)  # noqa: S101 - the row is read from a recording only
    dialogue = replace(dialogue, recording=given.name)
    return _on(dialogue, {"HF_RECORDING": given.name} if given.name else {})


def _on(dialogue: Dialogue, known: dict[str, str]) -> Move:
    """To the spool. No other tier asks what this one has asked in vain: it finds a short dialogue."""
    if not (has_region(dialogue) and has_message(dialogue)):
        known = known | {"HF_LENGTH": Length.SHORT.value}
    steps: tuple[Step, ...] = (facts(**known),) if known else ()
    return replace(dialogue, stage=Stage.SPOOLING, before=()), steps
