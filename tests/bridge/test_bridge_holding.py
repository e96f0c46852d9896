"""One bridge holds an Asterisk, the others stand by (design section 7): by a lease, a fence, and Asterisk's own word."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_world import FakeAsterisk, done
from postgres import Books

from ami_bridge import holding as room
from ami_bridge.clock import read_clocks
from ami_bridge.heart import Heart
from ami_bridge.holding import Holding, only_while
from ami_bridge.kept import KeptState
from ami_bridge.link import LinkDown, NotSent
from fallback.modes import Mode
from fallback.state import Case, SavedScope
from fallback.time import Now
from store import Store, StoreAway
from store.holders import Hold

FENCE = "holdfast", "fence"
PUT = {"Action": "DBPut", "Family": "holdfast-scope", "Key": "power", "Val": "pass"}
START = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


class Clock:
    """The machine's, and what a test lets pass besides."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> Now:
        now = read_clocks()
        return Now(now.wall + timedelta(seconds=self.skipped), now.mono + self.skipped)


class One:
    """A bridge as far as holding goes. store: may be made to be away."""

    def __init__(self, name: str, url: str, asterisk: FakeAsterisk) -> None:
        self.store, self.asterisk, self.clock = Store(url), asterisk, Clock()
        self.took: list[Hold | None] = []
        self.lost: list[str] = []
        self.raising: list[asyncio.Task[None]] = []
        self.task: asyncio.Task[None] | None = None
        self.heart = Heart(asterisk.action, 1.0, self.clock, self._number)
        self.holding = Holding(
            "east",
            name,
            self.store,
            asterisk,
            self.clock,
            lambda: self.heart.fence,
            self._taken,
            self.lost.append,
        )

    async def _number(self, standing: int, own: int) -> int:
        return await self.holding.number(standing, own)

    async def _taken(self, hold: Hold | None) -> Callable[[], None]:
        self.took.append(hold)
        return lambda: self.raising.append(asyncio.create_task(self.heart.raise_fence()))

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, *self.raising, return_exceptions=True)
            self.task = None
            await self.holding.close()

    def store_goes_away(self) -> None:
        async def away(_call: Callable[[], Any]) -> Any:
            self.holding._away = self.clock().mono
            raise StoreAway("nobody answers")

        setattr(self.holding, "_ask", away)  # noqa: B010  # the one place by which the store is asked


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (
        ("LEASE", 2.0),
        ("RENEW", 0.1),
        ("TRY", 0.1),
        ("LINK_GRACE", 0.3),
        ("CHECKED", 1.0),
    ):
        monkeypatch.setattr(room, name, seconds)


@asynccontextmanager
async def bridges(postgres: Books, *names: str) -> AsyncIterator[list[One]]:
    """Bridges of one Asterisk, started one after another."""
    url, asterisk = postgres.empty(), FakeAsterisk()
    made: list[One] = []
    try:
        for name in names:
            made.append(One(name, url, asterisk))
            made[-1].task = asyncio.create_task(made[-1].holding.run())
            await until(lambda: made[0].holding.sure and FENCE in asterisk.db)
        yield made
    finally:
        for one in made:
            await one.stop()
            one.store.close()


async def until(fact: Callable[[], Any], limit: float = 20.0) -> None:
    async with asyncio.timeout(limit):
        while not fact():  # noqa: ASYNC110  # looks at what nobody tells
            await asyncio.sleep(0.02)


async def test_the_second_bridge_stands_by_and_writes_nothing(postgres: Books) -> None:
    async with bridges(postgres, "bridge-1", "bridge-2") as (one, two):
        await asyncio.sleep(0.5)
        assert one.holding.sure
        assert not two.holding.holds
        await one.holding.gate(PUT)
        with pytest.raises(NotSent, match="another bridge holds"):
            await two.holding.gate(PUT)
        await two.holding.gate({"Action": "DBGet"})  # looking is everybody's


async def test_the_fence_in_asterisk_is_the_number_of_the_lease(postgres: Books) -> None:
    async with bridges(postgres, "bridge-1") as (one,):
        (row,) = [each for each in one.store.holders() if each.pbx == "east"]
        assert one.asterisk.db[FENCE] == str(row.fence) == str(one.heart.fence)


async def test_one_that_was_frozen_is_replaced_and_does_nothing_when_it_wakes(postgres: Books) -> None:
    """What it finds out comes before its first write: the lease is counted on the monotonic clock."""
    async with bridges(postgres, "bridge-1", "bridge-2") as (one, two):
        fence = one.heart.fence
        async with one.holding._turn:  # its loop stands still, and time passes
            await until(lambda: int(one.asterisk.db[FENCE]) > fence)
            one.clock.skipped = 60.0
            believed = one.holding.holds, one.holding.sure, one.holding.acts
            assert believed == (True, False, False)
            with pytest.raises(NotSent):
                await one.holding.gate(PUT)
        await one.holding.settled()
        assert not one.holding.holds
        assert one.lost
        with pytest.raises(LinkDown):
            await one.heart.raise_fence()
        assert int(one.asterisk.db[FENCE]) == two.heart.fence


