"""An agent is paused while his own claim is under way, never left paused, and never freed from a pause of his own (E5)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bridge_world import FakeAsterisk, World, done, refusal, world

from ami_bridge.dispatch import Dispatcher
from ami_bridge.link import LinkState, Reply
from callbacks.values import Promise

AGENT, OTHER, NUMBER = "PJSIP/power-1", "PJSIP/power-2", "13900005601"
OURS = "holdfast callback 1-1-1763720100000"


class Queues(FakeAsterisk):
    """With queues whose members can be paused. paused: (queue, member) → reason; who is in it is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.seats = [("power", AGENT), ("power", OTHER), ("bills", AGENT)]
        self.paused: dict[tuple[str, str], str] = {}

    def _usual(self, given: dict[str, Any]) -> Reply:
        match given["Action"]:
            case "QueueStatus":
                return done(events=tuple(self._members(given["Queue"], given.get("Member", ""))))
            case "QueuePause":
                seat = given["Queue"], given["Interface"]
                if given["Paused"] == "true":
                    self.paused[seat] = given.get("Reason", "")
                else:
                    self.paused.pop(seat, None)
                return done()
            case _:
                return super()._usual(given)

    def _members(self, queue: str, member: str) -> Iterator[dict[str, str]]:
        yield {"Event": "QueueParams", "Queue": queue}
        for seat in self.seats:
            if seat[0] == queue and member in ("", seat[1]):
                reason = self.paused.get(seat)
                yield {
                    "Event": "QueueMember",
                    "Queue": queue,
                    "Location": seat[1],
                    "Paused": "0" if reason is None else "1",
                    "PausedReason": reason or "",
                }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "power", "bills") as one:
        yield queued(one)


def queued(site: World) -> World:
    """The same site with an Asterisk that has queues."""
    site.asterisk = Queues()
    site.__post_init__()
    return site


def queues(site: World) -> Queues:
    assert isinstance(site.asterisk, Queues)
    return site.asterisk


async def claimed(site: World) -> str:
    """The agent calls his own claim; the attempt's key."""
    (promise,) = site.promised(NUMBER)
    one = site.store.claim(promise.id, site.now.wall, AGENT, 60, agent=AGENT)
    assert isinstance(one, Promise)
    return await site.dispatcher.call_for(one, AGENT, site.now.wall)


def restarted(site: World) -> Dispatcher:
    """Another run of the bridge, which remembers nothing."""
    site.__post_init__()
    return site.dispatcher


async def test_he_is_paused_in_every_queue_before_his_phone_rings_and_freed_when_the_call_is_over(
    site: World,
) -> None:
    seen: list[dict[tuple[str, str], str]] = []
    site.asterisk.before = lambda _order: seen.append(dict(queues(site).paused))
    key = await claimed(site)
    assert seen == [{("power", AGENT): f"holdfast callback {key}", ("bills", AGENT): OURS}]
    site.asterisk.stage(key, "dial,1763720100")
    site.asterisk.live(key)
    await site.round()
    assert len(queues(site).paused) == 2
    site.asterisk.stage(key, "end,ANSWER,30,1763720100")
    site.asterisk.channels.clear()
    await site.round()
    assert queues(site).paused == {}


async def test_a_pause_of_his_own_before_or_since_stays(site: World) -> None:
    queues(site).paused["bills", AGENT] = "lunch"
    key = await claimed(site)
    assert queues(site).paused == {("bills", AGENT): "lunch", ("power", AGENT): OURS}
    queues(site).paused["power", AGENT] = "meeting"  # Asterisk takes the newer reason
    site.asterisk.stage(key, "end,BUSY,0,1763720100")
    await site.round()
    assert queues(site).paused == {("bills", AGENT): "lunch", ("power", AGENT): "meeting"}


async def test_a_run_that_was_killed_leaves_nobody_paused_and_frees_nobody_else(site: World) -> None:
    """The reason stands in Asterisk; whose call lives on stays paused until it is over."""
    key = await claimed(site)
    queues(site).paused["power", OTHER] = "holdfast callback 9-9-1763720000000"  # long over
    queues(site).paused["bills", AGENT] = ""  # his own by now, without a reason
    site.asterisk.stage(key, "dial,1763720100")
    site.asterisk.live(key)
    restarted(site)
    await site.round()
    assert queues(site).paused == {("power", AGENT): OURS, ("bills", AGENT): ""}
    site.asterisk.stage(key, "end,ANSWER,9,1763720100")
    site.asterisk.channels.clear()
    await site.round()
    assert queues(site).paused == {("bills", AGENT): ""}


async def test_an_order_that_never_left_pauses_nobody_for_long(site: World) -> None:
    site.asterisk.answers["Originate"] = [refusal("Permission denied")]
    await claimed(site)
    await site.round()
    assert queues(site).paused == {}


async def test_a_link_that_goes_while_he_is_to_be_freed_frees_him_when_it_is_back(site: World) -> None:
    key = await claimed(site)
    site.asterisk.stage(key, "end,BUSY,0,1763720100")

    def cut(_given: object) -> None:
        site.asterisk.state = LinkState.DOWN

    site.asterisk.on["QueueStatus"] = cut
    site.asterisk.answers["QueueStatus"] = [refusal("lost")]
    await site.round()
    assert len(queues(site).paused) == 2
    site.asterisk.state = LinkState.UP
    await site.round()
    assert queues(site).paused == {}


async def test_an_account_that_may_not_pause_calls_all_the_same(site: World) -> None:
    site.asterisk.answers["QueuePause"] = [refusal("Permission denied")] * 2
    await claimed(site)
    assert len(site.asterisk.actions("Originate")) == 1


async def test_a_policy_that_loses_a_queue_meanwhile_leaves_nobody_paused_there(site: World) -> None:
    key = await claimed(site)
    less = replace(site.site, scopes={"power": site.site.scopes["power"]})
    site.dispatcher.use(less, site.rules, site.dispatcher.site)
    site.asterisk.stage(key, "end,BUSY,0,1763720100")
    await site.round()
    assert queues(site).paused == {}
