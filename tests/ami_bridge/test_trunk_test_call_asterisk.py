"""A test call that goes out on one trunk of a real Asterisk and comes back in on another (D1).

The lab's carriers take calls and make calls, but do not pass one on. So this Asterisk is its own carrier: what it sends out on
the trunk ``loop-out`` comes back to its own address, where the trunk ``loop-in`` takes it.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ami_bridge.clock import read_clocks
from ami_bridge.heart import Heart
from ami_bridge.inbox import AmiEvent, Inbox, LinkUp
from ami_bridge.link import Link, LinkSettings
from ami_bridge.originate import Guard
from ami_bridge.site import Site
from ami_bridge.sources.trunk_test_call import TestCallBook, TrunkTestCall
from ami_bridge.translate import WANTED, Translator
from config.asterisk import render
from config.asterisk.site import DialplanSite, ScopeLine
from config.manager_account import render_manager_account
from config.sources import TestCall
from fallback.events import Event, Evidence, LinesSeen, TrunkSeen
from lab import Lab

pytestmark = pytest.mark.asterisk
ACCOUNT = "test-calls"
LOOP = """
[loop-out]
type = endpoint
context = from-nowhere
aors = loop-out
allow = ulaw
from_user = {shown}
[loop-out]
type = aor
contact = sip:{address}:5060

[loop-in]
type = endpoint
context = from-loop
allow = ulaw
identify_by = ip
[loop-in]
type = identify
endpoint = loop-in
match = {address}
"""
ARRIVING = """
[from-loop]
exten => 95599,1,Ringing()
 same => n,Wait(30)
exten => 95597,1,Hangup(34)
"""
SITE = Site({"loop-out": "out", "loop-in": "in"}, frozenset())


class Ready:
    """A bridge with room for a test call."""

    def __init__(self, heart: Heart) -> None:
        self._heart = heart

    def guard(self) -> Guard | None:
        return Guard(self._heart.fence, self._heart.epoch())

    def plenty(self, trunk: str) -> bool:
        return trunk in ("out", "in", "elsewhere")


@pytest.fixture
def asterisk(lab: Lab) -> Iterator[Lab]:
    """The shared lab, whose files are afterwards what they were."""
    before = {path: path.read_text() for path in lab.holdfast_conf_dir.glob("*.conf")}
    yield lab
    for path in lab.holdfast_conf_dir.glob("*.conf"):
        path.unlink()
    for path, text in before.items():
        path.write_text(text)
    lab.reload()


def prepare(lab: Lab, shown: str) -> None:
    folder = lab.holdfast_conf_dir
    site = DialplanSite(
        scopes=(ScopeLine("power", "power"),),
        prompts_dir=lab.prompts_dir,
        tier3_dir=lab.tier3_dir,
        agi_host=lab.agi_host,
        agi_port=lab.agi_port,
    )
    for name, text in render(site).items():
        (folder / name).write_text(text)
    (folder / "extensions_loop.conf").write_text(ARRIVING)
    loop = LOOP.format(address=lab.ami_host, shown=shown)
    (folder / "pjsip_loop.conf").write_text(loop if shown else loop.replace("from_user = \n", ""))
    account = render_manager_account(ACCOUNT, "secret", endpoints=tuple(SITE.trunks))
    (folder / "manager_loop.conf").write_text(account)
    lab.reload()


async def made(lab: Lab, test: TestCall, folder: Path) -> list[Event]:
    """What a test call tells, with the manager events translated as the bridge does."""
    inbox, told = Inbox(), list[Event]()
    link = Link(LinkSettings(lab.ami_host, lab.ami_port, ACCOUNT, "secret"), inbox, WANTED)
    heart = Heart(link.action, 1.0, read_clocks)
    book = TestCallBook(folder / "book.json")
    source = TrunkTestCall(
        test, "PJSIP/{number}@loop-out", link, Ready(heart), book, told.append, read_clocks
    )

    async def listen() -> None:
        translate = Translator(SITE)
        while True:
            item = await inbox.get()
            for event in translate(item) if isinstance(item, AmiEvent) else ():
                if isinstance(event, LinesSeen):
                    told.append(event)
                source.heard(event)  # type: ignore[arg-type]  # it takes what it knows of either kind

    held = asyncio.create_task(link.run())
    while not isinstance(await inbox.get(), LinkUp):
        pass
    await heart.beat()
    await heart.raise_fence()
    listening = asyncio.create_task(listen())
    try:
        assert await source.make()
        await asyncio.sleep(0.3)
    finally:
        listening.cancel()
        link.close()
        await held
    assert book.last(test.name) is not None
    return told


@pytest.mark.parametrize(("shown", "by_number"), [("", False), ("80000001", True)])
async def test_a_call_that_comes_back_is_good_for_both_and_rings_on_no_longer(
    asterisk: Lab, tmp_path: Path, shown: str, by_number: bool
) -> None:
    """By its caller id; and by its number where the carrier puts its own caller id."""
    await asyncio.to_thread(prepare, asterisk, shown)
    test = TestCall("loop", "out", "in", "95599", timeout=8.0, by_number=by_number)
    told = await made(asterisk, test, tmp_path)
    assert [(e.trunk, e.evidence, e.good) for e in told if isinstance(e, TrunkSeen)] == [
        ("out", Evidence.TESTCALL, True),
        ("in", Evidence.TESTCALL, True),
    ]
    lines = [event for event in told if isinstance(event, LinesSeen)]
    assert {LinesSeen("out", 1), LinesSeen("in", 1)} <= set(lines)
    assert {event.trunk: event.in_use for event in lines} == {"out": 0, "in": 0}
    assert "test" not in await asyncio.to_thread(asterisk.cli, "database show holdfast-attempt")


async def test_a_call_that_the_way_out_refuses_speaks_against_that_trunk_only(
    asterisk: Lab, tmp_path: Path
) -> None:
    await asyncio.to_thread(prepare, asterisk, "")
    test = TestCall("loop", "out", "elsewhere", "95597", timeout=2.0)
    told = await made(asterisk, test, tmp_path)
    assert [(e.trunk, e.good) for e in told if isinstance(e, TrunkSeen)] == [("out", False)]


async def test_a_call_that_rings_elsewhere_speaks_against_the_trunk_it_did_not_come_in_on(
    asterisk: Lab, tmp_path: Path
) -> None:
    await asyncio.to_thread(prepare, asterisk, "")
    test = TestCall("loop", "out", "elsewhere", "95599", timeout=2.0)
    told = await made(asterisk, test, tmp_path)
    assert [(e.trunk, e.good) for e in told if isinstance(e, TrunkSeen)] == [("elsewhere", False)]
