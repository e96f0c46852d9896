"""The link under every fault that the wire can have. Times are short; what is waited for is an event, not a sleep."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from ami_server import FakeAsterisk

from ami_bridge.inbox import AmiEvent, Inbox, LinkTrouble, LinkUp
from ami_bridge.link import Link, LinkSettings, LinkState, NoReply, NotSent
from fallback.events import LinkLost

ORIGINATE = {"Action": "Originate", "Channel": "Local/a@holdfast-queue/n"}
LIST = (
    b"Response: Success\r\nActionID: x\r\nEventList: start\r\n\r\n"
    b"Event: Item\r\nActionID: x\r\nN: 1\r\n\r\n"
    b"Event: ItemComplete\r\nActionID: x\r\nEventList: Complete\r\n\r\n"
)


def settings(port: int, **changes: object) -> LinkSettings:
    quick = {"ping_interval": 30.0, "action_timeout": 2.0, "retry_first": 0.02, "retry_max": 0.1}
    return LinkSettings("127.0.0.1", port, "holdfast", "right", **(quick | changes))  # type: ignore[arg-type]  # mixed


class Sleeps:
    """Stands for the waits between connections: notes them, and after so many of them does not end."""

    def __init__(self, until: int) -> None:
        self.waits: list[float] = []
        self.enough = asyncio.Event()
        self._until = until

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self._until:
            self.enough.set()
            await asyncio.Event().wait()


@asynccontextmanager
async def held(link: Link) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        link.close()
        await task


async def next_item(inbox: Inbox) -> object:
    async with asyncio.timeout(5):
        return await inbox.get()


async def until(wanted: type, inbox: Inbox) -> object:
    while True:
        item = await next_item(inbox)
        if isinstance(item, wanted):
            return item


async def test_up_after_login_and_boot_with_version_and_uptime() -> None:
    inbox = Inbox()
    async with FakeAsterisk() as asterisk, held(link := Link(settings(asterisk.port), inbox)):
        assert await next_item(inbox) == LinkUp(version="11.0.0", uptime=100.0)
        assert link.connected
        assert link.uptime() == pytest.approx(100, abs=2)


async def test_events_before_the_boot_is_complete_are_left_to_the_snapshot() -> None:
    inbox = Inbox()
    async with FakeAsterisk(boots=False) as asterisk, held(link := Link(settings(asterisk.port), inbox)):
        await asterisk.asked_for("Login")
        await asyncio.sleep(0.05)
        assert link.state is LinkState.BOOTING
        with pytest.raises(NotSent):
            await link.action({"Action": "Ping"})
        asterisk.push(b"Event: Early\r\n\r\n" + asterisk.booted(1) + b"Event: Late\r\n\r\n")
        assert await next_item(inbox) == LinkUp(version="11.0.0", uptime=1.0)
        assert await next_item(inbox) == AmiEvent("Late", {"Event": "Late"})


async def test_an_account_that_never_hears_fully_booted_comes_up_in_the_end() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(boots=False) as asterisk,
        held(link := Link(settings(asterisk.port, boot_wait=0.1), inbox)),
    ):
        assert await next_item(inbox) == LinkUp(version="11.0.0", uptime=None)
        assert link.uptime() is None


async def test_a_refused_login_is_said_once_and_tried_again_ever_more_slowly() -> None:
    inbox = Inbox()
    sleep = Sleeps(until=9)
    async with FakeAsterisk(secret="another") as asterisk:
        async with held(link := Link(settings(asterisk.port), inbox, sleep=sleep)):
            await sleep.enough.wait()
        trouble = await next_item(inbox)
        assert isinstance(trouble, LinkTrouble)
        assert trouble.refused
        assert "refused the manager login of 'holdfast' (Authentication failed)" in trouble.reason
        assert "right" not in trouble.reason
        assert len(inbox) == 0
    assert sleep.waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert link.state is LinkState.CLOSED


async def test_an_asterisk_that_is_away_is_said_once_and_found_when_it_comes() -> None:
    inbox = Inbox()
    asterisk = FakeAsterisk()
    await asterisk.listen()
    await asterisk.close()
    async with held(Link(settings(asterisk.port), inbox)):
        trouble = await next_item(inbox)
        assert isinstance(trouble, LinkTrouble)
        assert not trouble.refused
        assert f"127.0.0.1:{asterisk.port}" in trouble.reason
        await asyncio.sleep(0.1)
        await asterisk.listen()
        assert isinstance(await next_item(inbox), LinkUp)
    await asterisk.close()


async def test_a_half_open_link_is_noticed_within_two_ping_intervals() -> None:
    inbox = Inbox()
    interval = 0.3
    async with (
        FakeAsterisk() as asterisk,
        held(link := Link(settings(asterisk.port, ping_interval=interval), inbox)),
    ):
        await until(LinkUp, inbox)
        await asterisk.asked_for("Ping", times=2)
        asterisk.silent = True
        began = asyncio.get_running_loop().time()
        lost = await until(LinkLost, inbox)
        assert asyncio.get_running_loop().time() - began <= 2 * interval
        assert isinstance(lost, LinkLost)
        assert "ping" in lost.reason
        assert not link.connected


async def test_a_port_that_accepts_and_says_nothing_is_given_up() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(banner=b"") as asterisk,
        held(Link(settings(asterisk.port, connect_timeout=0.1), inbox)),
    ):
        trouble = await next_item(inbox)
        assert isinstance(trouble, LinkTrouble)
        assert "no answer within 0.1 s" in trouble.reason


async def test_an_originate_without_reply_is_seen_once_however_often_the_link_returns() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(drop_on=frozenset({"Originate"})) as asterisk,
        held(link := Link(settings(asterisk.port), inbox)),
    ):
        await until(LinkUp, inbox)
        with pytest.raises(NoReply):
            await link.action(ORIGINATE)
        for _ in range(3):
            await until(LinkUp, inbox)
            asterisk.drop()
        await until(LinkUp, inbox)
        assert asterisk.names().count("Originate") == 1


async def test_the_loss_comes_after_the_last_event_and_fails_what_waits() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(deaf=frozenset({"Originate"})) as asterisk,
        held(link := Link(settings(asterisk.port), inbox)),
    ):
        await until(LinkUp, inbox)
        waiting = asyncio.create_task(link.action(ORIGINATE))
        await asterisk.asked_for("Originate")
        asterisk.push(b"Event: Last\r\n\r\n")
        assert await next_item(inbox) == AmiEvent("Last", {"Event": "Last"})
        asterisk.drop()
        assert isinstance(await next_item(inbox), LinkLost)
        with pytest.raises(NoReply):
            await waiting
        assert isinstance(await next_item(inbox), LinkUp)


async def test_while_down_an_action_is_refused_and_does_not_go_out_later() -> None:
    inbox = Inbox()
    asterisk = FakeAsterisk()
    await asterisk.listen()
    await asterisk.close()
    async with held(link := Link(settings(asterisk.port), inbox)):
        await until(LinkTrouble, inbox)
        with pytest.raises(NotSent):
            await link.action(ORIGINATE)
        await asterisk.listen()
        await until(LinkUp, inbox)
        await asyncio.sleep(0.05)
        assert asterisk.names() == ["Login"]
    await asterisk.close()


async def test_every_action_has_a_time_out_and_a_late_reply_harms_nobody() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(deaf=frozenset({"Slow"}), answers={"Quick": LIST}) as asterisk,
        held(link := Link(settings(asterisk.port), inbox)),
    ):
        await until(LinkUp, inbox)
        with pytest.raises(NoReply, match=r"nothing within 0\.05 s"):
            await link.action({"Action": "Slow", "ActionID": "slow"}, timeout=0.05)
        asterisk.push(b"Response: Success\r\nActionID: slow\r\n\r\n")
        assert (await link.action({"Action": "Quick"})).events[0]["N"] == "1"
        assert link.connected


async def test_a_refused_value_leaves_no_byte_on_the_wire() -> None:
    inbox = Inbox()
    async with FakeAsterisk() as asterisk, held(link := Link(settings(asterisk.port), inbox)):
        await until(LinkUp, inbox)
        with pytest.raises(ValueError, match="line break"):
            await link.action({"Action": "Setvar", "Value": "x\r\n\r\nAction: Originate\r\nChannel: y"})
        await link.action({"Action": "Ping"})
        assert asterisk.names() == ["Login", "Ping"]
        assert b"Originate" not in asterisk.raw


async def test_two_actions_with_one_action_id_are_refused() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(deaf=frozenset({"Slow"})) as asterisk,
        held(link := Link(settings(asterisk.port), inbox)),
    ):
        await until(LinkUp, inbox)
        first = asyncio.create_task(link.action({"Action": "Slow", "ActionID": "same"}, timeout=0.1))
        await asyncio.sleep(0.01)
        with pytest.raises(ValueError, match="already on its way"):
            await link.action({"Action": "Slow", "ActionID": "same"})
        with pytest.raises(NoReply):
            await first


async def test_more_unanswered_actions_than_we_can_follow_are_not_sent() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk(deaf=frozenset({"Slow"})) as asterisk,
        held(link := Link(settings(asterisk.port, max_pending=3), inbox)),
    ):
        await until(LinkUp, inbox)
        tasks = [asyncio.create_task(link.action({"Action": "Slow"}, timeout=0.2)) for _ in range(5)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [NoReply] * 3 + [NotSent] * 2


async def test_an_error_reply_to_a_list_action_is_a_reply() -> None:
    inbox = Inbox()
    async with FakeAsterisk() as asterisk, held(link := Link(settings(asterisk.port), inbox)):
        await until(LinkUp, inbox)
        reply = await link.action({"Action": "PJSIPShowContacts"})
        assert (reply.ok, reply.events) == (False, ())


async def test_list_items_go_to_their_action_and_events_between_them_to_the_inbox() -> None:
    inbox = Inbox()
    mixed = LIST.replace(b"Event: Item\r\n", b"Event: Other\r\nN: 2\r\n\r\nEvent: Item\r\n")
    async with (
        FakeAsterisk(answers={"Items": mixed}) as asterisk,
        held(link := Link(settings(asterisk.port), inbox)),
    ):
        await until(LinkUp, inbox)
        reply = await link.action({"Action": "Items"})
        assert [item["N"] for item in reply.events] == ["1"]
        assert await next_item(inbox) == AmiEvent("Other", {"Event": "Other", "N": "2"})


async def test_an_event_that_overtakes_the_reply_to_its_action_is_an_event() -> None:
    inbox = Inbox()
    early = b"Event: OriginateResponse\r\nActionID: x\r\nResponse: Failure\r\n\r\n"
    reply = b"Response: Success\r\nActionID: x\r\nMessage: Originate successfully queued\r\n\r\n"
    async with (
        FakeAsterisk(answers={"Originate": early + reply}) as asterisk,
        held(link := Link(settings(asterisk.port), inbox)),
    ):
        await until(LinkUp, inbox)
        assert (await link.action(ORIGINATE)).message == "Originate successfully queued"
        event = await next_item(inbox)
        assert isinstance(event, AmiEvent)
        assert event.headers["Response"] == "Failure"


async def test_a_message_without_end_ends_the_link_and_not_our_memory() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk() as asterisk,
        held(Link(settings(asterisk.port, max_message=10_000), inbox)),
    ):
        await until(LinkUp, inbox)
        asterisk.push(b"Event: X\r\nA: " + b"x" * 1_000_000)
        lost = await until(LinkLost, inbox)
        assert isinstance(lost, LinkLost)
        assert "longer than 10000 bytes" in lost.reason
        assert isinstance(await next_item(inbox), LinkUp)


class _Faulty(Inbox):
    """A consumer's side that fails on one event."""

    def put_nowait(self, item: object) -> None:
        if isinstance(item, AmiEvent) and item.name == "Poison":
            raise RuntimeError("a bug of ours")
        super().put_nowait(item)


