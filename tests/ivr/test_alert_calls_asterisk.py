"""Telling staff by a call, on a real Asterisk: from a raised rung to the acknowledgement, once, also over a restart of ours."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alert_world import Recording, policy_of, rung, running
from hotline import Hotline
from hotline_calls import SECRET

from alerts.call_way import OwnCall
from alerts.policy import Person, Reach, Way
from alerts.values import NewsKind
from ami_bridge.alert_calls import AlertCalls
from ami_bridge.inbox import Inbox
from ami_bridge.link import Link, LinkSettings
from ami_bridge.originate import Guard
from fallback.decision import StopRungs
from fallback.time import Now

pytestmark = pytest.mark.asterisk


def engineer(who: str) -> Person:
    return Person("engineer", "en", (Reach(Way.CALL, f"Local/{who}@test-person/n"), Reach(Way.NOTE, "note")))


def now() -> Now:
    return Now(datetime.now(UTC), time.monotonic())


@asynccontextmanager
async def calls(hotline: Hotline) -> AsyncIterator[AlertCalls]:
    """A link of its own and what places calls on it."""
    hotline.put("holdfast", "fence", "5")
    link = Link(LinkSettings(hotline.lab.ami_host, hotline.lab.ami_port, "testcallers", SECRET), Inbox())
    made = AlertCalls(link, lambda: Guard(5, int(time.time())), lambda: (), lambda *_: None, now)
    tasks = [asyncio.create_task(link.run()), asyncio.create_task(made.run())]
    await until(lambda: link.connected)
    yield made
    link.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], object], seconds: float = 12) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.02)


async def test_one_on_the_call_acknowledges_within_a_second(hotline: Hotline, tmp_path: Path) -> None:
    async with calls(hotline) as made:
        ways = {Way.CALL: OwnCall(made), Way.NOTE: Recording(Way.NOTE)}
        async with running(tmp_path, policy_of(engineer("presses")), ways=ways) as world:
            made.receipt = world.alerts.receipt
            since = len(hotline.events.seen)
            world.alerts.raise_rung(rung())
            pressed = await asyncio.to_thread(
                hotline.events.wait, lambda e: e.get("UserEvent") == "HoldfastAlert", since, 12
            )
            assert pressed is not None
            await until(lambda: world.told(NewsKind.ACKNOWLEDGED), 1.0)
            assert world.told(NewsKind.ACKNOWLEDGED)[0].how == "call"
            assert world.sent(Way.NOTE) == []


async def test_a_busy_phone_brings_the_next_way_within_a_second(hotline: Hotline, tmp_path: Path) -> None:
    async with calls(hotline) as made:
        ways = {Way.CALL: OwnCall(made), Way.NOTE: Recording(Way.NOTE)}
        async with running(tmp_path, policy_of(engineer("busy")), ways=ways) as world:
            made.receipt = world.alerts.receipt
            world.alerts.raise_rung(rung())
            await until(lambda: world.sent(Way.NOTE), 3.0)


async def test_a_call_goes_on_while_we_are_restarted_and_its_acknowledgement_is_heard(
    hotline: Hotline, tmp_path: Path
) -> None:
    policy = policy_of(engineer("presses"))
    async with calls(hotline) as first, running(tmp_path, policy, ways={Way.CALL: OwnCall(first)}) as world:
        world.alerts.raise_rung(rung())
        await until(lambda: world.alerts.figures().sent)
    async with calls(hotline) as second, running(tmp_path, policy, ways={Way.CALL: OwnCall(second)}) as world:
        second.receipt = world.alerts.receipt
        second.adopt(world.alerts.awaiting(Way.CALL))
        await until(lambda: world.told(NewsKind.ACKNOWLEDGED))
        assert world.alerts.figures().sent == 1


async def test_a_phone_that_rings_for_what_somebody_else_took_on_stops_ringing(
    hotline: Hotline, tmp_path: Path
) -> None:
    async with calls(hotline) as made:
        policy = policy_of(engineer("rings"))
        async with running(tmp_path, policy, ways={Way.CALL: OwnCall(made)}) as world:
            made.receipt = world.alerts.receipt
            world.alerts.raise_rung(rung())
            await until(lambda: world.alerts.figures().sent)
            since = len(hotline.events.seen)
            await asyncio.sleep(0.5)
            world.alerts.stop(StopRungs("INC-power-1", "boss", ("engineer",)))
            made.hang_up(world.alerts.needless(Way.CALL))
            await until(lambda: world.alerts.figures().failed, 2.0)
            gone = await asyncio.to_thread(
                hotline.events.wait,
                lambda e: e.get("Event") == "Hangup" and "rings@test-person" in e["Channel"],
                since,
                2,
            )
            assert gone is not None, "it would ring on for half a minute"


async def test_whoever_has_answered_hears_it_to_the_end_though_somebody_else_took_it_on(
    hotline: Hotline, tmp_path: Path
) -> None:
    async with calls(hotline) as made:
        policy = policy_of(engineer("presses"))
        async with running(tmp_path, policy, ways={Way.CALL: OwnCall(made)}) as world:
            made.receipt = world.alerts.receipt
            world.alerts.raise_rung(rung())
            await until(lambda: world.alerts.figures().sent)
            await asyncio.sleep(0.5)
            world.alerts.stop(StopRungs("INC-power-1", "boss", ("engineer",)))
            made.hang_up(world.alerts.needless(Way.CALL))
            await until(lambda: world.alerts.figures().confirmed)
