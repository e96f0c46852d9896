"""Our own health (D5): disk, clock step, and whatever the bridge is asked about."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from waiting import until as wait_until

from ami_bridge.sources import own
from ami_bridge.sources.own import Check, OwnWatch, SlowCheck
from ami_bridge.sources.own_checks import Disk, Lasting, Lately, answers, first_of, older_than
from config.sources import OwnWatch as Limits
from fallback.events import ClockStepped, Event, Evidence, PartSeen
from fallback.time import Now
from store import StoreProblem


class Clocks:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 2, 8, tzinfo=UTC)
        self.mono = 100.0

    def __call__(self) -> Now:
        return Now(self.wall, self.mono)

    def pass_(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds

    def set_wall(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


async def told_by(
    checks: Mapping[str, Check],
    clock: Clocks,
    slow: Mapping[str, SlowCheck] | None = None,
    until: Callable[[list[Event]], bool] = bool,
) -> list[Event]:
    told: list[Event] = []
    watch = OwnWatch(Limits(every=0.01), checks, told.append, clock, slow)
    task = asyncio.create_task(watch.run())
    try:
        await wait_until(lambda: until(told))
    finally:
        task.cancel()
        await asyncio.wait([task])
    return told


def parts(told: list[Event]) -> set[tuple[str, bool, str]]:
    seen = [one for one in told if isinstance(one, PartSeen)]
    assert all(one.evidence is Evidence.OWN for one in seen)
    return {(one.component, one.good, one.detail) for one in seen}


async def test_every_part_is_told_and_one_that_cannot_be_asked_is_not_well() -> None:
    def broken() -> str:
        raise ZeroDivisionError

    told = await told_by(
        {"spool": lambda: "no space left", "beat": lambda: "", "inbox": broken, "link": lambda: None},
        Clocks(),
        until=lambda told: len(told) >= 8,
    )
    assert parts(told) == {
        ("spool", False, "no space left"),
        ("beat", True, ""),
        ("inbox", False, "cannot be asked: ZeroDivisionError"),
        ("clock", True, ""),
    }


async def test_a_part_that_hangs_is_told_and_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "SLOW_PATIENCE", 0.05)

    async def hang() -> str:
        await asyncio.sleep(60)
        return ""

    told = await told_by(
        {"beat": lambda: ""},
        Clocks(),
        {"disk": hang},
        until=lambda told: any(isinstance(one, PartSeen) and one.component == "disk" for one in told),
    )
    assert ("disk", False, "no answer within 0.05 s") in parts(told)
    assert ("beat", True, "") in parts(told)


async def test_the_store_is_told_away_in_its_own_words_and_back() -> None:
    away = [True]

    async def ping() -> None:
        if away[0]:
            raise StoreProblem("the database does not answer")

    def until(told: list[Event]) -> bool:
        if ("store", False, "the database does not answer") in parts(told):
            away[0] = False
        return ("store", True, "") in parts(told)

    await told_by({}, Clocks(), {"store": answers(ping, StoreProblem)}, until)


async def test_a_step_of_the_wall_clock_is_told_once_and_the_part_recovers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own, "CLOCK_SECONDS", 0.01)
    clock, stage = Clocks(), [0]

    def until(told: list[Event]) -> bool:
        if stage[0] == 0 and told:
            clock.pass_(5.0)
            clock.set_wall(-3600.0)
            stage[0] = 1
        if stage[0] == 1 and any(isinstance(one, ClockStepped) for one in told):
            clock.pass_(own.CLOCK_CALM + 1)
            stage[0] = 2
            told.append(ClockStepped(0.0))  # a mark
        return stage[0] == 2 and isinstance(told[-1], PartSeen) and told[-1].good

    told = await told_by({}, clock, until=until)
    steps = [one.seconds for one in told if isinstance(one, ClockStepped) and one.seconds]
    assert steps == [pytest.approx(-3600.0)]
    assert ("clock", False, "stepped by -3600.0 s") in parts(told)


async def test_being_set_slowly_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "CLOCK_SECONDS", 0.001)
    clock, moved = Clocks(), [0]

    def until(_: list[Event]) -> bool:
        clock.pass_(1.0)
        clock.set_wall(0.0005)
        moved[0] += 1
        return moved[0] > 50

    told = await told_by({}, clock, until=until)
    assert not any(isinstance(one, ClockStepped) for one in told)


def test_being_stopped_between_the_two_readings_is_no_step() -> None:
    clock = Clocks()
    readings = iter([0.0, 0.0, 30.0, 0.0, 0.0])

    def stopped_now_and_then() -> Now:
        clock.pass_(1.0)
        late = next(readings)
        return Now(clock.wall - timedelta(seconds=late), clock.mono)

    watch = OwnWatch(Limits(), {}, lambda _: None, stopped_now_and_then)
    before = watch._apart()
    assert watch._apart() == pytest.approx(before)


async def test_a_disk_has_to_have_a_fifth_more_before_it_is_well_again(tmp_path: Path) -> None:
    disk = Disk(tmp_path, share=0.05, least=0)
    assert disk._judge(free=4 << 30, total=100 << 30) == (
        f"4096 MiB free at {tmp_path}, at least 5120 MiB are wanted"
    )
    assert disk._judge(free=11 << 29, total=100 << 30)
    assert disk._judge(free=13 << 29, total=100 << 30) == ""
    assert disk._judge(free=11 << 29, total=100 << 30) == ""


async def test_a_real_disk_is_asked_and_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    assert await Disk(tmp_path, share=0.0, least=1)() == ""
    assert "MiB are wanted" in await Disk(tmp_path, share=1.0)()
    assert await Disk(tmp_path / "gone", share=0.0)() == (
        f"{tmp_path}/gone cannot be read: No such file or directory"
    )


def test_what_happened_lately_is_bad_for_its_time() -> None:
    clock = Clocks()
    lately = Lately(clock, 30.0)
    assert lately() == ""
    lately.say("120 events dropped")
    clock.pass_(29.0)
    assert lately() == "120 events dropped"
    clock.pass_(2.0)
    assert lately() == ""


def test_only_what_lasts_is_told() -> None:
    clock, wrong = Clocks(), [""]
    lasting = Lasting(clock, 10.0, lambda: wrong[0])
    wrong[0] = "captures wait"
    assert lasting() == ""
    clock.pass_(9.0)
    wrong[0] = ""
    assert lasting() == ""
    wrong[0] = "captures wait"
    clock.pass_(1.0)
    assert lasting() == ""
    clock.pass_(10.0)
    assert lasting() == "captures wait"


def test_an_age_is_told_above_its_limit_and_not_when_nobody_can_say() -> None:
    age: list[float | None] = [None]
    check = older_than(5.0, lambda: age[0], "the beat was last written {age} s ago")
    assert check() is None
    age[0] = 4.0
    assert check() == ""
    age[0] = 7.2
    assert check() == "the beat was last written 7 s ago"


def test_the_first_of_several_checks_that_finds_something_speaks() -> None:
    assert first_of(lambda: None, lambda: "", lambda: "old")() == "old"
    assert first_of(lambda: None, lambda: "")() == ""
    assert first_of(lambda: None)() is None
