"""One call under way, as a value, and the small words that moves are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from ivr.dialogue.stages import Purpose, Stage
from ivr.lengths import Length
from ivr.policy import CallerPolicy
from ivr.speech import moment
from ivr.steps import Input, Next, SetFacts, Step
from ivr.values import Asks, CallFacts, Outage, PromiseSeen


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One call under way.

    own: the caller id when it may be called back, as dialled. number, source, matter, region, recording: confirmed, "" before.
    stayed: the caller id was taken without a key. keyed: the number being confirmed, for ``purpose``. put: how often each
    question was put. said: the recovery time was spoken. before: prompts to speak ahead of the next question.

    owner, owner_source: number of the open promise that he asks about, and whether it is his own; about: its reference; seen:
    what the book says of it, None when nobody could look. asks: what he asks of the book; parts: requests durable so far.
    done, next: how it ended.
    """

    call: CallFacts
    policy: CallerPolicy
    zone: tzinfo
    stage: Stage
    language: str
    length: Length = Length.FULL
    outages: tuple[Outage, ...] = ()
    own: str = ""
    number: str = ""
    source: str = "none"
    matter: str = ""
    region: str = ""
    recording: str = ""
    wanted: bool = False
    stayed: bool = False
    keyed: str = ""
    purpose: Purpose = Purpose.CALL
    put: Mapping[Stage, int] = field(default_factory=dict)
    said: bool = False
    before: tuple[str, ...] = ()
    owner: str = ""
    owner_source: str = ""
    about: str = ""
    seen: PromiseSeen | None = None
    asks: Asks = Asks.CALL
    parts: int = 0
    done: bool = False
    next: Next = Next.TIER

    @property
    def short(self) -> bool:
        """Only the number is asked for, with the shortest words."""
        return self.length in (Length.EXPRESS, Length.MESSAGE)


Move = tuple[Dialogue, tuple[Step, ...]]
Act = Callable[[Dialogue, Input, datetime], Move]


def facts(**values: str) -> SetFacts:
    """Call variables to set."""
    return SetFacts(tuple(values.items()))


def fresh(dialogue: Dialogue, stage: Stage, *before: str) -> Dialogue:
    """On to a stage whose question has not been put yet, for this turn."""
    return replace(dialogue, stage=stage, before=before, put={**dialogue.put, stage: 0})


def again(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The same question once more."""
    return dialogue, ()


def wrong(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """The same question once more, after a word about the key."""
    return replace(dialogue, before=("wrong-key",)), ()


def back(dialogue: Dialogue, given: Input, now: datetime) -> Move:
    """To the first choice, which spends one of its tries."""
    return replace(dialogue, stage=Stage.CHOICE, before=(), asks=Asks.CALL), (facts(HF_KEY=""),)


def recovery(dialogue: Dialogue, now: datetime) -> tuple[Dialogue, tuple[str, ...]]:
    """The recovery time, once, where one is known (requirement B2)."""
    if dialogue.said or dialogue.call.recovery_at is None:
        return dialogue, ()
    spoken = moment(dialogue.call.recovery_at, now, dialogue.zone, dialogue.language)
    return replace(dialogue, said=True), spoken
