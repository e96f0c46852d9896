"""The bridge's consumer running in a test: a real brain, flags and recorder around a world."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bridge_world import START, World

from ami_bridge.brain import Brain
from ami_bridge.codes import CodeKeyed
from ami_bridge.events import CallEvent
from ami_bridge.flags import Flags
from ami_bridge.inbox import Inbox, LinkUp
from ami_bridge.recorder import Recorder
from ami_bridge.site import site_of
from ami_bridge.snapshot import Snapshot
from ami_bridge.translate import Translator
from fallback.decide import initial
from fallback.decision import Decision

UP = LinkUp("11.0.0", 100.0)


@dataclass
class Told:
    """Who listens to the brain."""

    connected: int = 0
    lost: int = 0
    trouble: list[Exception] = field(default_factory=list)
    decided: list[Decision] = field(default_factory=list)

    async def on_looked(self) -> None:
        pass

    async def on_connected(self, _snapshot: Snapshot) -> None:
        self.connected += 1
        if self.trouble:
            raise self.trouble.pop(0)

    def on_lost(self) -> None:
        self.lost += 1

    def on_call(self, event: CallEvent) -> None:
        pass

    def on_change(self) -> None:
        pass

    def on_overflow(self, dropped: int) -> None:
        pass

    def on_code(self, code: CodeKeyed) -> None:
        pass

    def on_decided(self, decision: Decision) -> None:
        self.decided.append(decision)


@asynccontextmanager
async def thinking(site: World) -> AsyncIterator[tuple[Brain, Told]]:
    told, inbox = Told(), Inbox()
    names = site_of(site.site)
    flags = Flags(site.asterisk.action, lambda: START)
    recorder = Recorder(site.store, site.thread, lambda: START)
    brain = Brain(
        policy=site.site,
        state=initial(site.site, site.now),
        clock=lambda: site.now,
        inbox=inbox,
        link=site.asterisk,
        translator=Translator(names),
        flags=flags,
        recorder=recorder,
        listener=told,
    )
    tasks = [asyncio.create_task(work) for work in (brain.run(), flags.run(), recorder.run())]
    try:
        yield brain, told
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - looks at a fake, which tells nobody
            await asyncio.sleep(0.005)
