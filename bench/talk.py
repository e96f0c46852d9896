"""How long callers are on a line: the real dialogue, with the real prompts' lengths, and people whose delays are stated."""

import random
import wave
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from config.prompts import build
from ivr import dialogue
from ivr.lengths import Length
from ivr.policy import CallerPolicy
from ivr.steps import (
    Admit,
    Admitted,
    Ask,
    Away,
    End,
    Input,
    Kept,
    Keys,
    Look,
    Play,
    Record,
    Recorded,
    SetFacts,
    SetLanguage,
    Spool,
    Step,
)
from ivr.values import CallFacts
from lab.site import prompt_cache

LANGUAGE, OTHER = "zh-CN", "en"
POLICY = CallerPolicy(languages=(LANGUAGE, OTHER), area_code="0571")
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
OWN, KEYED = "13900000001", "13812345679"
REACTION, REACTION_SPREAD = (
    0.8,
    0.4,
)  # seconds from the end of what is said to the key: median, and sigma of its logarithm
DIGIT = 0.45  # seconds to key a digit
HEARD = 0.6  # share of a list of choices that is heard before the caller knows his key
SPOKEN, SPOKEN_SPREAD = 15.0, 0.5  # seconds of a message: median, and sigma of its logarithm
MESSAGE_SHARE = 0.25  # of callers who are asked for a message
EXCHANGE = 0.05  # seconds that a step costs beside its sound


class Prompts:
    """How long each prompt is, as built for a site."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def built(cls) -> "Prompts":
        """Of the cache that the lab's sites share; builds what is missing or has changed."""
        build(prompt_cache(), (LANGUAGE, OTHER))
        return cls(prompt_cache())

    @cache  # noqa: B019 - lives as long as the program
    def seconds(self, prompt: str) -> float:
        with wave.open(str(self._folder / LANGUAGE / f"{prompt}.wav"), "rb") as sound:
            return sound.getnframes() / sound.getframerate()

    def all(self, prompts: tuple[str, ...]) -> float:
        return sum(map(self.seconds, prompts))


@dataclass(frozen=True, slots=True)
class Kind:
    """Callers of one kind: how many of a hundred, and the key after the phrase."""

    name: str
    share: float
    key: str


KINDS = (
    Kind("his own number", 0.72, "1"),
    Kind("another number, keyed", 0.12, "2"),
    Kind("says nothing and stays", 0.08, ""),
    Kind("leaves during the phrase", 0.08, ""),
)


def seconds_of(prompts: Prompts, length: Length, kind: Kind, dice: random.Random) -> float:
    """One call from the answer to the hang-up."""
    before, offered = _opening(length)
    heard = prompts.all(before)
    if kind.name.startswith("leaves"):
        return heard * dice.random()
    if not offered:
        return heard + _rest(prompts, length, "", dice)
    if kind.key:
        first, *_ = offered
        heard += prompts.seconds(first) * (HEARD if kind.key == "1" else 1.0) + _reaction(dice)
    else:
        heard += prompts.all(offered) + 1.0  # the dial plan waits a second for a key
    return heard + _rest(prompts, length, kind.key, dice)


def _opening(length: Length) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the dial plan says before a dialogue begins: always, and as an offer."""
    before = ("danger", f"digit-{POLICY.danger_key}", "message-fault", "language")
    if length is Length.MESSAGE:
        return before, ()
    if length is Length.EXPRESS:
        return before, ("offer-short",)
    return before, ("offer", "more") if length is Length.FULL else ("offer",)


def _rest(prompts: Prompts, length: Length, key: str, dice: random.Random) -> float:
    """The dialogue itself: what it plays, and how long the caller takes for his answers."""
    call = CallFacts("1.1", "power", LANGUAGE, "fault", OWN, OWN, key=key, reference="271828", length=length)
    state, steps = dialogue.start(call, POLICY, ZONE, NOW)
    took = 0.0
    while True:
        given: Input | None = None
        for step in steps:
            seconds, answer = _one(prompts, step, state.stage, dice, silent=not key)
            took += seconds + EXCHANGE
            given = answer or given
            if isinstance(step, End):
                return took
        assert given is not None
        state, steps = dialogue.advance(state, given, NOW)


def _one(
    prompts: Prompts, step: Step, stage: str, dice: random.Random, *, silent: bool
) -> tuple[float, Input | None]:
    """Seconds that a step takes, and what comes back."""
    if isinstance(step, Play):
        return prompts.all(step.prompts), None
    if isinstance(step, Ask):
        return _answered(prompts, step, stage, dice, silent)
    if isinstance(step, Record):
        spoken = min(step.most_seconds, dice.lognormvariate(0.0, SPOKEN_SPREAD) * SPOKEN)
        return prompts.all(step.prompts) + spoken + _reaction(dice), Recorded("m.wav", spoken)
    answers: dict[type, Input] = {Spool: Kept(), Admit: Admitted(), Look: Away()}
    assert isinstance(step, SetFacts | SetLanguage | End) or type(step) in answers
    return 0.0, answers.get(type(step))


def _answered(
    prompts: Prompts, ask: Ask, stage: str, dice: random.Random, silent: bool
) -> tuple[float, Input]:
    said = prompts.all(ask.prompts)
    if silent:
        return said + ask.seconds, Keys("")
    if stage == "told":  # has heard the promise: most hang up here, nobody asks for it again
        return said + _reaction(dice), Keys("")
    if ask.digits > 1:
        return said + _reaction(dice) + DIGIT * (len(KEYED) + 1), Keys(KEYED)
    if stage == "message":
        return said * HEARD + _reaction(dice), Keys("1" if dice.random() < MESSAGE_SHARE else "2")
    return said * (1.0 if stage == "confirm" else HEARD) + _reaction(dice), Keys("1")


def _reaction(dice: random.Random) -> float:
    return dice.lognormvariate(0.0, REACTION_SPREAD) * REACTION
