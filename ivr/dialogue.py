"""The dialogue with a caller: a pure state machine.

Theory. A call is in one stage at a time. Each stage but the last puts one question; what comes back is read as one of a
few answers (a key, silence, a number, kept …) and the pair (stage, answer) is a row of ``TABLE``. A pair without a row
is a mistake of the driver and raises. Every question is put at most ``max_tries`` times and no way leads back without
spending a try, so every call ends; whoever runs out of tries is still taken down as well as is possible. What a caller
has confirmed is never asked again: it goes out as a ``SetFacts`` before anything else is played, and another tier may go
on from there. The phrase itself is played by the dialplan before this begins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum

from ivr.numbers import Refusal, check
from ivr.policy import CallerPolicy
from ivr.speech import digits, moment
from ivr.steps import Ask, End, Input, Kept, Keys, NotKept, Play, SetFacts, SetLanguage, Spool, Step
from ivr.values import CallFacts, Left

MATTERS = {"1": "fault", "2": "bill", "3": "complaint", "4": "tipoff", "5": "question"}
NUMBER_DIGITS = 16
PROMISES = {"unanswered": "promise-soon", "surge": "promise-soon", "closed": "promise-open"}
"""Message → what is promised where nothing is broken; with any other, we call when the system works again."""


class Stage(StrEnum):
    """Where a call is."""

    CHOICE = "choice"  # called back on this number or on another one
    KEYING = "keying"
    CONFIRM = "confirm"
    MATTER = "matter"
    SPOOLING = "spooling"
    ENDED = "ended"


class Answer(StrEnum):
    """What an input means in its stage."""

    ONE = "1"
    TWO = "2"
    LANGUAGE = "9"
    REPEAT = "*"
    MATTER = "matter"
    NUMBER = "number"
    REFUSED = "refused"
    SILENCE = "silence"
    WRONG = "wrong"
    KEPT = "kept"
    NOT_KEPT = "not kept"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One call under way.

    own: the caller id when it may be called back, as dialled. keyed: the number being confirmed. stayed: the caller id
    was taken without a key. tries: of the present question; keyings: numbers keyed so far. said: the recovery time was
    spoken.
    """

    call: CallFacts
    policy: CallerPolicy
    zone: tzinfo
    stage: Stage
    language: str
    own: str = ""
    number: str = ""
    source: str = "none"
    matter: str = "unstated"
    wanted: bool = False
    stayed: bool = False
    keyed: str = ""
    tries: int = 0
    keyings: int = 0
    said: bool = False


Move = tuple[Dialogue, tuple[Step, ...]]
Act = Callable[[Dialogue, str, datetime], Move]


class UnknownAnswer(ValueError):
    """The driver answered something that was not asked."""


def start(call: CallFacts, policy: CallerPolicy, zone: tzinfo, now: datetime) -> Move:
    """Take a call over after the phrase; a key pressed during the phrase counts. now: aware UTC."""
    own = check(call.own, policy).number
    language = call.language if call.language in policy.languages else policy.languages[0]
    dialogue = Dialogue(call, policy, zone, Stage.CHOICE, language, own=own)
    begin = advance(dialogue, Keys(call.key), now) if call.key in ("1", "2", "9") else _ask(dialogue, now)
    if (
        call.own and not own
    ):  # the dialplan cannot judge a caller id; one that may not be dialled is taken back
        return _after((_facts(HF_OWN="", HF_NUMBER="", HF_SOURCE=""),), begin)
    return begin


