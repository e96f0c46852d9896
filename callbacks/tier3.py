"""The lines that the dial plan writes by itself when nothing of ours is alive (tier 3), and in its hang-up
handler.

``hf2|uniqueid|epoch|scope|callerid|number|own/keyed/none|matter|lang|wanted|promised|incident|waited|reference|region|``
``recording|tier|md5``

waited: the epoch at which a caller joined the queue in which he had been waiting, "" for the others; tier: the one that
the call had reached. Lines of the older form ``hf1`` end after ``incident``, or after ``waited``, and are of tier 3.
The md5 is over everything before the last bar. Every value comes from a telephone and is checked as such.
"""

import re
from datetime import UTC, datetime
from hashlib import md5

from callbacks.lines import DamagedLine
from callbacks.values import Capture, Matter, NumberSource, held

TIER = 3
_LONGEST = 1024
_FIELDS = {"hf1": (13, 14), "hf2": (18,)}
_HEADS = (b"hf1|", b"hf2|")
_UNIQUE_ID = re.compile(r"[0-9A-Za-z._-]{1,96}\Z")
_EPOCH = re.compile(r"[0-9]{9,11}(\.[0-9]{1,6})?\Z")
_NAME = re.compile(r"[0-9A-Za-z_.-]{1,80}\Z")
_DIGITS = re.compile(r"\+?[0-9]{1,32}\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2}(-[A-Za-z]{2})?\Z")
_REFERENCE = re.compile(r"[0-9]{1,12}\Z")
_REGION = re.compile(r"[0-9A-Za-z_.-]{1,40}\Z")
_RECORDING = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,159}\Z")  # a name in one folder, never a path
_TIERS = {"1": 1, "2": 2, "3": 3}
_FLAGS = {"0": False, "1": True, "": False}


def parse(line: bytes, pbx_id: str) -> Capture:
    """The capture of a line without its newline. Raises DamagedLine, which never repeats the line's content.

    A line that begins in the middle of a torn one (Asterisk killed while writing, then started again
    within the minute) is found by its head and read for itself.
    """
    try:
        return _parse(line, pbx_id)
    except DamagedLine:
        head = max(line.rfind(one) for one in _HEADS)
        if head <= 0:
            raise
        return _parse(line[head:], pbx_id)


def _parse(line: bytes, pbx_id: str) -> Capture:
    if len(line) > _LONGEST:
        raise DamagedLine("longer than any line of ours")
    body, _, checksum = line.rpartition(b"|")
    if md5(body, usedforsecurity=False).hexdigest().encode() != checksum.lower():
        raise DamagedLine("the md5 does not fit")
    try:
        fields = line.decode("ascii").split("|")
    except UnicodeDecodeError:
        raise DamagedLine("not plain text") from None
    if len(fields) not in _FIELDS.get(fields[0], ()):
        raise DamagedLine("not a line of this version")
    return _capture(fields, pbx_id)


def _capture(fields: list[str], pbx_id: str) -> Capture:
    _, unique_id, epoch, scope, caller_id, number, source, matter, language, wanted, promised, incident = (
        fields[:12]
    )
    _check("unique id", _UNIQUE_ID, unique_id)
    _check("epoch", _EPOCH, epoch)
    _check("scope", _NAME, scope)
    number = number if _DIGITS.match(number) else ""
    origin = _origin(source, number, caller_id)
    if wanted not in _FLAGS or promised not in _FLAGS:
        raise DamagedLine("wanted or promised is neither 0 nor 1")
    waited, reference, region, recording, tier = ([*fields[12:-1], "", "", "", "", ""])[:5]
    capture = Capture(
        key=f"{pbx_id}:{unique_id}",
        at=datetime.fromtimestamp(float(epoch), UTC),
        scope=scope,
        caller_id=caller_id if _DIGITS.match(caller_id) else "",
        number=number if origin is not NumberSource.NONE else "",
        source=origin,
        matter=_matter(matter),
        language=language if _LANGUAGE.match(language) else "",
        tier=_TIERS.get(tier, TIER),
        wanted=_FLAGS[wanted],
        promised=_FLAGS[promised],
        incident=incident if _NAME.match(incident) else "",
        reference=reference if _REFERENCE.match(reference) else "",
        region=region if _REGION.match(region) else "",
        recording=recording if _RECORDING.match(recording) else "",
    )
    return held(capture, _since(waited))


def _since(epoch: str) -> datetime | None:
    """What is no time loses the place, never the caller."""
    return datetime.fromtimestamp(float(epoch), UTC) if _EPOCH.match(epoch) else None


def _check(name: str, shape: re.Pattern[str], value: str) -> None:
    if not shape.match(value):
        raise DamagedLine(f"{name} has a shape that is not allowed")


def _origin(text: str, number: str, caller_id: str) -> NumberSource:
    """A number whose origin is not told is as good as its likeness to the caller id; it is never thrown
    away.
    """
    if not number or text == NumberSource.NONE:
        return NumberSource.NONE
    if text in (NumberSource.OWN, NumberSource.KEYED):
        return NumberSource(text)
    return NumberSource.OWN if number == caller_id else NumberSource.KEYED


def _matter(text: str) -> Matter:
    """A word that is not known loses the matter, never the caller."""
    try:
        return Matter(text)
    except ValueError:
        return Matter.UNSTATED
