"""What people ask the bridge for, as rows; the shapes are those of docs/reference/intents-and-live-rows.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from callbacks.values import Outcome
from console import bridge_socket
from console.bridge_socket import Answer
from fallback.modes import Mode
from store import Store

DIAL_WITHIN: Final = timedelta(seconds=15)  # a call asked for must ring now or not at all


@dataclass(frozen=True, slots=True)
class Asked:
    """One intent before it is written: kind and JSON payload."""

    kind: str
    payload: Mapping[str, Any]


def override_set(scope: str, mode: Mode, why: str, until: datetime | None) -> Asked:
    """Set the mode of a scope until a time (aware UTC); None only for EVACUATED."""
    return Asked("override-set", {"scope": scope, "mode": mode.value, "why": why, "until": _iso(until)})


def override_end(scope: str, why: str) -> Asked:
    """End what was set by hand."""
    return Asked("override-end", {"scope": scope, "why": why})


def recovery_set(scope: str, at: datetime | None) -> Asked:
    """State when the scope will work again (requirement B2); None: not known."""
    return Asked("recovery-set", {"scope": scope, "at": _iso(at)})


def dial(promise: int, agent: str, now: datetime) -> Asked:
    """Ring the agent's phone, then the caller of the promise that the agent has claimed."""
    return Asked("dial", {"promise": promise, "agent": agent, "not_after": _iso(now + DIAL_WITHIN)})


def outcome(promise: int, attempt: str, result: Outcome, agent: str, note: str) -> Asked:
    """The agent's word on how an attempt ended."""
    return Asked(
        "outcome",
        {"promise": promise, "attempt": attempt, "outcome": result.value, "agent": agent, "note": note},
    )


def ack(incident: str) -> Asked:
    """Take an incident on."""
    return Asked("ack", {"incident": incident})


def hand_over(incident: str, to: str) -> Asked:
    """Give an incident that was taken on to another person."""
    return Asked("hand-over", {"incident": incident, "to": to})


def declare(scope: str, kind: str, detail: str, people_hurt: int = 0) -> Asked:
    """Open an incident by hand; scope "" concerns the site, people_hurt is of A7."""
    payload = {"scope": scope, "kind": kind, "detail": detail, "people_hurt": people_hurt}
    return Asked("declare", payload)


def close(incident: str, why: str) -> Asked:
    """Close an incident that no fault holds open."""
    return Asked("close", {"incident": incident, "why": why})


def split(incident: str, cause: str) -> Asked:
    """Make one cause of an incident, a part of its detail, an incident of its own."""
    return Asked("split", {"incident": incident, "cause": cause})


def leave(queue: str, member: str, until: datetime) -> Asked:
    """Let a member sign out during an incident; until: aware UTC (requirement D2)."""
    return Asked("leave", {"queue": queue, "member": member, "until": _iso(until)})


def report(component: str, *, good: bool, why: str) -> Asked:
    """A person's word about a component; it convinces at once, both ways."""
    return Asked("report", {"component": component, "good": good, "why": why})


def drill_start(drill: str, *, live: bool = False) -> Asked:
    """Begin a drill of the policy (F4); live: callers may be affected, as its plan says."""
    return Asked("drill-start", {"drill": drill, "live": live})


def drill_end(incident: str, participants: str = "", evaluation: str = "") -> Asked:
    """End a drill, by its key; who took part and how it went stand in its record (F4)."""
    payload = {"incident": incident, "participants": participants, "evaluation": evaluation}
    return Asked("drill-end", payload)


def duty_ack(captures: Sequence[str], matter: str = "") -> Asked:
    """Take danger and fault reports on (requirement E0): these captures by key, or all of a matter; "all": of both."""
    return Asked("duty-ack", {"captures": list(captures), "matter": matter})


def write(store: Store, asked: Asked, who: str, now: datetime) -> int:
    """Write the intent; returns its id, by which its answer can be asked for."""
    return store.add_intent(asked.kind, asked.payload, who, now)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What agents ask of the bridge, through the store; satisfies ``callbacks.work.ground.Bridge``."""

    store: Store

    def dial(self, promise_id: int, member: str, who: str, now: datetime) -> int:
        """Ring this agent's telephone, then the caller."""
        return write(self.store, dial(promise_id, member, now), who, now)

    def outcome(
        self, promise_id: int, attempt: str, result: Outcome, member: str, note: str, who: str, now: datetime
    ) -> int:
        """The agent's word on how an attempt ended."""
        return write(self.store, outcome(promise_id, attempt, result, member, note), who, now)


def ask_bridge(path: Path, asked: Asked, who: str) -> Answer:
    """Ask over the bridge's local socket instead, without the store; waits for the answer. Raises BridgeAway."""
    return bridge_socket.act(path, asked.kind, asked.payload, who)


def next_time_of_day(text: str, now: datetime, timezone: ZoneInfo) -> datetime:
    """The next time that the site's clocks show HH:MM, as aware UTC. Raises ValueError for anything else."""
    wanted = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # a time of day has no zone of its own
    local = now.astimezone(timezone)
    moment = datetime.combine(local.date(), wanted, timezone)
    if moment <= local:
        moment = datetime.combine(local.date() + timedelta(days=1), wanted, timezone)
    return moment.astimezone(UTC)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
