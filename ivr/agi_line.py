"""One FastAGI connection: a guarded reader under one command at a time.

Whatever comes in is bounded in bytes, in lines and in time; a HANGUP line is news, not an answer; whatever breaks the
rules ends the connection, and with it our part of the call, never more.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from ivr.agi_wire import BadReply, Reply, parse_header, parse_reply

HEADER_BYTES = 16_384
LINE_BYTES = 8_192
SLACK_SECONDS = 6.0  # a reply may be this much later than the step lasts; the dialplan's own limit is shorter


class CallerGone(Exception):
    """The caller hung up, or the connection ended; nothing more can be said on it."""


class AgiLine(asyncio.Protocol):
    """A connection from Asterisk. ``deadline`` is loop time; the server ends connections that are past it."""

    def __init__(
        self,
        opened: Callable[["AgiLine"], None],
        ready: Callable[["AgiLine"], None],
        closed: Callable[["AgiLine"], None],
        header_seconds: float,
    ) -> None:
        self.header: dict[str, str] | None = None
        self.gone = False
        self.task: asyncio.Task[None] | None = None
        self._opened, self._ready, self._closed = opened, ready, closed
        self._loop = asyncio.get_running_loop()
        self.deadline = self._loop.time() + header_seconds
        self._buffer = b""
        self._usage = False  # inside the lines of a 520
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self.header is None:
            self._read_header()
        if self.header is not None and not self.gone:
            self._read_lines()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave("connection lost")
        self._closed(self)

    # -- reading

    def _read_header(self) -> None:
        end = self._buffer.find(b"\n\n")
        if end < 0 and len(self._buffer) <= HEADER_BYTES:
            return
        block, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        header = parse_header(block) if 0 <= end <= HEADER_BYTES else {}
        if not header.get("agi_uniqueid"):
            self.abort("no AGI header")
            return
        self.header = header
        self._ready(self)

    def _read_lines(self) -> None:
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > LINE_BYTES:
            self.abort("endless line")
        for line in lines:
            if self.gone:
                return
            self._take(line.decode("utf-8", "replace").rstrip("\r"))

    def _take(self, line: str) -> None:
        if self._usage and not line.startswith("520 "):
            return
        self._usage = line.startswith("520-")
        if self._usage or line.startswith("100"):
            return
        if line == "HANGUP":
            self._leave("hung up")
            return
        waiting, self._waiting = self._waiting, None
        try:
            reply = parse_reply(line)
        except BadReply:
            reply = None
        if reply is None or waiting is None or waiting.done():
            self._waiting = waiting
            self.abort("answers out of step")
            return
        waiting.set_result(reply)

    # -- speaking

    async def ask(self, line: bytes, seconds: float) -> Reply:
        """Send one command and wait for its answer. seconds: how long the step may last. Raises CallerGone."""
        if self.gone or self._transport is None:
            raise CallerGone("hung up")
        if self._waiting is not None:
            raise RuntimeError("one command at a time: Asterisk reads the next one only after its answer")
        self._waiting = self._loop.create_future()
        self.deadline = self._loop.time() + seconds + SLACK_SECONDS
        self._transport.write(line)
        return await self._waiting

    def give(self, seconds: float) -> None:
        """Move the deadline for work of our own between two commands."""
        self.deadline = self._loop.time() + seconds + SLACK_SECONDS

    def close(self) -> None:
        """End our part politely; the dialplan goes on."""
        if self._transport is not None:
            self._transport.close()

    def abort(self, why: str) -> None:
        """End the connection now."""
        self._leave(why)
        if self._transport is not None:
            self._transport.abort()

    def _leave(self, why: str) -> None:
        self.gone = True
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(CallerGone(why))
