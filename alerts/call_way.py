"""A call through our own Asterisk that speaks and takes 1. What speaks AMI is behind a protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from alerts.book import END, short_id
from alerts.policy import Way
from alerts.values import Fate, Message, Receipt


@dataclass(frozen=True, slots=True)
class AlertCall:
    """One call. id: letters and digits, the same for the same message, in every process. key: of the message.

    address: number as dialled. facts: what is spoken (kind, scope, reference, drill …), from which prompts are chosen.
    """

    id: str
    key: str
    address: str = field(repr=False)
    language: str
    facts: Mapping[str, str]


class Caller(Protocol):
    """Places calls. Their end comes later, to ``Alerts.receipt``."""

    async def place(self, call: AlertCall) -> Receipt:
        """SENT when Asterisk has taken it; UNKNOWN when nobody can say; FAILED and untouched when no phone can have rung."""
        ...


class OwnCall:
    """The way CALL."""

    way = Way.CALL

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def send(self, message: Message) -> Receipt:
        """Places the call; ``confirm_within`` begins when Asterisk has taken it."""
        return await self._caller.place(call_of(message))


def call_of(message: Message) -> AlertCall:
    """What Asterisk needs of a message."""
    facts = {**message.facts, "reference": message.reference, "drill": "yes" if message.drill else ""}
    if message.rung == f"{message.incident}/{END}":
        facts["over"] = "yes"
    return AlertCall(f"al{short_id(message.key)}", message.key, message.address, message.language, facts)


def judge(stage: str) -> Receipt | None:
    """What the dial plan wrote into AstDB about a call; None while it goes on.

    ``ack,<epoch>`` pressed 1; ``heard,<epoch>`` answered and silent; ``end,<DIALSTATUS>,<epoch>``.
    """
    word, _, rest = stage.partition(",")
    if word == "ack":
        return Receipt(Fate.CONFIRMED, "pressed 1")
    if word == "heard":
        return Receipt(Fate.DELIVERED, "heard, nothing pressed")
    if word != "end":
        return None
    status = rest.partition(",")[0] or "CANCEL"
    if status == "ANSWER":
        return Receipt(Fate.UNKNOWN, "answered, and hung up before the end")
    if status in ("CHANUNAVAIL", "CONGESTION", "STALE"):
        return Receipt(Fate.FAILED, f"the line ended it: {status}", untouched=True)
    return Receipt(Fate.FAILED, WORDS.get(status, status))


WORDS: Mapping[str, str] = {"BUSY": "busy", "NOANSWER": "no answer", "CANCEL": "not answered"}
