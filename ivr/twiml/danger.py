"""The danger key (requirement B6) at a provider: the on-call numbers one after another, else a danger capture."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.numbers import check
from ivr.steps import Ask, Keys
from ivr.twiml.addresses import Addresses
from ivr.twiml.facts import TIER
from ivr.twiml.talk import Rules
from ivr.twiml.trail import Seal, Trail
from ivr.twiml.verbs import Script, Voice
from ivr.values import Left

NUMBER_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Danger:
    """oncall: numbers in E.164, in the order in which they are rung; ring: seconds for each. caller: number that the call
    shows, "" the caller's own. next_url: where a call goes on that could not be kept, "" nowhere.
    """

    seal: Seal
    voice: Voice
    keep: Callable[[Left], bool]
    addresses: Addresses
    oncall: tuple[str, ...] = ()
    ring: int = 20
    caller: str = ""
    next_url: str = ""

    def begin(self, trail: Trail, call: str, rules: Rules, now: datetime) -> Script:
        """The key was pressed. Whoever is on call is rung first; a caller who does not hold the line so long, or whom nobody
        takes, is written down then. A call that somebody takes stays what it was from its first moment: one that came in.
        """
        number, source = self._number(trail, rules)
        suffix = (
            "-danger" if dict(trail.facts).get("HF_SPOOLED") == "1" else ""
        )  # what is written stays as it is
        known = (
            ("HF_LANG", trail.language),
            ("HF_NUMBER", number),
            ("HF_SOURCE", source),
            ("HF_SUFFIX", suffix),
        )
        trail = replace(trail, place="danger", key="", given=(), facts=known)
        if not self.oncall:
            return self._capture(trail, call, rules, now)
        return self._ring(trail, call, 0, Script(self.voice).play(((trail.language, "danger-connecting"),)))

    def rung(
        self, trail: Trail, call: str, rung: int, bridged: bool, gone: bool, rules: Rules, now: datetime
    ) -> Script:
        """What came of ringing number ``rung``. bridged: somebody pressed 1 and they have talked. gone: he has hung up."""
        if bridged:
            return Script(self.voice).hang_up()
        if gone or rung + 1 >= len(self.oncall):
            return self._capture(trail, call, rules, now)
        return self._ring(trail, call, rung + 1, Script(self.voice))

    def answer(self, language: str) -> Script:
        """To somebody on call, before he is connected: it must be a person, not a voicemail."""
        return Script(self.voice).press(
            ((language, "danger-answer"),), self.addresses.on_call("danger-press", language)
        )

    def pressed(self, keys: str) -> Script:
        """1 connects: an empty answer ends his own part. Anything else lets him go."""
        script = Script(self.voice)
        return script if keys == "1" else script.hang_up()

    def number(self, trail: Trail, call: str, keys: str, rules: Rules, now: datetime) -> Script:
        """A number was keyed by somebody in danger: taken as it is, without being read back."""
        found = check(keys, rules.policy).number
        if found:
            known = dict(trail.facts) | {"HF_NUMBER": found, "HF_SOURCE": "keyed"}
            return self._capture(replace(trail, facts=tuple(known.items())), call, rules, now)
        tries = len(trail.given) + 1
        if tries >= rules.policy.max_tries:
            return Script(self.voice).play(((trail.language, "no-number"),)).hang_up()
        again = trail.plus(Keys(""), trail.seconds(now))
        return self._ask(again, call, rules, ("number-invalid",) if keys else ())

    # -- steps

    def _ring(self, trail: Trail, call: str, rung: int, script: Script) -> Script:
        token = self.seal.token(trail, call)
        answered = self.addresses.on_call("danger-answer", trail.language)
        action = self.addresses.place("danger", token, n=str(rung))
        return script.ring(self.oncall[rung], self.ring, self.caller, answered, action)

    def _capture(self, trail: Trail, call: str, rules: Rules, now: datetime) -> Script:
        """Written down at once, with what there is; without a number he is asked for one after it."""
        if not self.keep(self._left(trail, call, now)):
            script = Script(self.voice)
            if self.next_url:
                return script.go(self.next_url)
            return script.play(((trail.language, "not-noted"),)).hang_up()
        if dict(trail.facts).get("HF_NUMBER"):
            return Script(self.voice).play(((trail.language, "danger-noted"),)).hang_up()
        return self._ask(replace(trail, given=()), call, rules, ())

    def _ask(self, trail: Trail, call: str, rules: Rules, before: tuple[str, ...]) -> Script:
        ask = Ask((*before, "enter-number"), NUMBER_DIGITS, rules.policy.digit_seconds)
        token = self.seal.token(replace(trail, place="danger-number"), call)
        action = self.addresses.place("danger-number", token)
        return Script(self.voice).ask((), ask, trail.language, action)

    def _number(self, trail: Trail, rules: Rules) -> tuple[str, str]:
        known = dict(trail.facts)
        if known.get("HF_NUMBER"):
            return known["HF_NUMBER"], known.get("HF_SOURCE", "own")
        own = check(trail.own, rules.policy).number
        return own, "own" if own else "none"

    def _left(self, trail: Trail, call: str, now: datetime) -> Left:
        known = dict(trail.facts)
        number = known.get("HF_NUMBER", "")
        return Left(
            unique_id=call + known.get("HF_SUFFIX", ""),
            at=now,
            scope=trail.scope,
            caller_id=trail.caller_id,
            number=number,
            source=known.get("HF_SOURCE") or "none",
            matter="danger",
            language=trail.language,
            tier=TIER,
            wanted=True,
            promised=bool(number),
            reference=self.seal.reference(call) if number else "",
        )
