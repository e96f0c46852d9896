"""E5: the bridge leaves as many free lines as live callers lately needed; danger leaves only the policy's least."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bridge_world import START, World, capture, well, world

from ami_bridge.channels import read
from ami_bridge.dispatch import NoLine
from ami_bridge.site import site_of
from callbacks.policy import CallbackPolicy
from callbacks.rules import lines_to_leave
from callbacks.values import Matter

SHIPPED = CallbackPolicy(ramp_every=0.0)
LINES = 40  # two carriers of twenty
NUMBERS = [f"138000{number:05d}" for number in range(1, 31)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, rules=SHIPPED, channels=LINES // 2) as one:
        one.state = well(one.site, agents=30)
        yield one


def called(site: World) -> list[str]:
    """Numbers of the originates, in order."""
    return [one["CallerID"] for one in site.asterisk.actions("Originate")]


def callers(site: World, count: int) -> None:
    """So many live callers are on the lines of one carrier."""
    site.asterisk.channels = [
        {"Uniqueid": f"live-{number}", "Channel": f"PJSIP/carrier-a-{number:08x}", "Event": "CoreShowChannel"}
        for number in range(count)
    ]


async def test_the_more_lines_callers_held_the_more_are_left_to_them(site: World) -> None:
    site.promised(*NUMBERS)
    callers(site, 18)
    await site.round()
    left = lines_to_leave(LINES, 18.0, 1)
    assert left > 5
    assert len(called(site)) == LINES - 18 - left


async def test_with_nobody_calling_all_lines_but_the_policys_least_are_taken(tmp_path: Path) -> None:
    with world(tmp_path, rules=SHIPPED, channels=2) as site:
        site.state = well(site.site, agents=30)
        site.promised(*NUMBERS)
        await site.round()
        assert len(called(site)) == 3


async def test_what_the_lines_carried_in_an_outage_is_forgotten_when_callbacks_may_start(site: World) -> None:
    ready = site.state
    callers(site, 18)
    await site.round()
    assert site.dispatcher.kept.of("power", SHIPPED) > 5
    site.state = replace(ready, linked=False)
    site.later(10)
    await site.round()
    assert site.dispatcher.kept.of("power", SHIPPED) == SHIPPED.line_reserve
    callers(site, 0)
    site.state = ready
    site.later(10)
    await site.round()
    assert site.dispatcher.kept.of("power", SHIPPED) == SHIPPED.line_reserve


async def test_danger_is_called_while_other_promises_leave_the_lines_to_callers(site: World) -> None:
    """E0: of three free lines all are left to callers, and danger may have two of them. An agent's own call waits, too."""
    power = replace(site.site.scopes["power"], trunks=("carrier-a",))
    small = replace(site.site, scopes={"power": power})
    site.dispatcher.policy = small
    callers(site, 17)
    (fault,) = site.promised(NUMBERS[0])
    await site.round()
    with pytest.raises(NoLine, match="left for callers"):
        await site.dispatcher.call_for(fault, "PJSIP/power-1", site.now.wall)
    assert called(site) == []
    line = replace(capture(NUMBERS[1]), matter=Matter.DANGER)
    site.store.import_captures([line], "danger", 1, START)
    await site.round()
    assert called(site) == [NUMBERS[1]]


def test_lines_of_callbacks_are_not_lines_of_callers(site: World) -> None:
    ours = {"Uniqueid": "hf-1-1", "Channel": "PJSIP/carrier-a-00000001"}
    theirs = {"Uniqueid": "17.2", "Channel": "PJSIP/carrier-a-00000002"}
    seen = read([ours, theirs], site_of(site.site))
    assert (seen.in_use["carrier-a"], seen.others["carrier-a"]) == (2, 1)
