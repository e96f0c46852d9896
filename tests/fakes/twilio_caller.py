"""A small Twilio on the telephone: it rings the app over HTTP, does what the TwiML says, and hangs up.

It signs as the published rule says, follows Gather, Redirect, Record and Dial, plays nothing but remembers what it would have
played, tries again where an answer is missing, and can repeat what it once sent. Verbs and attributes that it does not know, or
that Twilio would refuse, are an error.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask
from twilio_server import SID, TOKEN, signature

from ivr.policy import CallerPolicy
from ivr.twiml.addresses import Addresses
from ivr.twiml.app import create_app
from ivr.twiml.calls import Calls
from ivr.twiml.danger import Danger
from ivr.twiml.talk import Rules
from ivr.twiml.trail import Seal
from ivr.twiml.verbs import Sound
from ivr.values import CallFacts, Left, Outage

PUBLIC = "https://failover.test"
SECRET = "a secret of sixteen or more"
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
MOST_STEPS = 80
LONGEST_ADDRESS = 4_000
FORM = "application/x-www-form-urlencoded"


class Post(Protocol):
    """Sends one form. Raises OSError when nobody answers."""

    def __call__(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, str]: ...


def through(app: Flask) -> Post:
    """Into the app, without a network between."""
    client = app.test_client()

    def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = client.post(path, data=dict(fields), headers=dict(headers))
        return answer.status_code, answer.get_data(as_text=True)

    return post


Answers = Callable[[Sequence[str]], str | None]
"""What a caller does when he is asked, having heard these prompts: keys, "" for silence, None to hang up."""


def in_order(answers: Sequence[str]) -> Answers:
    """One after another, and silence after the last."""
    left = list(answers)
    return lambda heard: left.pop(0) if left else ""


def by_prompt(answers: Mapping[str, str | None]) -> Answers:
    """The first whose prompt was among those that were just heard; silence at any other."""
    return lambda heard: next((keys for prompt, keys in answers.items() if prompt in heard), "")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went out, to be sent once more."""

    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    answer: str


class Refused(AssertionError):
    """The app did not answer with TwiML."""


