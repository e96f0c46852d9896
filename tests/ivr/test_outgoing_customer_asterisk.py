"""A customer who is rung first is connected only when he presses 1, on real Asterisks; and he is rung once (E2, E5)."""

import time

import pytest
from hotline import Hotline

pytestmark = pytest.mark.asterisk


def originate(hotline: Hotline, key: str, person: str, **variables: str) -> None:
    """Sends what the bridge sends: one half rings the customer, the other asks him."""
    given = {
        "HF_ATTEMPT": key,
        "HF_NUMBER": "138000000001",
        "HF_SCOPE": "power",
        "HF_QUEUE": "power",
        "HF_DIAL": f"Local/{person}@test-person/n",
        "HF_FENCE": "5",
        "HF_NOT_AFTER": str(int(time.time()) + 20),
        "HF_RING": "2",
        "HF_PRESS": "3",
        "HF_PATIENCE": "2",
        "HF_LANG": "en",
    } | variables
    hotline.events.act(
        Action="Originate",
        Channel=f"Local/{key}@holdfast-customer-dial/n",
        Context="holdfast-customer",
        Exten=key,
        Priority="1",
        Async="true",
        Timeout="30000",
        ChannelId=f"hf-asks-{key}",
        OtherChannelId=f"hf-{key}",
        Variable=",".join(f"{name}={value}" for name, value in given.items()),
    )


def stage(hotline: Hotline, key: str, wanted: str, timeout: float = 12) -> list[str]:
    """The stage of an attempt once it is the wanted one, or what it was at last."""
    end = time.monotonic() + timeout
    while True:
        found = hotline.get("holdfast-attempt", key).split(",")
        if found[0] == wanted or time.monotonic() > end:
            return found
        time.sleep(0.05)


def ready(hotline: Hotline, *agents: str) -> None:
    hotline.put("holdfast", "fence", "5")
    for agent in agents:
        hotline.sign_in(agent)


def rung(hotline: Hotline, person: str, since: int) -> int:
    """How often this person's phone was rung."""
    return sum(
        one.get("Event") == "Newchannel" and f"{person}@test-person" in one["Channel"]
        for one in hotline.events.seen[since:]
        if one.get("Channel", "").endswith(";2")
    )


HOW = {
    "presses": "ANSWER",
    "listens": "NOPRESS",  # a machine, or silence
    "refuses": "DONTCALL",
    "leaves": "HUNGUP",
    "busy": "BUSY",
    "rings": "NOANSWER",
}


def test_only_who_presses_1_is_put_through_and_every_other_end_is_told_apart(either: Hotline) -> None:
    """And the same order once more rings nobody."""
    ready(either, "2")  # an agent who leaves after a second
    since = len(either.events.seen)
    for person in HOW:
        originate(either, f"c-{person}", person)
    ended = {person: stage(either, f"c-{person}", "end") for person in HOW}
    assert {person: found[:2] for person, found in ended.items()} == {
        person: ["end", word] for person, word in HOW.items()
    }
    assert 1 <= int(ended["presses"][2]) <= 3  # seconds with the agent, not on the line
    assert abs(int(ended["presses"][3]) - time.time()) < 9
    assert "has taken 1 calls" in either.lab.cli("queue show power")
    for person in HOW:
        originate(either, f"c-{person}", person)
    time.sleep(0.8)
    assert {person: rung(either, person, since) for person in HOW} == dict.fromkeys(HOW, 1)
    assert {person: either.get("holdfast-attempt", f"c-{person}").split(",") for person in HOW} == ended


def test_who_pressed_1_is_ahead_of_callers_who_came_before_and_nobody_free_is_no_agent(
    hotline: Hotline,
) -> None:
    ready(hotline, "1")
    hotline.flag("pass")
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")
    caller = hotline.call().runs("Queue")
    originate(hotline, "c-slips", "slips", HF_PATIENCE="3", HF_PRESS="5")  # keys 7 first, which is no answer
    assert stage(hotline, "c-slips", "wait")[0] == "wait"
    time.sleep(0.4)
    waiting = [line for line in hotline.lab.cli("queue show power").splitlines() if "prio:" in line]
    assert [line.split("prio: ")[1].rstrip(")") for line in waiting] == ["10", "0"]
    assert "holdfast-customer" in waiting[0]
    assert stage(hotline, "c-slips", "end")[:2] == ["end", "NOAGENT"]
    caller.hang_up()


def test_a_stale_or_late_order_and_an_evacuated_building_ring_no_customer(hotline: Hotline) -> None:
    """A6; a thawed bridge is another one's predecessor."""
    ready(hotline)
    since = len(hotline.events.seen)
    originate(hotline, "c-stale", "leaves", HF_FENCE="4")
    originate(hotline, "c-late", "leaves", HF_NOT_AFTER="1000")
    time.sleep(0.5)
    hotline.flag("evacuate", mode="EVACUATED")
    originate(hotline, "c-away", "leaves")
    time.sleep(0.5)
    assert [hotline.get("holdfast-attempt", key) for key in ("c-stale", "c-late", "c-away")] == [""] * 3
    assert rung(hotline, "leaves", since) == 0


def test_a_callback_whose_turn_it_is_waits_ahead_of_live_callers(hotline: Hotline) -> None:
    """E5: the share of callbacks while callers wait."""
    ready(hotline, "1")
    hotline.flag("pass")
    hotline.lab.cli("queue pause member Local/1@test-agent queue power")
    caller = hotline.call().runs("Queue")
    hotline.events.act(
        Action="Originate",
        Channel="Local/c-turn@holdfast-queue/n",
        Context="holdfast-dial",
        Exten="c-turn",
        Priority="1",
        Async="true",
        Variable=f"HF_QUEUE=power,HF_TURN=1,HF_FENCE=5,HF_NOT_AFTER={int(time.time()) + 20}",
    )
    assert stage(hotline, "c-turn", "queue")[0] == "queue"
    time.sleep(0.4)
    waiting = [line for line in hotline.lab.cli("queue show power").splitlines() if "prio:" in line]
    assert [line.split("prio: ")[1].rstrip(")") for line in waiting] == ["10", "0"]
    caller.hang_up()
