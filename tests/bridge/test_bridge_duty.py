"""Danger and faults on their way to the duty role (E0, E3): as soon as they are durable, over kills and without a store."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from bridge_mind import until
from bridge_world import World, capture, world

from ami_bridge import duty
from ami_bridge.duty import DutyDesk, danger_incident
from callbacks.policy import DutyPolicy
from callbacks.rules.passing_on import Report
from callbacks.values import Capture, Matter
from fallback.decision import Action, RaiseRung, StopRungs
from store import StoreBusy

POLICY = DutyPolicy(danger_repeat=60, fault_gather=60, fault_repeat=300)
NUMBER = "13912341234"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(duty, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(duty, "PATIENCE", 0.2)
    with world(tmp_path) as one:
        yield one


class Shelf:
    """The table, which can be away."""

    def __init__(self, store: Any) -> None:
        self._store, self.away = store, False

    def duty_open(self) -> list[Report]:
        return list(self._there().duty_open())

    def duty_put(self, reports: Sequence[Report]) -> frozenset[str]:
        return frozenset(self._there().duty_put(reports))

    def duty_ack(self, keys: Sequence[str], who: str, at: Any) -> int:
        return int(self._there().duty_ack(keys, who, at))

    def _there(self) -> Any:
        if self.away:
            raise StoreBusy("held by another process")
        return self._store


@dataclass
class Run:
    """One run of the bridge's part. nobody: why nobody can be told."""

    desk: DutyDesk
    shelf: Shelf
    site: World
    said: list[Action] = field(default_factory=list)
    nobody: str = ""

    def rungs(self) -> list[RaiseRung]:
        return [one for one in self.said if isinstance(one, RaiseRung)]

    def stopped(self) -> list[str]:
        return [one.incident for one in self.said if isinstance(one, StopRungs)]

    async def later(self, seconds: float) -> None:
        """So much later, when all that was due is said."""
        self.site.later(seconds)
        self.desk.use(self.desk.policy)
        await self.calm()

    async def calm(self) -> None:
        """Until what is known is said and written, or cannot be."""
        for _ in range(5):
            await asyncio.sleep(0.01)
            if self.desk._saving is not None:
                await asyncio.wait({self.desk._saving})


@asynccontextmanager
async def running(site: World, *, away: bool = False, nobody: str = "") -> AsyncIterator[Run]:
    shelf: Any = Shelf(site.store)
    shelf.away = away
    said: list[Action] = []
    desk = DutyDesk(POLICY, shelf, site.thread, lambda: site.now, said.extend, lambda _role: run.nobody)
    run = Run(desk, shelf, site, said, nobody)
    task = asyncio.create_task(desk.run())
    try:
        await run.calm()
        yield run
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


def danger(number: str = NUMBER) -> Capture:
    return replace(capture(number), matter=Matter.DANGER)


async def test_danger_is_told_at_once_with_its_whole_number_and_again_until_it_is_taken_on(
    site: World,
) -> None:
    async with running(site) as run:
        run.desk.seen([danger()])
        await run.calm()
        (rung,) = run.rungs()
        assert (rung.roles, rung.text) == (("duty",), "duty-danger")
        assert (rung.facts["number"], rung.facts["scope"]) == (NUMBER, "power")
        await run.later(60)
        assert [one.facts["round"] for one in run.rungs()] == ["1", "2"]
        assert len({one.key for one in run.rungs()}) == 2, (
            "the same key would be the same message, and not be sent"
        )
        run.desk.acknowledged(rung.incident, "li")
        assert run.stopped() == [rung.incident], "what has not left by now is not sent any more"
        await run.later(600)
        assert len(run.rungs()) == 2
    assert site.store.duty_open() == []


async def test_what_is_seen_again_is_one_report(site: World) -> None:
    async with running(site) as run:
        for _ in range(3):  # the line as it is kept, its import, and the import after a loss of the book
            run.desk.seen([danger()])
            await run.calm()
        run.desk.acknowledged(run.rungs()[0].incident, "li")
        run.desk.seen([danger()])
        await run.calm()
        assert len(run.rungs()) == 1


async def test_faults_go_out_together_and_one_word_takes_all_of_them_on(site: World) -> None:
    async with running(site) as run:
        run.desk.seen([replace(capture(f"1391234{n:04}"), at=site.now.wall) for n in range(20)])
        await run.calm()
        assert run.rungs() == [], "they wait for others"
        await run.later(60)
        (rung,) = run.rungs()
        assert (rung.text, rung.facts["count"]) == ("duty-fault", "20")
        run.desk.acknowledged(rung.incident, "li")
        await run.calm()
    assert site.store.duty_open() == []


async def test_a_store_that_is_away_delays_no_danger_and_is_caught_up_with(site: World) -> None:
    async with running(site, away=True) as run:
        run.desk.seen([danger()])
        await until(lambda: bool(run.rungs()))
        run.desk.seen([danger("13800001111")])
        await until(lambda: len(run.rungs()) == 2)
        run.desk.acknowledged(danger_incident(danger().key), "li")
        assert site.store.duty_open() == []
        run.shelf.away = False
        await until(lambda: len(site.store.duty_open()) == 1)
    (left,) = site.store.duty_open()
    assert (left.key, left.rounds) == (danger("13800001111").key, 1)
    assert site.store.duty_put([site.store.duty_open()[0]]) == frozenset()