async def test_an_error_in_our_callback_costs_neither_the_link_nor_the_rest_of_the_packet() -> None:
    inbox = _Faulty()
    async with FakeAsterisk() as asterisk, held(link := Link(settings(asterisk.port), inbox)):
        await until(LinkUp, inbox)
        asterisk.push(b"Event: Poison\r\n\r\nEvent: Next\r\n\r\n")
        assert await next_item(inbox) == AmiEvent("Next", {"Event": "Next"})
        assert link.connected


async def test_only_wanted_events_are_passed_on() -> None:
    inbox = Inbox()
    async with (
        FakeAsterisk() as asterisk,
        held(Link(settings(asterisk.port), inbox, wanted=frozenset({b"Hangup"}))),
    ):
        await until(LinkUp, inbox)
        asterisk.push(b"Event: Newexten\r\n\r\nEvent: Hangup\r\n\r\n")
        assert await next_item(inbox) == AmiEvent("Hangup", {"Event": "Hangup"})


async def test_close_is_final_while_connected_and_while_waiting_to_reconnect() -> None:
    for connected in (True, False):
        inbox = Inbox()
        asterisk = FakeAsterisk()
        await asterisk.listen()
        if not connected:
            await asterisk.close()
        link = Link(settings(asterisk.port, retry_first=60.0, retry_max=60.0), inbox)
        task = asyncio.create_task(link.run())
        await until(LinkUp if connected else LinkTrouble, inbox)
        link.close()
        async with asyncio.timeout(1):
            await task
        assert link.state is LinkState.CLOSED
        with pytest.raises(NotSent):
            await link.action({"Action": "Ping"})
        await link.run()
        await asterisk.close()


async def test_cancelling_the_task_closes_the_link() -> None:
    async with FakeAsterisk() as asterisk:
        inbox = Inbox()
        link = Link(settings(asterisk.port), inbox)
        task = asyncio.create_task(link.run())
        await until(LinkUp, inbox)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert link.state is LinkState.CLOSED


async def test_a_link_that_falls_at_once_each_time_is_made_ever_more_slowly() -> None:
    inbox = Inbox()
    sleep = Sleeps(until=4)
    async with (
        FakeAsterisk(drop_on=frozenset({"Login"})) as asterisk,
        held(Link(settings(asterisk.port, retry_first=1.0, retry_max=4.0), inbox, sleep=sleep)),
    ):
        await sleep.enough.wait()
    assert sleep.waits == [1, 2, 4, 4]


def test_the_secret_is_not_in_the_settings_own_words() -> None:
    assert "s3cret" not in repr(LinkSettings("h", 1, "u", "s3cret"))
