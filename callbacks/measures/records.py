"""Raw records: one for each time that a call stood in a queue, and spans of agents' time. Seconds; all times aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Reasons of a pause that mean work after a call, as sites name them; compared without case.
AFTER_CALL_REASONS = frozenset(
    {
        "话后",
        "话后处理",
        "话后整理",
        "事后处理",
        "整理",
        "wrapup",
        "wrap-up",
        "wrap up",
        "acw",
        "after-call",
        "after call",
    }
)


class CallEnd(StrEnum):
    """How a call's time in a queue went out. The first two are not the end yet."""

    WAITING = "waiting"
    TALKING = "talking"
    ANSWERED = "answered"
    ABANDONED = "abandoned"  # the caller hung up while waiting
    LEFT = (
        "left"  # left the queue alive: its time was over, no agent was left, a key, or brought to the offer
    )
    UNKNOWN = "unknown"  # its end was not seen


class Transfer(StrEnum):
    """Whether the agent passed the caller on."""

    NONE = ""
    BLIND = "blind"
    ATTENDED = "attended"


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One stay of one call in one queue.

    key: ``<pbx id>:<unique id>#<ms of joining>``: its own also where two Asterisks hand calls to each other. incident: the one
    that was open for the queue's scope when the call came, "" none. callback: key of the attempt where we called, else "";
    a callback is no call of a caller and never an abandoned one. position: in the queue at joining, 0 not known.
    rang_after: seconds until the first agent's phone rang, None: none did. wait: until answered or until the caller left; ring:
    of the phone that was answered; talk: without hold; each None where it is not known. agent: interface of who answered.
    cut: not seen from its beginning to its end; what it holds was told by Asterisk all the same.
    """

    key: str
    pbx: str
    queue: str
    joined_at: datetime
    end: CallEnd = CallEnd.WAITING
    incident: str = ""
    callback: str = ""
    position: int = 0
    rang_after: float | None = None
    wait: float | None = None
    agent: str = ""
    ring: float | None = None
    talk: float | None = None
    hold: float = 0.0
    transfer: Transfer = Transfer.NONE
    ended_at: datetime | None = None
    cut: bool = False


class AgentState(StrEnum):
    """What a span of time was. MISSED lies over the ringing that it was; SEEN and FULL are of the site, not of an agent."""

    IDLE = "idle"
    RINGING = "ringing"
    CALL = "call"  # with a caller of a queue, or with one we called back; talk and hold
    AFTER_CALL = "after_call"
    OTHER = "other"  # busy with a call that no queue gave
    PAUSED = "paused"
    AWAY = "away"  # signed in, and the phone cannot be reached
    MISSED = "missed"  # a ring that was not answered
    SEEN = "seen"  # the bridge heard what Asterisk told
    FULL = "full"  # every line of every carrier that was up was in use


SITE_STATES = frozenset({AgentState.SEEN, AgentState.FULL})


@dataclass(frozen=True, slots=True)
class AgentSpan:
    """One stretch of time within one half hour. agent: interface; queue: where he is a member; both "" for SITE_STATES.

    Known by pbx, queue, agent, state and since; ``until`` grows while it lasts. reason: of a pause, as the agent gave it.
    """

    pbx: str
    queue: str
    agent: str
    state: AgentState
    since: datetime
    until: datetime
    reason: str = ""

    @property
    def seconds(self) -> float:
        """How long."""
        return (self.until - self.since).total_seconds()


def is_open(record: CallRecord) -> bool:
    """Whether the call still waits or talks."""
    return record.end in (CallEnd.WAITING, CallEnd.TALKING)
