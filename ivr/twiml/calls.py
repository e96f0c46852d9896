"""What a provider's request about a call is answered. No HTTP here, and nothing about a call is remembered."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import structlog

from ivr.lengths import Length
from ivr.steps import Ask, End, Keys, Next, Record, Recorded
from ivr.twiml.addresses import Addresses
from ivr.twiml.danger import Danger
from ivr.twiml.facts import RESUMABLE, call_facts, caller, left_so_far, missed, said_by_key
from ivr.twiml.talk import Rules, Said, Talk, begin, led_on, played_back, spooled
from ivr.twiml.trail import BadTrail, Seal, Trail
from ivr.twiml.verbs import Script, Voice
from ivr.values import CallFacts, Left

log = structlog.get_logger()
MOST_RESUMED = 3


class Keeper(Protocol):
    """The spool of this site."""

    def keep(self, left: Left) -> bool:
        """True when it is durable."""
        ...

    def note(self, left: Left) -> None:
        """Keeps it without being waited for."""
        ...


class Books(Protocol):
    """What the dialogue goes by, now and as it was when a call under way began."""

    def newest(self, began: datetime) -> Rules:
        """For a dialogue that begins then. began: aware UTC."""
        ...

    def of(self, digest: str, began: datetime) -> Rules | None:
        """For one that began then under this digest; None when it is not known any more."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the provider's fields, of which all may be missing or wrong. now: aware UTC."""

    fields: Mapping[str, str]
    now: datetime

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def call(self) -> str:
        """The provider's id of the call; the key of its line."""
        return self["CallSid"]

    @property
    def second(self) -> datetime:
        """Now, in whole seconds, as a trail holds times."""
        return self.now.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Calls:
    """Answers every address of a call. next_url: where a call goes on that nothing could be kept of, "" nowhere.

    length: of the dialogue where the policy says that it adapts; see ``ivr.lengths``.
    """

    seal: Seal
    books: Books
    voice: Voice
    keeper: Keeper
    addresses: Addresses
    wish: Callable[[str, str, datetime], bool]
    danger: Danger
    next_url: str = ""
    length: str = Length.FULL

    # -- addresses

    def entry(self, asked: Asked, scope: str, message: str) -> Script:
        """A call comes in: it is on the missed-call list from now on, and hears the phrase and the offer.

        Or another site has failed in the middle of it: then it goes on from what travels in the address that failed.
        """
        if asked["ErrorUrl"]:
            with suppress(BadTrail):
                return self._fallen(asked)
        rules = self.books.newest(asked.second)
        caller_id, own = caller(asked["From"])
        language = rules.policy.languages[0]
        started = asked.second
        trail = Trail(scope, message, language, caller_id, own, started, rules.digest)
        self.keeper.note(missed(trail, asked.call, asked.second))
        unasked = self._length(rules) == Length.MESSAGE and bool(own)
        ask = Ask(
            _phrase(rules, trail, self._length(rules)), 1, 1.0 if unasked else rules.policy.choice_seconds
        )
        return self._script(trail).ask((), ask, language, self._to(trail, asked, "begin"))

    def begin(self, asked: Asked, token: str) -> Script:
        """The key that was pressed during the phrase, if any."""
        trail = replace(self.seal.trail(token, asked.call, "begin", asked.now), key=_keys(asked)[:1])
        trail = replace(trail, started=asked.second)
        rules = self.books.of(trail.book, trail.started)
        if rules is None:
            return self._again(trail, asked, "the policy has changed")
        if trail.key and trail.key == rules.policy.danger_key:
            return self.danger.begin(trail, asked.call, rules, asked.now)
        trail = replace(trail, facts=said_by_key(trail.key, trail.own, rules.policy))
        return self._resume(trail, asked, rules)

    def step(self, asked: Asked, token: str) -> Script:
        """An answer to what the dialogue asked: keys, or a recording."""
        trail = self.seal.trail(token, asked.call, "step", asked.now)
        rules = self.books.of(trail.book, trail.started)
        if rules is None:
            return self._again(trail, asked, "the policy has changed")
        try:
            talk = played_back(self._facts(trail, asked, rules), rules, trail)
            given = (
                self._recorded(asked, talk.pending)
                if isinstance(talk.pending, Record)
                else Keys(_keys(asked))
            )
            talk, trail = led_on(talk, trail, given, asked.now, self.keeper.keep)
        except ValueError as error:
            return self._again(trail, asked, str(error))
        return self._say(talk, trail, asked, rules)

    def recording(self, asked: Asked, name: str) -> None:
        """A recording is ready to be fetched, also of a caller who has gone."""
        self.wish(name, asked["RecordingSid"], asked.now)

    def rung(self, asked: Asked, token: str, rung: int, *, bridged: bool, gone: bool) -> Script:
        """What came of ringing number ``rung`` of those on call."""
        trail = self.seal.trail(token, asked.call, "danger", asked.now)
        return self.danger.rung(trail, asked.call, rung, bridged, gone, self._rules(trail), asked.now)

    def danger_number(self, asked: Asked, token: str) -> Script:
        """The number of somebody in danger whose own is not known."""
        trail = self.seal.trail(token, asked.call, "danger-number", asked.now)
        return self.danger.number(trail, asked.call, _keys(asked), self._rules(trail), asked.now)

    # -- going on

    def _fallen(self, asked: Asked) -> Script:
        """The question that could not be answered there is put again. Raises BadTrail when nothing is known of the call."""
        token = parse_qs(urlsplit(asked["ErrorUrl"]).query).get("t", [""])[0]
        for place in ("danger", "danger-number"):
            with suppress(BadTrail):
                trail = replace(self.seal.trail(token, asked.call, place, asked.now), place="danger")
                return self.danger.rung(
                    trail, asked.call, len(self.danger.oncall), False, False, self._rules(trail), asked.now
                )
        trail = self.seal.trail(token, asked.call, "step", asked.now)
        rules = self.books.of(trail.book, trail.started)
        if rules is None:
            return self._again(trail, asked, "another site has failed, under another policy")
        try:
            talk = played_back(self._facts(trail, asked, rules), rules, trail)
        except ValueError as error:
            return self._again(trail, asked, str(error))
        return self._say(replace(talk, said=()), trail, asked, rules)

    def _rules(self, trail: Trail) -> Rules:
        return self.books.of(trail.book, trail.started) or self.books.newest(trail.started)

    def _resume(self, trail: Trail, asked: Asked, rules: Rules) -> Script:
        trail = replace(trail, place="step")
        now = trail.started
        talk = begin(self._facts(trail, asked, rules), rules, now)
        talk, trail = spooled(talk, trail, self.keeper.keep)
        return self._say(talk, trail, asked, rules)

    def _again(self, trail: Trail, asked: Asked, why: str) -> Script:
        """The answers cannot be played back: what is confirmed stands, and the next question is put anew."""
        log.warning("call goes on from its facts", call=asked.call, why=why)
        if trail.resumed >= MOST_RESUMED:
            return self._not_noted((), trail.language)
        rules = self.books.newest(asked.second)
        key = "" if trail.given else trail.key
        fresh = replace(
            trail, book=rules.digest, key=key, given=(), started=asked.second, resumed=trail.resumed + 1
        )
        return self._resume(fresh, asked, rules)

    def _say(self, talk: Talk, trail: Trail, asked: Asked, rules: Rules) -> Script:
        """What the caller hears next; what he has confirmed until now is kept, should he hang up."""
        known = dict(trail.facts) | dict(talk.facts)
        trail = replace(trail, facts=tuple((name, known[name]) for name in RESUMABLE if known.get(name)))
        so_far = left_so_far(self._facts(trail, asked, rules), talk.dialogue.own, trail, asked.second)
        if so_far is not None:
            self.keeper.note(so_far)
        script = self._script(trail)
        match talk.pending:
            case Ask() as ask:
                return script.ask(talk.said, ask, talk.language, self._to(trail, asked, "step"))
            case Record() as record:
                told = self.addresses.recording(f"{record.name}.wav")
                return script.record(talk.said, record, talk.language, self._to(trail, asked, "step"), told)
            case End(done=True):
                return script.play(talk.said).hang_up()
            case End(next=Next.DANGER):
                return self.danger.begin(replace(trail, language=talk.language), asked.call, rules, asked.now)
            case _:
                return self._not_noted(talk.said, talk.language)

    def _script(self, trail: Trail) -> Script:
        return Script(self.voice, trail.scope)

    def _not_noted(self, said: Said, language: str) -> Script:
        """Nothing was kept, so nothing is promised; another site may do better."""
        script = Script(self.voice).play(said)
        if self.next_url:
            return script.go(self.next_url)
        return script.play(((language, "not-noted"),)).hang_up()

    def _recorded(self, asked: Asked, record: Record) -> Recorded:
        """What was recorded; nothing when nobody spoke, or when it could not be asked for."""
        name, sid, seconds = f"{record.name}.wav", asked["RecordingSid"], asked["RecordingDuration"]
        if not sid or not self.wish(name, sid, asked.now):
            return Recorded("")
        return Recorded(name, min(float(seconds), 3600.0) if seconds.isdecimal() else 0.0)

    def _facts(self, trail: Trail, asked: Asked, rules: Rules) -> CallFacts:
        return call_facts(trail, asked.call, self.seal.reference(asked.call), self._length(rules))

    def _to(self, trail: Trail, asked: Asked, place: str) -> str:
        return self.addresses.place(place, self.seal.token(replace(trail, place=place), asked.call))

    def _length(self, rules: Rules) -> str:
        return self.length if rules.policy.dialogue == "adaptive" else rules.policy.dialogue


def _keys(asked: Asked) -> str:
    """What was keyed. Anything else that a provider puts there, such as "hangup", counts as silence."""
    text = asked["Digits"]
    return text if len(text) <= 32 and not set(text) - set("0123456789*") else ""


def _phrase(rules: Rules, trail: Trail, length: str) -> tuple[str, ...]:
    """Danger first, then what has happened and what is offered (requirements B1, B4, B6)."""
    policy = rules.policy
    danger = ("danger", f"digit-{policy.danger_key}") if policy.danger_key else ()
    language = ("language",) if len(policy.languages) == 2 else ()
    offer = "offer-short" if length != Length.FULL else "offer"
    offered = () if length == Length.MESSAGE and trail.own else (offer if trail.own else f"{offer}-keyed",)
    return (*danger, f"message-{trail.message}", *language, *offered)
