"""Bringing those who wait: who is touched, in what order, with what place; and who is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ami_bridge.link import NoReply, Reply
from ami_bridge.waiting import Moved, Waiting
from fallback.decision import BringWaiting
from fallback.time import Now

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
FIRST, SECOND, OURS = (
    "PJSIP/carrier-a-00000001",
    "PJSIP/carrier-b-00000002",
    "Local/p1-1@holdfast-queue-00000000;2",
)


def channel(name: str, unique_id: str, application: str = "Queue", **more: str) -> dict[str, str]:
    row = {"Event": "CoreShowChannel", "Channel": name, "Uniqueid": unique_id, "Linkedid": unique_id}
    return row | {"Application": application, "ApplicationData": "power,r,,,120", "BridgeId": ""} | more


class Asterisk:
    """Says which channels there are and takes orders; ``refused``: actions that it answers with an error, or an exception."""

    def __init__(self, *channels: dict[str, str]) -> None:
        self.channels = list(channels)
        self.refused: dict[str, Exception | None] = {}
        self.sent: list[dict[str, Any]] = []

    async def action(self, headers: dict[str, str | list[str]]) -> Reply:
        name = str(headers["Action"])
        if name in self.refused:
            if problem := self.refused[name]:
                raise problem
            return Reply(False, "No such channel", {})
        if name == "CoreShowChannels":
            return Reply(True, "", {}, tuple(self.channels))
        self.sent.append(dict(headers))
        return Reply(True, "", {})

    def redirected(self) -> list[str]:
        return [one["Channel"] for one in self.sent if one["Action"] == "Redirect"]


def waiting(asterisk: Asterisk) -> Waiting:
    return Waiting(asterisk.action, lambda: Now(NOW, 0.0))


@pytest.fixture
def asterisk() -> Asterisk:
    ours = channel(OURS, "hf-p1-1-2", Linkedid="hf-p1-1")
    return Asterisk(channel(FIRST, "1763720000.1"), channel(SECOND, "1763720000.2"), ours)


async def test_everybody_is_brought_once_the_longest_waiting_first_and_keeps_his_place(
    asterisk: Asterisk,
) -> None:
    performer = waiting(asterisk)
    order = BringWaiting("power", {SECOND: 10.0, FIRST: 300.4})
    assert await performer.bring(order) == Moved(done=(FIRST, SECOND))
    assert await performer.bring(order) == Moved()
    assert asterisk.redirected() == [FIRST, SECOND]
    put = {
        (one["Channel"], one["Variable"]): one["Value"] for one in asterisk.sent if one["Action"] == "Setvar"
    }
    assert put[FIRST, "HF_SCOPE"] == "power"
    assert (put[FIRST, "HF_WAITED"], put[SECOND, "HF_WAITED"]) == (str(EPOCH - 301), str(EPOCH - 10))
    first = asterisk.sent[2]
    assert (first["Context"], first["Exten"], first["Priority"]) == ("holdfast", "waiting", "1")


@pytest.mark.parametrize(
    "now",
    [
        channel(FIRST, "1.1", BridgeId="f00"),  # an agent has just answered
        channel(FIRST, "1.1", application="Read"),  # left the queue by its key
        channel("PJSIP/other-00000001", "1.1"),  # hung up
    ],
)
async def test_whoever_does_not_wait_any_more_is_left_alone(now: dict[str, str]) -> None:
    asterisk = Asterisk(now)
    assert await waiting(asterisk).bring(BringWaiting("power", {FIRST: 5.0})) == Moved()
    assert asterisk.sent == []


async def test_our_own_callbacks_are_never_brought_but_can_be_hung_up(asterisk: Asterisk) -> None:
    """A6."""
    performer = waiting(asterisk)
    assert await performer.bring(BringWaiting("power", {OURS: 5.0})) == Moved()
    assert await performer.own_waiting(["power"]) == (OURS,)
    assert await performer.own_waiting(["water"]) == ()
    assert await performer.hang_up([OURS]) == Moved(done=(OURS,))
    assert [(one["Action"], one["Channel"]) for one in asterisk.sent] == [("Hangup", OURS)]


async def test_a_callback_that_talks_to_an_agent_is_not_taken_from_him(asterisk: Asterisk) -> None:
    asterisk.channels[2]["BridgeId"] = "f00"
    assert await waiting(asterisk).own_waiting(["power"]) == ()


@pytest.mark.parametrize("fault", [None, NoReply("no reply")])
async def test_who_could_not_be_brought_is_told_and_may_be_tried_again(
    asterisk: Asterisk, fault: Exception | None
) -> None:
    performer = waiting(asterisk)
    asterisk.refused = {"Redirect": fault}
    assert await performer.bring(BringWaiting("power", {FIRST: 5.0})) == Moved(failed=(FIRST,))
    asterisk.refused = {}
    assert await performer.bring(BringWaiting("power", {FIRST: 5.0})) == Moved(done=(FIRST,))


@pytest.mark.parametrize("fault", [None, NoReply("no reply")])
async def test_a_lost_link_moves_nobody_and_raises_nothing(
    asterisk: Asterisk, fault: Exception | None
) -> None:
    asterisk.refused = {"CoreShowChannels": fault}
    assert await waiting(asterisk).bring(BringWaiting("power", {FIRST: 5.0})) == Moved()
    assert await waiting(asterisk).own_waiting(["power"]) == ()
