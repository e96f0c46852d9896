"""Captures, promises and attempts, as values. All times are aware UTC."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum


class NumberSource(StrEnum):
    """Where a capture's number came from."""

    OWN = "own"  # the caller id, confirmed by a key or by staying to the end
    KEYED = "keyed"  # keyed in, read back and confirmed
    NONE = "none"  # nothing usable was left


class Matter(StrEnum):
    """What the caller's call is about (requirement C1)."""

    DANGER = "danger"  # live wire, fire (requirement B6): not waited with
    FAULT = "fault"
    BILL = "bill"
    COMPLAINT = "complaint"
    TIPOFF = "tipoff"
    QUESTION = "question"
    UNSTATED = "unstated"


class Asks(StrEnum):
    """What a line wants of the book; the words are those of ``ivr.values.Asks``."""

    CALL = ""  # a callback
    NOTICE = "notice"  # only to be told when it is over (B8)
    CANCEL = "cancel"  # of the promise ``about``
    UNDO = "undo"  # of that cancel
    CHANGE = "change"  # of the promise ``about``: to be called on ``number`` instead


OF_PROMISES = frozenset({Asks.CANCEL, Asks.UNDO, Asks.CHANGE})  # what is about a promise that there is


@dataclass(frozen=True, slots=True)
class Capture:
    """What one call left behind: a fact, never changed afterwards.

    key: "<pbx id>:<unique id>" – one call, one capture, whichever tiers wrote about it.
    number: as dialled from the site, digits with an optional "+"; "" when none was left.
    promised: the caller heard the promise to its end. wanted: True when the caller asked to be called, by
    a key or by staying; False is a missed call, which is listed but does not go into the book.
    tier: 1 to 4 (design section 4), 0: a person took it down by hand (C2); caller_id: as received, untrusted, may be "".
    reference: digits that the caller was told, "" none; region: id of the policy; recording: file name of a message.
    asks, about, owner: what else it may be than a callback, and reference and number of the promise that it is about. A call that
    asks for several things leaves several captures, with ``/2``, ``/3`` … behind the key; see ``capture_key``.
    name, address, remarks, taken_by: what a manual form has besides; taken_by: who wrote it down.
    """

    key: str
    at: datetime
    scope: str
    caller_id: str
    number: str
    source: NumberSource
    matter: Matter
    language: str
    tier: int
    wanted: bool
    promised: bool
    incident: str = ""
    reference: str = ""
    region: str = ""
    recording: str = ""
    asks: Asks = Asks.CALL
    about: str = ""
    owner: str = ""
    name: str = ""
    address: str = ""
    remarks: str = ""
    taken_by: str = ""

    @property
    def place_at(self) -> datetime:
        """The place in the queue of callbacks that this call earns."""
        return self.at


@dataclass(frozen=True, slots=True)
class HeldCapture(Capture):
    """A capture of a caller who had been waiting in a queue, since ``waited_since``; he keeps that place.

    Spool lines and the importer know it; the book keeps the place, with the promise.
    """

    waited_since: datetime | None = None

    @property
    def place_at(self) -> datetime:
        """Those who kept holding are called first; a time to come earns nothing."""
        return min(self.at, self.waited_since) if self.waited_since else self.at


def capture_key(pbx_id: str, unique_id: str, asks: Asks = Asks.CALL, part: int = 1) -> str:
    """The key of a line about a call, the same in every tier.

    Only the first callback has the bare key, because that is what the dial plan's own line of the same call completes:
    a request under it would become one capture with a callback that the caller asked for afterwards.
    """
    key = f"{pbx_id}:{unique_id}"
    return key if part == 1 and asks is Asks.CALL else f"{key}/{part}"


DESK = "desk"  # the source of what an agent took down at his desk


def complaint_key(promise_id: int, tries: int) -> str:
    """Of a complaint that an agent took down for a promise in its attempt of this number; the same for the same attempt."""
    return f"{DESK}:{promise_id}-{tries}"


def held(capture: Capture, since: datetime | None) -> Capture:
    """The same facts with the place of a caller who had been waiting since then; None: he had not."""
    if since is None:
        return capture
    facts = {field.name: getattr(capture, field.name) for field in fields(Capture)}
    return HeldCapture(**facts, waited_since=since)


class NoticeState(StrEnum):
    """What became of a notice that the service is back (requirement B8). Only WAITING ever leads to a message."""

    WAITING = "waiting"
    INTENDED = "intended"  # written down before it is sent; after a kill it stays so, and counts as unknown
    SENT = "sent"
    FAILED = "failed"  # surely not heard, and no way is left
    UNKNOWN = "unknown"  # nobody can say: never sent again
    EXPIRED = "expired"  # too late to be of use


class PromiseState(StrEnum):
    """Open → Claimed → Dialling → Talking → a closing state; an open one is due from its ``due_at`` on."""

    OPEN = "open"
    CLAIMED = "claimed"
    DIALLING = "dialling"
    TALKING = "talking"  # agent and caller are, or were, connected; the outcome is awaited
    DONE = "done"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"
    MERGED = "merged"  # what it held is in another promise


CLOSED_STATES = frozenset(
    {
        PromiseState.DONE,
        PromiseState.REFUSED,
        PromiseState.UNREACHABLE,
        PromiseState.CANCELLED,
        PromiseState.MERGED,
    }
)


class Outcome(StrEnum):
    """How an attempt ended."""

    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CONGESTION = "congestion"
    REJECTED = "rejected"  # the line refused the call
    REFUSED = "refused"  # the caller did not want to be called
    AGAIN = "again"  # reached, and asked to be called once more; stated by the agent only
    NO_AGENT = "no_agent"  # no agent took it: a caller who is rung first has pressed 1 by then, any other was not rung
    NOT_DIALLED = "not_dialled"  # shown never to have reached the line
    UNKNOWN = "unknown"  # nobody can say; counts as one attempt, never retried blindly


