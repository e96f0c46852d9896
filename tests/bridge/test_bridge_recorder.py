"""Decisions are written down in order, also when the store was away, and nobody waits for them (ADR 0008)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_world import START, World, world

from ami_bridge.recorder import Recorder
from fallback.decision import Change
from fallback.state import Case, ComponentState, Health, State
from store import Store, StoreBusy


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


class Away:
    """The store, which can be taken away, or slow."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away = False
        self.calls = 0

    def record(self, *args: Any) -> None:
        self.calls += 1
        if self.away:
            raise StoreBusy("held by another process")
        self._store.record(*args)


def change(number: int, kind: str = "mode", subject: str = "power") -> Change:
    return Change(START, kind, subject, str(number - 1), str(number), "")


def recorder(site: World, store: Any) -> Recorder:
    return Recorder(store, site.thread, lambda: START)


async def under_way() -> None:
    """Until a write that was begun has been handed to the store's thread; its end is not heard of yet."""
    for _ in range(3):
        await asyncio.sleep(0)


def recorded(store: Store) -> list[str]:
    return [one.new for one in reversed(store.changes())]


async def test_what_was_decided_while_the_store_was_away_is_written_in_order_when_it_is_back(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ami_bridge.recorder.RETRY_SECONDS", 0.02)
    store = Away(site.store)
    store.away = True
    writes = recorder(site, store)
    task = asyncio.create_task(writes.run())
    for number in range(1, 6):
        writes.put((change(number),), State())
        await asyncio.sleep(0.01)
    assert not await writes.written(patience=0.05)
    assert store.calls > 0
    assert recorded(site.store) == []
    store.away = False
    assert await writes.written(patience=5)
    assert recorded(site.store) == ["1", "2", "3", "4", "5"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_nothing_to_write_is_written(site: World) -> None:
    assert await recorder(site, site.store).written(patience=0.05)


async def test_only_components_that_moved_are_written_with_the_picture(site: World) -> None:
    writes = recorder(site, site.store)
    state = State(
        components={
            "carrier-a": ComponentState("carrier-a", Health.DOWN, since=START),
            "carrier-b": ComponentState("carrier-b", Health.UP, since=START),
        }
    )
    writes.put((change(1, "component", "carrier-a"),), state)
    assert await writes.write()
    assert [(one.name, one.health) for one in site.store.components()] == [("carrier-a", Health.DOWN)]


async def test_a_change_that_comes_during_a_write_is_not_lost(site: World) -> None:
    writes = recorder(site, site.store)
    writes.put((change(1),), State())
    writing = asyncio.create_task(writes.write())
    await under_way()
    writes.put((change(2),), State())
    assert await writing
    assert not await writes.written(patience=0.01)
    assert await writes.write()
    assert recorded(site.store) == ["1", "2"]


async def test_a_stop_in_the_middle_of_a_write_writes_nothing_twice(site: World) -> None:
    """The bridge writes once more when it ends; what the store's thread is at is then done already."""
    writes = recorder(site, site.store)
    task = asyncio.create_task(writes.run())
    writes.put((change(1),), State())
    await under_way()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await writes.write()
    assert recorded(site.store) == ["1"]


async def test_the_oldest_go_when_a_store_is_away_for_too_long_and_the_rest_stays_in_order(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ami_bridge.recorder.MOST_KEPT", 3)
    writes = recorder(site, site.store)
    writes.put((change(1), change(2), change(3)), State())
    writing = asyncio.create_task(writes.write())
    await under_way()
    writes.put((change(4), change(5)), State())  # pushes out what is being written
    assert await writing
    await writes.write()
    assert recorded(site.store) == ["1", "2", "3", "4", "5"]


CASE = Case("INC-power-1", "power", "A7", "A7 a car hit the mast", START, "a7", by_hand=True)


async def test_open_cases_are_written_with_the_picture_and_closed_when_it_holds_them_no_more(
    site: World,
) -> None:
    writes = recorder(site, site.store)
    writes.put((change(1),), State(cases={CASE.key: CASE}))
    assert await writes.write()
    assert site.store.load_cases() == [CASE]
    writes.put((change(2),), State())
    assert await writes.write()
    assert site.store.load_cases() == []


async def test_a_run_that_decided_nothing_writes_no_picture(site: World) -> None:
    """Its picture is empty: every case of the run before would be closed, and staff told that it is over."""
    site.store.record([], [], [], START, [CASE])
    assert await recorder(site, site.store).write()
    assert site.store.load_cases() == [CASE]


async def test_nobody_waits_for_a_store_that_is_known_to_be_away(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff are told within a second, store or not."""
    monkeypatch.setattr("ami_bridge.recorder.RETRY_SECONDS", 0.02)
    store = Away(site.store)
    store.away = True
    writes = recorder(site, store)
    task = asyncio.create_task(writes.run())
    writes.put((change(1),), State())
    await asyncio.wait_for(writes.settled(), 2)
    writes.put((change(2),), State())
    await asyncio.wait_for(writes.settled(), 0.01)
    store.away = False
    assert await writes.written(patience=5)
    writes.put((change(3),), State())
    await asyncio.wait_for(writes.settled(), 5)
    assert recorded(site.store) == ["1", "2", "3"], "waited for again, now that it is back"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
