"""What is sent to staff, and what became of it. Values only; times are aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alerts.policy import Way


class Fate(StrEnum):
    """What became of one message."""

    INTENDED = "intended"  # written down, not yet sent; after a kill this counts as unknown
    SENT = "sent"  # the way took it
    DELIVERED = "delivered"  # the way says it arrived
    CONFIRMED = "confirmed"  # the person acknowledged
    FAILED = "failed"  # it did not arrive, and never will
    UNKNOWN = "unknown"  # nobody can say: the next way follows at once
    STOPPED = "stopped"  # no longer needed before it was sent


@dataclass(frozen=True, slots=True)
class Message:
    """One message by one way. key: ``<incident>/<rung>/<person>/<way>``; never sent twice under the same key.

    reference: short code that every way of one rung carries, so that a person sees that it is the same matter.
    words: the whole text in the person's language. address: where to (a secret in logs).
    """

    key: str
    incident: str
    rung: str
    role: str
    person: str
    way: Way
    address: str = field(repr=False)
    words: str
    language: str
    reference: str
    due_at: datetime
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a way says about a message. permanent: trying this way again is no use. provider_id: e.g. a Twilio SID."""

    fate: Fate
    detail: str = ""
    permanent: bool = False
    provider_id: str = ""
