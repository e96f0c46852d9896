"""Callers who are told and go on waiting, with a key to leave the queue; and nobody rings in an evacuated building."""

import time

import pytest
from hotline import Hotline

pytestmark = pytest.mark.asterisk
WAITED = 12


def of(hotline: Hotline, channel: str, name: str) -> str:
    said = hotline.events.act(Action="Getvar", Channel=channel, Variable=name)
    return said.get("Value", "")


def paused(hotline: Hotline) -> None:
    """An agent who is there and takes nothing: callers wait."""
    hotline.sign_in()
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")


def test_notice_is_the_phrase_and_then_the_queue_with_nothing_of_ours_left(either: Hotline) -> None:
    """A10."""
    paused(either)
    either.flag("notice", recovery=str(int(time.time()) + 86400), mode="PLANNED", message="planned")
    call = either.call().runs("Playback", "message-planned").keys("1").runs("Queue", timeout=5)
    assert call.ran("Playback", "tomorrow")
    assert not call.ran("Playback", "offer-waiting")
    assert of(either, call.channel, "TIMEOUT(absolute)") == "0"
    time.sleep(0.3)
    call.keys("1")
    time.sleep(0.5)
    assert not call.ran("Read")
    call.hang_up()
    assert not either.lines(0.3)


def test_offer_lets_a_caller_leave_the_queue_by_a_key_in_his_place(either: Hotline) -> None:
    """A8, B4."""
    paused(either)
    either.beat(60)
    either.flag("offer", mode="SURGE", message="surge")
    call = either.call().runs("Playback", "offer-waiting").runs("Queue")
    joined = int(time.time())
    time.sleep(1.5)
    call.keys("1").runs("Read", "/offer").keys("1").runs("Read", "/matter").keys("2").ended()
    assert not call.ran("Read", "message-surge")
    assert call.ran("Playback", "promise-soon")
    (line,) = either.lines()
    assert line[5:12] == ["13912345678", "own", "bill", "zh-CN", "1", "1", "INC-1"]
    assert abs(int(line[WAITED]) - joined) <= 1


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
    since = int(time.time()) - 300
    for name, value in (("HF_SCOPE", "power"), ("HF_WAITED", str(since))):
        either.events.act(Action="Setvar", Channel=call.channel, Variable=name, Value=value)
    either.events.act(
        Action="Redirect", Channel=call.channel, Context="holdfast", Exten="waiting", Priority="1"
    )
    call.runs("Read", "message-fault").keys("1").runs("Read", "/matter").ended()
    (line,) = either.lines()
    assert (line[5], line[11], line[WAITED]) == ("13912345678", "INC-1", str(since))


def test_a_callback_that_comes_to_an_evacuated_queue_rings_no_agent(either: Hotline) -> None:
    """A6."""
    either.put("holdfast", "fence", "5")
    either.sign_in()
    either.flag("evacuate", mode="EVACUATED", message="evacuation")
    since = len(either.events.seen)
    either.events.act(
        Action="Originate",
        Channel="Local/a1@holdfast-queue/n",
        Context="holdfast-dial",
        Exten="a1",
        Priority="1",
        Async="true",
        Timeout="5000",
        Variable=f"HF_SCOPE=power,HF_QUEUE=power,HF_FENCE=5,HF_NOT_AFTER={int(time.time()) + 20}",
    )
    assert either.events.wait(lambda e: e.get("AppData", "").endswith("(evacuated)"), since, 6) is not None
    time.sleep(0.3)
    assert either.get("holdfast-attempt", "a1") == ""
    assert not [e for e in either.events.seen[since:] if e.get("Application") == "Queue"]