@dataclass
class TwilioCall:
    """One call. sent: all requests; heard: (language, prompt) in order; ended: "hangup" by the app, "gone" by the caller, or
    the address that a redirect to another site named. wait: called before a request is tried again.
    """

    post: Post
    sid: str = "CA" + "0" * 31 + "1"
    caller: str = "+8613912345678"
    to: str = "+14155550100"
    public: str = PUBLIC
    token: str = TOKEN
    retries: int = 2
    oncall: Mapping[str, str] = field(default_factory=dict)
    sign_fragment: bool = False
    wait: Callable[[], None] = lambda: None
    sent: list[Sent] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    rung: list[str] = field(default_factory=list)
    recorded: list[tuple[str, str]] = field(default_factory=list)
    ended: str = ""
    legs: int = 0

    @property
    def prompts(self) -> list[str]:
        """What was heard, without the language."""
        return [prompt for _, prompt in self.heard]

    def run(
        self, answers: Answers, path: str = "/voice/power", fields: Mapping[str, str] | None = None
    ) -> "TwilioCall":
        """The whole call, from the number's voice address on. fields: what Twilio says there besides the usual."""
        url, fields = f"{self.public}{path}", dict(fields or {})
        for _ in range(MOST_STEPS):
            response = self.ask(url, fields)
            following = self._follow(response, url, answers)
            if following is None:
                return self
            url, fields = following
            if not url.startswith(self.public):
                self.ended = url
                return self
        raise AssertionError(f"the call does not end: {self.prompts[-20:]}")

    def ask(self, url: str, fields: Mapping[str, str], sid: str = "") -> ET.Element:
        """One signed request, tried again as its address wishes when nobody answers; the TwiML of its answer."""
        assert len(url) <= LONGEST_ADDRESS
        form = self._form(sid) | dict(fields)
        plain, _ = urldefrag(url)
        headers = {"X-Twilio-Signature": signature(url if self.sign_fragment else plain, form, self.token)}
        for attempt in range(self.retries + 1):
            try:
                status, text = self.post(plain, form, headers)
            except OSError:
                status, text = 502, ""
            if status < 500 or attempt == self.retries:
                break
            self.wait()
        self.sent.append(Sent(plain, form, headers, text))
        if status != 200:
            raise Refused(f"{status} {text[:200]} from {urlsplit(url).path}")
        root = ET.fromstring(text)  # noqa: S314 - our own TwiML
        assert root.tag == "Response"
        return root

    def again(self, sent: Sent) -> tuple[int, str]:
        """The very same request once more."""
        return self.post(sent.url, sent.fields, sent.headers)

    # -- verbs

    def _follow(self, response: ET.Element, base: str, answers: Answers) -> tuple[str, dict[str, str]] | None:
        """Verb by verb, as far as this TwiML goes; where the next TwiML is, or None at the end."""
        just: list[str] = []
        for verb in response:
            if verb.tag in ("Play", "Say"):
                just.append(self._hear(verb))
                continue
            assert verb.tag in ("Gather", "Record", "Dial", "Redirect", "Hangup"), f"unknown verb {verb.tag}"
            if verb.tag == "Redirect":
                return urljoin(base, verb.text or ""), {}
            if verb.tag == "Hangup":
                break
            if verb.tag == "Dial":
                return urljoin(base, verb.attrib["action"]), self._dial(verb, base)
            following = (
                self._gather(verb, answers) if verb.tag == "Gather" else self._record(verb, just, answers)
            )
            if following is not None:
                return (urljoin(base, verb.attrib["action"]), following) if following else None
        self.ended = self.ended or "hangup"
        return None

    def _hear(self, verb: ET.Element) -> str:
        text = verb.text or ""
        if verb.tag == "Say":
            self.heard.append((verb.attrib["language"], text))
            return text
        language, name = urlsplit(text).path.split("/")[-2:]
        self.heard.append((language, name.removesuffix(".wav")))
        return self.heard[-1][1]

    def _gather(self, verb: ET.Element, answers: Answers) -> dict[str, str] | None:
        known = {"input", "numDigits", "timeout", "finishOnKey", "action", "method", "actionOnEmptyResult"}
        assert set(verb.attrib) <= known
        assert verb.attrib["method"] == "POST"
        assert int(verb.attrib["timeout"]) > 0
        pressed = answers([self._hear(one) for one in verb])
        if pressed is None:
            self.ended = "gone"
            return {}
        keys = pressed.split(verb.attrib["finishOnKey"])[0] if verb.attrib["finishOnKey"] else pressed
        keys = keys[: int(verb.attrib["numDigits"])]
        if not keys and verb.attrib.get("actionOnEmptyResult") != "true":
            return None
        return {"Digits": keys, "msg": "Gather End"} if keys else {"Digits": "", "msg": "Gather End"}

    def _record(self, verb: ET.Element, just: list[str], answers: Answers) -> dict[str, str] | None:
        """The answer is how many seconds he speaks: "" and nothing is recorded, so no action is called; None and he hangs up
        while he speaks, which Twilio tells with Digits=hangup.
        """
        spoken = answers(just)
        if spoken == "":
            return None
        seconds = min(int(spoken or 3), int(verb.attrib["maxLength"]))
        sid = f"RE{len(self.recorded) + 1:032x}"
        told = verb.attrib["recordingStatusCallback"]
        self.recorded.append((sid, told))
        fields = {"RecordingSid": sid, "RecordingDuration": str(seconds)}
        fields["RecordingUrl"] = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Recordings/{sid}"
        if spoken is None:
            self.ended = "gone"
            self.ask(
                urljoin(self.public, verb.attrib["action"]),
                fields | {"Digits": "hangup", "CallStatus": "completed"},
            )
            return {}
        return fields

    def ready(self) -> list[tuple[int, str]]:
        """Twilio has made the recordings, and says so to their addresses."""
        answers = []
        for sid, told in self.recorded:
            form = {
                "CallSid": self.sid,
                "AccountSid": SID,
                "RecordingSid": sid,
                "RecordingStatus": "completed",
            }
            plain, _ = urldefrag(told)
            answers.append(self.post(plain, form, {"X-Twilio-Signature": signature(plain, form, self.token)}))
        return answers

    def _dial(self, verb: ET.Element, base: str) -> dict[str, str]:
        (number,) = list(verb)
        assert number.tag == "Number"
        assert int(verb.attrib["timeout"]) > 0
        self.rung.append(number.text or "")
        does = self.oncall.get(number.text or "", "no-answer")
        if does in ("busy", "no-answer", "failed"):
            return {"DialCallStatus": does}
        if does == "caller gone":
            self.ended = "gone"
            return {"DialCallStatus": "canceled", "CallStatus": "completed"}
        self.legs += 1
        leg = f"CA{self.legs:031x}f"
        parent = {"ParentCallSid": self.sid}
        whisper = self.ask(urljoin(base, number.attrib["url"]), parent, leg)
        gather = whisper[0]
        assert gather.tag == "Gather"
        assert whisper[1].tag == "Hangup"
        for one in gather:
            self._hear(one)
        bridged = "false"
        if does != "silent":
            answer = self.ask(urljoin(base, gather.attrib["action"]), parent | {"Digits": does}, leg)
            bridged = "true" if not len(answer) else "false"
        return {"DialCallStatus": "completed", "DialBridged": bridged, "DialCallSid": leg}

    def _form(self, sid: str) -> dict[str, str]:
        return {
            "CallSid": sid or self.sid,
            "AccountSid": SID,
            "From": self.caller,
            "To": self.to,
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        }


