"""What can happen, as the core sees it. Times travel beside an event (``now``), never inside it.

What comes with every call is a named tuple, which is made at half the price of a dataclass.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from fallback.calendar import Calendar
from fallback.modes import Mode


class Evidence(StrEnum):
    """Kinds of evidence about a component (requirement D1); two kinds count more than one."""

    CONTACT = "contact"  # OPTIONS contact state and round trip
    REGISTRATION = "registration"
    CALLS = "calls"  # calls that fail by cause; a sample, not a level
    ALARM = "alarm"  # a span's or a device's own alarm
    SHARE = "share"  # share of failed calls within a window
    SILENCE = "silence"  # no calls where the same hour of the week normally brings some
    TESTCALL = "testcall"  # our own call out on one trunk and in on another; a sample
    MEMBERS = "members"  # whether enough members of a pool can be reached; the core's own reading
    SIGNOUT = "signout"  # most members of a pool gone within a minute; the core's own reading
    PROBE = "probe"  # an HTTP, TCP, SQL or command probe; a sample
    LATENCY = "latency"  # it answers, but over its limit; a sample
    ALERT = "alert"  # an external alert that fires until it is resolved
    POWER = "power"  # the UPS says so
    REPORT = "report"  # a person's word; convinces at once
    OWN = "own"  # one of our own parts about itself; convinces at once


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
class PartSeen:
    """One reading about any component of the policy. detail is untrusted text; who: the person, for a REPORT."""

    component: str
    evidence: Evidence
    good: bool
    detail: str = ""
    who: str = ""


class MemberSeen(NamedTuple):
    """A member of a queue and its presence. agent: the member's name, the same on every device; "" unknown."""

    queue: str
    member: str
    presence: Presence
    agent: str = ""


@dataclass(frozen=True, slots=True)
class MemberGone:
    """A member left the queue (signed out)."""

    queue: str
    member: str


class QueueSeen(NamedTuple):
    """Callers waiting in a queue; longest_wait in seconds."""

    queue: str
    waiting: int
    longest_wait: float = 0.0


class CallerWaits(NamedTuple):
    """A caller waits in a queue on ``channel``; waited: seconds so far. Our own callbacks are not told."""

    queue: str
    channel: str
    waited: float = 0.0


class CallerLeft(NamedTuple):
    """That caller does not wait any more: answered, hung up or brought elsewhere."""

    queue: str
    channel: str


class LinesSeen(NamedTuple):
    """Channels of a trunk that are in use now."""

    trunk: str
    in_use: int


@dataclass(frozen=True, slots=True)
class SeatSilent:
    """A member's phone rang and was not answered (ring-no-answer, D2)."""

    queue: str
    member: str


@dataclass(frozen=True, slots=True)
class LeaveGranted:
    """A leader lets a member sign out during an incident; until: aware UTC."""

    queue: str
    member: str
    until: datetime
    who: str


@dataclass(frozen=True, slots=True)
class LinkLost:
    """Our manager link is gone: what lies behind it becomes UNKNOWN, never DOWN."""

    reason: str


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """The whole picture after a (re)connect, applied before anything is decided.

    booted_at: aware UTC, when Asterisk started; a naive one is a ValueError. trunks: what is known of each
    now. members: all members of all queues of the policy; whoever is not listed is not signed in. callers: who
    waits now. lines: channels in use.
    """

    booted_at: datetime
    trunks: tuple[TrunkSeen, ...]
    members: tuple[MemberSeen, ...]
    queues: tuple[QueueSeen, ...]
    callers: tuple["CallerWaits", ...] = ()
    lines: tuple["LinesSeen", ...] = ()

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


@dataclass(frozen=True, slots=True)
class CalendarTold:
    """Opening hours, planned windows and working days for some weeks ahead; takes the place of what was told."""

    calendar: Calendar


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The wall clock was set, by so many seconds (positive: forward). Due times rest on the wall, holds do not."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Declared:
    """A person opens an incident by hand (A1, A7, or any kind). scope "" concerns the site.

    people_hurt: only for A7; two or more go to the centre leader [S0 四].
    """

    scope: str
    kind: str
    detail: str
    who: str
    people_hurt: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """A person closes an incident. One that a fault still holds open is refused."""

    incident: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Split:
    """A person makes one cause of an incident (e.g. "A4 carrier-a", a part of its detail) an incident of its own."""

    incident: str
    cause: str
    who: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A person has taken an incident on. how: call, sms, web, command line."""

    incident: str
    who: str
    how: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Whoever took an incident on gives it to another person."""

    incident: str
    who: str
    to: str


@dataclass(frozen=True, slots=True)
class DrillStarted:
    """A drill of the policy begins (F4). live: callers may be affected, as its plan says; else nothing reaches them."""

    drill: str
    who: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class DrillEnded:
    """A drill is over; incident: its key. participants and evaluation go into its record (F4)."""

    incident: str
    who: str
    participants: str = ""
    evaluation: str = ""


Event = (
    TrunkSeen
    | PartSeen
    | CallerWaits
    | CallerLeft
    | LinesSeen
    | SeatSilent
    | LeaveGranted
    | CalendarTold
    | ClockStepped
    | Declared
    | Closed
    | Split
    | Acknowledged
    | HandedOver
    | DrillStarted
    | DrillEnded
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
