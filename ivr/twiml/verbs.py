"""Steps of a dialogue as TwiML. Pure: the provider's SDK only writes the XML."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any, Protocol

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.steps import Ask, Record
from ivr.twiml.talk import Said

SPOKEN_IN = {"zh-CN": "zh-CN", "en": "en-GB"}
KEY_WAIT = 8  # seconds in which somebody on call presses 1


@dataclass(frozen=True, slots=True)
class Sound:
    """How one prompt is heard. url: of our own file, "" when it is missing: then the provider's voice speaks ``text``."""

    url: str
    text: str = ""


class Voice(Protocol):
    """Where prompts are to be had."""

    def __call__(self, language: str, prompt: str, scope: str = "") -> Sound:
        """scope: whose own wording is heard where it has one."""
        ...


class Script:
    """One answer to the provider, written verb by verb."""

    def __init__(self, voice: Voice, scope: str = "") -> None:
        self._voice, self._scope = voice, scope
        self._response = VoiceResponse()

    def __str__(self) -> str:
        return str(self._response)

    def play(self, said: Said) -> "Script":
        """Speak prompts; keys are ignored."""
        self._speak(self._response, said)
        return self

    def ask(self, said: Said, ask: Ask, language: str, action: str) -> "Script":
        """Speak ``said``, then the question, and take keys from its first word on. A caller who keys nothing comes to
        ``action`` as well, with no digits.
        """
        self.play(said)
        gather = Gather(
            input="dtmf",
            num_digits=ask.digits,
            timeout=max(1, ceil(ask.seconds)),
            finish_on_key="#",
            action=action,
            method="POST",
            action_on_empty_result=True,
        )
        self._speak(gather, ((language, prompt) for prompt in ask.prompts))
        self._response.append(gather)
        return self.go(action)

    def record(self, said: Said, record: Record, language: str, action: str, told: str) -> "Script":
        """Speak and record. An empty recording calls no action, so the way on stands behind it. told: when it can be fetched."""
        self.play((*said, *((language, prompt) for prompt in record.prompts)))
        self._response.record(
            action=action,
            method="POST",
            timeout=max(1, ceil(record.silence_seconds)),
            finish_on_key="#",
            max_length=max(1, ceil(record.most_seconds)),
            play_beep=True,
            trim="do-not-trim",
            recording_status_callback=told,
            recording_status_callback_method="POST",
            recording_status_callback_event="completed",
        )
        return self.go(action)

    def ring(self, number: str, seconds: int, caller: str, answered: str, action: str) -> "Script":
        """Ring somebody, who hears ``answered`` before he is connected; then ``action`` says what came of it."""
        dial = Dial(action=action, method="POST", timeout=seconds, caller_id=caller or None)
        dial.number(number, url=answered, method="POST")
        self._response.append(dial)
        return self

    def press(self, said: Said, action: str) -> "Script":
        """To somebody on call: one key, or hang up on him."""
        gather = Gather(
            input="dtmf", num_digits=1, timeout=KEY_WAIT, finish_on_key="", action=action, method="POST"
        )
        self._speak(gather, said)
        self._response.append(gather)
        return self.hang_up()

    def go(self, address: str) -> "Script":
        """On to another address."""
        self._response.redirect(address, method="POST")
        return self

    def hang_up(self) -> "Script":
        """The end of this leg."""
        self._response.hangup()
        return self

    def _speak(self, parent: Any, said: Iterable[tuple[str, str]]) -> None:
        for language, prompt in said:
            sound = self._voice(language, prompt, self._scope)
            if sound.url:
                parent.play(sound.url)
            elif sound.text:
                parent.say(sound.text, language=SPOKEN_IN.get(language, "en-GB"))
