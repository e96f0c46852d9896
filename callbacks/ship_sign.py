"""How collector and bridge know each other: both sides sign with one secret, what is asked and what is answered. Pure.

The signed text holds the time, the whole target (path and query) and the body, so nothing can be sent elsewhere or later; an
answer's holds the request's signature as well, so nobody else can acknowledge what has not arrived.
"""

import hashlib
import hmac

TIMESTAMP = "X-Holdfast-Timestamp"
SIGNATURE = "X-Holdfast-Signature"
MAX_AGE = 300.0  # seconds by which both clocks may differ


def signed(target: str, body: bytes) -> bytes:
    """What a request's signature is over, besides the time. target: path and query."""
    return target.encode() + b"\n" + body


def answered(request: str, body: bytes) -> bytes:
    """What an answer's signature is over. request: the signature that it answers."""
    return f"answer to {request}\n".encode() + body


def sign(secret: str, timestamp: str, text: bytes) -> str:
    """The signature's header value. timestamp: seconds since 1970."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + text, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def is_signed(secret: str, timestamp: str, text: bytes, signature: str) -> bool:
    """Whether it was signed with this secret; takes the same time whatever is wrong."""
    return hmac.compare_digest(sign(secret, timestamp, text).encode(), signature.encode("utf-8", "replace"))
