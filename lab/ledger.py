"""Reads what SIPp wrote about calls: the carriers' and agents' own record, independent of everything of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """One call that reached a carrier from Asterisk. Times are aware UTC.

    outcome: answered, silent, voicemail, busy, cancelled (rang until Asterisk gave up), congested, rejected, or
    "" while it is not decided. pressed: the digits that the answerer sent. ended_by: "us" (the carrier's side),
    "them" (Asterisk's side) or "" (not ended, or never answered).
    """

    carrier: str
    call_id: str
    number: str
    caller_id: str
    at: datetime
    outcome: str
    pressed: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One call that rang an agent's phone. Times are aware UTC. outcome: answered, cancelled, or "" while it rings."""

    agent: int
    call_id: str
    caller_id: str
    at: datetime
    outcome: str
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""


Line = tuple[datetime, str, list[str]]


def lines(log: Path) -> Iterator[tuple[str, Line]]:
    """(call id, (time, what, details)) of each whole line of a SIPp log; a missing log is an empty one."""
    text = log.read_text(errors="replace") if log.exists() else ""
    for line in text.splitlines(keepends=True):
        parts = line.rstrip("\n").split("|")
        if line.endswith("\n") and len(parts) >= 3:
            yield parts[1], (moment(parts[0]), parts[2], parts[3:])


def moment(text: str) -> datetime:
    """SIPp's [timestamp] as aware UTC; SIPp runs with TZ=UTC and separates parts by tabs or blanks."""
    date, clock = text.replace("T", " ").split()[:2]
    return datetime.fromisoformat(f"{date} {clock}").replace(tzinfo=UTC)


def by_call(log: Path) -> dict[str, list[Line]]:
    """The lines of a log, gathered per call in the order in which the calls came."""
    calls: dict[str, list[Line]] = {}
    for call_id, line in lines(log):
        calls.setdefault(call_id, []).append(line)
    return calls


def carrier_calls(letter: str, log: Path) -> list[CarrierCall]:
    """Every call that reached a carrier, oldest first."""
    return [_carrier_call(letter, call_id, story) for call_id, story in by_call(log).items()]


def _carrier_call(letter: str, call_id: str, story: list[Line]) -> CarrierCall:
    at, _, (number, caller_id) = next(line for line in story if line[1] == "invite")
    outcome_at, outcome = _first(story, "outcome")
    ended_at, ended_by = _first(story, "ended")
    talked = outcome in ("answered", "silent", "voicemail")
    return CarrierCall(
        carrier=letter,
        call_id=call_id,
        number=number,
        caller_id=caller_id,
        at=at,
        outcome=outcome,
        pressed="".join(details[0] for _, what, details in story if what == "pressed"),
        answered_at=outcome_at if talked else None,
        ended_at=ended_at,
        ended_by=ended_by,
    )


def agent_calls(number: int, log: Path) -> list[AgentCall]:
    """Every call that rang an agent's phone, oldest first."""
    calls = []
    for call_id, story in by_call(log).items():
        at, _, (_, caller_id) = next(line for line in story if line[1] == "invite")
        outcome_at, outcome = _first(story, "outcome")
        ended_at, ended_by = _first(story, "ended")
        answered_at = outcome_at if outcome == "answered" else None
        calls.append(AgentCall(number, call_id, caller_id, at, outcome, answered_at, ended_at, ended_by))
    return calls


def _first(story: list[Line], wanted: str) -> tuple[datetime | None, str]:
    for at, what, details in story:
        if what == wanted:
            return at, details[0]
    return None, ""