async def test_a_word_that_came_while_the_store_was_away_holds_for_the_next_run(site: World) -> None:
    async with running(site, away=True) as run:
        run.desk.seen([danger()])
        await until(lambda: bool(run.rungs()))
        run.desk.acknowledged(run.rungs()[0].incident, "li")
        run.shelf.away = False
        await until(lambda: not run.desk._acks)
    async with running(site) as again:
        again.desk.seen([danger()])
        await again.calm()
        assert again.rungs() == []


async def test_the_next_run_goes_on_where_the_last_one_was_killed(site: World) -> None:
    async with running(site) as run:
        run.desk.seen([danger()])
        site.store.import_captures([danger()], "spool", 1, site.now.wall)
        await run.calm()
        first = run.rungs()[0]
    async with running(site) as again:
        assert again.rungs() == [], "it was told a moment ago"
        await again.later(60)
        (rung,) = again.rungs()
        assert (rung.incident, rung.facts["number"]) == (first.incident, NUMBER)
        assert rung.facts["round"] == "2"


async def test_a_word_on_a_message_of_the_last_run_counts(site: World) -> None:
    fault = replace(capture(NUMBER), at=site.now.wall)
    async with running(site) as run:
        run.desk.seen([danger("13800001111"), fault])
        await run.later(60)
        incidents = dict.fromkeys(one.incident for one in run.rungs())
        assert len(incidents) == 2
    async with running(site) as again:
        for incident in incidents:
            again.desk.acknowledged(incident, "li")
        await again.calm()
        assert site.store.duty_open() == []


async def test_taken_on_by_hand_after_a_restart_the_messages_of_the_last_run_stop(site: World) -> None:
    """Else people are rung for what somebody has in hand already."""
    fault = replace(capture(NUMBER), at=site.now.wall)
    async with running(site) as run:
        run.desk.seen([danger("13800001111"), fault])
        await run.later(60)
        incidents = {one.incident for one in run.rungs()}
        assert len(incidents) == 2
    async with running(site) as again:
        assert again.desk.ack([], "all", "leader") == 2
        await again.calm()
        assert set(again.stopped()) == incidents


async def test_what_the_journal_knows_as_taken_on_is_not_told_again_after_a_loss_of_the_book(
    site: World,
) -> None:
    async with running(site) as run:
        run.desk.acknowledged(danger_incident(danger().key), "li")  # alerts say it again at the start
        run.desk.seen([danger()])
        await run.calm()
        assert run.rungs() == []
    assert site.store.duty_open() == []


async def test_a_book_that_lost_thirty_rounds_does_not_silence_a_danger_for_as_many(site: World) -> None:
    """Alerts know the rounds by their keys, and say none of them again."""
    async with running(site) as run:
        run.desk.seen([danger()])
        await run.calm()
        for _ in range(29):
            await run.later(60)
        before = {one.key for one in run.rungs()}
        assert len(before) == 30
    with site.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM duty")
    async with running(site) as again:
        again.desk.knows = before.__contains__
        again.desk.seen([danger()])
        await again.calm()
        assert again.rungs() == [], "said just now by the last run"
        await again.later(60)
        (rung,) = again.rungs()
        assert rung.key not in before
        assert rung.facts["round"] == "31"


async def test_where_nobody_holds_the_role_it_is_said_once_and_told_when_somebody_does(
    site: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(site, nobody="nobody holds the role 'duty'") as run:
        run.desk.seen([danger()])
        await run.calm()
        await run.later(60)
        assert (run.rungs(), run.desk.trouble) == ([], "nobody holds the role 'duty'")
        assert capsys.readouterr().out.count("nobody is told of danger and faults") == 1
        run.nobody = ""
        await run.later(1)
        assert (len(run.rungs()), run.desk.trouble) == (1, "")


async def test_a_leader_takes_on_by_hand(site: World) -> None:
    async with running(site) as run:
        fault = replace(capture(NUMBER), at=site.now.wall)
        run.desk.seen([danger("13800001111"), danger("13800002222"), fault])
        await run.calm()
        assert run.desk.live()["open"] == 3
        assert run.desk.ack([danger("13800001111").key], "", "li") == 1
        assert run.desk.ack([], "fault", "li") == 1
        assert run.desk.live() | {"oldest": None} == {"open": 1, "danger": 1, "oldest": None, "trouble": ""}
        assert run.desk.ack([], "all", "li") == 1
        await run.calm()
    assert site.store.duty_open() == []


async def test_of_one_danger_only_some_rounds_go_on_at_a_time(site: World) -> None:
    async with running(site) as run:
        run.desk.seen([danger()])
        await run.calm()
        for _ in range(7):
            await run.later(60)
        assert len(run.rungs()) == 8
        assert [one.rungs for one in run.said if isinstance(one, StopRungs)] == [
            ("round-1.danger",),
            ("round-2.danger",),
            ("round-3.danger",),
        ]
