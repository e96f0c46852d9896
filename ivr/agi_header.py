"""What the dial plan says of a call, as ``CallFacts``. Pure; all of it comes from a telephone line and is taken with care.

The arguments of ``AGI(…)`` are named (``scope=power``), those that are empty are left out, and their order says nothing.
Names: scope, lang, message, recovery and waited (seconds since 1970), incident, key, own, ref, length, person (1),
number, source, wanted (1), keyed, matter, region, recording, spooled (1), parts (HF_PARTS: requests spooled so far), withheld
(1: the caller id is not to be known), tier, mac. A dial plan that was rendered before there were names says the first eight
by their places.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from string import ascii_letters, digits

from ivr.lengths import Length
from ivr.values import CallFacts

MOST_ARGUMENTS = 32
_PLACES = ("scope", "lang", "message", "recovery", "incident", "key", "own", "waited")
LONGEST_NUMBER = 16
_DIGITS = frozenset(digits)
_WORD = frozenset(ascii_letters + digits + "_-")
_FILE = _WORD | {"."}
_SOURCES = ("own", "keyed")
_TIERS = {"1": 1, "2": 2, "4": 4}
_LENGTHS = frozenset(Length)


def arguments(header: Mapping[str, str]) -> dict[str, str]:
    """Name → value of every named argument; the first of a name counts, and what has no name is left out."""
    if "=" not in header.get("agi_arg_1", "="):
        return _by_place(header)
    found: dict[str, str] = {}
    for place in range(1, MOST_ARGUMENTS + 1):
        text = header.get(f"agi_arg_{place}")
        if text is None:
            break
        name, _, value = text.partition("=")
        if name and value:
            found.setdefault(name, value)
    return found


def call_facts(header: Mapping[str, str]) -> CallFacts:
    """The facts of a call from the header of AGI or FastAGI. What is not in its form is as good as not said."""
    said = arguments(header)
    say = said.get
    return CallFacts(
        unique_id=header.get("agi_uniqueid", ""),
        scope=_only(say("scope", ""), _WORD),
        language=_only(say("lang", ""), _WORD),
        message=_only(say("message", ""), _WORD) or "fault",
        # Asterisk's header has the number also of one who withholds it.
        caller_id="" if say("withheld") == "1" else number(header.get("agi_callerid", "")),
        own=number(say("own", "")),
        key=say("key", "")[:1],
        recovery_at=moment(say("recovery", "")),
        incident=_only(say("incident", ""), _FILE),
        waited_since=moment(say("waited", "")),
        tier=_TIERS.get(say("tier", ""), 1),
        reference=_only(say("ref", ""), _DIGITS)[:12],
        length=length if (length := say("length", "")) in _LENGTHS else "",
        person=say("person") == "1",
        number=number(say("number", "")),
        source=source if (source := say("source", "")) in _SOURCES else "",
        wanted=say("wanted") == "1",
        keyed=number(say("keyed", "")),
        matter=_only(say("matter", ""), _WORD),
        region=_only(say("region", ""), _WORD),
        recording=_only(say("recording", ""), _FILE),
        spooled=say("spooled") == "1",
        parts=int(parts) if len(parts := _only(say("parts", ""), _DIGITS)) == 1 else 0,
    )


def _by_place(header: Mapping[str, str]) -> dict[str, str]:
    found = {name: header.get(f"agi_arg_{place}", "") for place, name in enumerate(_PLACES, 1)}
    if "agi_arg_7" not in header:
        found["own"] = header.get("agi_callerid", "")
    return found


def number(text: str) -> str:
    """A caller id that is a number, with its "+"; anything else (unknown, anonymous, a name) is none."""
    digits_only = text[1:] if text[:1] == "+" else text
    whole = len(digits_only) <= LONGEST_NUMBER and digits_only.isascii() and digits_only.isdecimal()
    return text if whole else ""


def moment(epoch: str) -> datetime | None:
    """Aware UTC from seconds since 1970; None for anything else."""
    if not (epoch.isascii() and epoch.isdecimal() and len(epoch) <= 12):
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _only(text: str, signs: frozenset[str], most: int = 120) -> str:
    """The text if it is made of these signs alone, else ""; nothing that was mended is taken for what was said."""
    return text if len(text) <= most and signs.issuperset(text) else ""
