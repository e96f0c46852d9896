"""Taking a call over, wherever the phrase or an earlier tier has left it. Nothing that it says is trusted."""

from dataclasses import replace
from datetime import datetime, tzinfo

from ivr.dialogue.choosing import other, settled, taken
from ivr.dialogue.promising import SPOOLED, promise
from ivr.dialogue.reading import MATTERS
from ivr.dialogue.stages import Stage
from ivr.dialogue.state import Dialogue, Move, facts, fresh
from ivr.lengths import Length
from ivr.numbers import check
from ivr.policy import CallerPolicy
from ivr.steps import Kept, Play, Step
from ivr.values import CallFacts, Outage

KNOWN_MATTERS = frozenset(MATTERS.values()) | {"danger", "unstated"}
LENGTHS = frozenset(Length)


def length_of(call: CallFacts, policy: CallerPolicy) -> Length:
    """As long as the call says; else as the policy does; else full."""
    said = call.length if call.length in LENGTHS else policy.dialogue
    return Length(said) if said in LENGTHS else Length.FULL


def take_over(call: CallFacts, policy: CallerPolicy, zone: tzinfo, outages: tuple[Outage, ...]) -> Move:
    """The call at the first choice, with what is confirmed already; a number that may not be dialled is taken back."""
    own = check(call.own, policy).number if call.own else ""
    number = own if call.number == call.own else check(call.number, policy).number
    dialogue = Dialogue(
        call,
        policy,
        zone,
        Stage.CHOICE,
        call.language if call.language in policy.languages else policy.languages[0],
        length_of(call, policy),
        outages,
        own=own,
        number=number,
        source=_source(call, own, number),
        matter=call.matter if call.matter in KNOWN_MATTERS else "",
        region=call.region if call.region in {region.id for region in policy.regions} else "",
        recording=call.recording,
        wanted=call.wanted,
        parts=call.parts,
    )
    steps: tuple[Step, ...] = ()
    if call.own and not own:  # the dialplan cannot judge a caller id
        steps = (facts(HF_OWN="", HF_NUMBER=number, HF_SOURCE=dialogue.source if number else ""),)
    elif call.number and not number:
        steps = (facts(HF_NUMBER="", HF_SOURCE=""),)
    return dialogue, steps


def _source(call: CallFacts, own: str, number: str) -> str:
    if not number:
        return "none"
    return call.source or ("own" if number == own else "keyed")


def go_on(dialogue: Dialogue, now: datetime) -> Move:
    """To where the call was; the first choice when nothing was chosen. Questions that were answered are not put again."""
    call = dialogue.call
    if call.spooled:
        return _spooled(dialogue, now)
    unasked = dialogue.length is Length.MESSAGE and call.key in ("", "1")
    if unasked and dialogue.own and dialogue.number in ("", dialogue.own):
        return taken(dialogue, now)
    if dialogue.number:
        return settled(dialogue, dialogue.number, dialogue.source)
    if unasked and call.own and not dialogue.own and not call.keyed:
        return (
            dialogue,
            (),
        )  # the dialplan has taken a caller id that may not be called: he is asked for another number
    if call.wanted and not (call.key == "1" and dialogue.own):
        return _keying(dialogue, now)
    return dialogue, ()


def _spooled(dialogue: Dialogue, now: datetime) -> Move:
    """The line is durable, and only what is to be said of it is missing."""
    if dialogue.number or not dialogue.parts:
        return promise(dialogue, Kept(), now)
    return replace(dialogue, stage=Stage.ENDED, done=True), (SPOOLED, Play(("request-taken", "goodbye")))


def _keying(dialogue: Dialogue, now: datetime) -> Move:
    """He wants to be called on another number; one that he has keyed already is read back."""
    keyed = check(dialogue.call.keyed, dialogue.policy).number
    dialogue, steps = other(dialogue, Kept(), now)
    steps = () if dialogue.call.key == "2" else steps
    if keyed:
        return fresh(replace(dialogue, keyed=keyed), Stage.ADMITTING), steps
    return dialogue, (*steps, *((facts(HF_KEYED=""),) if dialogue.call.keyed else ()))
