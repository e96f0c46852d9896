"""A caller at an Asterisk that speaks AGI: says what is known of his call, answers what he is asked, and may hang up.

What a channel holds in the end is here too, so that a call which is cut leaves what the dial plan's hang-up handler would write.
"""

import os
import shlex
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ivr import local_agi
from ivr.values import CallFacts, Left

Answers = Callable[[Sequence[str]], str | None]
"""What a caller does when he is asked, having heard these prompts: keys, "" for silence, None to hang up."""
_NAMES = {
    "scope": "scope",
    "lang": "language",
    "message": "message",
    "incident": "incident",
    "key": "key",
    "own": "own",
    "ref": "reference",
    "length": "length",
    "number": "number",
    "source": "source",
    "keyed": "keyed",
    "matter": "matter",
    "region": "region",
    "recording": "recording",
}


def header(call: CallFacts, tier: int) -> str:
    """What Asterisk sends first: the arguments that the dial plan gives, named, without the empty ones."""
    said = {name: getattr(call, field) for name, field in _NAMES.items()}
    said |= {name: "1" for name in ("person", "wanted", "spooled") if getattr(call, name)}
    said["tier"] = str(tier)
    if call.recovery_at:
        said["recovery"] = str(int(call.recovery_at.timestamp()))
    lines = [
        f"agi_arg_{n}: {name}={value}" for n, (name, value) in enumerate((p for p in said.items() if p[1]), 1)
    ]
    first = [
        f"agi_uniqueid: {call.unique_id}",
        "agi_version: 22.10.1",
        f"agi_callerid: {call.caller_id or 'unknown'}",
    ]
    return "\n".join([*first, *lines]) + "\n\n"


@dataclass
class AgiCaller:
    """One call. variables: of its channel; heard: prompts in order; commands: as they came."""

    call: CallFacts
    answers: Answers
    variables: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, str]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    gone: bool = False
    phrase: str = ""  # what the dial plan says when it is asked for the file of the phrase
    _in: str = ""

    def __post_init__(self) -> None:
        """What the dial plan has put into the call before it asks anybody."""
        call = self.call
        known = {
            "HF_OWN": call.own,
            "HF_LANG": call.language,
            "HF_NUMBER": call.number,
            "HF_SOURCE": call.source,
        }
        if call.key in ("1", "2"):
            known["HF_WANTED"] = "1"
        stays = call.length == "message" and not call.key and call.own
        if stays:
            known |= {"HF_WANTED": "1", "HF_STAYED": "1"}
        if (call.key == "1" and call.own) or stays:
            known |= {"HF_NUMBER": call.own, "HF_SOURCE": "own"}
        self.variables |= {name: value for name, value in known.items() if value}

    @property
    def prompts(self) -> list[str]:
        """What was heard, without the language."""
        return [prompt for _, prompt in self.heard]

    def reply(self, line: str) -> str:
        """Asterisk's answer to one command line; "" when he has hung up and there is none."""
        self.commands.append(line)
        verb, *words = shlex.split(line)
        if verb == "GOSUB":
            return self._step(words[1], words[3])
        if (verb, words[0]) == ("GET", "VARIABLE"):
            return f"200 result=1 ({self._in})\n"
        if (verb, words[0]) == ("EXEC", "MSet"):
            self.variables |= dict(pair.split("=", 1) for pair in words[1].split(","))
        elif (verb, words[0]) == ("SET", "VARIABLE"):
            self.variables[words[1]] = words[2]
        return "200 result=0\n"

    def _step(self, what: str, arguments: str) -> str:
        if what == "message":
            self._in = self.phrase
            return "100 result=0 Trying...\n200 result=0 Gosub complete\n"
        files, *more = arguments.split(",")
        spoken = [Path(file).parts[-2:] for file in files.split("&")]
        self.heard += [(language, prompt) for language, prompt in spoken]
        if what != "play":
            given = self.answers([prompt for _, prompt in spoken])
            if given is None:
                self.gone = True
                return ""
            if what == "record":
                self._in = given or "0"
            else:
                keys = given.split("#")[0][: int(more[0])]
                self._in = f"{'OK' if keys else 'TIMEOUT'}:{keys}"
        return "100 result=0 Trying...\n200 result=0 Gosub complete\n"

    def left_by_the_dialplan(self) -> list[Left]:
        """What its hang-up handler, or its danger branch without anybody on call, writes down; nothing that is spooled."""
        said, danger = self.variables, self.variables.get("HF_NEXT") == "danger"
        if said.get("HF_SPOOLED") == "1" and not danger:
            return []
        if not danger and (said.get("HF_NEXT") or not self.gone):
            return []
        wanted = danger or said.get("HF_WANTED") == "1"
        number = said.get("HF_NUMBER", "") or (said.get("HF_OWN", "") if wanted else "")
        return [
            Left(
                unique_id=self.call.unique_id,
                at=datetime.now(UTC),
                scope=self.call.scope,
                caller_id=self.call.caller_id,
                number=number,
                source=(said.get("HF_SOURCE") or "own") if number else "none",
                matter="danger" if danger else said.get("HF_MATTER", "unstated"),
                language=said.get("HF_LANG", ""),
                tier=3,
                wanted=wanted,
                promised=said.get("HF_PROMISED") == "1",
                region=said.get("HF_REGION", ""),
                recording=said.get("HF_RECORDING", ""),
            )
        ]


def run_local(caller: AgiCaller, book: Path, now: datetime) -> int:
    """The local script on two pipes; its exit status. In the main thread, as pyst2 wants it."""
    to_script, asterisk_says = os.pipe()
    asterisk_hears, from_script = os.pipe()
    peer = threading.Thread(target=_asterisk, args=(caller, asterisk_hears, asterisk_says))
    peer.start()
    try:
        return local_agi.serve(book, to_script, from_script, lambda: now)
    finally:
        os.close(to_script)
        os.close(from_script)
        peer.join(10)


def _asterisk(caller: AgiCaller, hears: int, says: int) -> None:
    try:
        os.write(says, header(caller.call, 2).encode())
        with open(hears, "rb", buffering=0) as lines:
            buffer = b""
            while data := lines.read(4096):
                *whole, buffer = (buffer + data).split(b"\n")
                for line in whole:
                    answer = caller.reply(line.decode())
                    if not answer:
                        return
                    os.write(says, answer.encode())
    except BrokenPipeError:
        pass
    finally:
        os.close(says)
