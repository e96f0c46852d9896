"""The bridge's part that tells callers that it is over, run against a fake Asterisk; a kill is its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from alert_world import Recording
from bridge_world import FENCE, START, World, capture

from alerts.ports import Sender
from ami_bridge.alert_calls import AlertCalls
from ami_bridge.notices import Notices, ordered
from ami_bridge.originate import Guard
from ami_bridge.told import Told as ToldFile
from callbacks.policy import NoticePolicy
from callbacks.values import Asks, Matter, NoticeState
from fallback.policy import Trunk

POLICY = NoticePolicy(ways=("call",), per_minute=600)
BOTH = NoticePolicy(ways=("sms", "call"), per_minute=600)
NUMBER = "13900000001"
KEY = "pbx1:1"
FAMILY = "holdfast-alert"


@dataclass
class Site:
    """The moment, as the tests set it."""

    lines: int = 10
    ready: bool = True
    bad: dict[str, str] = field(default_factory=dict)
    way: Recording | None = None

    def stable(self) -> list[str]:
        return ["power"] if self.ready else []

    def line(self, scope: str, soon: int) -> Trunk | None:
        carrier = Trunk("carrier-a", "carrier-a", "PJSIP/{number}@carrier-a", 10)
        return carrier if self.lines - soon > 0 else None

    def refused(self, number: str) -> str:
        return self.bad.get(number, "")

    def texts(self) -> Sender | None:
        return self.way

    def international(self, number: str) -> str:
        return f"+86{number}"

    def words(self, scope: str, language: str) -> str:
        return f"{scope} works again"


@dataclass
class Run:
    """One run of the bridge's part; a kill is its end, without a word to anybody."""

    notices: Notices
    world: World

    async def round(self) -> None:
        await self.notices.round()
        await self.calm()

    async def calm(self) -> None:
        while tasks := set(self.notices._tasks):
            await asyncio.wait(tasks, timeout=1)

    async def look(self) -> None:
        """What Asterisk says of the calls, and what follows."""
        await self.notices.calls.look()
        await self.calm()

    def orders(self) -> list[dict[str, Any]]:
        return self.world.asterisk.actions("Originate")

    def stage(self, value: str, which: int = -1) -> None:
        """What the dial plan writes of a call."""
        self.world.asterisk.db[FAMILY, self.orders()[which]["Exten"]] = value


def asked(book: World, *numbers: str) -> None:
    one = replace(capture("0"), asks=Asks.NOTICE, matter=Matter.UNSTATED, wanted=False, at=START)
    lines = [
        replace(one, key=f"pbx1:{n}", number=number, language="en") for n, number in enumerate(numbers, 1)
    ]
    book.store.import_captures(lines, "spool", 1, START)


@asynccontextmanager
async def running(
    book: World,
    site: Site,
    policy: NoticePolicy = POLICY,
    store: Any = None,
    told: ToldFile | None = None,
) -> AsyncIterator[Run]:
    calls = AlertCalls(
        book.asterisk,
        lambda: Guard(FENCE, int(book.now.wall.timestamp())),
        tuple,
        lambda *_: None,
        lambda: book.now,
        order=ordered,
    )
    notices = Notices(
        policy, store or book.store, book.thread, calls, site, lambda: book.now, told or ToldFile()
    )
    try:
        yield Run(notices, book)
    finally:
        for task in notices._tasks:
            task.cancel()
        await asyncio.gather(*notices._tasks, return_exceptions=True)


def state(book: World, key: str = KEY) -> NoticeState:
    found = book.store.notice(key)
    assert found is not None
    return found.state
