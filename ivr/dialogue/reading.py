"""What an input means in the stage that it comes in."""

from ivr.dialogue.stages import Answer, Purpose, Stage
from ivr.dialogue.state import Dialogue
from ivr.lengths import Length
from ivr.numbers import check
from ivr.steps import Admitted, Away, Input, Kept, Keys, NotKept, Recorded, Seen

MATTERS = {"1": "fault", "2": "bill", "3": "complaint", "4": "tipoff", "5": "question"}
REFERENCE_DIGITS = 6
NUMBERS = frozenset({Stage.KEYING, Stage.REFERENCE})
"""Where every key is a digit of something longer."""
PEOPLE = frozenset({Stage.CHOICE, Stage.MORE})
"""Where 0 leads to a person, if one is left: before anything was confirmed."""


def read(dialogue: Dialogue, given: Input) -> Answer:
    """The answer, whether or not it was asked for."""
    match given:
        case Keys(text):
            return _keys(dialogue, text)
        case Kept():
            return Answer.KEPT
        case NotKept():
            return Answer.NOT_KEPT
        case Admitted(ok):
            return Answer.ADMITTED if ok else Answer.OVER
        case Recorded(name):
            return Answer.RECORDED if name else Answer.NOTHING
        case Away():
            return Answer.AWAY
        case Seen(promise):
            if promise is None or (dialogue.stage is Stage.CHECKING and not promise.known):
                return Answer.NONE
            return Answer.CANCELLED if promise.known and promise.state == "cancelled" else Answer.OPEN


def _keys(dialogue: Dialogue, text: str) -> Answer:
    if not text:
        return Answer.SILENCE
    if text == "*":
        return Answer.REPEAT
    if dialogue.stage in NUMBERS:
        return _number(dialogue, text)
    if _is_danger(dialogue, text):
        return Answer.DANGER
    if dialogue.stage is Stage.MATTER:
        return Answer.MATTER if text in MATTERS else Answer.WRONG
    if dialogue.stage in (Stage.REGION, Stage.OUTAGES):
        return Answer.REGION if region_of(dialogue, text) else Answer.WRONG
    return Answer(text) if len(text) == 1 and text in _offered(dialogue) else Answer.WRONG


def _number(dialogue: Dialogue, text: str) -> Answer:
    if dialogue.stage is Stage.REFERENCE:
        whole = len(text) == REFERENCE_DIGITS and text.isascii() and text.isdecimal()
        return Answer.DIGITS if whole else Answer.WRONG
    return Answer.NUMBER if check(text, dialogue.policy).number else Answer.REFUSED


def _is_danger(dialogue: Dialogue, text: str) -> bool:
    """The danger key (B6), except where it may be a digit: of a region's key, or of a number that was keyed too slowly and is
    still being keyed while the promise is spoken. A false alarm sends people out.
    """
    if text != dialogue.policy.danger_key:
        return False
    if dialogue.stage is Stage.TOLD and dialogue.put.get(Stage.KEYING) and dialogue.source != "keyed":
        return False
    asks_region = dialogue.stage in (Stage.REGION, Stage.OUTAGES)
    return not (asks_region and any(text in region.key for region in dialogue.policy.regions))


def region_of(dialogue: Dialogue, text: str) -> str:
    """The region that these digits choose, or ""."""
    return next((region.id for region in dialogue.policy.regions if region.key == text), "")


def _offered(dialogue: Dialogue) -> str:
    """The keys that have a meaning of their own in this stage."""
    policy, stage = dialogue.policy, dialogue.stage
    person = "0" if dialogue.call.person and stage in PEOPLE else ""
    if stage is Stage.CHOICE:
        return (
            "12"
            + ("3" if dialogue.length is Length.FULL else "")
            + ("9" if len(policy.languages) > 1 else "")
            + person
        )
    if stage is Stage.MORE:
        return "12" + ("3" if policy.offer_notice else "") + person
    if stage is Stage.PROMISE:
        return "123"
    return {Stage.CONFIRM: "12", Stage.MESSAGE: "12", Stage.UNDO: "1"}.get(stage, "")


def admits(dialogue: Dialogue) -> bool:
    """Whether the limits are asked: not in a short dialogue, and not for a number that is only looked up."""
    return not dialogue.short and dialogue.purpose is not Purpose.WHOSE
