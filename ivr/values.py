"""What goes into a dialogue and what comes out of it, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call when the dialogue takes it over.

    own: caller id that may be called back, digits with an optional "+"; "" when withheld or not a number. Untrusted.
    caller_id: as received. key: digit pressed during the phrase, or "". recovery_at: aware UTC, or None.
    waited_since: aware UTC, since when he had been waiting in the queue; None: he had not.

    What an earlier tier has confirmed, which is never asked again: number, source, wanted, keyed (keyed, not yet confirmed),
    matter, region, recording, spooled (the line is durable, only the promise is missing).
    tier: 1, 2 or 4. reference: that the promise will have, digits. length: see ``ivr.lengths``, "" as the policy says.
    person: somebody is left in the queue, so key 0 may lead there. parts: requests (see Asks) that are durable already.
    """

    unique_id: str
    scope: str
    language: str
    message: str
    caller_id: str = ""
    own: str = ""
    key: str = ""
    recovery_at: datetime | None = None
    incident: str = ""
    waited_since: datetime | None = None
    tier: int = 1
    reference: str = ""
    length: str = ""
    person: bool = False
    number: str = ""
    source: str = ""
    wanted: bool = False
    keyed: str = ""
    matter: str = ""
    region: str = ""
    recording: str = ""
    spooled: bool = False
    parts: int = 0


class Asks(StrEnum):
    """What a line wants of the book. Everything comes in by the spool, so it is durable when the book is away."""

    CALL = ""  # a callback: an ordinary capture
    NOTICE = "notice"  # only to be told when it is over (requirement B8)
    CANCEL = "cancel"  # of the promise ``about``
    UNDO = "undo"  # of that cancel
    CHANGE = "change"  # of the promise ``about``: to be called on ``number`` instead


@dataclass(frozen=True, slots=True)
class PromiseSeen:
    """An open promise as its caller may hear of it. Without its reference all but ``number`` is left out.

    state: open, claimed, dialling, talking or cancelled (which may be undone). due_at: aware UTC.
    """

    number: str
    known: bool = False  # the reference was right: what follows is true
    state: str = ""
    matter: str = ""
    attempts: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A planned outage that callers can ask for (requirement B5). region: id of the policy, "" everywhere. Aware UTC."""

    region: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """What one caller left: the facts of a capture, without the id of the PBX.

    at: aware UTC. number: as dialled from the site, "" when none was left; source: own, keyed or none.
    matter: danger, fault, bill, complaint, tipoff, question or unstated (requirement C1).
    wanted: asked to be called, by a key or by staying. promised: the promise follows directly on this line.
    waited_since, reference, region: as in CallFacts. recording: file name of a message, "" none.
    asks, about: see Asks; owner: number of the promise that is asked about, as it was given with its reference. A call that asks
    for more than one thing leaves several lines, numbered by ``part``: the callback is 1, requests follow from 2.
    """

    unique_id: str
    at: datetime
    scope: str
    caller_id: str
    number: str
    source: str
    matter: str
    language: str
    tier: int
    wanted: bool
    promised: bool
    incident: str = ""
    waited_since: datetime | None = None
    reference: str = ""
    region: str = ""
    recording: str = ""
    asks: Asks = Asks.CALL
    about: str = ""
    part: int = 1
    owner: str = ""
