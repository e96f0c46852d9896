"""The link, its account and its snapshot on real Asterisks; and that the fake says what a real one says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from ami_server import FakeAsterisk

from ami_bridge.inbox import AmiEvent, Inbox, LinkTrouble, LinkUp
from ami_bridge.link import Link, LinkSettings
from ami_bridge.readings import Memory
from ami_bridge.site import Site
from ami_bridge.snapshot import take
from ami_bridge.translate import WANTED, Translator
from config.manager_account import RIGHTS, Right, render_manager_account
from fallback.events import LinkLost, Presence, TrunkSeen
from lab import Lab

pytestmark = pytest.mark.asterisk
SITE = Site(trunks={"carrier-a": "A", "carrier-b": "B"}, queues=frozenset({"power"}))
ACTIONS = (
    {"Action": "Ping"},
    {"Action": "CoreStatus"},
    {"Action": "CoreShowChannels"},
    {"Action": "QueueStatus", "Queue": "power"},
    {"Action": "PJSIPShowEndpoint", "Endpoint": "carrier-a"},
    {"Action": "PJSIPShowRegistrationsOutbound"},
    {"Action": "DBPut", "Family": "holdfast-test", "Key": "k", "Val": "1"},
    {"Action": "DBGet", "Family": "holdfast-test", "Key": "k"},
    {"Action": "DBDel", "Family": "holdfast-test", "Key": "k"},
    {"Action": "Getvar", "Variable": "EPOCH"},
    {"Action": "Setvar", "Variable": "DEVICE_STATE(Custom:holdfast-test)", "Value": "INUSE"},
    {"Action": "Originate", "Channel": "Local/1@nowhere", "Application": "NoOp", "Async": "true"},
    {"Action": "QueuePause", "Interface": "PJSIP/agent-1", "Paused": "true"},
    {"Action": "QueuePause", "Interface": "PJSIP/agent-1", "Paused": "false"},
)
ON_CHANNELS = (  # there is no such channel, which is another refusal than that of a right
    {"Action": "Redirect", "Channel": "Local/1@nowhere", "Context": "x", "Exten": "s", "Priority": "1"},
    {"Action": "Hangup", "Channel": "Local/1@nowhere"},
)
FORBIDDEN = (
    {"Action": "Command", "Command": "core show version"},
    {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    {"Action": "UserEvent", "UserEvent": "x"},
)
ACCOUNT = "link-tests"


@pytest.fixture(params=["22", "16"])
def asterisk(request: pytest.FixtureRequest) -> Lab:
    """Both versions, each with an account for these tests."""
    chosen: Lab = request.getfixturevalue("lab" if request.param == "22" else "lab16")
    account = render_manager_account(ACCOUNT, "secret")
    (chosen.holdfast_conf_dir / "manager_link_tests.conf").write_text(account)
    chosen.reload()
    return chosen


def settings(lab: Lab) -> LinkSettings:
    return LinkSettings(lab.ami_host, lab.ami_port, ACCOUNT, "secret", ping_interval=1.0)


@asynccontextmanager
async def held(link: Link) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        link.close()
        await task


Item = TypeVar("Item")


async def until(inbox: Inbox, kind: type[Item], seconds: float = 20) -> Item:
    async with asyncio.timeout(seconds):
        while not isinstance(item := await inbox.get(), kind):
            pass
    return item


async def ours(inbox: Inbox, translator: Translator, wanted: Callable[[object], bool]) -> object:
    while True:
        event = await until(inbox, AmiEvent)
        for found in translator(event):
            if wanted(found):
                return found


async def test_every_action_we_use_is_allowed_and_nothing_that_changes_configuration_is(
    asterisk: Lab,
) -> None:
    inbox = Inbox()
    async with held(link := Link(settings(asterisk), inbox)):
        up = await until(inbox, LinkUp)
        assert up.uptime is not None
        replies = [await link.action(headers) for headers in ACTIONS]
        assert [r.message for r in replies if not r.ok] == []
        absent = [await link.action(headers) for headers in ON_CHANNELS]
        assert "Permission denied" not in [r.message for r in absent]
        refused = [await link.action(headers) for headers in FORBIDDEN]
        assert [r.message for r in refused] == ["Permission denied"] * len(FORBIDDEN)


@pytest.mark.parametrize("right", [r for r in RIGHTS if r.direction == "write"], ids=lambda r: r.name)
async def test_no_write_right_can_be_spared(asterisk: Lab, right: Right) -> None:
    text = render_manager_account(ACCOUNT, "secret")
    names = [r.name for r in RIGHTS if r.direction == "write"]
    rest = ",".join(r.name for r in RIGHTS if r.direction == "write" and r != right)
    text = text.replace(f"write = {','.join(names)}", f"write = {rest}")
    (asterisk.holdfast_conf_dir / "manager_link_tests.conf").write_text(text)
    asterisk.reload()
    inbox = Inbox()
    async with held(link := Link(settings(asterisk), inbox)):
        await until(inbox, LinkUp)
        replies = [await link.action(headers) for headers in ACTIONS]
        assert "Permission denied" in [r.message for r in replies]


async def heard_without(lab: Lab, right: Right | None) -> set[str]:
    """Which classes of events reach an account that lacks one right to read."""
    text = render_manager_account(ACCOUNT, "secret")
    names = [r.name for r in RIGHTS if r.direction == "read"]
    rest = [name for name in names if right is None or name != right.name]
    text = text.replace(f"read = {','.join(names)}", f"read = {','.join(rest)}")
    (lab.holdfast_conf_dir / "manager_link_tests.conf").write_text(text)
    lab.reload()
    inbox = Inbox()
    quick = replace(settings(lab), boot_wait=0.5)
    classes = {"QueueMemberPause": "agent", "OriginateResponse": "call", "UserEvent": "user"}
    async with held(link := Link(quick, inbox, wanted=WANTED | {b"UserEvent"})):
        heard = {"system"} if (await until(inbox, LinkUp)).uptime is not None else set()
        for paused in ("true", "false"):
            await asyncio.to_thread(lab.action, Action="QueuePause", Interface="PJSIP/agent-1", Paused=paused)
        nowhere = {
            "Action": "Originate",
            "Channel": "Local/1@nowhere",
            "Application": "NoOp",
            "ChannelId": "hf-x",
        }
        await link.action({**nowhere, "Async": "true"})
        await asyncio.to_thread(lab.action, Action="UserEvent", UserEvent="HoldfastCode", Scope="power")
        await asyncio.sleep(1)
        for _ in range(len(inbox)):
            item = await inbox.get()
            if isinstance(item, AmiEvent):
                heard |= {classes[item.name]} if item.name in classes else set()
    return heard


async def test_no_read_right_can_be_spared(asterisk: Lab) -> None:
    reads = [right for right in RIGHTS if right.direction == "read"]
    everything = {right.name for right in reads}
    assert await heard_without(asterisk, None) == everything
    for right in reads:
        assert await heard_without(asterisk, right) == everything - {right.name}


async def test_a_half_open_link_to_a_real_asterisk_is_noticed_within_two_intervals(asterisk: Lab) -> None:
    inbox = Inbox()
    async with held(Link(settings(asterisk), inbox)):
        await until(inbox, LinkUp)
        await asyncio.to_thread(asterisk.cut, "manager")
        began = asyncio.get_running_loop().time()
        try:
            lost = await until(inbox, LinkLost)
            assert asyncio.get_running_loop().time() - began <= 2 * 1.0
            assert "ping" in lost.reason
        finally:
            await asyncio.to_thread(asterisk.restore, "manager")
        await until(inbox, LinkUp)


async def test_the_snapshot_shows_carriers_agents_and_boot(asterisk: Lab) -> None:
    inbox = Inbox()
    async with held(link := Link(settings(asterisk), inbox)):
        await until(inbox, LinkUp)
        now = datetime.now(UTC)
        snapshot = await take(link, SITE, now, Memory())
        assert snapshot.problems == ()
        assert [(seen.trunk, seen.good) for seen in snapshot.taken.trunks] == [("A", True), ("B", True)]
        assert {seen.presence for seen in snapshot.taken.members} == {Presence.FREE}
        assert len(snapshot.taken.members) == 4
        assert snapshot.taken.booted_at < now


async def test_a_cut_carrier_is_told_and_its_return_too(asterisk: Lab) -> None:
    inbox = Inbox()
    translator = Translator(SITE)
    async with held(link := Link(settings(asterisk), inbox, wanted=WANTED)):
        await until(inbox, LinkUp)
        await take(link, SITE, datetime.now(UTC), translator.memory)
        for verb, good in ((asterisk.cut, False), (asterisk.restore, True)):
            await asyncio.to_thread(verb, "carrier-a")
            seen = await ours(inbox, translator, lambda found: isinstance(found, TrunkSeen))
            assert isinstance(seen, TrunkSeen)
            assert (seen.trunk, seen.good) == ("A", good)
        assert not translator.malformed


async def test_asterisk_killed_and_started_again_is_lost_and_up_with_a_new_boot(asterisk: Lab) -> None:
    inbox = Inbox()
    async with held(link := Link(settings(asterisk), inbox, wanted=WANTED)):
        await until(inbox, LinkUp)
        await asyncio.to_thread(asterisk.cut, "asterisk")
        await until(inbox, LinkLost)
        assert not link.connected
        await asyncio.to_thread(asterisk.restore, "asterisk")
        up = await until(inbox, LinkUp)
        assert up.uptime is not None
        assert up.uptime < 30


async def test_the_fake_says_what_a_real_asterisk_says(asterisk: Lab) -> None:
    """Same login, ping, error, refusal: fields that carry times or versions are left out."""

    async def conversation(host: str, port: int, secret: str) -> list[object]:
        inbox = Inbox()
        told: list[object] = []
        real = LinkSettings(host, port, ACCOUNT, secret)
        async with held(link := Link(real, inbox)):
            told.append(type(await until(inbox, LinkUp)))
            for headers in ({"Action": "Ping"}, {"Action": "Nope"}):
                reply = await link.action(headers)
                told.append((reply.ok, sorted(reply.headers), reply.message.partition(".")[0]))
        inbox = Inbox()
        async with held(Link(LinkSettings(host, port, ACCOUNT, "wrong"), inbox)):
            trouble = await until(inbox, LinkTrouble)
            told.append((trouble.refused, "(Authentication failed)" in trouble.reason))
        return told

    async with FakeAsterisk(username=ACCOUNT, secret="secret") as fake:
        of_fake = await conversation("127.0.0.1", fake.port, "secret")
    assert await conversation(asterisk.ami_host, asterisk.ami_port, "secret") == of_fake
