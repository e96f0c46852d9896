"""Who talks with an agent while a promise of his is open is shown to that agent, who can adopt it (E6)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bridge_world import START, World, capture, world

from ami_bridge.adoption import AGAIN_SECONDS, Adoption
from ami_bridge.channels import Talk, device_of, read

NUMBER, OTHER = "13900007801", "13900007802"
AGENT = "PJSIP/power-1"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "power", "bills") as one:
        yield one


def adoption(site: World) -> Adoption:
    return Adoption(
        store=site.store,
        thread=site.thread,
        as_dialled=lambda number: number.removeprefix("+86"),
        policy=lambda: site.site,
        members=lambda: {"power": {AGENT: None, "Local/1@agents/n": None}},
        clock=lambda: site.now,
    )


def row(unique: str, channel: str, application: str, bridge: str, number: str = "8001") -> dict[str, str]:
    return {
        "Event": "CoreShowChannel",
        "Uniqueid": unique,
        "Linkedid": unique if application == "Queue" else "1795305599.1",
        "Channel": channel,
        "Application": application,
        "ApplicationData": "power,,,,60" if application == "Queue" else "(Outgoing Line)",
        "BridgeId": bridge,
        "CallerIDNum": number,
    }


def test_a_caller_in_a_bridge_with_what_the_queue_dialled_talks_and_nobody_else(site: World) -> None:
    found = read(
        [
            row("1795305599.1", "PJSIP/carrier-a-00000001", "Queue", "b1", NUMBER),
            row("1795305599.2", "PJSIP/power-1-00000002", "AppQueue", "b1"),
            row("1795305599.3", "PJSIP/carrier-a-00000003", "Queue", "", OTHER),  # waits
            row("1795305599.4", "PJSIP/power-2-00000004", "AppQueue", ""),  # rings
            row("1795305599.5", "PJSIP/carrier-b-00000005", "Queue", "b2", "anonymous"),
            row("1795305599.6", "Local/1@agents-00000006;1", "AppQueue", "b2"),
        ],
        site.dispatcher.site,
    )
    assert found.talks == (Talk(AGENT, NUMBER, "power"),)
    assert {NUMBER, OTHER} <= found.numbers
    assert "anonymous" not in found.numbers


def test_our_own_callbacks_are_no_live_callers(site: World) -> None:
    found = read(
        [
            row("hf-1-1-7-2", "Local/1-1-7@holdfast-queue-00000001;2", "Queue", "b1", NUMBER),
            row("1795305599.2", "PJSIP/power-1-00000002", "AppQueue", "b1") | {"Linkedid": "hf-1-1-7"},
            row("1795305599.3", "PJSIP/carrier-a-00000003", "AppDial", "b2", NUMBER)
            | {"Linkedid": "hf-1-1-7"},
        ],
        site.dispatcher.site,
    )
    assert (found.talks, found.numbers) == ((), frozenset())


def test_a_channel_is_named_for_its_device() -> None:
    assert device_of("PJSIP/agent-1-0000001f") == "PJSIP/agent-1"
    assert device_of("Local/1@test-agent-00000003;1") == "Local/1@test-agent"


async def test_the_agents_screen_is_told_whose_promises_are_on_his_line(site: World) -> None:
    site.store.import_captures([replace(capture(NUMBER, "bills"), key="pbx1:bill")], "test-bill", 1, START)
    (bill,) = site.store.open_promises()
    (power,) = (one for one in site.promised(NUMBER) if one.scope == "power")
    one = adoption(site)
    await one.look((Talk(AGENT, f"+86{NUMBER}", "power"), Talk("Local/1@agents", OTHER, "power")))
    assert one.row() == {
        AGENT: {"number": NUMBER, "queue": "power", "promise": power.id, "promises": [power.id, bill.id]}
    }
    await one.look(())
    assert one.row() == {}


async def test_what_is_left_or_adopted_during_the_talk_is_seen_soon(site: World) -> None:
    one, talk = adoption(site), Talk("Local/1@agents", NUMBER, "power")
    await one.look((talk,))
    assert one.row() == {}
    (promise,) = site.promised(NUMBER)
    site.later(AGAIN_SECONDS)
    await one.look((talk,))
    assert one.row()["Local/1@agents/n"]["promise"] == promise.id
    assert site.store.adopt(promise.id, site.now.wall, AGENT, "")
    site.later(AGAIN_SECONDS)
    await one.look((talk,))
    assert one.row() == {}
