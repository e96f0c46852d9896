"""What is sent to staff, and what became of it. Values only; times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

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
    facts: Mapping[str, str] = field(default_factory=dict)  # for ways that speak prompts instead of words
    token: str = (
        ""  # signed name of this message, "" when nothing is signed; ways put it into their own addresses
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a way says about a message. permanent: trying this way again is no use. provider_id: e.g. a Twilio SID.

    untouched, with FAILED: surely nothing has reached the person, so this way may be used again for the same rung when
    all ways are through (no line was free, the provider could not be reached, it asked us to wait).
    """

    fate: Fate
    detail: str = ""
    permanent: bool = False
    provider_id: str = ""
    untouched: bool = False


class NewsKind(StrEnum):
    """What alerts tell upward."""

    MESSAGE = "message"  # one message went on in its life: a row for the record
    ACKNOWLEDGED = "acknowledged"  # a person took the incident on: the core's Acknowledged follows from it
    UNREACHED = "unreached"  # every way to a person was tried, and nobody confirmed
    NOBODY = "nobody"  # a rung whose roles mean nobody: the roster must be mended
    GATHERED = "gathered"  # over the limit: several messages went out as one
    TROUBLE = "trouble"  # of our own: journal damaged or not writable; detail says what to do
    WELL = "well"  # that trouble is over


@dataclass(frozen=True, slots=True)
class AlertNews:
    """Something that the bridge should hear. at: aware UTC.

    key: of the message; rung: ``<incident>/<rung>``; how: call, sms, voice, note or web; fate and provider_id: of MESSAGE.
    address is never told: it is a secret.
    """

    kind: NewsKind
    at: datetime
    incident: str = ""
    rung: str = ""
    role: str = ""
    person: str = ""
    how: str = ""
    key: str = ""
    fate: Fate | None = None
    detail: str = ""
    reference: str = ""
    words: str = ""
    due_at: datetime | None = None
    drill: bool = False
    provider_id: str = ""
    language: str = ""

    def row(self) -> dict[str, Any]:
        """MESSAGE as a row for the record (``Store.put_messages``). Raises ValueError for other news."""
        if self.kind is not NewsKind.MESSAGE or self.fate is None or self.due_at is None:
            raise ValueError(f"only news of a message is a row, not {self.kind}")
        same = ("key", "incident", "role", "person", "at", "detail", "reference", "words", "language")
        return {name: getattr(self, name) for name in same} | {
            "rung": self.rung.removeprefix(f"{self.incident}/"),
            "way": self.how,
            "fate": self.fate.value,
            "due_at": self.due_at,
            "drill": self.drill,
            "provider_id": self.provider_id,
        }


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """Counts since the journal begins. unknown: messages of which nobody can say whether they arrived; second: those sent
    because an earlier way failed, was unknown or was not confirmed; unreached: people whom no way reached for a rung.
    """

    rungs: int = 0
    sent: int = 0
    confirmed: int = 0
    failed: int = 0
    unknown: int = 0
    stopped: int = 0
    second: int = 0
    unreached: int = 0
