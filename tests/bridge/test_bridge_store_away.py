"""A shared store that is away keeps no bridge from its callers (A9): what they leave is kept, and brought in afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bridge_whole import LinkedAsterisk, settings_in, site_policy
from postgres import Books

from ami_bridge.bridge import Bridge
from ami_bridge.kept import KeptState
from ami_bridge.start import _prepared
from ami_bridge.store_thread import StoreThread
from callbacks.spool import Spool
from fallback.events import OverrideSet
from fallback.modes import Mode
from fallback.state import SavedScope
from ivr.values import Left
from store import Store

NUMBER = "13800000001"
SCOPE_FLAG = "holdfast-scope", "power"


@asynccontextmanager
async def bridge(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bridge]:
    """Started as ``python -m ami_bridge`` starts it, whether the store is there or not."""
    monkeypatch.setattr("ami_bridge.assembly.Link", LinkedAsterisk)
    settings = settings_in(folder, database_url=url)
    with Store(url) as store, Spool(settings.spool_dir) as spool:
        made = Bridge(
            settings, site_policy(settings), store, spool, thread=StoreThread(), prepared=_prepared(store)
        )
        task = asyncio.create_task(made.run())
        try:
            await until(lambda: task.done() or made.dispatcher.fence_raised_at is not None, "ready")
            if task.done():
                task.result()
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(fact: Callable[[], bool], what: str, limit: float = 40.0) -> None:
    end = time.monotonic() + limit
    while not await asyncio.to_thread(fact):
        assert time.monotonic() < end, f"not within {limit:g} s: {what}"
        await asyncio.sleep(0.05)


def left() -> Left:
    return Left("1.1", datetime.now(UTC), "power", NUMBER, NUMBER, "own", "bill", "en", 1, True, True)


def in_the_book(url: str) -> bool:
    with Store(url) as store:
        return [one.number for one in store.open_promises()] == [NUMBER]


@pytest.mark.slow
async def test_it_starts_without_the_store_and_brings_in_what_was_left_when_it_is_back(
    postgres: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is killed; what was decided before is known from this machine's own copy, so nobody in an evacuated building is
    rung because the store is away.
    """
    url = postgres.empty()
    out = {"override_mode": Mode.EVACUATED, "override_who": "li", "override_since": datetime.now(UTC)}
    saved = SavedScope("power", Mode.NORMAL, Mode.EVACUATED, **out)  # type: ignore[arg-type]  # values of several kinds
    KeptState(tmp_path / "decided.json").save([saved], [])
    postgres.server.kill()
    try:
        async with bridge(tmp_path, url, monkeypatch) as made:
            assert made.holding.holds
            assert not made.holding.sure
            assert made.brain.state.scopes["power"].effective is Mode.EVACUATED
            await made.callers.keep(left())
            postgres.server.start()
            await until(lambda: made.holding.sure, "the lease")
            await until(lambda: in_the_book(url), "the capture in the book")
            assert made.brain.state.scopes["power"].effective is Mode.EVACUATED
    finally:
        if not postgres.server.alive:
            postgres.server.start()


@pytest.mark.slow
async def test_a_server_that_is_killed_stops_no_switch_and_costs_no_capture(
    postgres: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 of PostgreSQL while the bridge works: it goes on, and its record is whole afterwards."""
    url = postgres.empty()
    async with bridge(tmp_path, url, monkeypatch) as made:
        postgres.server.kill()
        try:
            await made.callers.keep(left())
            await made.brain.ask(OverrideSet("power", Mode.OUTAGE, "li", "cable", None))
            assert isinstance(made.link, LinkedAsterisk)
            asterisk = made.link
            await until(lambda: asterisk.db.get(SCOPE_FLAG, "").startswith("capture,OUTAGE"), "the flag")
            assert made.holding.holds
        finally:
            postgres.server.start()
        await until(lambda: in_the_book(url), "the capture in the book")
        await until(lambda: made.holding.sure, "the lease")

        def recorded() -> bool:
            with Store(url) as store:
                return any(one.new == Mode.OUTAGE for one in store.changes(kind="mode"))

        await until(recorded, "the switch in the record")