def advance(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The next state and what to do. now: aware UTC. Raises UnknownAnswer, naming stage and answer."""
    answer = _read(dialogue, given)
    act = TABLE.get((dialogue.stage, answer))
    if act is None:
        raise UnknownAnswer(f"no row for {answer.value!r} in stage {dialogue.stage.value!r}")
    return act(dialogue, given.text if isinstance(given, Keys) else "", now)


# -- reading an answer


def _read(dialogue: Dialogue, given: Input) -> Answer:
    if isinstance(given, Kept):
        return Answer.KEPT
    if isinstance(given, NotKept):
        return Answer.NOT_KEPT
    if not isinstance(given, Keys):
        raise UnknownAnswer(f"{type(given).__name__} was not asked for")
    if not given.text:
        return Answer.SILENCE
    if given.text == "*":
        return Answer.REPEAT
    if dialogue.stage is Stage.KEYING:
        return Answer.NUMBER if check(given.text, dialogue.policy).number else Answer.REFUSED
    if dialogue.stage is Stage.MATTER:
        return Answer.MATTER if given.text in MATTERS else Answer.WRONG
    if given.text in ("1", "2"):
        return Answer(given.text)
    switch = given.text == "9" and dialogue.stage is Stage.CHOICE and len(dialogue.policy.languages) > 1
    return Answer.LANGUAGE if switch else Answer.WRONG


# -- asking


def _ask(dialogue: Dialogue, now: datetime, before: tuple[str, ...] = ()) -> Move:
    """Put the question of the present stage once more; out of tries, settle for what there is."""
    if dialogue.tries >= dialogue.policy.max_tries:
        return SETTLE[dialogue.stage](dialogue, "", now)
    dialogue = replace(dialogue, tries=dialogue.tries + 1)
    recovery: tuple[str, ...] = ()
    if dialogue.stage is Stage.CHOICE:
        dialogue, recovery = _recovery(dialogue, now)
    prompts = (*before, *recovery, *_question(dialogue))
    if dialogue.stage is Stage.KEYING:
        return dialogue, (Ask(prompts, NUMBER_DIGITS, dialogue.policy.digit_seconds),)
    return dialogue, (Ask(prompts, 1, dialogue.policy.choice_seconds),)


def _question(dialogue: Dialogue) -> tuple[str, ...]:
    if dialogue.stage is Stage.CHOICE:
        return ("offer" if dialogue.own else "offer-keyed",)
    if dialogue.stage is Stage.CONFIRM:
        return ("read-back", *digits(dialogue.keyed), "confirm")
    return ("enter-number",) if dialogue.stage is Stage.KEYING else ("matter",)


def _recovery(dialogue: Dialogue, now: datetime) -> tuple[Dialogue, tuple[str, ...]]:
    """The recovery time, once, where one is known (requirement B2)."""
    if dialogue.said or dialogue.call.recovery_at is None:
        return dialogue, ()
    spoken = moment(dialogue.call.recovery_at, now, dialogue.zone, dialogue.language)
    return replace(dialogue, said=True), spoken


def _again(dialogue: Dialogue, text: str, now: datetime) -> Move:
    return _ask(dialogue, now)


def _wrong(dialogue: Dialogue, text: str, now: datetime) -> Move:
    return _ask(dialogue, now, ("wrong-key",))


# -- choosing


def _other_language(dialogue: Dialogue, text: str, now: datetime) -> Move:
    languages = dialogue.policy.languages
    language = languages[(languages.index(dialogue.language) + 1) % len(languages)]
    said = _ask(replace(dialogue, language=language, said=False), now, (f"message-{dialogue.call.message}",))
    return _after((SetLanguage(language), _facts(HF_LANG=language)), said)


def _own(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Called back on the number he is calling from; a withheld or refused one has to be keyed."""
    if not dialogue.own:
        return _other(dialogue, text, now)
    return _settle(replace(dialogue, keyed=dialogue.own), "own", now)


def _other(dialogue: Dialogue, text: str, now: datetime) -> Move:
    asked = _ask(replace(dialogue, stage=Stage.KEYING, wanted=True, tries=0), now)
    return _after((_facts(HF_WANTED="1", HF_KEY="2"),), asked)


# -- keying a number


def _keyed(dialogue: Dialogue, text: str, now: datetime) -> Move:
    number = check(text, dialogue.policy).number
    return _ask(
        replace(dialogue, stage=Stage.CONFIRM, keyed=number, tries=0, keyings=dialogue.keyings + 1), now
    )


def _refused(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Refused at capture with the reason spoken: not a whole number, or one that may not be dialled."""
    mistaken = check(text, dialogue.policy).refusal in (Refusal.INVALID, Refusal.NOT_A_NUMBER)
    asked = _ask(dialogue, now, ("number-invalid" if mistaken else "number-refused",))
    return _after((_facts(HF_KEYED=""),), asked)


def _confirmed(dialogue: Dialogue, text: str, now: datetime) -> Move:
    return _settle(dialogue, "keyed", now)


def _rekey(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """He says that it is wrong: never kept (requirement C5); each keying is a try."""
    asked = _ask(replace(dialogue, stage=Stage.KEYING, keyed="", tries=dialogue.keyings), now)
    return _after((_facts(HF_KEYED=""),), asked)


# -- settling


def _settle(dialogue: Dialogue, source: str, now: datetime) -> Move:
    """The number is confirmed; ask what it is about, unless the policy keeps it short."""
    dialogue = replace(dialogue, number=dialogue.keyed, source=source, wanted=True, tries=0)
    facts: tuple[Step, ...] = (_facts(HF_WANTED="1", HF_NUMBER=dialogue.number, HF_SOURCE=source),)
    if dialogue.call.key == "1" and dialogue.number == dialogue.call.own and source == "own":
        facts = ()  # the dialplan has put just these into the call when the key came
    if dialogue.policy.dialogue == "express" or not dialogue.policy.ask_matter:
        return _after(facts, _spool(dialogue, "", now))
    return _after(facts, _ask(replace(dialogue, stage=Stage.MATTER), now))


def _stay(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Stayed to the end without settling a number: called on his own one where that is known."""
    if not dialogue.own:
        return _spool(dialogue, "", now)
    dialogue = replace(dialogue, number=dialogue.own, source="own", wanted=True, stayed=True)
    facts = _facts(HF_WANTED="1", HF_NUMBER=dialogue.number, HF_SOURCE="own")
    return _after((facts,), _spool(dialogue, "", now))


def _let_stand(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Silent at a number that he keyed and heard read back: it stands."""
    dialogue = replace(dialogue, number=dialogue.keyed, source="keyed")
    facts = _facts(HF_WANTED="1", HF_NUMBER=dialogue.number, HF_SOURCE="keyed")
    return _after((facts,), _spool(dialogue, "", now))


def _chosen_matter(dialogue: Dialogue, text: str, now: datetime) -> Move:
    matter = MATTERS[text]
    return _after((_facts(HF_MATTER=matter),), _spool(replace(dialogue, matter=matter), "", now))


def _spool(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Everything is known that will be known. The line comes first, the promise after it."""
    call = dialogue.call
    left = Left(
        unique_id=call.unique_id,
        at=now,
        scope=call.scope,
        caller_id=call.caller_id,
        number=dialogue.number,
        source=dialogue.source,
        matter=dialogue.matter,
        language=dialogue.language,
        tier=1,
        wanted=dialogue.wanted,
        promised=bool(dialogue.number),
        incident=call.incident,
        waited_since=call.waited_since,
    )
    return replace(dialogue, stage=Stage.SPOOLING), (Spool(left),)


def _promise(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Durable: now it may be promised, with when (requirements B2, B4). HF_DONE is the last command of all."""
    ended = replace(dialogue, stage=Stage.ENDED)
    spooled, done = _facts(HF_SPOOLED="1"), _facts(HF_DONE="1")
    if not dialogue.number:
        return ended, (spooled, Play(("no-number",)), done, End(done=True))
    ended, when = _recovery(ended, now)
    before = (("own-number",) if dialogue.stayed else ()) + when
    promise = PROMISES.get(dialogue.call.message, "promise")
    spoken = (Play(before), Play((promise,))) if before else (Play((promise,)),)
    return ended, (spooled, *spoken, _facts(HF_PROMISED="1", HF_DONE="1"), End(done=True))


def _leave(dialogue: Dialogue, text: str, now: datetime) -> Move:
    """Not durable, so nothing is promised here; the next tier takes the call."""
    return replace(dialogue, stage=Stage.ENDED), (End(done=False),)


def _facts(**facts: str) -> SetFacts:
    return SetFacts(tuple(facts.items()))


def _after(steps: tuple[Step, ...], move: Move) -> Move:
    return move[0], (*steps, *move[1])


SETTLE: Mapping[Stage, Act] = {
    Stage.CHOICE: _stay,
    Stage.KEYING: _stay,
    Stage.CONFIRM: _let_stand,
    Stage.MATTER: _spool,
}

TABLE: Mapping[tuple[Stage, Answer], Act] = {
    (Stage.CHOICE, Answer.ONE): _own,
    (Stage.CHOICE, Answer.TWO): _other,
    (Stage.CHOICE, Answer.LANGUAGE): _other_language,
    (Stage.CHOICE, Answer.REPEAT): _again,
    (Stage.CHOICE, Answer.SILENCE): _again,
    (Stage.CHOICE, Answer.WRONG): _wrong,
    (Stage.KEYING, Answer.NUMBER): _keyed,
    (Stage.KEYING, Answer.REFUSED): _refused,
    (Stage.KEYING, Answer.REPEAT): _again,
    (Stage.KEYING, Answer.SILENCE): _again,
    (Stage.CONFIRM, Answer.ONE): _confirmed,
    (Stage.CONFIRM, Answer.TWO): _rekey,
    (Stage.CONFIRM, Answer.REPEAT): _again,
    (Stage.CONFIRM, Answer.SILENCE): _again,
    (Stage.CONFIRM, Answer.WRONG): _wrong,
    (Stage.MATTER, Answer.MATTER): _chosen_matter,
    (Stage.MATTER, Answer.REPEAT): _again,
    (Stage.MATTER, Answer.SILENCE): _again,
    (Stage.MATTER, Answer.WRONG): _wrong,
    (Stage.SPOOLING, Answer.KEPT): _promise,
    (Stage.SPOOLING, Answer.NOT_KEPT): _leave,
}
