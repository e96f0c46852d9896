"""How long what callers left has waited to get into the book (D5)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from threading import Event
from typing import cast

import pytest
from alert_world import HandClock
from bridge_mind import until

from ami_bridge.collector import Collector
from ami_bridge.store_thread import StoreThread
from callbacks.importer import Importer, ImportReport
from store import StoreBusy


class Played:
    """An importer that takes what there is when its pass begins; more comes during each pass."""

    def __init__(self, clock: HandClock) -> None:
        self.clock, self.away, self.passes = clock, False, 0
        self.collector: Collector | None = None
        self.lines, self.steady = 0, False

    def run_once(self, _now: datetime) -> ImportReport:
        self.passes += 1
        if self.away:
            raise StoreBusy("held by another process")
        taken, self.lines = self.lines, 0
        self.clock.forward(1)
        if self.steady:
            self.capture()
        return ImportReport(lines=taken, new=taken)

    def capture(self) -> None:
        assert self.collector
        self.lines += 1
        self.collector.captured()


@asynccontextmanager
async def collecting(
    monkeypatch: pytest.MonkeyPatch, tidy: Callable[[datetime], Sequence[str]] = lambda _now: ()
) -> AsyncIterator[tuple[Played, Collector]]:
    monkeypatch.setattr("ami_bridge.collector.COLLECT_SECONDS", 0.005)
    monkeypatch.setattr("ami_bridge.collector.BUNCH_SECONDS", 0.001)
    clock, thread = HandClock(), StoreThread()
    played = Played(clock)
    collector = Collector(cast(Importer, played), thread, clock, lambda: None, tidy)
    played.collector = collector
    task = asyncio.create_task(collector.run())
    try:
        yield played, collector
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        thread.close()


async def passes(played: Played, more: int) -> None:
    seen = played.passes
    await until(lambda: played.passes >= seen + more)


async def test_nothing_waits_when_everything_is_in_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    async with collecting(monkeypatch) as (played, collector):
        played.capture()
        await passes(played, 3)
        assert (collector.backlog, collector.age()) == (0, 0.0)


async def test_a_store_that_is_away_makes_what_waits_older_and_older(monkeypatch: pytest.MonkeyPatch) -> None:
    async with collecting(monkeypatch) as (played, collector):
        played.away = True
        played.capture()
        played.clock.forward(70)
        await passes(played, 3)
        assert collector.age() >= 70
        played.away = False
        await passes(played, 3)
        assert collector.age() == 0.0


async def test_a_steady_storm_is_no_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something new has always come during a pass; what came before it is in the book all the same."""
    async with collecting(monkeypatch) as (played, collector):
        played.steady = True
        played.capture()
        await passes(played, 100)
        assert collector.backlog > 0
        assert collector.age() < 10


async def test_once_an_hour_is_tidied_and_what_fails_stops_no_captures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times: list[datetime] = []

    def tidy(now: datetime) -> Sequence[str]:
        times.append(now)
        if len(times) == 2:
            raise StoreBusy("held by another process")
        return ("cannot delete 1.wav",)

    async with collecting(monkeypatch, tidy) as (played, collector):
        await passes(played, 3)
        assert len(times) == 1
        played.clock.forward(3600)
        await until(lambda: len(times) == 2)
        played.clock.forward(3600)
        await until(lambda: len(times) == 3)
        played.capture()
        await passes(played, 3)
        assert collector.backlog == 0


async def test_captures_come_in_while_a_great_many_recordings_are_tidied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """E0: a danger that tier 3 wrote down is told by the import."""
    begun, over = Event(), Event()

    def tidy(_now: datetime) -> Sequence[str]:
        begun.set()
        over.wait(10)
        return ()

    async with collecting(monkeypatch, tidy) as (played, collector):
        try:
            await until(begun.is_set)
            played.capture()
            await passes(played, 3)
            assert collector.backlog == 0
        finally:
            over.set()
