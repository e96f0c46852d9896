"""Alerts with ways that remember what they were given, and a journal in a folder: for tests of what staff are told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.dispatcher import Alerts
from alerts.journal import FileJournal
from alerts.links import Links
from alerts.policy import AlertPolicy, Duty, Person, Reach, Way
from alerts.values import AlertNews, Fate, Message, NewsKind, Receipt
from fallback.decision import RaiseRung
from fallback.time import Now

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENT = Receipt(Fate.SENT)
FAILED = Receipt(Fate.FAILED, "refused")
UNKNOWN = Receipt(Fate.UNKNOWN, "no answer")
UNTOUCHED = Receipt(Fate.FAILED, "no line is free", untouched=True)


def person(name: str, *ways: Way, language: str = "en") -> Person:
    return Person(name, language, tuple(Reach(way, f"{way}:{name}") for way in ways))


def policy_of(*people: Person, patience: float = 30.0, **changes: object) -> AlertPolicy:
    """Everybody holds the role that is his name; ``engineer`` is held by the first."""
    roles = {one.name: (Duty(one.name),) for one in people}
    roles["engineer"] = (Duty(people[0].name),)
    return AlertPolicy(
        people={one.name: one for one in people},
        roles=roles,
        confirm_within=dict.fromkeys(Way, patience),
        **changes,  # type: ignore[arg-type]  # any field by name
    )


def rung(
    name: str = "engineer", *roles: str, incident: str = "INC-power-1", kind: str = "A2", drill: bool = False
) -> RaiseRung:
    facts = {"kind": kind, "scope": "power", "subject": "A2 billing", "opened_at": AT.isoformat()}
    return RaiseRung(
        key=f"{incident}/{kind.lower()}.{name}",
        incident=incident,
        rung=name,
        roles=roles or (name,),
        text=f"{kind.lower()}-{name}",
        due_at=AT + timedelta(minutes=5),
        facts=facts,
        drill=drill,
    )


@dataclass
class Recording:
    """A way that remembers. answers: what it says, one after the other; the last stays. An exception is raised."""

    way: Way
    answers: list[Receipt | Exception] = field(default_factory=lambda: [SENT])
    sent: list[Message] = field(default_factory=list)
    hangs: bool = False

    async def send(self, message: Message) -> Receipt:
        self.sent.append(message)
        if self.hangs:
            await asyncio.sleep(3600)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class HandClock:
    """Both clocks, moved by hand."""

    def __init__(self, wall: datetime = AT) -> None:
        self.wall, self.mono = wall, 1000.0

    def __call__(self) -> Now:
        return Now(self.wall, self.mono)

    def forward(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds


@dataclass
class World:
    """A running Alerts and everything around it."""

    alerts: Alerts
    clock: HandClock
    ways: Mapping[Way, Any]
    news: list[AlertNews]

    def sent(self, way: Way) -> list[str]:
        """Names of those who were sent something on this way, in order."""
        return [message.person for message in self.ways[way].sent]

    def told(self, kind: NewsKind) -> list[AlertNews]:
        return [one for one in self.news if one.kind is kind]

    async def forward(self, seconds: float) -> None:
        """So much later, when everything that was due is done."""
        self.clock.forward(seconds)
        self.alerts.use(self.alerts.policy)  # wakes the loop
        await self.still()

    async def still(self) -> None:
        """Until nothing moves any more: rounds, syncs and sends of this moment."""
        end = time.monotonic() + 5
        calm = 0
        while calm < 3 and time.monotonic() < end:
            await self.alerts.written()
            await asyncio.sleep(0.003)
            calm = 0 if self.alerts.busy else calm + 1


async def _at_once() -> None:
    return


@asynccontextmanager
async def running(
    folder: Path,
    policy: AlertPolicy,
    *,
    clock: HandClock | None = None,
    ways: Mapping[Way, Any] | None = None,
    recorded: Callable[[], object] = _at_once,
    links: Links | None = None,
) -> AsyncIterator[World]:
    """Alerts on the journal of this folder, until the block ends; then the run is over as by SIGTERM."""
    clock = clock or HandClock()
    ways = ways if ways is not None else {way: Recording(way) for way in Way}
    news: list[AlertNews] = []
    journal = FileJournal(folder)
    alerts = Alerts(policy, journal, ways, clock, recorded, news.append, links)  # type: ignore[arg-type]  # any awaitable
    task = asyncio.create_task(alerts.run())
    try:
        await alerts.ready()
        yield World(alerts, clock, ways, news)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        journal.close()
