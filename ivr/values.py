"""What goes into a dialogue and what comes out of it, as values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call when the dialogue takes it over.

    own: caller id that may be called back, digits with an optional "+"; "" when withheld or not a number. Untrusted.
    caller_id: as received. key: digit pressed during the phrase, or "". recovery_at: aware UTC, or None.
    waited_since: aware UTC, since when he had been waiting in the queue; None: he had not.
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


@dataclass(frozen=True, slots=True)
class Left:
    """What one caller left: the facts of a capture, without the id of the PBX.

    at: aware UTC. number: as dialled from the site, "" when none was left; source: own, keyed or none.
    matter: fault, bill, complaint, tipoff, question or unstated (requirement C1).
    wanted: asked to be called, by a key or by staying. promised: the promise follows directly on this line.
    waited_since: as in CallFacts.
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
