"""A bridge that takes an Asterisk over waits for nothing that a frozen holder keeps, and loses nothing that it heard before."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bridge_mind import until
from bridge_whole import whole
from bridge_world import capture

from ami_bridge.bridge import Bridge
from ami_bridge.clock import read_clocks
from ami_bridge.events import AgentTook, CallbackProgress, Leg
from ami_bridge.listener import HEARD_FOR
from ami_bridge.taking import Taking
from callbacks.values import Attempt, Promise, PromiseState
from fallback.events import OverrideSet
from fallback.modes import Mode
from store import StoreAway
from store.holders import Hold

pytestmark = pytest.mark.slow

MEMBER = "PJSIP/agent-2"
HOLD = Hold(1, datetime(2026, 11, 21, 10, 15, tzinfo=UTC), True)


def rings(bridge: Bridge) -> Promise:
    """A promise that the bridge before us is just calling, as attempt a1."""
    now = datetime.now(UTC)
    bridge.store.import_captures([capture("13900000001")], "test", 1, now)
    (one,) = bridge.store.claim_due(["power"], 1, now + timedelta(days=1), "before", 60)
    first = Attempt("a1", one.id, "power", one.number, "carrier-a", now + timedelta(days=1))
    return bridge.store.start_attempt(first, "before")


def stand_by(bridge: Bridge) -> None:
    bridge.holding.holds = False
    bridge.brain.listener.on_lost()


def told(bridge: Bridge) -> None:
    """What Asterisk tells everybody who listens."""
    bridge.brain.listener.on_call(AgentTook("a1", "power-queue", MEMBER))
    bridge.brain.listener.on_call(CallbackProgress("a1", Leg.CALLER, "ANSWER", "carrier-a"))


async def test_what_is_heard_while_standing_by_is_written_once_this_asterisk_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        stand_by(bridge)
        one = rings(bridge)
        told(bridge)
        await bridge.thread(bridge.store.alive)  # whatever was begun is over
        standing = bridge.store.attempt("a1")
        assert standing is not None
        assert standing.agent == ""
        bridge.holding.holds = True
        Taking(bridge, bridge.kept)._begin(HOLD)
        await until(lambda: (bridge.store.promise(one.id) or one).state is PromiseState.TALKING)
        written = bridge.store.attempt("a1")
        assert written is not None
        assert written.agent == MEMBER


async def test_what_was_heard_long_ago_is_the_holders_of_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path, monkeypatch) as bridge:
        stand_by(bridge)
        rings(bridge)
        told(bridge)
        later = bridge.clock().mono + HEARD_FOR + 1
        bridge.clock = lambda: read_clocks()._replace(mono=later)
        bridge.holding.holds = True
        Taking(bridge, bridge.kept)._begin(HOLD)
        await asyncio.sleep(0.05)
        await bridge.thread(bridge.store.alive)
        written = bridge.store.attempt("a1")
        assert written is not None
        assert written.agent == ""


@pytest.mark.parametrize("is_slow", [False, True])
async def test_what_was_decided_is_read_past_work_that_waits_for_a_frozen_holders_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_slow: bool
) -> None:
    """Where the way past it is too slow, it is read behind that work: an Asterisk is not taken without what was decided."""
    async with whole(tmp_path, monkeypatch) as bridge:
        await bridge.brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
        assert await bridge.recorder.written()
        stand_by(bridge)
        bridge.brain.state = replace(bridge.brain.state, scopes={})
        if is_slow:
            monkeypatch.setattr(bridge.holding, "read", too_slow)
        free = threading.Event()
        stuck = asyncio.create_task(bridge.thread(free.wait, 30.0))
        taking = asyncio.create_task(Taking(bridge, bridge.kept).taken(HOLD))
        if is_slow:
            await asyncio.sleep(0.05)
            assert not taking.done()
            free.set()
        await until(taking.done)
        assert stuck.done() is is_slow
        free.set()
        await stuck
        assert bridge.brain.state.scopes["power"].effective is Mode.EVACUATED


async def too_slow(_call: object) -> None:
    raise StoreAway("no answer within 2 s")