async def test_without_the_store_the_holder_keeps_its_asterisk_and_nobody_takes_over(postgres: Books) -> None:
    async with bridges(postgres, "bridge-1", "bridge-2") as (one, two):
        one.store_goes_away()
        two.store_goes_away()
        await until(lambda: not one.holding.sure)
        await asyncio.sleep(0.5)
        assert one.holding.acts
        assert not two.holding.holds
        await one.holding.gate(PUT)
        await one.heart.raise_fence()  # the link was lost and is back
        await one.holding.gate(PUT)
        assert not one.lost


async def test_one_that_only_lost_the_store_hears_from_asterisk_that_it_was_replaced(postgres: Books) -> None:
    async with bridges(postgres, "bridge-1", "bridge-2") as (one, two):
        one.store_goes_away()
        await until(lambda: two.holding.sure)
        await until(lambda: one.lost)
        with pytest.raises(NotSent):
            await one.holding.gate(PUT)


async def test_one_that_does_not_reach_its_asterisk_gives_way(postgres: Books) -> None:
    async with bridges(postgres, "bridge-1", "bridge-2") as (one, two):
        deaf = FakeAsterisk()
        deaf.answers["Ping"] = [LinkDown("no answer")] * 1000
        one.holding._link = deaf
        await until(lambda: two.holding.sure)
        await until(lambda: one.lost)


async def test_one_that_stops_hands_over_at_once(postgres: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bridges(postgres, "bridge-1", "bridge-2") as (one, two):
        monkeypatch.setattr(room, "LEASE", 60.0)
        await asyncio.sleep(0.3)
        await one.stop()
        await until(lambda: two.holding.sure, 10.0)


@pytest.mark.parametrize(("beat_age", "takes"), [(60, True), (1, False)])
async def test_one_that_starts_without_the_store_takes_an_asterisk_on_which_nobody_beats(
    postgres: Books, beat_age: int, takes: bool
) -> None:
    asterisk = FakeAsterisk()
    asterisk.answers["Getvar"] = [done(Value="1000000")] * 100
    asterisk.db["holdfast", "beat"] = str(1000000 - beat_age)
    one = One("bridge-1", postgres.empty(), asterisk)
    one.store_goes_away()
    one.task = asyncio.create_task(one.holding.run())
    try:
        await asyncio.sleep(0.6)
        assert one.holding.holds is takes
        assert one.took == ([None] if takes else [])
    finally:
        await one.stop()
        one.store.close()


async def test_with_a_store_of_one_machine_nothing_is_asked(tmp_path: Path) -> None:
    from postgres import sqlite_book

    one = One("bridge-1", sqlite_book(tmp_path), FakeAsterisk())
    one.store_goes_away()
    assert one.holding.holds
    assert one.holding.sure
    assert one.holding.site
    await one.heart.raise_fence()
    await one.holding.gate(PUT)
    await one.holding.close()
    one.store.close()


async def test_what_one_bridge_does_for_all_is_done_by_one(postgres: Books) -> None:
    url = postgres.empty()
    with Store(url) as store:
        assert store.take_hold(room.SITE, "bridge-9", 60)
    async with bridges(postgres, "bridge-1") as (one,):
        await until(lambda: one.holding.site)
        with Store(postgres.server.url("book")) as store:
            assert store.take_hold(room.SITE, "bridge-9", 60) is None


async def test_a_report_of_another_asterisk_is_told_by_its_own_bridge(postgres: Books) -> None:
    async with bridges(postgres, "bridge-1") as (one,):
        one.holding.others = frozenset({"west"})
        assert one.holding.concerns("east:1.1")
        assert not one.holding.concerns("west:1.1")
        assert one.holding.concerns("form:7"), "where no bridge is, the first one tells"


async def test_work_is_begun_when_it_becomes_ours_and_ended_when_it_does_not() -> None:
    ours, begun, ended = False, 0, 0

    async def work() -> None:
        nonlocal begun, ended
        begun += 1
        try:
            await asyncio.Event().wait()
        finally:
            ended += 1

    task = asyncio.create_task(only_while(lambda: ours, work, True))
    await asyncio.sleep(0.2)
    assert begun == 0
    ours = True
    await until(lambda: begun == 1)
    ours = False
    await until(lambda: ended == 1)
    ours = True
    await until(lambda: begun == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ended == 2


async def test_work_that_breaks_is_told() -> None:
    async def work() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await only_while(lambda: True, work, True)


def test_decisions_are_kept_on_this_machine_and_read_again(tmp_path: Path) -> None:
    kept = KeptState(tmp_path / "decided.json")
    assert kept.load() == ([], [])
    saved = [SavedScope("power", Mode.NORMAL, Mode.EVACUATED, START, override_mode=Mode.EVACUATED)]
    cases = [Case("INC-1", "power", "A6", "fire", START, "")]
    kept.save(saved, cases)
    assert kept.load() == (saved, cases)
    (tmp_path / "decided.json").write_text("torn")
    assert kept.load() == ([], [])
