"""What has happened on a call so far, as it travels in the addresses that we give to the provider.

Nothing about a call is kept here between two requests: any process can answer the next one, killed or restarted as it may
have been, and the same request is answered the same way twice.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from ivr.steps import Kept, Keys, NotKept, Recorded

Given = Keys | Kept | NotKept | Recorded
LONGEST_TOKEN = 2_000  # signs; providers take addresses of about 4,000
MOST_GIVEN = 120
OLDEST = timedelta(hours=6)  # a provider ends a call after four hours
_VERSION = 1


class BadTrail(ValueError):
    """The token is not ours, not of this call, too old or too long."""


@dataclass(frozen=True, slots=True)
class Trail:
    """One call so far.

    started: aware UTC, whole seconds. book: digest of the policy that the dialogue began with. key: pressed during the
    phrase. given: what was answered since, with the seconds since ``started``. facts: what is confirmed, in case that the
    policy has changed and the answers cannot be played back. resumed: how often that was so. place: the address that the
    token is for.
    """

    scope: str
    message: str
    language: str
    caller_id: str
    own: str
    started: datetime
    book: str
    place: str = "begin"
    key: str = ""
    given: tuple[tuple[Given, int], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    resumed: int = 0

    def at(self, seconds: int) -> datetime:
        """The moment so long after the start."""
        return self.started + timedelta(seconds=seconds)

    def seconds(self, now: datetime) -> int:
        """Whole seconds since the start, never less than at the newest answer."""
        newest = self.given[-1][1] if self.given else 0
        return max(newest, int((now - self.started).total_seconds()))

    def plus(self, given: Given, seconds: int) -> "Trail":
        """With one answer more."""
        return replace(self, given=(*self.given, (given, seconds)))


class Seal:
    """Signs trails for one call each. secret: the same in every process and at every site that answers the same number."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def token(self, trail: Trail, call: str) -> str:
        """Short enough for an address. call: the provider's id, without which nobody can read it back. Raises BadTrail."""
        token = str(self._signer(call).dumps(_packed(trail)))
        if len(token) > LONGEST_TOKEN or len(trail.given) > MOST_GIVEN:
            raise BadTrail(f"a call of {len(trail.given)} answers does not fit into an address")
        return token

    def trail(self, token: str, call: str, place: str, now: datetime) -> Trail:
        """What ``token`` holds. Raises BadTrail."""
        if len(token) > LONGEST_TOKEN:
            raise BadTrail("too long")
        try:
            trail = _unpacked(self._signer(call).loads(token))
        except BadData as error:
            raise BadTrail("not signed by us for this call") from error
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise BadTrail("of another version") from error
        if trail.place != place:
            raise BadTrail(f"for {trail.place}, not for {place}")
        if now - trail.started > OLDEST:
            raise BadTrail("too old")
        return trail

    def reference(self, call: str) -> str:
        """Six digits that the caller is told, always the same for a call."""
        digest = hmac.digest(self._secret.encode(), b"reference:" + call.encode(), hashlib.sha256)
        return str(100_000 + int.from_bytes(digest[:8]) % 900_000)

    def _signer(self, call: str) -> URLSafeSerializer:
        signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._secret, salt=f"holdfast-failover:{call}", signer_kwargs=signing)


def _packed(trail: Trail) -> list[Any]:
    given = [_text(one, seconds) for one, seconds in trail.given]
    head = [_VERSION, trail.place, trail.scope, trail.message, trail.language, trail.caller_id, trail.own]
    facts = [list(fact) for fact in trail.facts]
    return [*head, int(trail.started.timestamp()), trail.book, trail.key, given, facts, trail.resumed]


def _unpacked(row: Sequence[Any]) -> Trail:
    version, place, scope, message, language, caller_id, own, started, book, key, given, facts, resumed = row
    if version != _VERSION:
        raise ValueError("version")
    return Trail(
        scope=scope,
        message=message,
        language=language,
        caller_id=caller_id,
        own=own,
        started=datetime.fromtimestamp(started, UTC),
        book=book,
        place=place,
        key=key,
        given=tuple(_given(one) for one in given),
        facts=tuple((str(name), str(value)) for name, value in facts),
        resumed=resumed,
    )


def _text(given: Given, seconds: int) -> str:
    """``<seconds><letter><value>``: 12k2, 15k, 20+, 20-, 41r12.5:name.wav."""
    match given:
        case Keys(text):
            return f"{seconds}k{text}"
        case Kept():
            return f"{seconds}+"
        case NotKept():
            return f"{seconds}-"
        case Recorded(name, length):
            return f"{seconds}r{length:g}:{name}"


def _given(text: str) -> tuple[Given, int]:
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    letter, value = text[len(digits)], text[len(digits) + 1 :]
    seconds = int(digits)
    if letter == "k":
        return Keys(value), seconds
    if letter == "r":
        length, _, name = value.partition(":")
        return Recorded(name, float(length)), seconds
    kept: Mapping[str, Given] = {"+": Kept(), "-": NotKept()}
    return kept[letter], seconds
