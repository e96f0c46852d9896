"""A manager port for tests: real sockets, Asterisk's own words where captures are given, and faults on demand.

Checked against a real Asterisk by tests/ami_bridge/test_fake_is_true.py.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CAPTURES = Path(__file__).parents[1] / "captures"
END = b"\r\n\r\n"
_ACTION_ID = re.compile(rb"\r\nActionID: ([^\r]*)")


def capture(version: str, name: str) -> bytes:
    """What a real Asterisk said; version is a folder of tests/captures."""
    return (CAPTURES / version / f"{name}.ami").read_bytes()


def replies_in(data: bytes) -> dict[str, bytes]:
    """The messages of a capture that answer an action, joined by the ActionID that the recording used."""
    found: dict[str, bytes] = {}
    for message in data.split(END):
        if match := _ACTION_ID.search(b"\r\n" + message):
            key = match.group(1).decode()
            found[key] = found.get(key, b"") + message + END
    return found


@dataclass(slots=True)
class FakeAsterisk:
    """One manager port. Everything that was asked is in ``asked``, over all connections, in order.

    answers: action, or action and its argument as in the captures ("QueueStatus:power") → recorded messages.
    boots: say FullyBooted after a login. silent: take actions (login as well) and never answer. deaf: names of
    actions that are never answered. tls: the port speaks TLS. drop_on: the connection ends, unanswered, when such an
    action comes.
    """

    username: str = "holdfast"
    secret: str = "right"
    banner: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    answers: dict[str, bytes] = field(default_factory=dict)
    boots: bool = True
    silent: bool = False
    deaf: frozenset[str] = frozenset()
    drop_on: frozenset[str] = frozenset()
    tls: ssl.SSLContext | None = None
    asked: list[Mapping[str, str]] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    port: int = 0
    _server: asyncio.Server | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __aenter__(self) -> "FakeAsterisk":
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def listen(self) -> None:
        """Open the port: the same one again after a close()."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        self.drop()
        await asyncio.sleep(0)

    def drop(self) -> None:
        """End every connection, as a killed Asterisk does."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def push(self, data: bytes) -> None:
        """Send bytes to everybody who is connected."""
        for writer in self._writers:
            writer.write(data)

    async def asked_for(self, name: str, times: int = 1) -> None:
        """Wait until an action has come so often."""
        while self.names().count(name) < times:
            self._news.clear()
            await self._news.wait()

    def names(self) -> list[str]:
        """The actions asked so far."""
        return [action["Action"] for action in self.asked]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(self.banner)
        try:
            while True:
                message = await reader.readuntil(END)
                self.raw += message
                if not self._answer(_parse(message), writer):
                    writer.transport.abort()
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, action: Mapping[str, str], writer: asyncio.StreamWriter) -> bool:
        """Reply; False to hang up without a word."""
        self.asked.append(action)
        self._news.set()
        name = action["Action"]
        if name in self.drop_on:
            return False
        if self.silent or name in self.deaf:
            return True
        writer.write(self._words(name, action))
        return True

    def _words(self, name: str, action: Mapping[str, str]) -> bytes:
        key = action.get("ActionID", "").encode()
        for wanted in (f"{name}:{_argument(action)}", name):
            if wanted in self.answers:
                return _ACTION_ID.sub(lambda _: b"\r\nActionID: " + key, self.answers[wanted])
        if name == "Login":
            return self._login(action, key)
        if name == "Ping":
            return _message(b"Success", key, b"Ping: Pong", b"Timestamp: 1795305599.000000")
        return _message(b"Error", key, b"Message: Invalid/unknown command: " + name.encode())

    def _login(self, action: Mapping[str, str], key: bytes) -> bytes:
        if (action.get("Username"), action.get("Secret")) != (self.username, self.secret):
            return _message(b"Error", key, b"Message: Authentication failed")
        accepted = _message(b"Success", key, b"Message: Authentication accepted")
        return accepted + self.booted() if self.boots else accepted

    def booted(self, uptime: int = 100) -> bytes:
        """The event that ends Asterisk's start."""
        return (
            b"Event: FullyBooted\r\nPrivilege: system,all\r\n"
            b"Uptime: %d\r\nLastReload: %d\r\nStatus: Fully Booted\r\n\r\n" % (uptime, uptime)
        )


def _argument(action: Mapping[str, str]) -> str:
    for name in ("Endpoint", "Queue", "Variable", "Key"):
        if name in action:
            return action[name]
    return ""


def _message(response: bytes, key: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join([b"Response: " + response, b"ActionID: " + key, *lines]) + END


def _parse(message: bytes) -> dict[str, str]:
    pairs = (line.partition(": ") for line in message.decode().split("\r\n"))
    return {name: value for name, colon, value in pairs if colon}
