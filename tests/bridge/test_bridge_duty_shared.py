"""Danger and faults where several bridges share a book: told once, by whoever holds, and never by nobody (E0)."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bridge_world import capture
from postgres import Books

from ami_bridge.clock import read_clocks
from ami_bridge.duty import DutyDesk
from ami_bridge.store_thread import StoreThread
from callbacks.policy import DutyPolicy
from callbacks.values import Matter
from fallback.decision import RaiseRung
from store import Store, StoreProblem

DANGER = replace(capture("13800000001"), matter=Matter.DANGER, at=datetime.now(UTC))


@dataclass
class One:
    """A bridge as far as the duty role goes."""

    desk: DutyDesk
    told: list[RaiseRung]
    thread: StoreThread
    holds: bool = False
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def run(self) -> None:
        self.tasks.append(asyncio.create_task(self.desk.run()))


@contextmanager
def bridge(store: Store, holds: bool) -> Iterator[One]:
    told: list[RaiseRung] = []
    thread = StoreThread()

    def perform(actions: Any) -> None:
        told.extend(one for one in actions if isinstance(one, RaiseRung))

    made = One(
        DutyDesk(DutyPolicy(), store, thread, read_clocks, perform, lambda _role: "", shared=True),
        told,
        thread,
        holds,
    )
    made.desk.holds = lambda: made.holds
    try:
        yield made
    finally:
        for task in made.tasks:
            task.cancel()
        thread.close()


async def until(fact: Callable[[], Any], limit: float = 20.0) -> None:
    async with asyncio.timeout(limit):
        while not fact():  # noqa: ASYNC110  # looks at what nobody tells
            await asyncio.sleep(0.02)


@pytest.fixture
def stores(postgres: Books) -> Iterator[tuple[Store, Store]]:
    url = postgres.empty()
    with Store(url) as first, Store(url) as second:
        yield first, second


async def test_what_a_bridge_that_stands_by_hears_the_holder_tells_once(stores: tuple[Store, Store]) -> None:
    with bridge(stores[0], True) as holder, bridge(stores[1], False) as other:
        for one in (holder, other):
            one.run()
        other.desk.seen([DANGER])
        await until(lambda: holder.told)
        await asyncio.sleep(0.5)
        assert len(holder.told) == 1
        assert not other.told


async def test_one_who_takes_over_goes_on_where_the_last_one_stopped(stores: tuple[Store, Store]) -> None:
    with bridge(stores[0], True) as first, bridge(stores[1], False) as second:
        first.run()
        second.run()
        first.desk.seen([DANGER])
        await until(lambda: first.told and stores[1].duty_open() and stores[1].duty_open()[0].rounds == 1)
        first.holds, second.holds = False, True
        second.desk.take_over()
        await until(lambda: second.desk._open)
        await asyncio.sleep(0.3)
        assert not second.told, "it was told a moment ago; the next round has its time"


async def test_what_cannot_be_written_down_is_told_by_whoever_heard_it(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StoreProblem("away")

    with bridge(stores[1], False) as alone:
        alone.run()
        await until(lambda: alone.desk._loaded)
        monkeypatch.setattr(stores[1], "duty_put", away)
        alone.desk.seen([DANGER])
        await until(lambda: alone.told)


async def test_what_somebody_took_on_by_another_bridge_is_over_here_too(stores: tuple[Store, Store]) -> None:
    with bridge(stores[0], True) as holder, bridge(stores[1], False) as other:
        holder.run()
        other.run()
        holder.desk.seen([DANGER])
        await until(lambda: other.desk._open)
        assert other.desk.ack((), "all", "li") == 1
        await until(lambda: not holder.desk._open)
