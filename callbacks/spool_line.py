"""One capture as one line of the spool: JSON that a person can read, closed by a checksum over what stands
before it. What is often empty is left out when it is: ``waited_since`` (a caller who had been waiting), ``reference``,
``region``, ``recording``, ``asks``, ``about``, ``owner``, and what only a manual form has; so
lines that were written before there were such fields stay readable.

``{"v":1,"key":"pbx1:1763762400.17","at":"2026-11-21T10:15:00.123456+00:00", … ,"sum":"9a0b1c2d"}``

The checksum (CRC-32) finds torn and rotten lines; it is no protection against forgery, which the folder's
rights are.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from callbacks.lines import DamagedLine
from callbacks.values import Asks, Capture, HeldCapture, Matter, NumberSource, held

VERSION = 1
_TIERS = (0, 1, 2, 3, 4)
_MARK = b',"sum":"'
_ENCODE = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode
# As long as the book's columns; a line that the book could not take would be durable and yet lost.
FORM_LIMITS = {"name": 80, "address": 200, "remarks": 1000, "taken_by": 80}
_LIMITS = {"key": 160, "scope": 80, "caller_id": 64, "number": 40, "language": 16, "incident": 120}
_EXTRA = {"reference": 12, "region": 40, "recording": 160, "asks": 24, "about": 12, "owner": 40}
_EXTRA |= FORM_LIMITS
_STRICT = {name: _LIMITS[name] for name in ("key", "scope", "language", "incident")} | _EXTRA
_NUMBER = re.compile(r"(\+?[0-9]{1,39})?\Z")


def encode(capture: Capture) -> bytes:
    """The line, with its newline. What a network wrote into the caller id is cut to what can be kept.

    Raises ValueError for what is ours to get right: a naive time, a number that is none, a key or name too
    long.
    """
    if capture.at.utcoffset() is None:
        raise ValueError("its time is naive; aware UTC is wanted")
    if not _NUMBER.match(capture.number):
        raise ValueError("its number is not made of digits")
    if capture.tier not in _TIERS:
        raise ValueError(f"there is no tier {capture.tier}")
    for name, limit in _STRICT.items():
        if not _fits(getattr(capture, name), limit):
            raise ValueError(f"its {name} is not a text of at most {limit} characters")
    body = _ENCODE(
        {
            "v": VERSION,
            "key": capture.key,
            "at": capture.at.astimezone(UTC).isoformat(),
            "scope": capture.scope,
            "caller_id": _cut(capture.caller_id, _LIMITS["caller_id"]),
            "number": capture.number,
            "source": capture.source,
            "matter": capture.matter,
            "language": capture.language,
            "tier": capture.tier,
            "wanted": capture.wanted,
            "promised": capture.promised,
            "incident": capture.incident,
            **_extra(capture),
            **_waited(capture),
        }
    ).encode("ascii")[:-1]
    return b'%b%b%08x"}\n' % (body, _MARK, crc32(body))


def decode(line: bytes) -> Capture:
    """The capture of a line without its newline. Raises DamagedLine; unknown keys are ignored."""
    body, mark, tail = line.rpartition(_MARK)
    if not mark:
        raise DamagedLine("no checksum: the line is torn")
    if tail != b'%08x"}' % crc32(body):
        raise DamagedLine("the checksum does not fit")
    try:
        return _capture(json.loads(body + b"}"))
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedLine(f"not a capture: {type(error).__name__}") from error


def _extra(capture: Capture) -> dict[str, str]:
    return {name: text for name in _EXTRA if (text := getattr(capture, name))}


def _waited(capture: Capture) -> dict[str, str]:
    since = capture.waited_since if isinstance(capture, HeldCapture) else None
    if since is None:
        return {}
    if since.utcoffset() is None:
        raise ValueError("the time since which he waited is naive; aware UTC is wanted")
    return {"waited_since": since.astimezone(UTC).isoformat()}


def _fits(text: object, limit: int) -> bool:
    """Printable leaves out what some database cannot keep: NUL, lone surrogates, line ends."""
    return isinstance(text, str) and len(text) <= limit and text.isprintable()


def _cut(text: str, limit: int) -> str:
    if not text.isprintable():
        text = "".join(one for one in text if one.isprintable())
    return text[:limit]


def _capture(row: dict[str, Any]) -> Capture:
    if row["v"] != VERSION:
        raise DamagedLine(f"version {row['v']!r} is not known here")
    at = _utc(row["at"])
    for name, limit in _LIMITS.items():
        if not _fits(row[name], limit):
            raise DamagedLine(f"{name} is not a text of at most {limit} characters")
    extra = {name: row[name] for name in _EXTRA if name in row}
    for name, text in extra.items():
        if not _fits(text, _EXTRA[name]):
            raise DamagedLine(f"{name} is not a text of at most {_EXTRA[name]} characters")
    if not _NUMBER.match(row["number"]) or row["tier"] not in _TIERS:
        raise DamagedLine("number or tier is not one")
    capture = Capture(
        key=row["key"],
        at=at,
        scope=row["scope"],
        caller_id=row["caller_id"],
        number=row["number"],
        source=NumberSource(row["source"]),
        matter=Matter(row["matter"]),
        language=row["language"],
        tier=row["tier"],
        wanted=bool(row["wanted"]),
        promised=bool(row["promised"]),
        incident=row["incident"],
        reference=extra.get("reference", ""),
        region=extra.get("region", ""),
        recording=extra.get("recording", ""),
        asks=Asks(extra.get("asks", "")),
        about=extra.get("about", ""),
        owner=extra.get("owner", ""),
        **{name: extra.get(name, "") for name in FORM_LIMITS},
    )
    return held(capture, _utc(row["waited_since"]) if "waited_since" in row else None)


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.utcoffset() != timedelta(0):
        raise DamagedLine("the time is not UTC")
    return at.astimezone(UTC)
