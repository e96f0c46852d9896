"""What can happen, as the core sees it. Times travel beside an event (``now``), never inside it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fallback.modes import Mode


class Evidence(StrEnum):
    """Kinds of evidence about a component (requirement D1); two kinds count more than one."""

    CONTACT = "contact"  # OPTIONS contact state and round trip
    REGISTRATION = "registration"
    CALLS = "calls"  # calls that fail by cause; a sample, not a level
    MEMBERS = "members"  # whether enough members of a pool can be reached; the core's own reading


class Presence(StrEnum):
    """What a queue member can do now."""

    FREE = "free"
    BUSY = "busy"
    RINGING = "ringing"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class TrunkSeen:
    """One reading about a trunk. detail is untrusted text for people."""

    trunk: str
    evidence: Evidence
    good: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """A member of a queue and its presence."""

    queue: str
    member: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class MemberGone:
    """A member left the queue (signed out)."""

    queue: str
    member: str


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """Callers waiting in a queue; longest_wait in seconds."""

    queue: str
    waiting: int
    longest_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkLost:
    """Our manager link is gone: what lies behind it becomes UNKNOWN, never DOWN."""

    reason: str


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """The whole picture after a (re)connect, applied before anything is decided.

    booted_at: aware UTC, when Asterisk started; a naive one is a ValueError. trunks: what is known of each
    now. members: all members of all queues of the policy; whoever is not listed is not signed in.
    """

    booted_at: datetime
    trunks: tuple[TrunkSeen, ...]
    members: tuple[MemberSeen, ...]
    queues: tuple[QueueSeen, ...]

    def __post_init__(self) -> None:
        if self.booted_at.tzinfo is None:
            raise ValueError(f"booted_at must be aware UTC, not {self.booted_at!r}")


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; deadlines may be due."""


@dataclass(frozen=True, slots=True)
class OverrideSet:
    """A person sets the mode of a scope by hand; until is aware UTC and may be None only for EVACUATED."""

    scope: str
    mode: Mode
    who: str
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OverrideEnded:
    """A person ends the override of a scope."""

    scope: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class RecoveryTimeSet:
    """A person states when the scope will work again (requirement B2); None: not known. Aware UTC."""

    scope: str
    at: datetime | None
    who: str


Event = (
    TrunkSeen
    | MemberSeen
    | MemberGone
    | QueueSeen
    | LinkLost
    | SnapshotTaken
    | Tick
    | OverrideSet
    | OverrideEnded
    | RecoveryTimeSet
)
