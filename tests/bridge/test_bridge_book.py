"""What a dialogue may ask of the bridge while a caller is on the line, and what tiers without it find in a file (B5)."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bridge_mind import until
from bridge_world import START, World, capture, world

from ami_bridge import book
from ami_bridge.book import BookDesk, BookFile, Busy
from callbacks.policy import LimitPolicy
from callbacks.values import NumberSource
from config.policy import SitePolicy, parse_policy
from ivr.book_file import read
from ivr.values import Outage, PromiseSeen

NUMBER = "13912341234"
SITE = """
site: {name: Test, timezone: Asia/Shanghai, languages: [zh-CN], pbx_id: pbx1}
armed: false
planned:
  - {name: works, title: Works, scopes: [power], region: north, start: "%s", lasts: 2h}
trunks: {carrier-a: {endpoint: carrier-a, dial: "PJSIP/{number}@carrier-a", channels: 4}}
pools: {agents: {queue: power}}
scopes: {power: {queue: power, pools: [agents], trunks: [carrier-a]}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


def desk(site: World, limits: LimitPolicy | None = None) -> BookDesk:
    return BookDesk(
        site.store, limits or LimitPolicy(), lambda number: number.removeprefix("+86"), lambda: site.now
    )


async def test_a_caller_hears_that_there_is_a_promise_and_its_details_only_with_the_reference(
    site: World,
) -> None:
    site.store.import_captures([replace(capture(NUMBER), reference="123456")], "spool", 1, START)
    asked = desk(site)
    assert await asked.look("+86" + NUMBER, "") == PromiseSeen(NUMBER)
    assert await asked.look(NUMBER, "654321") is None
    seen = await asked.look(NUMBER, "123456")
    assert seen is not None
    assert (seen.known, seen.state, seen.matter, seen.attempts) == (True, "open", "fault", 0)
    assert await asked.look("13800001111", "") is None
    asked.close()


async def test_a_keyed_number_beyond_the_limits_is_not_taken(site: World) -> None:
    keyed = [
        replace(capture(f"1391234{n:04}"), source=NumberSource.KEYED, caller_id="13700000001")
        for n in range(2)
    ]
    site.store.import_captures(keyed, "spool", 1, START)
    asked = desk(site, LimitPolicy(per_caller_day=2))
    assert await asked.admit("13800001111", "13700000002")
    assert not await asked.admit("13800001111", "13700000001")
    asked.limits = LimitPolicy(per_caller_day=3)
    assert await asked.admit("13800001111", "13700000001"), "a new policy counts at once"
    asked.close()


async def test_a_store_that_hangs_costs_its_callers_a_second_and_the_bridge_no_thread_more(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(site.store, "look_up", lambda *_: let_go.wait(10))
    monkeypatch.setattr(book, "MOST_WAITING", 3)
    asked = desk(site)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asked.look(NUMBER, "")
    with pytest.raises(Busy):
        await asked.look(NUMBER, "")
    let_go.set()
    await until(lambda: asked._waiting == 0)
    asked.close()


def policy(starts: str) -> SitePolicy:
    return parse_policy(SITE % starts)


def book_file(folder: Path, site: World, starts: str = "2026-11-24 08:00") -> BookFile:
    return BookFile(
        folder / "ivr" / "dialogue.json",
        policy(starts),
        folder / "spool",
        folder / "recordings",
        folder / "prompts",
        lambda: site.now,
    )


async def test_planned_outages_are_told_a_week_ahead_until_they_are_over_B5(
    site: World, tmp_path: Path
) -> None:
    outages = book_file(tmp_path, site)
    await outages.refresh()
    (one,) = outages(START)
    assert one == Outage("north", one.starts, one.starts + timedelta(hours=2))
    assert outages(one.ends) == ()
    assert outages(one.starts - timedelta(days=7, minutes=1)) == ()


async def test_the_tiers_without_a_bridge_find_the_same_policy_and_outages_in_a_file(
    site: World, tmp_path: Path
) -> None:
    outages = book_file(tmp_path, site)
    await outages.refresh()
    found = read(outages.path)
    assert (found.policy, found.pbx_id, found.written_at) == (
        policy("2026-11-24 08:00").caller,
        "pbx1",
        START,
    )
    assert found.coming(START) == outages(START)
    assert (found.spool_dir, found.recordings_dir) == (tmp_path / "spool", tmp_path / "recordings")


async def test_a_new_policy_is_in_the_file_at_once(site: World, tmp_path: Path) -> None:
    outages = book_file(tmp_path, site)
    task = asyncio.create_task(outages.run())
    await until(lambda: outages.path.exists())
    outages.use(policy("2026-12-24 08:00"))
    await until(lambda: read(outages.path).outages == ())
    task.cancel()


async def test_a_file_that_cannot_be_written_is_told_and_tried_again(
    site: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "RETRY_SECONDS", 0.02)
    (tmp_path / "ivr").write_text("in the way")
    outages = book_file(tmp_path, site)
    task = asyncio.create_task(outages.run())
    await until(lambda: "dialogue.json cannot be written" in outages.trouble)
    (tmp_path / "ivr").unlink()
    await until(lambda: outages.trouble == "" and outages.path.exists())
    task.cancel()
