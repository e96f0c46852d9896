"""Phone codes: which digits set which scope by hand (requirement A6), and the file that holds the PIN's hash. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

PIN_FILE = "holdfast_codes.pin"
PREFIX = "*66"
ACCOUNT = "holdfast-pin"  # the dialplan looks for this word

_CODE = re.compile(r"[0-9*][0-9*]{2,11}")
_PIN = re.compile(r"[0-9]{6,16}")
OF_A_SCOPE = {"EVACUATED": "1", "OUTAGE": "2", "DEGRADED": "3", "END": "0"}
"""What a code does to a scope → its last digit. END ends whatever was set by hand."""
OF_THE_SITE = {"OFF": "1", "ON": "0"}
"""``holdfast/off``: every Gosub returns at once, and no more so."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code. mode: a word of OF_A_SCOPE, or of OF_THE_SITE with scope ""."""

    code: str
    scope: str
    mode: str


def codes_for(scopes: Sequence[str], prefix: str = PREFIX) -> tuple[CodeLine, ...]:
    """The codes of a site: prefix, number of the scope with two digits (00: the site), digit of what to do.

    Scopes are numbered from 01 in the given order, so a new one belongs at the end. Raises ValueError for more than 99.
    """
    if len(scopes) > 99:
        raise ValueError("phone codes reach 99 scopes")
    site = (CodeLine(f"{prefix}00{digit}", "", mode) for mode, digit in OF_THE_SITE.items())
    each = (
        CodeLine(f"{prefix}{number:02}{digit}", scope, mode)
        for number, scope in enumerate(scopes, 1)
        for mode, digit in OF_A_SCOPE.items()
    )
    return (*each, *site)


def pin_file(pin: str) -> str:
    """What Asterisk's Authenticate() compares with. MD5 is its only hash: the file's rights are what keeps a PIN."""
    return f"{ACCOUNT}:{md5(pin.encode(), usedforsecurity=False).hexdigest()}\n"


def code_problems(codes: Sequence[CodeLine], scopes: Sequence[str], pin: str) -> Iterator[str]:
    """What cannot go into a dialplan, each with its remedy."""
    if not codes:
        return
    if not _PIN.fullmatch(pin):
        yield "code_pin: give 6 to 16 digits (HOLDFAST_CODE_PIN), or no codes"
    seen: set[str] = set()
    for one in codes:
        if not _CODE.fullmatch(one.code):
            yield f"code {one.code!r}: use 3 to 12 digits and '*'"
        if one.code in seen:
            yield f"code {one.code!r} is given twice"
        if one.scope not in scopes if one.mode in OF_A_SCOPE else one.scope or one.mode not in OF_THE_SITE:
            yield f"code {one.code!r}: {one.mode} of {one.scope or 'the site'!r} is nothing that a code can do"
        seen.add(one.code)
