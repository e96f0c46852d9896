"""Shows this moment to pages and command line: as live rows in the store, and from memory while the store is away."""

import asyncio
import os
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog

from ami_bridge import live
from ami_bridge.attempts import Attempts
from ami_bridge.brain import Brain
from ami_bridge.clock import Clock
from ami_bridge.collector import Collector
from ami_bridge.dispatch import Dispatcher
from ami_bridge.duty import DutyDesk
from ami_bridge.flags import Flags
from ami_bridge.heart import Heart
from ami_bridge.lengths import Lengths
from ami_bridge.link import Link
from ami_bridge.pause import news_or
from ami_bridge.store_thread import StoreThread
from callbacks.values import Attempt
from fallback.decision import Change
from store import Store, StoreProblem

log = structlog.get_logger()

LIVE_SECONDS = 1.0
BUNCH_SECONDS = 0.3
MOST_CHANGES = 50  # kept in memory for whoever asks while the store is away


def told(rows: Mapping[str, Any], changes: Iterable[Change], at: datetime) -> dict[str, Any]:
    """The answer to ``/status``: the live rows as they are put into the store, the newest changes first, and when (UTC)."""
    return {
        "at": at.isoformat(),
        "live": dict(rows),
        "changes": [
            {
                "at": one.at.isoformat(),
                "kind": one.kind,
                "subject": one.subject,
                "old": one.old,
                "new": one.new,
                "reason": one.reason,
                "who": one.who,
                "incident": one.incident,
            }
            for one in changes
        ],
    }


@dataclass
class Portrait:
    """talking: attempts whose caller has answered. armed_since: aware UTC, kept over restarts; None: only observing."""

    store: Store
    thread: StoreThread
    link: Link
    brain: Brain
    flags: Flags
    heart: Heart
    attempts: Attempts
    dispatcher: Dispatcher
    collector: Collector
    duty: DutyDesk
    lengths: Lengths
    clock: Clock
    started_at: datetime
    armed_since: datetime | None = None
    talking: set[str] = field(default_factory=set)
    _changes: deque[Change] = field(default_factory=lambda: deque(maxlen=MOST_CHANGES))
    _now: asyncio.Event = field(default_factory=asyncio.Event)

    def soon(self) -> None:
        """Something changed that should be seen."""
        self._now.set()

    def decided(self, changes: Iterable[Change]) -> None:
        """Keeps what was decided."""
        self._changes.extend(changes)

    async def run(self) -> None:
        """Until cancelled: the rows, soon after each change and every second."""
        while True:
            try:
                unended = await self.thread(self.store.unended_attempts)
                await self.thread(self.store.put_live, self._rows(unended), self.clock().wall)
            except StoreProblem as problem:
                log.warning("live rows not written", reason=str(problem))
            await news_or(self._now, LIVE_SECONDS - BUNCH_SECONDS)
            await asyncio.sleep(BUNCH_SECONDS)
            self._now.clear()

    def from_memory(self) -> dict[str, Any]:
        """The same for the local socket, without the store."""
        rows = self._rows(list(self.attempts.under_way.values()))
        return told(rows, reversed(self._changes), self.clock().wall)

    def _rows(self, unended: list[Attempt]) -> dict[str, Any]:
        state, policy, now = self.brain.state, self.brain.policy, self.clock()
        return {
            "bridge": self._bridge(),
            "scopes": live.scopes(state, policy, self.flags.confirmed, now),
            "trunks": live.trunks(state, policy, self.dispatcher.channels.in_use),
            "pools": live.pools(state, policy),
            "agents": live.agents(state),
            "parts": live.parts(state, policy),
            "cases": live.cases(state),
            "duty": self.duty.live(),
            "calls": live.calls(unended, self.dispatcher.stages, frozenset(self.talking)),
            "talking": self.dispatcher.adoption.row() if self.dispatcher.adoption else {},
            "sharing": live.sharing(self.dispatcher.shares),
        }

    def _bridge(self) -> dict[str, Any]:
        armed = self.brain.policy.armed
        self.armed_since = (self.armed_since or self.clock().wall) if armed else None
        link = "up" if self.link.connected else "connecting" if not self.link.trouble else "down"
        return {
            "pid": os.getpid(),
            "version": own_version(),
            "started_at": live.iso(self.started_at),
            "link": link,
            "link_detail": self.link.trouble,
            "armed": armed,
            "armed_since": live.iso(self.armed_since),
            "spool_backlog": self.collector.backlog,
            "fence": self.heart.fence,
            "length": self.lengths.now,
            "lines_used": round(self.lengths.share, 2),
        }


def armed_before(store: Store) -> datetime | None:
    """Since when an earlier run was armed, if the last one was; None when nobody can say."""
    try:
        row = store.live_rows().get("bridge")
        return datetime.fromisoformat(row.value["armed_since"]) if row else None
    except (StoreProblem, KeyError, TypeError, ValueError):
        return None


def own_version() -> str:
    """The installed version, or "unknown" in a bare checkout."""
    try:
        return version("holdfast-hotline")
    except PackageNotFoundError:
        return "unknown"