@dataclass(frozen=True, slots=True)
class Promise:
    """One open promise per number and scope, gathering captures. due_at: not before this time.

    place_at: its place in the queue; a caller who rings again keeps it (E6), an attempt that counted gives
    it up. attempts: those that count towards ``max_attempts``; tries: all of them, so that each has a key
    of its own; line_failures: attempts that our own lines spoiled. attempt: key of the newest attempt, ""
    before the first. holder, claimed_until: who holds the claim and until when (only while CLAIMED).
    attention: on the leader's list, because nobody can say what happened.

    assigned: the agent it was handed to; nobody else is offered it, "" everybody. paused: a leader keeps it from being called.
    wished_at: the caller wishes to be called then (due_at says so too). first_by: when the first attempt is owed (E2), answer_by:
    when the answer is (E3), None where nothing is owed. first_at: when its first attempt began. warned_at: when the leader was
    last told that a time is near or over. fault: key of the fault in one place that it is about (C3), "" none.
    """

    id: int
    scope: str
    number: str
    state: PromiseState
    created_at: datetime
    due_at: datetime
    attempts: int
    captures: int
    matter: Matter
    language: str
    agent: str = ""
    reason: str = ""
    place_at: datetime | None = None
    tries: int = 0
    line_failures: int = 0
    attempt: str = ""
    holder: str = ""
    claimed_until: datetime | None = None
    closed_at: datetime | None = None
    attention: bool = False
    assigned: str = ""
    paused: bool = False
    wished_at: datetime | None = None
    first_by: datetime | None = None
    answer_by: datetime | None = None
    first_at: datetime | None = None
    warned_at: datetime | None = None
    fault: str = ""


class Settled(StrEnum):
    """What became of one matter of a promise, in the agent's words (requirements E7, E8)."""

    DONE = "done"
    ORDERED = "ordered"  # a fault order was opened elsewhere; its number stands beside it
    COMPLAINT = "complaint"  # the caller complains: answered within E3's days
    GIVEN_UP = "given_up"  # the caller wants nothing more
    WRONG = "wrong"  # not this caller's, or no matter at all


@dataclass(frozen=True, slots=True)
class MatterOutcome:
    """The outcome of one capture's matter, apart from the promise's: a promise may gather several. capture: its key. order:
    number of the fault order or complaint elsewhere. satisfied: 1 (not) to 5, 0 not asked. caused: the incident caused it (C4).
    """

    capture: str
    settled: Settled
    who: str
    at: datetime
    note: str = ""
    order: str = ""
    satisfied: int = 0
    caused: bool = False


class Touched(StrEnum):
    """What was done to a promise, for its history."""

    OPENED = "opened"
    JOINED = "joined"  # a further call of the same caller
    CLAIMED = "claimed"
    RELEASED = "released"
    DIALLED = "dialled"
    ENDED = "ended"  # an attempt, with its outcome
    NOTED = "noted"
    SETTLED = "settled"  # one of its matters
    RESCHEDULED = "rescheduled"
    MOVED = "moved"  # to another place in the queue
    ASSIGNED = "assigned"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    MERGED = "merged"
    ADOPTED = "adopted"  # the caller got through by himself
    LOOKED = "looked"  # taken off the leader's list
    WARNED = "warned"  # the leader was told of its deadline
    GONE = "gone"  # a leader said that the Asterisk that called does not come back


@dataclass(frozen=True, slots=True)
class Touch:
    """One line of a promise's history. who: a person, an agent, or a part of ours; detail: plain words or figures, of a
    rescheduled one the time that the caller wished for (``wish_of``).
    """

    promise_id: int
    at: datetime
    who: str
    what: Touched
    detail: str = ""

    @property
    def wish(self) -> tuple[datetime | None, str]:
        """The time that the caller wished for, aware, where this is about one, and what else stands here."""
        first, _, rest = self.detail.partition(" ")
        try:
            wished = datetime.fromisoformat(first) if self.what is Touched.RESCHEDULED else None
        except ValueError:
            wished = None
        return (wished, rest) if wished and wished.tzinfo else (None, self.detail)


def wish_of(wished_at: datetime, note: str) -> str:
    """The detail of a rescheduled one; ``Touch.wish`` reads it. wished_at: aware."""
    return f"{wished_at.isoformat(timespec='minutes')} {note}".strip()


@dataclass(frozen=True, slots=True)
class PromiseFacts:
    """What a caller may hear of a promise. Without its reference (known: False) that there is one, and nothing else.

    state: open, claimed, dialling, talking, or cancelled by the caller, who may undo it. due_at: aware UTC.
    """

    number: str
    known: bool = False
    state: PromiseState | None = None
    matter: Matter = Matter.UNSTATED
    attempts: int = 0
    due_at: datetime | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One outgoing call, recorded before it is made. key is unique for ever and guards the dialplan.

    line, line_ended_at: how and when the line's part ended; the agent's word may still be awaited until
    disposition_due. disposition, who, note: what the agent stated. outcome: what stands in the end, set once.
    """

    key: str
    promise_id: int
    scope: str
    number: str
    trunk: str
    started_at: datetime
    agent: str = ""
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    talk_seconds: float = 0.0
    reason: str = ""
    line: Outcome | None = None
    line_ended_at: datetime | None = None
    disposition_due: datetime | None = None
    disposition: Outcome | None = None
    who: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SilentPbx:
    """An Asterisk that no bridge holds though calls were in flight there. held_until: aware UTC; None: never by a bridge."""

    pbx: str
    calls: int
    held_until: datetime | None = None
