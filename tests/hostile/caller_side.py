"""A FastAGI stream through the real server, without a socket: the loop turns by hand, so that 10⁶ take minutes."""

import asyncio
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from ivr.agi_line import AgiLine
from ivr.fastagi import FastAgiServer
from ivr.policy import CallerPolicy
from ivr.values import Left

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
POLICY = CallerPolicy(area_code="0571")
MOST_TURNS = 200  # of the loop, for all that one piece of a stream can set off


class Wire(asyncio.Transport):
    """Takes what the server says. closed: it wants no more."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.said.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class CallerEnd:
    """The server; every stream is a connection of its own. kept: lines that dialogues left."""

    def __init__(self) -> None:
        self.kept = 0
        self.server = FastAgiServer(POLICY, self._keep, lambda: NOW, Path("/prompts"))

    async def _keep(self, left: Left) -> None:
        self.kept += 1
        assert left.scope
        assert len(left.number) <= 20

    async def hear(self, packets: Iterable[bytes]) -> list[bytes]:
        """One connection; returns what the server said. Raises AssertionError for a line or a task that is left over."""
        line: AgiLine = self.server._line()
        wire = Wire()
        line.connection_made(wire)
        for packet in packets:
            if wire.closed:
                break
            line.data_received(packet)
            await self._settle(wire)
        line.connection_lost(None)
        task = line.task
        for _ in range(MOST_TURNS):
            if task is None or task.done():
                break
            await asyncio.sleep(0)
        assert task is None or task.done(), "a call that does not end with its connection"
        if task is not None:
            assert task.cancelled() or task.exception() is None, repr(task.exception())
        assert not FAILED, FAILED[0]
        assert not self.server.calls
        assert not self.server._silent
        return wire.said

    @staticmethod
    async def _settle(wire: Wire) -> None:
        """Until nothing more is said."""
        quiet, heard = 0, -1
        for _ in range(MOST_TURNS):
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(wire.said) == heard else 0
            heard = len(wire.said)
            if quiet > 6 or wire.closed:
                return


def lines(session: bytes) -> list[bytes]:
    """A session as Asterisk sends it: the header at once, then each answer when it was asked for."""
    header, _, rest = session.partition(b"\n\n")
    return [header + b"\n\n", *rest.splitlines(keepends=True)]


FAILED: list[str] = []
"""Exceptions that our side caught and logged: none may come from a stream."""


def hushed() -> None:
    """No log, but failures are noted: a million refusals are no news, one exception is."""
    FAILED.clear()
    structlog.configure(processors=[_note])


def _note(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    if method in ("error", "exception", "critical"):
        FAILED.append(f"{event.get('event')}: {sys.exc_info()[1]!r}")
    raise structlog.DropEvent
