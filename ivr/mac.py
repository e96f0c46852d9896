"""The proof that a FastAGI call comes from our Asterisk: a keyed sum of its unique id, sent as the argument ``mac``. Pure.

Asterisk has one fitting hash, ``SHA1()``, and no HMAC; so the sum is nested, ``SHA1(outer + SHA1(inner + id))``, with two
printable keys of 64 characters. Each fills a whole block of SHA-1, so this is NMAC, of which HMAC is the special form; neither
a longer id nor a known sum helps to make another one. The dial plan needs the two keys only, never the secret::

    ${SHA1(<outer>${SHA1(<inner>${UNIQUEID})})}
"""

import hmac
from functools import lru_cache
from hashlib import sha1, sha256


@lru_cache(maxsize=4)
def keys_of(secret: str) -> tuple[str, str]:
    """The inner and the outer key, 64 hexadecimal characters each, so that nothing in them needs quoting in a dial plan.

    Raises ValueError for an empty secret, which everybody would know.
    """
    if not secret:
        raise ValueError("the secret of the MAC is empty")
    return _derived(secret, "inner"), _derived(secret, "outer")


def mac_of(secret: str, unique_id: str) -> str:
    """What Asterisk must send for this call: 40 hexadecimal characters, in lower case as SHA1() gives them."""
    inner, outer = keys_of(secret)
    return _sha1(outer + _sha1(inner + unique_id))


def is_right(secret: str, unique_id: str, mac: str) -> bool:
    """Whether the caller of the port knows the secret; takes the same time whatever is wrong with ``mac``."""
    return hmac.compare_digest(mac_of(secret, unique_id).encode(), mac.lower().encode("utf-8", "replace"))


def _derived(secret: str, use: str) -> str:
    return hmac.new(secret.encode(), f"holdfast agi {use}".encode(), sha256).hexdigest()


def _sha1(text: str) -> str:
    return sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
