"""Phone codes (A6): each is decided on once, in the order in which it was keyed, and never lost on the way."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import UP, thinking, until
from bridge_world import START, World, world

from ami_bridge.code_desk import CodeDesk
from ami_bridge.codes import FAMILY, CodeKeyed
from ami_bridge.link import NoReply
from fallback.decision import Decision
from fallback.events import OverrideEnded, OverrideSet
from fallback.modes import Mode
from fallback.state import State

PLACE = (FAMILY, "power")
EPOCH = int(START.timestamp())
EVACUATE, END = f"EVACUATED,600,{EPOCH}", f"END,600,{EPOCH + 2}"


class Desk:
    """A desk on a fake Asterisk. changed: when the scope's manual mode was last changed, as the record says."""

    def __init__(self, site: World, changed: datetime | None = None) -> None:
        async def last(_scope: str) -> datetime | None:
            return changed

        self.site, self.events = site, list[Any]()
        self.desk = CodeDesk(site.asterisk, lambda: site.site.scopes, lambda: 3600.0, last, lambda: site.now)

    async def decide(self, event: Any) -> Decision:
        self.events.append(event)
        return Decision(State())

    @property
    def db(self) -> dict[tuple[str, str], str]:
        return self.site.asterisk.db


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ami_bridge.code_desk.LOOK_SECONDS", 0.02)
    return tmp_path


async def test_a_code_is_decided_on_and_then_deleted(folder: Path) -> None:
    with world(folder) as site:
        desk = Desk(site)
        desk.db[PLACE] = EVACUATE
        await desk.desk.take(desk.decide)
        assert desk.events == [OverrideSet("power", Mode.EVACUATED, "extension 600", "by phone code", None)]
        assert PLACE not in desk.db


async def test_a_code_that_could_not_be_deleted_is_not_taken_twice(folder: Path) -> None:
    with world(folder) as site:
        desk = Desk(site)
        desk.db[PLACE] = EVACUATE
        site.asterisk.answers["DBDel"] = [NoReply("nothing within 5 s")]
        with pytest.raises(NoReply):
            await desk.desk.take(desk.decide)
        await desk.desk.take(desk.decide)
        assert len(desk.events) == 1
        assert PLACE not in desk.db


async def test_a_code_that_asterisk_found_again_after_a_crash_is_not_taken_twice_by_the_next_run(
    folder: Path,
) -> None:
    """AstDB loses its last second: a code from before a change that the record knows is old."""
    with world(folder) as site:
        desk = Desk(site, changed=datetime.fromtimestamp(EPOCH + 60, UTC))
        desk.db[PLACE] = EVACUATE
        await desk.desk.take(desk.decide)
        assert desk.events == []
        assert PLACE not in desk.db


async def test_a_code_keyed_while_the_one_before_is_decided_on_is_not_deleted_with_it(folder: Path) -> None:
    with world(folder) as site:
        desk = Desk(site)
        desk.db[PLACE] = EVACUATE

        async def slow(event: Any) -> Decision:
            desk.db[PLACE] = END
            return await desk.decide(event)

        await desk.desk.take(slow)
        assert desk.db[PLACE] == END
        await desk.desk.take(desk.decide)
        assert [type(one) for one in desk.events] == [OverrideSet, OverrideEnded]
        assert PLACE not in desk.db


async def test_what_is_no_code_is_taken_away_and_decides_nothing(folder: Path) -> None:
    with world(folder) as site:
        desk = Desk(site)
        desk.db[PLACE] = "PANIC,600,now"
        await desk.desk.take(desk.decide)
        assert (desk.events, PLACE in desk.db) == ([], False)


async def test_a_link_that_does_not_answer_keeps_the_code(folder: Path) -> None:
    with world(folder) as site:
        desk = Desk(site)
        desk.db[PLACE] = EVACUATE
        site.asterisk.answers["DBGet"] = [NoReply("nothing within 5 s")]
        task = asyncio.create_task(desk.desk.run(desk.decide))
        await until(lambda: PLACE not in desk.db)
        assert len(desk.events) == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_code_that_is_heard_of_is_looked_at_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ami_bridge.code_desk.LOOK_SECONDS", 60.0)
    with world(folder) as site:
        desk = Desk(site)
        task = asyncio.create_task(desk.desk.run(desk.decide))
        await asyncio.sleep(0.01)
        desk.db[PLACE] = EVACUATE
        desk.desk.heard(CodeKeyed("power", "EVACUATED", "extension 600", START))
        await until(lambda: len(desk.events) == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_code_that_waits_for_its_turn_when_a_connect_comes_is_decided_on_once_and_nobody_waits_for_ever(
    folder: Path,
) -> None:
    """The consumer takes codes itself before it writes flags; whoever asked in the ordinary way waits for the consumer."""
    with world(folder) as site:
        desk = Desk(site)
        desk.db[PLACE] = EVACUATE
        async with thinking(site) as (brain, told):

            async def looked() -> None:
                await desk.desk.take_now(brain.step)

            told.on_looked = looked  # type: ignore[method-assign]  # what the bridge does here

            async def ask(event: Any) -> Decision:
                brain.inbox.put_nowait(UP)  # the connect comes just before the question
                return await brain.ask(event)

            await asyncio.wait_for(desk.desk.take(ask), 5)
            await until(lambda: told.connected == 1)
            assert brain.state.scopes["power"].effective is Mode.EVACUATED
            assert await brain.recorder.written()
        rows = [one for one in site.store.changes(kind="override") if one.new]
        assert len(rows) == 1
        assert PLACE not in desk.db
