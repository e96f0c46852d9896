"""A dialogue between two requests: brought back by playing its answers again, and led on to the next question. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from types import MappingProxyType

from ivr.dialogue import Dialogue, advance, start
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
    NotKept,
    Play,
    Record,
    Recorded,
    SetFacts,
    SetLanguage,
    Spool,
    Step,
)
from ivr.twiml.trail import Given, Trail
from ivr.values import CallFacts, Left, Outage

Pending = Ask | Record | Spool | End
Said = tuple[tuple[str, str], ...]  # (language, prompt)
_ANSWERS: Mapping[type, tuple[type, ...]] = MappingProxyType(
    {Ask: (Keys,), Record: (Recorded,), Spool: (Kept, NotKept)}
)


class NotAnswerable(ValueError):
    """The answer does not fit what was asked; the policy or the dialogue is another one than when it was asked."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a dialogue goes by. digest: names this state of it, so that a call that began with another one is noticed."""

    policy: CallerPolicy
    zone: tzinfo
    outages: tuple[Outage, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """Where a call is. said: prompts since the caller's last answer; pending: what he is asked, or the end."""

    dialogue: Dialogue
    language: str
    pending: Pending
    said: Said = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def after(self, given: Given, now: datetime) -> "Talk":
        """Led on by an answer. now: aware UTC. Raises NotAnswerable."""
        if not isinstance(given, _ANSWERS.get(type(self.pending), ())):
            raise NotAnswerable(f"{type(given).__name__} after {type(self.pending).__name__}")
        said = self.said if isinstance(self.pending, Spool) else ()
        facts = self.facts
        if isinstance(given, Recorded) and given.name:
            facts = {**facts, "HF_RECORDING": given.name}  # on Asterisk the dial plan remembers it
        return _led_on(replace(self, said=said, facts=facts), given, now)


def begin(call: CallFacts, rules: Rules, now: datetime) -> Talk:
    """The dialogue takes the call over after the phrase."""
    dialogue, steps = start(call, rules.policy, rules.zone, now, rules.outages)
    return _settled(Talk(dialogue, dialogue.language, End(done=False)), steps, now)


def played_back(call: CallFacts, rules: Rules, trail: Trail) -> Talk:
    """The dialogue as it was after the newest answer. Raises ValueError when the answers do not lead there any more."""
    talk = begin(call, rules, trail.started)
    for given, seconds in trail.given:
        talk = talk.after(given, trail.at(seconds))
    return talk


def led_on(
    talk: Talk, trail: Trail, given: Given, now: datetime, keep: Callable[[Left], bool]
) -> tuple[Talk, Trail]:
    """With the caller's answer, and with what has to be durable before he hears more. keep: True when it is."""
    seconds = trail.seconds(now)
    talk, trail = talk.after(given, trail.at(seconds)), trail.plus(given, seconds)
    return spooled(talk, trail, keep)


def spooled(talk: Talk, trail: Trail, keep: Callable[[Left], bool]) -> tuple[Talk, Trail]:
    """Past every line that has to be durable now."""
    while isinstance(talk.pending, Spool):
        given = Kept() if keep(talk.pending.left) else NotKept()
        seconds = trail.given[-1][1] if trail.given else 0
        talk, trail = talk.after(given, trail.at(seconds)), trail.plus(given, seconds)
    return talk, trail


def _led_on(talk: Talk, given: Input, now: datetime) -> Talk:
    dialogue, steps = advance(talk.dialogue, given, now)
    return _settled(replace(talk, dialogue=dialogue), steps, now)


def _settled(talk: Talk, steps: tuple[Step, ...], now: datetime) -> Talk:
    """Up to what only the caller or the disk can answer; nobody here can look into the book."""
    for step in steps:
        match step:
            case Play(prompts):
                talk = replace(talk, said=(*talk.said, *((talk.language, prompt) for prompt in prompts)))
            case SetLanguage(language):
                talk = replace(talk, language=language)
            case SetFacts(facts):
                talk = replace(talk, facts=MappingProxyType(dict(talk.facts) | dict(facts)))
            case Look():
                return _led_on(talk, Away(), now)
            case Admit():
                return _led_on(talk, Admitted(), now)
            case Ask() | Record() | Spool() | End():
                return replace(talk, pending=step)
    raise AssertionError("a dialogue's steps end with a question or with End")
