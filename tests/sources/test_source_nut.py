"""Power (A5): a UPS behind a small upsd."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from upsd import FakeUpsd, upsd
from waiting import until

from ami_bridge.clock import read_clocks
from ami_bridge.sources.nut import NutSource, Power, Where, check, meaning, where
from config.sources import Nut
from fallback.events import Event, Evidence, PartSeen

Seen = tuple[str, bool]


class Told:
    """What a source has told, and the newest of it about each component."""

    def __init__(self) -> None:
        self.all: list[PartSeen] = []

    def put(self, event: Event) -> None:
        assert isinstance(event, PartSeen)
        assert event.evidence is Evidence.POWER
        self.all.append(event)

    async def comes(self, *wanted: Seen) -> None:
        """Waits until the newest word about each of these is as wanted."""
        await until(lambda: set(wanted) <= {(one.component, one.good) for one in self._newest()})

    def _newest(self) -> Iterable[PartSeen]:
        return {one.component: one for one in self.all}.values()


def unit(fake: FakeUpsd, name: str = "rack", **more: float) -> Nut:
    return Nut(
        name, "power", f"{name}@127.0.0.1:{fake.port}", "battery", every=more.get("every", 0.02), timeout=0.2
    )


@asynccontextmanager
async def watched(*units: Nut) -> AsyncIterator[tuple[NutSource, Told]]:
    told = Told()
    source = NutSource(units, told.put, read_clocks)
    task = asyncio.create_task(source.run())
    try:
        yield source, told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_on_battery_is_bad_low_battery_worse_and_mains_good_again() -> None:
    async with upsd(rack="OL CHRG") as fake, watched(unit(fake)) as (_, told):
        await told.comes(("power", True), ("battery", True))
        fake.status["rack"] = "OB DISCHRG"
        await told.comes(("power", False), ("battery", True))
        assert told.all[-1].good or told.all[-1].detail == "rack: OB DISCHRG"
        fake.status["rack"] = "OB DISCHRG LB"
        await told.comes(("power", False), ("battery", False))
        fake.status["rack"] = "OL CHRG LB"
        await told.comes(("power", True), ("battery", True))
    assert "GET VAR rack ups.status" in fake.asked


async def test_a_upsd_that_cannot_be_reached_is_not_on_battery() -> None:
    async with upsd(rack="OL") as fake, watched(unit(fake)) as (source, told):
        await told.comes(("power", True))
        await fake.stop()
        await until(lambda: source.troubles)
        count = len(told.all)
        await asyncio.sleep(0.1)
        assert (len(told.all), source.troubles) == (count, {"rack": "Connection refused"})
        fake.status["rack"] = "OB"
        await fake.start()
        await told.comes(("power", False))
        assert source.troubles == {}


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"ERR DATA-STALE\n", "upsd says DATA-STALE"),
        (b"ERR UNKNOWN-UPS\n", "upsd says UNKNOWN-UPS"),
        (b"ERR ACCESS-DENIED\n", "upsd says ACCESS-DENIED"),
        (b"220 mail ESMTP\n", "what answers there is no upsd"),
        (b'VAR other ups.status "OB LB"\n', "what answers there is no upsd"),
        (b'VAR rack ups.status "OB LB\n', "what answers there is no upsd"),
        (b"x" * 5000, "what answers there is no upsd"),
    ],
)
async def test_what_is_no_status_is_no_evidence(answer: bytes, trouble: str) -> None:
    async with upsd(rack="OL") as fake:
        fake.raw = answer
        async with watched(unit(fake)) as (source, told):
            await until(lambda: source.troubles)
            assert source.troubles == {"rack": trouble}
            assert told.all == []


async def test_one_upsd_that_is_silent_delays_no_other() -> None:
    async with upsd(rack="OL") as silent, upsd(desk="OB") as other:
        silent.silent = True
        async with watched(unit(silent), unit(other, "desk")) as (source, told):
            await told.comes(("power", False))
            await until(lambda: source.troubles)
            assert source.troubles == {"rack": "no answer within 0.2 s"}


async def test_power_is_good_only_when_every_ups_says_so() -> None:
    async with upsd(rack="OL", desk="OB") as fake, watched(unit(fake), unit(fake, "desk")) as (_, told):
        await told.comes(("power", False))
        count = len(told.all)
        await until(lambda: len(told.all) >= count + 10)
        assert not any(one.good for one in told.all[count:] if one.component == "power")
        fake.status["desk"] = "OL"
        await told.comes(("power", True))


@pytest.mark.parametrize(
    ("status", "power"),
    [
        ("OL", Power(True, True)),
        ("ol chrg", Power(True, True)),
        ("OL LB CHRG", Power(True, True)),
        ("OB", Power(False, True)),
        ("OB LB", Power(False, False)),
        ("FSD OB LB", Power(False, False)),
        ("OL FSD", Power(False, False)),
        ("CAL OB DISCHRG", Power(None, None)),
        ("CAL OL", Power(True, True)),
        ("OFF", Power(None, None)),
        ("", Power(None, None)),
    ],
)
def test_a_status_means(status: str, power: Power) -> None:
    assert meaning(status) == power


def test_a_ups_is_named_as_upsc_names_it() -> None:
    assert where("rack") == Where("rack", "localhost", 3493)
    assert where("rack@ups.example") == Where("rack", "ups.example", 3493)
    assert where("rack@ups.example:3500") == Where("rack", "ups.example", 3500)
    assert where("rack@[::1]:3500") == Where("rack", "::1", 3500)


@pytest.mark.parametrize("name", ["", "@host", "a b@host", "rack\nLOGOUT@host", "rack@host:port", "rack@:1"])
def test_a_name_that_cannot_be_read_is_said_before_the_start(name: str) -> None:
    errors = check([Nut("one", "power", name)], "policy.yaml")
    assert [error.place for error in errors] == ["sources.nut.one.ups"]
    assert "name@host[:port]" in errors[0].remedy
