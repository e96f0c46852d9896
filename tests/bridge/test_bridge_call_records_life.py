"""Raw call records through a bridge's life: killed, without a link, without a store (requirement G)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import UP
from bridge_world import START, FakeAsterisk, done, empty_book

from ami_bridge.call_records import CallRecorder, CallSite
from ami_bridge.inbox import AmiEvent, Overflow
from callbacks.measures import AgentState, CallEnd, CallRecord
from fallback.events import LinkLost
from fallback.time import Now
from store import Store, StoreProblem

AGENT = "PJSIP/agent-1"
MEMBER = {"Status": "1", "Paused": "0", "PausedReason": "", "InCall": "0", "Wrapuptime": "0"}


def now(at: float) -> Now:
    return Now(START + timedelta(seconds=at), 1000.0 + at)


class Asterisk(FakeAsterisk):
    """Says who waits and who is a member."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[dict[str, str]] = []

    def _usual(self, given: dict[str, Any]) -> Any:
        if given["Action"] == "QueueStatus":
            member = {"Event": "QueueMember", "Queue": "power", "Location": AGENT, **MEMBER}
            return done(events=({"Event": "QueueParams", "Queue": "power"}, member, *self.waiting))
        return super()._usual(given)

    def waits(self, unique_id: str, seconds: int) -> None:
        self.waiting.append({"Event": "QueueEntry", "Uniqueid": unique_id, "Wait": str(seconds)})
        self.channels.append({"Event": "CoreShowChannel", "Uniqueid": unique_id})


class Life:
    """One recorder over one store, whose clock the test moves."""

    def __init__(self, store: Store, asterisk: Asterisk, at: float = 0.0) -> None:
        self.at, self.full = at, False
        site = CallSite(lambda: frozenset({"power"}), lambda _queue: "", lambda: self.full)
        self.recorder = CallRecorder("a", store, asterisk.action, site, UTC, lambda: now(self.at))
        self.store = store

    def says(self, name: str, at: float, **headers: str) -> None:
        self.at = at
        usual = {
            "Queue": "power",
            "Uniqueid": "c1",
            "Interface": AGENT,
            "DestUniqueid": "p1",
            "Position": "1",
        }
        usual |= {"HoldTime": "9", "TalkTime": "40", "RingTime": "3"}
        self.recorder.seen(AmiEvent(name, {**usual, **headers}))

    async def comes_up(self, at: float) -> None:
        self.at = at
        self.recorder.seen(UP)
        await self.recorder._round()

    async def round(self, at: float) -> None:
        self.at = at
        await self.recorder._round()

    def rows(self) -> list[CallRecord]:
        return self.store.calls_between(START - timedelta(hours=1), START + timedelta(hours=9))

    def states(self) -> dict[AgentState, float]:
        found: dict[AgentState, float] = {}
        for one in self.store.spans_between(START - timedelta(hours=1), START + timedelta(hours=9)):
            found[one.state] = found.get(one.state, 0.0) + one.seconds
        return found


@contextmanager
def book(folder: Path) -> Iterator[Store]:
    with Store(empty_book(folder / "book.db")) as store:
        yield store


async def test_calls_are_written_in_batches_and_half_hours_counted(tmp_path: Path) -> None:
    with book(tmp_path) as store:
        life = Life(store, Asterisk())
        await life.comes_up(0)
        life.says("QueueCallerJoin", 1)
        await life.round(2)
        assert [one.end for one in life.rows()] == [CallEnd.WAITING]
        life.says("QueueCallerAbandon", 31, HoldTime="30")
        await life.round(60)
        assert [(one.end, one.wait) for one in life.rows()] == [(CallEnd.ABANDONED, 30.0)]
        sums = store.measure_sums(START - timedelta(hours=1), START + timedelta(hours=1), 20, 20)
        assert (sums[None, ""]["total"], sums[None, ""]["abandoned"]) == (1, 1)
        assert life.states()[AgentState.IDLE] == 60.0


