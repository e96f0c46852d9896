"""Bytes of the manager protocol into messages. No I/O: feed it packets, however they were cut.

Messages are cut out of the stream before they are decoded, so a character split by a packet edge stays whole.
"""

from collections.abc import Iterator, Mapping
from typing import Any

END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/"
_MAX_BANNER = 256


class WireError(Exception):
    """The peer does not speak the manager protocol, or sends without end."""


class Framer:
    """Collects packets and gives out whole messages, undecoded. Holds at most ``limit`` bytes of an
    unfinished one.
    """

    def __init__(self, limit: int) -> None:
        self.version = ""
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Whole messages completed by this packet, in order. Raises WireError; the connection is then
        useless.
        """
        searched = max(0, len(self._rest) - len(END) + 1)
        self._rest += data
        if not self.version:
            if not self._greeted():
                return []
            searched = 0
        if self._rest.find(END, searched) < 0:
            self._check_size()
            return []
        *whole, rest = bytes(self._rest).split(END)
        self._rest = bytearray(rest)
        self._check_size()
        return [message for message in (m.lstrip(b"\r\n") for m in whole) if message]

    def _greeted(self) -> bool:
        """Take the banner line off the stream once it is there."""
        line, end, rest = bytes(self._rest).partition(b"\r\n")
        if not line.startswith(BANNER[: len(line)]) or (not end and len(line) > _MAX_BANNER):
            raise WireError("this is not an Asterisk manager port")
        if not end:
            return False
        self.version = line[len(BANNER) :].decode("ascii", "replace").strip()
        if not self.version:
            raise WireError("this is not an Asterisk manager port")
        self._rest = bytearray(rest)
        return True

    def _check_size(self) -> None:
        if len(self._rest) > self._limit:
            raise WireError(f"a manager message is longer than {self._limit} bytes")


def parse(message: bytes) -> Mapping[str, str]:
    """Headers of one message. Other lines are left out; bytes that are not UTF-8 become U+FFFD."""
    return _read(message.decode("utf-8", "replace"))


class LazyHeaders(Mapping[str, str]):
    """What ``parse`` gives, each header looked for when it is asked for: readers of an event want five of twenty."""

    __slots__ = ("_text",)

    def __init__(self, message: bytes) -> None:
        self._text = "\r\n" + message.decode("utf-8", "replace")

    def __getitem__(self, name: str) -> str:
        _, found, rest = self._text.rpartition(f"\r\n{name}: ")  # the last one counts, as in parse
        if not found:
            raise KeyError(name)
        return rest.partition("\r\n")[0]

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict's, without an exception for what is not there."""
        _, found, rest = self._text.rpartition(f"\r\n{name}: ")
        return rest.partition("\r\n")[0] if found else default

    def __iter__(self) -> Iterator[str]:
        return iter(_read(self._text))

    def __len__(self) -> int:
        return len(_read(self._text))

    def __repr__(self) -> str:
        return f"LazyHeaders({_read(self._text)!r})"


def _read(text: str) -> Mapping[str, str]:
    headers = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            headers[name] = value
    return headers


def event_name(message: bytes) -> bytes:
    """Name of an event message, b"" for anything else; looks at the first line only."""
    if not message.startswith(b"Event: "):
        return b""
    end = message.find(b"\r\n")
    return message[7:] if end < 0 else message[7:end]


def action_id(message: bytes) -> str:
    """The ActionID that a message carries, "" when it has none."""
    start = message.find(b"\r\nActionID: ")
    if start < 0:
        return ""
    end = message.find(b"\r\n", start + 12)
    return message[start + 12 : end if end > 0 else len(message)].decode("utf-8", "replace")
