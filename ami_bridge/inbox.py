"""The one ordered, bounded way into the bridge's single consumer.

Manager events may be dropped when the consumer falls behind, because a snapshot can replace them;
everything else (link up and down, outcomes, overrides, ticks) is small in number and is never dropped.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

LIMIT = 10_000
_YIELD_EVERY = 64


class AmiEvent(NamedTuple):
    """One manager event as Asterisk sent it: untrusted text, header names as named by Asterisk."""

    name: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The manager link stands and Asterisk is booted; a snapshot is due. uptime: seconds, None when not told.

    version: of the manager protocol, e.g. "11.0.0".
    """

    version: str
    uptime: float | None


@dataclass(frozen=True, slots=True)
class LinkTrouble:
    """The link cannot be made, and why, with a remedy; sent once for each new reason. refused: the login
    was.
    """

    reason: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Overflow:
    """Manager events were dropped here, ``dropped`` of them: take a new snapshot before trusting what
    follows.
    """

    dropped: int


class Inbox:
    """Ordered, bounded, for one consumer in one event loop.

    From another thread use ``loop.call_soon_threadsafe(inbox.put_nowait, item)``.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._items: deque[object] = deque()
        self._events = 0  # manager events among the items
        self._dropped = 0  # > 0: an Overflow waits among the items
        self._filled = asyncio.Event()
        self._taken = 0

    def __len__(self) -> int:
        return len(self._items)

    def put_nowait(self, item: object) -> None:
        """Append an item. Never raises, never waits."""
        if isinstance(item, AmiEvent):
            if self._dropped or self._events >= self._limit:
                self._drop()
                return
            self._events += 1
        self._items.append(item)
        self._filled.set()

    def _drop(self) -> None:
        """Until the consumer has come to the Overflow, newer events add nothing that the snapshot will not
        show.
        """
        if not self._dropped:
            self._items.append(_OVERFLOW)
            self._filled.set()
        self._dropped += 1

    async def get(self) -> object:
        """The next item, in order of arrival. Lets other tasks run now and then even under a long backlog."""
        self._taken += 1
        if self._taken % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self._pop()

    def _pop(self) -> object:
        item = self._items.popleft()
        if isinstance(item, AmiEvent):
            self._events -= 1
        elif item is _OVERFLOW:
            item, self._dropped = Overflow(self._dropped), 0
        return item


_OVERFLOW = object()