async def test_a_killed_bridge_goes_on_with_who_waits_and_marks_what_it_missed(tmp_path: Path) -> None:
    with book(tmp_path) as store:
        asterisk = Asterisk()
        before = Life(store, asterisk)
        await before.comes_up(0)
        for number in (1, 2, 3):
            before.says("QueueCallerJoin", number, Uniqueid=f"c{number}")
        before.says("AgentConnect", 5, Uniqueid="c3")
        await before.round(6)  # and killed: nothing more is written
        asterisk.waits("c1", 59)
        asterisk.waits("c9", 20)
        asterisk.channels.append({"Event": "CoreShowChannel", "Uniqueid": "c3"})
        after = Life(store, asterisk)
        await after.comes_up(60)
        after.says("QueueCallerAbandon", 80, Uniqueid="c1", HoldTime="79")
        after.says("AgentComplete", 90, Uniqueid="c3", HoldTime="2", TalkTime="85")
        after.says("AgentConnect", 100, Uniqueid="c9", HoldTime="60")
        await after.round(101)
        rows = {one.key[2:4]: one for one in after.rows()}
        assert (rows["c1"].end, rows["c1"].wait, rows["c1"].cut) == (CallEnd.ABANDONED, 79.0, False)
        assert (rows["c2"].end, rows["c2"].wait, rows["c2"].cut) == (CallEnd.UNKNOWN, None, True)
        assert (rows["c3"].end, rows["c3"].talk, rows["c3"].cut) == (CallEnd.ANSWERED, 85.0, True)
        assert (rows["c9"].end, rows["c9"].wait, rows["c9"].cut) == (CallEnd.TALKING, 60.0, True)
        assert rows["c9"].joined_at == START + timedelta(seconds=40)
        assert len(rows) == len(after.rows()) == 4


async def test_time_without_a_link_is_not_seen_and_nobodys(tmp_path: Path) -> None:
    with book(tmp_path) as store:
        asterisk = Asterisk()
        life = Life(store, asterisk)
        await life.comes_up(0)
        life.says("QueueCallerJoin", 50)
        life.at = 100
        life.recorder.seen(LinkLost("gone"))
        await life.round(200)
        await life.comes_up(700)
        await life.round(800)
        states = life.states()
        assert (states[AgentState.SEEN], states[AgentState.IDLE]) == (200.0, 200.0)
        assert [(one.end, one.cut) for one in life.rows()] == [(CallEnd.UNKNOWN, True)]


async def test_dropped_events_are_looked_after(tmp_path: Path) -> None:
    with book(tmp_path) as store:
        asterisk = Asterisk()
        life = Life(store, asterisk)
        await life.comes_up(0)
        life.says("QueueCallerJoin", 10)
        life.at = 20
        life.recorder.seen(Overflow(500))
        await life.round(21)
        assert [(one.end, one.cut) for one in life.rows()] == [(CallEnd.UNKNOWN, True)]


async def test_time_with_every_line_in_use_is_kept(tmp_path: Path) -> None:
    with book(tmp_path) as store:
        life = Life(store, Asterisk())
        await life.comes_up(0)
        life.full = True
        await life.round(10)
        life.full = False
        await life.round(16)
        assert life.states()[AgentState.FULL] == 6.0


async def test_while_the_store_is_away_the_newest_version_of_each_row_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with book(tmp_path) as store:
        life = Life(store, Asterisk())
        await life.comes_up(0)
        good = store.put_calls

        def away(*_: object) -> None:
            raise StoreProblem("away")

        monkeypatch.setattr(store, "put_calls", away)
        life.says("QueueCallerJoin", 1)
        await life.round(2)
        life.says("QueueCallerAbandon", 9)
        await life.round(10)
        monkeypatch.setattr("ami_bridge.call_records.MOST_KEPT", 3)
        for number in range(10):
            life.says("QueueCallerJoin", 11, Uniqueid=f"d{number}")
        await life.round(12)
        assert life.recorder.dropped == 8
        monkeypatch.setattr(store, "put_calls", good)
        await life.round(13)
        assert [one.key[2:4] for one in life.rows()] == ["d7", "d8", "d9"]


async def test_what_waits_is_written_when_the_bridge_ends(tmp_path: Path) -> None:
    with book(tmp_path) as store:
        life = Life(store, Asterisk())
        await life.comes_up(0)
        task = asyncio.create_task(life.recorder.run())
        await asyncio.sleep(0)
        life.says("QueueCallerJoin", 1)
        life.says("QueueCallerAbandon", 9)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [one.end for one in life.rows()] == [CallEnd.ABANDONED]
