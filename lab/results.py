"""What became of callers, read from SIPp's log of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.ledger import Line, by_call


@dataclass(frozen=True, slots=True)
class CallResult:
    """One caller's call. Times are aware UTC; seconds run from the answer to the end.

    outcome: answered, refused (sip_code says how), cancelled (nobody answered in time), or dead (no reply at all,
    or the carrier was cut). ended_by: "us" is the caller. audio_packets: RTP packets that reached the caller, None
    when nobody listened; first_audio: seconds from the INVITE to the first one.
    """

    caller_id: str
    at: datetime | None
    outcome: str
    sip_code: int | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    seconds: float | None = None
    audio_packets: int | None = None
    first_audio: float | None = None

    @property
    def answered(self) -> bool:
        return self.answered_at is not None


def read(log: Path, unlogged: str = "") -> list[CallResult]:
    """The calls in a callers' log; `unlogged` names the caller of a call that left no line."""
    results = [_result(story) for story in by_call(log).values()]
    return results or ([CallResult(unlogged, None, "dead")] if unlogged else [])


def _result(story: list[Line]) -> CallResult:
    caller_id, at = "", None
    outcome, code, answered_at, ended_at, ended_by = "dead", None, None, None, ""
    for moment, what, details in story:
        if what == "invite":
            caller_id, at = details[0], moment
        elif what == "outcome":
            outcome = details[0]
            code = int(details[1]) if outcome == "refused" else (200 if outcome == "answered" else None)
            answered_at = moment if outcome == "answered" else None
        elif what == "ended":
            ended_at, ended_by = moment, details[0]
    if outcome == "cancelled" and all(what != "trying" for _, what, _ in story):
        outcome = "dead"
    seconds = (ended_at - answered_at).total_seconds() if ended_at and answered_at else None
    return CallResult(caller_id, at, outcome, code, answered_at, ended_at, ended_by, seconds)


class CallHandle:
    """A call, or a load of calls, under way. `ask` sends a verb to the lab's supervisor."""

    def __init__(self, ask: Callable[..., dict[str, Any]], name: str, folder: Path, caller_id: str) -> None:
        self._ask = ask
        self.name = name
        self._folder = folder
        self._caller_id = caller_id

    @property
    def done(self) -> bool:
        """True when the caller's program has ended."""
        return not self._ask("call-state", name=self.name)["alive"]

    def hang_up(self) -> None:
        """Ends the caller's program at once, as a cut line would: no BYE is sent."""
        self._ask("call-end", name=self.name)

    def result(self, timeout: float = 180.0) -> CallResult:
        """Waits for the end of a single call. Raises LabError after `timeout` seconds."""
        return self.results(timeout)[0]

    def results(self, timeout: float = 180.0) -> list[CallResult]:
        """Waits for the end and returns every call. Raises LabError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while (state := self._ask("call-state", name=self.name))["alive"]:
            if time.monotonic() > end:
                raise LabError(f"{self.name} is still under way after {timeout} s.")
            time.sleep(0.05)
        return read_results(self._folder, self._caller_id, state)


def read_results(folder: Path, caller_id: str, state: dict[str, Any]) -> list[CallResult]:
    """The calls of one callers' program, with what the audio listener counted, if there was one."""
    results = read(folder / "calls.log", caller_id)
    if state.get("audio_packets") is None or len(results) != 1:
        return results
    only = results[0]
    first = state["first_audio"]
    heard = first - only.at.timestamp() if first and only.at else None
    return [
        CallResult(
            only.caller_id,
            only.at,
            only.outcome,
            only.sip_code,
            only.answered_at,
            only.ended_at,
            only.ended_by,
            only.seconds,
            state["audio_packets"],
            heard,
        )
    ]
