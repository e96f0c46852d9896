"""What the manager link tells about calls, beside the events of the core. Attempt keys are the book's own."""

from dataclasses import dataclass
from enum import StrEnum


class CallEvent:
    """What happened to a call: for whoever dials and counts, not for the core."""

    __slots__ = ()


class Leg(StrEnum):
    """The two sides of an outgoing call."""

    AGENT = "agent"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class CallbackProgress(CallEvent):
    """One of our outgoing calls rings somewhere (status "") or stopped ringing there with Asterisk's
    DIALSTATUS.

    status: "" or ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION, CHANUNAVAIL … Asterisk may say the same end
    twice. peer: what was dialled, e.g. "PJSIP/carrier-b" or "PJSIP/agent-1"; "Local/…" stands for the queue
    as a whole.
    """

    attempt: str
    leg: Leg
    status: str
    peer: str


@dataclass(frozen=True, slots=True)
class OriginateAnswered(CallEvent):
    """Asterisk finished originating an attempt. ok: its agent's side answered. reason: Asterisk's frame
    number.

    0 no such channel or no answer in time, 1 hung up, 3 ringing, 4 answered, 5 busy, 8 congestion.
    """

    attempt: str
    ok: bool
    reason: int


@dataclass(frozen=True, slots=True)
class AgentTook(CallEvent):
    """An agent answered the attempt out of the queue; member is the interface, e.g. "PJSIP/agent-1"."""

    attempt: str
    queue: str
    member: str


@dataclass(frozen=True, slots=True)
class LiveTaken(CallEvent):
    """An agent answered a live caller out of the queue; member as in ``AgentTook``."""

    queue: str
    member: str


@dataclass(frozen=True, slots=True)
class AgentDone(CallEvent):
    """The agent's part of the attempt ended after talk_seconds with the queue call (not with the caller)."""

    attempt: str
    queue: str
    member: str
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class Hangup(CallEvent):
    """The attempt's first channel is gone; its hang-up handlers have run. cause: Q.850 number."""

    attempt: str
    cause: int
    text: str


@dataclass(frozen=True, slots=True)
class TrunkRang(CallEvent):
    """A call came in on a trunk. caller, called: as the carrier told them, untrusted; caller "" withheld."""

    trunk: str
    unique_id: str
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class TrunkCallEnded(CallEvent):
    """A call on a trunk is over. outgoing: we dialled it. heard_of: the far side let it ring or answered.

    cause: Q.850 number; 0 when nobody gave one. linked_id: unique id of the channel with which the whole call began.
    """

    trunk: str
    unique_id: str
    outgoing: bool
    heard_of: bool
    cause: int
    linked_id: str = ""


@dataclass(frozen=True, slots=True)
class CallerAbandoned(CallEvent):
    """A caller hung up while waiting (requirement D3); held in seconds."""

    queue: str
    held: float


@dataclass(frozen=True, slots=True)
class CoreShutdown(CallEvent):
    """Asterisk goes down on purpose; the link is lost next."""

    restart: bool
