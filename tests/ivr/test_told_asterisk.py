"""Callers who are told and go on waiting, with a key to leave the queue; and nobody rings in an evacuated building."""

import asyncio
import time

import pytest
from hotline import Hotline

from ami_bridge.clock import read_clocks
from ami_bridge.link import Reply
from ami_bridge.waiting import Moved, Waiting
from fallback.decision import BringWaiting

pytestmark = pytest.mark.asterisk
WAITED = 12


def of(hotline: Hotline, channel: str, name: str) -> str:
    said = hotline.events.act(Action="Getvar", Channel=channel, Variable=name)
    return said.get("Value", "")


def paused(hotline: Hotline) -> None:
    """An agent who is there and takes nothing: callers wait."""
    hotline.sign_in()
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")


def waiting(hotline: Hotline) -> Waiting:
    """The performer, on this hotline's manager connection."""

    async def act(headers: dict[str, str | list[str]]) -> Reply:
        since = len(hotline.events.seen)
        reply = hotline.events.act(**{name: str(value) for name, value in headers.items()})
        if headers["Action"] == "CoreShowChannels":
            hotline.events.wait(lambda e: e.get("Event") == "CoreShowChannelsComplete", since, 5)
        items = [e for e in hotline.events.seen[since:] if e.get("ActionID") == reply["ActionID"]]
        return Reply(reply["Response"] == "Success", reply.get("Message", ""), reply, tuple(items))

    return Waiting(act, read_clocks)


def callback(hotline: Hotline) -> None:
    """Sends what the bridge sends to call somebody back through the queue."""
    given = {
        "HF_SCOPE": "power",
        "HF_QUEUE": "power",
        "HF_FENCE": "5",
        "HF_NOT_AFTER": str(int(time.time()) + 20),
    }
    hotline.put("holdfast", "fence", "5")
    hotline.events.act(
        Action="Originate",
        Channel="Local/a1@holdfast-queue/n",
        Context="holdfast-dial",
        Exten="a1",
        Priority="1",
        Async="true",
        Timeout="20000",
        ChannelId="hf-a1",
        OtherChannelId="hf-a1-2",
        Variable=",".join(f"{name}={value}" for name, value in given.items()),
    )


def test_notice_is_the_phrase_and_then_the_queue_with_nothing_of_ours_left(either: Hotline) -> None:
    """A10."""
    paused(either)
    either.flag("notice", recovery=str(int(time.time()) + 86400), mode="PLANNED", message="planned")
    call = either.call().runs("Playback", "message-planned").keys("1").runs("Queue", timeout=5)
    assert call.ran("Playback", "tomorrow")
    assert not call.ran("Read", "offer-waiting")
    assert of(either, call.channel, "TIMEOUT(absolute)") == "0"
    time.sleep(0.3)
    call.keys("1")
    time.sleep(0.5)
    assert not call.ran("Read", "/offer")
    call.hang_up()
    assert not either.lines(0.3)


def test_offer_lets_a_caller_leave_the_queue_by_a_key_in_his_place(either: Hotline) -> None:
    """A8, B4."""
    paused(either)
    either.beat(60)
    either.flag("offer", mode="SURGE", message="surge")
    call = either.call().runs("Read", "offer-waiting").runs("Queue")
    joined = int(time.time())
    time.sleep(1.5)
    call.keys("1").runs("Read", "/offer").keys("1").runs("Read", "/matter").keys("2").ended()
    assert not call.ran("Read", "message-surge")
    assert call.ran("Playback", "promise-soon")
    (line,) = either.lines()
    assert line[5:12] == ["13912345678", "own", "bill", "zh-CN", "1", "1", "INC-1"]
    assert abs(int(line[WAITED]) - joined) <= 1


def test_the_key_that_is_offered_counts_from_the_first_word_of_the_offer_on(either: Hotline) -> None:
    """He hears "at any time"; so does whoever is in danger."""
    paused(either)
    either.beat(60)
    either.flag("offer", mode="SURGE", message="surge")
    call = either.call().runs("Read", "offer-waiting").keys("1").runs("Read", "/offer").keys("1")
    call.runs("Read", "/matter").keys("2").ended()
    danger = either.call().runs("Read", "offer-waiting").keys("8").runs("Playback", "danger-noted").ended()
    assert not call.ran("Queue")
    assert not danger.ran("Queue")
    assert [(line[5], line[7], line[9]) for line in either.lines()] == [
        ("13912345678", "bill", "1"),
        ("13912345678", "danger", "1"),
    ]


def test_a_key_in_a_queue_without_an_offer_costs_nobody_his_place(either: Hotline) -> None:
    paused(either)
    either.flag("pass", mode="RECOVERING")
    call = either.call().runs("Queue")
    call.keys("1")
    time.sleep(0.5)
    waiting = either.lab.cli("queue show power")
    assert "from-carrier" in waiting
    call.hang_up()
    assert not call.ran("Read")


def test_a_waiting_caller_is_brought_to_phrase_and_offer_with_his_time_kept(either: Hotline) -> None:
    paused(either)
    either.flag("pass")
    either.beat(60)
    call = either.call().runs("Queue")
    either.flag()
    moved = asyncio.run(waiting(either).bring(BringWaiting("power", {call.channel: 300.0})))
    assert moved == Moved(done=(call.channel,))
    since = int(time.time()) - 300
    call.runs("Read", "message-fault").keys("1").runs("Read", "/matter").ended()
    (line,) = either.lines()
    assert (line[5], line[11]) == ("13912345678", "INC-1")
    assert abs(int(line[WAITED]) - since) <= 1


def test_a_callback_that_comes_to_an_evacuated_queue_rings_no_agent(either: Hotline) -> None:
    """A6."""
    either.sign_in()
    either.flag("evacuate", mode="EVACUATED", message="evacuation")
    since = len(either.events.seen)
    callback(either)
    assert either.events.wait(lambda e: e.get("AppData", "").endswith("(evacuated)"), since, 6) is not None
    time.sleep(0.3)
    assert either.get("holdfast-attempt", "a1") == ""
    assert not [e for e in either.events.seen[since:] if e.get("Application") == "Queue"]


def test_a_callback_that_waits_when_the_building_is_evacuated_is_hung_up_before_it_rings_anybody(
    either: Hotline,
) -> None:
    """A6."""
    paused(either)
    since = len(either.events.seen)
    callback(either)
    assert either.events.wait(lambda e: e.get("Application") == "Queue", since, 6) is not None
    time.sleep(0.2)
    either.flag("evacuate", mode="EVACUATED", message="evacuation")
    performer = waiting(either)
    own = asyncio.run(performer.own_waiting(["power"]))
    assert [name.partition("-0000")[0] for name in own] == ["Local/a1@holdfast-queue"]
    assert asyncio.run(performer.bring(BringWaiting("power", {own[0]: 9.0}))) == Moved()
    assert asyncio.run(performer.hang_up(own)) == Moved(done=own)
    either.lab.cli("queue unpause member Local/1@test-agent queue power")
    time.sleep(1.2)
    assert either.get("holdfast-attempt", "a1").startswith("end,NOAGENT,0,")
    assert not [e for e in either.events.seen[since:] if e.get("Event") == "AgentCalled"]
