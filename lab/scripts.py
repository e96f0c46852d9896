"""Writes the SIPp scenarios: what carriers, agents and callers do in a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from lab.digits import SECONDS, capture

SCENARIOS = Path(__file__).parent / "scenarios"
REFUSALS = (400, 401, 403, 404, 408, 480, 484, 486, 487, 488, 500, 502, 503, 504, 600, 603)
FOR_EVER_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Script:
    """What a caller does. Seconds count from the answer, except give_up_after, which counts from the start.
    Each digit takes 0.2 s.

    keys: (seconds, digits) in order. hangup_after: the caller ends the call then; None stays until the other side
    ends it, max_seconds at most. give_up_after: cancels a call that nobody has answered by then.
    """

    keys: tuple[tuple[float, str], ...] = ()
    hangup_after: float | None = None
    give_up_after: float = 60.0
    max_seconds: float = 120.0

    def __post_init__(self) -> None:
        times = [seconds for seconds, _ in self.keys]
        if times != sorted(times):
            raise ValueError(f"the keys of a caller must be in the order of their seconds, not {times}")
        wrong = [digits for _, digits in self.keys if not digits or set(digits) - set("0123456789*#")]
        if wrong:
            raise ValueError(f"a caller can press 0-9, * and #, not {wrong[0]!r}")

    def presses(self) -> list[tuple[int, str]]:
        """The keys as (ms to wait after what came before, digits), without those after the hang-up.

        Keys that were asked for while earlier digits are still being sent wait for their end.
        """
        waits: list[tuple[int, str]] = []
        before, free = 0.0, 0.0
        for seconds, digits in self.keys:
            at = max(seconds, free)
            if at < self._end:
                waits.append((max(1, round((at - before) * 1000)), digits))
                before, free = at, at + SECONDS * len(digits)
        return waits

    def stay_ms(self) -> int:
        """How long the caller stays after the last key."""
        last = sum(wait for wait, _ in self.presses())
        return max(1, round(self._end * 1000) - last)

    @property
    def _end(self) -> float:
        return self.max_seconds if self.hangup_after is None else self.hangup_after


def carrier(greeting: Path | None, raw: bool) -> str:
    """Scenario of a carrier; greeting: a capture of speech (PCMA) that a voicemail plays.

    raw: SIPp may open raw sockets, so it sends digits and speech itself.
    """
    return _render("carrier.xml.jinja", greeting=greeting, raw=raw)


def agent(answers: float, talks: float | None) -> str:
    """Scenario of an agent's phone; seconds, talks=None waits for the other side."""
    talks_ms = FOR_EVER_MS if talks is None else round(talks * 1000)
    return _render("agent.xml.jinja", answers_ms=round(answers * 1000), talks_ms=talks_ms)


def caller(script: Script, withheld: bool, audio_port: int | None, raw: bool) -> str:
    """Scenario of callers; audio_port: where their audio is listened to, None leaves it to SIPp; raw as above."""
    own = "<sip:[field0]@[local_ip]>"
    return _render(
        "caller.xml.jinja",
        identity='"Anonymous" <sip:anonymous@anonymous.invalid>' if withheld else own,
        withheld=withheld,
        audio_port=audio_port or "[media_port]",
        raw=raw,
        keys=script.presses(),
        stay_ms=script.stay_ms(),
        patience_ms=round(script.give_up_after * 1000),
        refusals=REFUSALS,
    )


def captures(script: Script) -> dict[str, bytes]:
    """The files that a caller's scenario plays, by name."""
    files, at = {}, 0.0
    for number, (wait_ms, digits) in enumerate(script.presses(), 1):
        at += wait_ms / 1000
        files[f"press-{number}.pcap"] = capture(digits, at)
    return files


def service_list(numbers: Sequence[str]) -> str:
    """The file from which SIPp takes one caller id after the other."""
    return "SEQUENTIAL\n" + "".join(f"{number}\n" for number in numbers)


def _render(name: str, **values: Any) -> str:
    environment = jinja2.Environment(  # noqa: S701 - SIPp's files, made of the lab's own values only
        loader=jinja2.FileSystemLoader(SCENARIOS),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    return environment.get_template(name).render(**values).lstrip()
