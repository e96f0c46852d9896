"""What is known of a call, between the provider's fields, the dialogue's facts and the lines of the spool. Pure."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from ivr.numbers import check
from ivr.policy import CallerPolicy
from ivr.twiml.trail import Trail
from ivr.values import CallFacts, Left

TIER = 4
_KEYPAD: Mapping[str, str] = MappingProxyType(
    {
        letter: key
        for key, letters in {"2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO"}.items()
        for letter in letters
    }
    | {letter: key for key, letters in {"7": "PQRS", "8": "TUV", "9": "WXYZ"}.items() for letter in letters}
)
WITHHELD = frozenset(
    "+" + "".join(_KEYPAD[letter] for letter in word)
    for word in ("ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE")
)
"""What Twilio gives for the number of a caller who withholds it: the word, spelled on the keys of a telephone."""

RESUMABLE = (
    "HF_LANG",
    "HF_WANTED",
    "HF_NUMBER",
    "HF_SOURCE",
    "HF_KEYED",
    "HF_MATTER",
    "HF_REGION",
    "HF_RECORDING",
    "HF_SPOOLED",
    "HF_PARTS",
    "HF_PROMISED",
)


def caller(sent: str) -> tuple[str, str]:
    """(caller id as received, own number that may be asked for): the second is "" when it is withheld or not a number."""
    own = sent if sent.removeprefix("+").isdecimal() and sent.isascii() and len(sent) <= 17 else ""
    if own in WITHHELD:
        return "", ""
    return sent[:64], own


def call_facts(trail: Trail, call: str, reference: str, length: str) -> CallFacts:
    """The call as the dialogue takes it over; what an earlier round has confirmed comes with it only when it was resumed."""
    known = dict(trail.facts) if trail.resumed else {}
    return CallFacts(
        unique_id=call,
        scope=trail.scope,
        language=known.get("HF_LANG", trail.language),
        message=trail.message,
        caller_id=trail.caller_id,
        own=trail.own,
        key=trail.key,
        tier=TIER,
        reference=reference,
        length=length,
        number=known.get("HF_NUMBER", ""),
        source=known.get("HF_SOURCE", ""),
        wanted=known.get("HF_WANTED") == "1",
        keyed=known.get("HF_KEYED", ""),
        matter=known.get("HF_MATTER", ""),
        region=known.get("HF_REGION", ""),
        recording=known.get("HF_RECORDING", ""),
        spooled=known.get("HF_SPOOLED") == "1",
        parts=int(known.get("HF_PARTS", "0")),
    )


def said_by_key(key: str, own: str, policy: CallerPolicy) -> tuple[tuple[str, str], ...]:
    """What the key of the phrase says, which holds at once; on Asterisk the dial plan puts it into the channel."""
    if key not in ("1", "2"):
        return ()
    number = check(own, policy).number if key == "1" and own else ""
    return (("HF_WANTED", "1"), *((("HF_NUMBER", number), ("HF_SOURCE", "own")) if number else ()))


def missed(trail: Trail, call: str, now: datetime) -> Left:
    """A call that has come in, and of which nothing more is known yet."""
    return _left(trail, call, now, {}, "")


def left_so_far(call: CallFacts, own: str, trail: Trail, now: datetime) -> Left | None:
    """What he leaves behind if he hangs up now; None when nothing new has to be written for it. Who asked to be called and
    leaves before giving another number is called on his own, as by the hang-up handler of the dial plan. own: as dialled.
    """
    known = dict(trail.facts)
    if known.get("HF_WANTED") != "1" or known.get("HF_SPOOLED") == "1":
        return None
    if own and not known.get("HF_NUMBER"):
        known |= {"HF_NUMBER": own, "HF_SOURCE": "own"}
    return _left(trail, call.unique_id, now, known, call.reference)


def _left(trail: Trail, call: str, now: datetime, known: Mapping[str, str], reference: str) -> Left:
    return Left(
        unique_id=call,
        at=now,
        scope=trail.scope,
        caller_id=trail.caller_id,
        number=known.get("HF_NUMBER", ""),
        source=known.get("HF_SOURCE") or "none",
        matter=known.get("HF_MATTER") or "unstated",
        language=known.get("HF_LANG", trail.language),
        tier=TIER,
        wanted=known.get("HF_WANTED") == "1",
        promised=False,
        reference=reference if known.get("HF_NUMBER") else "",
        region=known.get("HF_REGION", ""),
        recording=known.get("HF_RECORDING", ""),
    )
