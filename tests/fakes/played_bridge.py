"""The bridge's local socket, with a bridge behind it that is played; and a store that goes away."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ami_bridge.http.doors import LocalDoor
from ami_bridge.http.local import LocalApi
from ami_bridge.http.server import HttpServer
from ami_bridge.portrait import told
from fallback.decision import Change

Wish = tuple[str, Any, str]
ROWS = {
    "bridge": {"link": "up", "version": "0.2.0", "armed": True, "spool_backlog": 3},
    "scopes": {"power": {"effective": "OUTAGE", "action": "capture", "lines_left": 0, "lines_total": 60}},
    "trunks": {"carrier-a": {"health": "DOWN", "in_use": 0, "channels": 30}},
    "agents": [{"member": "PJSIP/agent-1", "queue": "power", "presence": "free"}],
}


@dataclass
class PlayedBridge:
    """The socket as a bridge serves it, in a loop and thread of its own. answer: what it says to a wish."""

    path: Path
    asked: list[Wish] = field(default_factory=list)
    answer: Callable[[], str] = lambda: "mode of power: NORMAL → OUTAGE"
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def act(self, kind: str, payload: object, who: str) -> str:
        self.asked.append((kind, payload, who))
        return self.answer()

    def status(self) -> dict[str, Any]:
        change = Change(self.at, "mode", "power", "NORMAL", "OUTAGE", "every carrier link is lost")
        return told(ROWS, [change], self.at)

    def server(self) -> HttpServer:
        """Not yet answering."""
        return HttpServer(LocalApi(self.status, self.act).app, LocalDoor(self.path))

    @contextmanager
    def serving(self) -> Iterator["PlayedBridge"]:
        loop = asyncio.new_event_loop()
        api = self.server()
        loop.run_until_complete(api.start())
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(api.close(), loop).result(5)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def put_away(database: Path) -> None:
    """Whatever stands there is no database any more."""
    database.write_bytes(b"no database " * 1000)