# -- the app, all in memory


@dataclass
class Memory:
    """A spool that keeps nothing on a disk. full: takes no line."""

    full: bool = False
    kept: list[Left] = field(default_factory=list)
    noted: list[Left] = field(default_factory=list)

    def keep(self, left: Left) -> bool:
        if not self.full:
            self.kept.append(left)
        return not self.full

    def note(self, left: Left) -> None:
        if not self.full:
            self.noted.append(left)

    @property
    def left(self) -> list[Left]:
        """What the book would have in the end: of each thing that was asked for, the newest durable line, or else the newest."""
        newest = {(one.unique_id, one.asks, one.part): one for one in self.noted}
        newest |= {(one.unique_id, one.asks, one.part): one for one in self.kept}
        return list(newest.values())


@dataclass
class Shelf:
    """The policy in force, which a test may change in the middle of a call."""

    policy: CallerPolicy
    outages: tuple[Outage, ...] = ()
    old: bool = True

    def newest(self, began: datetime) -> Rules:
        digest = f"{hash(self.policy) & 0xFFFFFFFF:08x}"
        return Rules(self.policy, ZoneInfo(self.policy.timezone), self.outages, digest)

    def of(self, digest: str, began: datetime) -> Rules | None:
        rules = self.newest(began)
        return rules if rules.digest == digest else None


def spoken(language: str, prompt: str, scope: str = "") -> Sound:
    """Every prompt is there."""
    return Sound(f"{PUBLIC}/prompts/{language}/{prompt}.wav")


def app_in_memory(
    memory: Memory,
    shelf: Shelf,
    *,
    wishes: list[str] | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    oncall: tuple[str, ...] = (),
    next_url: str = "",
    length: str = "full",
) -> Flask:
    """The real app over a spool in memory."""
    seal, addresses = Seal(SECRET), Addresses(PUBLIC)
    wanted: list[str] = [] if wishes is None else wishes

    def wish(name: str, sid: str, now: datetime) -> bool:
        wanted.append(name)
        return True

    danger = Danger(seal, spoken, memory.keep, addresses, oncall, next_url=next_url)
    calls = Calls(seal, shelf, spoken, memory, addresses, wish, danger, next_url, length)
    return create_app(
        calls, auth_token=TOKEN, public_url=PUBLIC, prompts=Path("/nonexistent"), health=list, clock=clock
    )


def run_twiml(
    call: CallFacts,
    answers: Answers | Sequence[str] | Mapping[str, str | None],
    policy: CallerPolicy,
    outages: tuple[Outage, ...] = (),
    now: datetime = NOW,
) -> list[Left]:
    """One whole call through the third driver; what it leaves, in order.

    call: its scope, message, own number, key and length count; ``call.key`` is pressed during the phrase, which this driver
    plays itself. answers: to the dialogue's questions from then on (a recording is answered with its seconds).
    Tier, reference, recovery time, incident and waiting time are not those of a tier on Asterisk: compare the others.
    """
    memory = Memory()
    app = app_in_memory(memory, Shelf(policy, outages), clock=lambda: now, length=call.length or "full")
    pick = (
        answers
        if callable(answers)
        else in_order(answers)
        if isinstance(answers, Sequence)
        else by_prompt(answers)
    )
    first = [call.key]

    def answer(heard: Sequence[str]) -> str | None:
        return first.pop() if first and call.length != "message" else pick(heard)

    path = f"/voice/{call.scope}?message={call.message}"
    TwilioCall(through(app), sid=call.unique_id, caller=call.own or "anonymous").run(answer, path)
    return memory.left


__all__ = ["Memory", "Shelf", "TwilioCall", "app_in_memory", "by_prompt", "in_order", "run_twiml", "through"]
