"""The wanted flag is written until Asterisk confirms it, and again after every connect (level, not edge)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bridge_world import FakeAsterisk, done, refusal

from ami_bridge.flags import Flags, flag_value
from ami_bridge.link import NoReply, NotSent, Reply
from fallback.decision import WantFlag
from fallback.modes import DialplanAction, Mode

AT = datetime(2026, 11, 21, 12, 0, 0, 900_000, tzinfo=UTC)
CAPTURE = WantFlag("power", DialplanAction.CAPTURE, Mode.OUTAGE, "fault", AT, "INC-1")
PASS = WantFlag("power", DialplanAction.PASS, Mode.NORMAL, "fault", None, "")
PLACE = ("holdfast-scope", "power")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - looks at a fake, which tells nobody
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(asterisk: FakeAsterisk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Flags]:
    monkeypatch.setattr("ami_bridge.flags.RETRY_SECONDS", 0.02)
    flags = Flags(asterisk.action, lambda: AT)
    task = asyncio.create_task(flags.run())
    try:
        yield flags
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), "the loop ends with nothing but its cancellation"


def test_a_flag_is_one_value_as_the_dial_plan_reads_it() -> None:
    assert flag_value(CAPTURE) == f"capture,OUTAGE,fault,{int(AT.timestamp())},INC-1"
    assert flag_value(PASS) == "pass,NORMAL,fault,,"


async def test_nothing_is_written_before_the_picture_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = FakeAsterisk()
    async with running(asterisk, monkeypatch) as flags:
        flags.want([CAPTURE])
        await asyncio.sleep(0.05)
        assert not asterisk.sent
        flags.linked(True)
        await until(lambda: flags.confirmed("power")[0])
    assert asterisk.db[PLACE] == flag_value(CAPTURE)


@pytest.mark.parametrize(
    "trouble",
    [
        [NotSent("down")],
        [NoReply("nothing within 5 s")],
        [refusal("no rights")],
        [NoReply("x"), refusal("y")],
    ],
)
async def test_a_flag_that_was_not_taken_is_written_until_it_is(
    trouble: list[Exception | Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    asterisk = FakeAsterisk()
    asterisk.answers["DBPut"] = list(trouble)
    async with running(asterisk, monkeypatch) as flags:
        flags.linked(True)
        flags.want([CAPTURE])
        await until(lambda: len(asterisk.actions("DBPut")) == 1)
        assert flags.confirmed("power") == (False, None)
        await until(lambda: flags.confirmed("power")[0])
    assert asterisk.db[PLACE] == flag_value(CAPTURE)
    assert len(asterisk.actions("DBPut")) == len(trouble) + 1
    assert flags.confirmed("power")[1] == AT


async def test_a_confirmed_flag_is_not_written_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = FakeAsterisk()
    async with running(asterisk, monkeypatch) as flags:
        flags.linked(True)
        for _ in range(5):
            flags.want([CAPTURE])
            await asyncio.sleep(0.01)
    assert len(asterisk.actions("DBPut")) == 1


async def test_after_a_connect_nothing_counts_as_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asterisk may have lost its last second, or be another one."""
    asterisk = FakeAsterisk()
    async with running(asterisk, monkeypatch) as flags:
        flags.linked(True)
        flags.want([CAPTURE])
        await until(lambda: flags.confirmed("power")[0])
        asterisk.db.clear()
        flags.linked(False)
        assert not flags.confirmed("power")[0]
        flags.linked(True)
        await until(lambda: flags.confirmed("power")[0])
    assert asterisk.db[PLACE] == flag_value(CAPTURE)


async def test_what_is_wanted_while_a_write_is_under_way_is_written_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asterisk = FakeAsterisk()
    gate = asyncio.Event()

    async def slow(headers: dict[str, str]) -> Reply:
        reply = await asterisk.action(headers)
        await gate.wait()
        return reply

    monkeypatch.setattr("ami_bridge.flags.RETRY_SECONDS", 0.02)
    flags = Flags(slow, lambda: AT)
    task = asyncio.create_task(flags.run())
    flags.linked(True)
    flags.want([CAPTURE])
    await until(lambda: bool(asterisk.sent))
    flags.want([PASS])
    gate.set()
    await until(lambda: flags.confirmed("power")[0])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asterisk.db[PLACE] == flag_value(PASS)


async def test_agents_lamps_show_what_callers_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = FakeAsterisk()
    async with running(asterisk, monkeypatch) as flags:
        flags.linked(True)
        for flag in (CAPTURE, PASS):
            flags.want([flag])
            await until(lambda: flags.confirmed("power")[0])
            await asyncio.sleep(0)
        await until(lambda: len(asterisk.actions("Setvar")) == 2)
    lamps = [(one["Variable"], one["Value"]) for one in asterisk.actions("Setvar")]
    assert lamps == [("DEVICE_STATE(Custom:holdfast-power)", lamp) for lamp in ("INUSE", "NOT_INUSE")]


async def test_one_scope_that_is_refused_is_tried_again_and_the_other_is_still_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asterisk = FakeAsterisk()
    asterisk.answers["DBPut"] = [refusal("busy"), done()]
    async with running(asterisk, monkeypatch) as flags:
        flags.linked(True)
        flags.want([CAPTURE, WantFlag("bills", DialplanAction.PASS, Mode.NORMAL, "fault", None, "")])
        await until(lambda: flags.confirmed("power")[0] and flags.confirmed("bills")[0])


async def test_a_flag_that_is_wanted_no_more_is_taken_away_and_its_lamp_put_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asterisk = FakeAsterisk()
    async with running(asterisk, monkeypatch) as flags:
        flags.linked(True)
        flags.want([CAPTURE])
        await until(lambda: PLACE in asterisk.db)
        asterisk.answers["DBDel"] = [NoReply("nothing within 5 s")]
        flags.want([])
        await until(lambda: PLACE not in asterisk.db)
        await until(lambda: asterisk.actions("Setvar")[-1]["Value"] == "NOT_INUSE")
        flags.want([CAPTURE])
        await until(lambda: asterisk.db.get(PLACE) == flag_value(CAPTURE))
        await until(lambda: asterisk.actions("Setvar")[-1]["Value"] == "INUSE")


async def test_what_is_wanted_no_more_is_not_written_after_the_flag_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Disarmed while several flags are on their way: none may be left to hold callers."""
    asterisk = FakeAsterisk()
    water = replace(CAPTURE, scope="water")
    async with running(asterisk, monkeypatch) as flags:
        asterisk.on["DBPut"] = lambda _given: flags.want([])
        flags.linked(True)
        flags.want([CAPTURE, water])
        await until(lambda: len(asterisk.actions("DBDel")) >= 2)
        assert [one["Key"] for one in asterisk.actions("DBPut")] == ["power"]
        assert not asterisk.db


async def test_what_an_earlier_run_left_is_taken_away_unless_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asterisk = FakeAsterisk()
    asterisk.db[PLACE] = asterisk.db["holdfast-scope", "gone"] = "capture,OUTAGE,fault,,"
    async with running(asterisk, monkeypatch) as flags:
        flags.want([CAPTURE])
        flags.let_go(["power", "gone"])
        flags.linked(True)
        await until(lambda: ("holdfast-scope", "gone") not in asterisk.db)
        assert asterisk.db[PLACE] == flag_value(CAPTURE)
