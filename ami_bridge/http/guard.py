"""Who may speak, how often, and how much: a bearer secret, signatures that count once, buckets of requests, JSON bounds."""

import hashlib
import hmac
import json
import re
from typing import Any

from ami_bridge.clock import Clock

TIMESTAMP = "X-Holdfast-Timestamp"
SIGNATURE = "X-Holdfast-Signature"
MOST_DEPTH = 16
_MOST_REMEMBERED = 20_000
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)


class Denied(Exception):
    """The request is not let in; the text says why without helping a stranger. again: it was let in before."""

    def __init__(self, why: str, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


def is_bearer(header: str, secret: str) -> bool:
    """Whether an ``Authorization`` header holds the secret. Takes the same time whatever it holds."""
    kind, _, given = header.partition(" ")
    return hmac.compare_digest(given.strip().encode(), secret.encode()) and kind.lower() == "bearer"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Holdfast-Signature: ``sha256=`` and the HMAC of timestamp, a full stop and the body, in hexadecimals."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


class Signatures:
    """Lets each signed body in once. max_age: seconds by which its timestamp may differ from our wall clock.

    What was let in is not known after a restart, so nothing is let in that was signed before this object was made.
    """

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._made = clock().mono
        self._seen: dict[str, float] = {}  # signature → mono time until which it would pass as fresh

    def check(self, timestamp: str, signature: str, body: bytes, max_age: float) -> None:
        """Returns when the body may be read. Raises Denied."""
        now = self._clock()
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise Denied(f"{TIMESTAMP} must hold seconds since 1970")
        age = now.wall.timestamp() - int(timestamp)
        if not hmac.compare_digest(signature.encode(), sign(self._secret, timestamp, body).encode()):
            raise Denied(f"{SIGNATURE} does not fit the body")
        if abs(age) > max_age:
            raise Denied(f"{TIMESTAMP} is more than {max_age:g} s from our clock")
        if age > now.mono - self._made + 1.0:  # a timestamp is whole seconds
            raise Denied("signed before the bridge started; sign it anew")
        if self._seen.get(signature, now.mono) > now.mono:
            raise Denied("this was taken before", again=True)
        self._forget(now.mono)

    def taken(self, signature: str, max_age: float) -> None:
        """The body was taken: the same one is refused until its timestamp is too old anyway."""
        self._seen[signature] = self._clock().mono + 2 * max_age

    def _forget(self, now: float) -> None:
        """Makes room. Nothing that would still pass as fresh is forgotten: rather no more are taken."""
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen = {one: end for one, end in self._seen.items() if end > now}
            if len(self._seen) >= _MOST_REMEMBERED:
                raise Denied("too many within the last minutes")


class Bucket:
    """So many requests a second, and so many at once after a quiet time."""

    def __init__(self, rate: float, most: float, clock: Clock) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._left, self._at = most, clock().mono

    def take(self) -> bool:
        """Whether one more is within the limit."""
        now = self._clock().mono
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def read_json(body: bytes) -> Any:
    """A JSON body. Raises ValueError for one that is none, or nested deeper than MOST_DEPTH."""
    text = body.decode("utf-8")
    if _depth(text) > MOST_DEPTH:
        raise ValueError(f"is nested deeper than {MOST_DEPTH}")
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _depth(text: str) -> int:
    """How deep brackets are nested, those in texts left out; looked at before a parser has to follow them.

    Stops counting once it is too deep.
    """
    depth = deepest = 0
    for token in _TOKENS.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if depth > MOST_DEPTH:
                break
        elif first in "]}":
            depth -= 1
    return deepest
