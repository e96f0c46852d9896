"""Captures replayed through a real socket: fake server, link, inbox, translator, as the bridge runs them."""

import asyncio
from pathlib import Path

import pytest
from ami_server import CAPTURES, FakeAsterisk, capture, replies_in

from ami_bridge.inbox import AmiEvent, Inbox, LinkUp, Overflow
from ami_bridge.link import Link, LinkSettings
from ami_bridge.link.wire import END, Framer, event_name, parse
from ami_bridge.translate import WANTED

SCENES = sorted(
    p for p in CAPTURES.glob("*/*.ami") if p.stem not in ("login", "refused", "snapshot", "actions")
)
LAST = b"Event: Shutdown\r\nRestart: True\r\n\r\n"


def settings(port: int) -> LinkSettings:
    return LinkSettings("127.0.0.1", port, "holdfast", "right", ping_interval=1.0)


async def heard(data: bytes, packet: int) -> list[AmiEvent]:
    """What comes out of the inbox when the bytes go over the wire in packets of this size."""
    inbox = Inbox()
    async with FakeAsterisk() as asterisk:
        link = Link(settings(asterisk.port), inbox, WANTED)
        task = asyncio.create_task(link.run())
        assert isinstance(await inbox.get(), LinkUp)
        for start in range(0, len(data), packet):
            asterisk.push(data[start : start + packet])
            await asyncio.sleep(0)
        asterisk.push(LAST)
        found: list[AmiEvent] = []
        async with asyncio.timeout(10):
            while not found or found[-1].headers != parse(LAST.removesuffix(END)):
                item = await inbox.get()
                assert isinstance(item, AmiEvent)
                found.append(item)
        link.close()
        await task
    return found[:-1]


@pytest.mark.parametrize("path", SCENES, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_scene_comes_out_of_the_socket_as_it_was_recorded(path: Path) -> None:
    data = capture(path.parent.name, path.stem)
    framer = Framer(1_000_000)
    framer.feed(b"Asterisk Call Manager/1\r\n")
    wanted = [parse(message) for message in framer.feed(data) if event_name(message) in WANTED]
    assert [event.headers for event in await heard(data, packet=len(data))] == wanted
    assert [event.headers for event in await heard(data, packet=97)] == wanted


@pytest.mark.parametrize("version", ["asterisk-16.28", "asterisk-22.10.1"])
async def test_recorded_answers_reach_the_actions_that_asked(version: str) -> None:
    answers = replies_in(capture(version, "snapshot")) | replies_in(capture(version, "actions"))
    inbox = Inbox()
    async with FakeAsterisk(answers=answers) as asterisk:
        link = Link(settings(asterisk.port), inbox)
        task = asyncio.create_task(link.run())
        await inbox.get()
        told = await asyncio.gather(
            link.action({"Action": "QueueStatus", "Queue": "power"}),
            link.action({"Action": "Command"}),
            link.action({"Action": "PJSIPShowEndpoint", "Endpoint": "nope"}),
            link.action({"Action": "DBGet", "Family": "holdfast", "Key": "beat"}),
            link.action({"Action": "DBGet", "Family": "holdfast", "Key": "missing"}),
            link.action({"Action": "Getvar", "Variable": "EPOCH"}),
        )
        link.close()
        await task
    queue, command, endpoint, beat, missing, epoch = told
    assert {item["Event"] for item in queue.events} == {"QueueParams", "QueueMember", "QueueEntry"}
    assert (command.ok, command.message) == (False, "Permission denied")
    assert (endpoint.ok, endpoint.message) == (False, "Unable to retrieve endpoint nope")
    assert [item["Val"] for item in beat.events] == ["1"]
    assert (missing.ok, missing.message) == (False, "Database entry not found")
    assert int(epoch.headers["Value"]) > 1_700_000_000


async def test_a_burst_over_the_socket_is_bounded_in_order_and_costs_no_link() -> None:
    inbox = Inbox()
    async with FakeAsterisk() as asterisk:
        link = Link(settings(asterisk.port), inbox)
        task = asyncio.create_task(link.run())
        await inbox.get()
        asterisk.push(b"".join(b"Event: X\r\nN: %d\r\n\r\n" % number for number in range(100_000)))
        await link.action({"Action": "Ping"})  # answered after the burst: all of it has been read
        assert len(inbox) == 10_001
        for number in range(10_000):
            assert await inbox.get() == AmiEvent("X", {"Event": "X", "N": str(number)})
        assert await inbox.get() == Overflow(dropped=90_000)
        assert link.connected
        link.close()
        await task
