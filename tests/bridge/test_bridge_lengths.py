"""The dialogue gets shorter as lines run out, and Asterisk knows it (design section 5)."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from bridge_mind import until
from bridge_world import FakeAsterisk, policy, refusal, well

from ami_bridge import lengths
from ami_bridge.lengths import Lengths, share_in_use
from ami_bridge.link import LinkState, NotSent
from fallback.state import ComponentState, Health, State
from ivr.lengths import LengthRules
from ivr.policy import CallerPolicy

SITE = policy("power", channels=10)  # two carriers of ten lines
RULES = LengthRules(short=0.5, express=0.7, message=0.9, hysteresis=0.1)
PLACE = ("holdfast", "length")


def lines(in_use: Mapping[str, int]) -> State:
    return replace(well(SITE), in_use=in_use)


class Site:
    def __init__(self, dialogue: str = "adaptive") -> None:
        self.asterisk, self.state = FakeAsterisk(), lines({})
        self.lengths = Lengths(
            self.asterisk.action,
            CallerPolicy(dialogue=dialogue),
            RULES,
            lambda: self.asterisk.connected,
            lambda: (self.state, SITE),
        )

    async def at(self, channels: int) -> str | None:
        """What AstDB holds when so many lines are in use."""
        self.state = lines({"carrier-a": channels // 2, "carrier-b": channels - channels // 2})
        await self.lengths.look()
        return self.asterisk.db.get(PLACE)


def test_the_share_is_of_the_lines_that_work() -> None:
    assert share_in_use(lines({"carrier-a": 5, "carrier-b": 5}), SITE) == 0.5
    lost = lines({"carrier-a": 5, "carrier-b": 5})
    lost = replace(
        lost, components={**lost.components, "carrier-b": ComponentState("carrier-b", Health.DOWN)}
    )
    assert share_in_use(lost, SITE) == 0.5, "five of the ten that are left"
    gone = {name: ComponentState(name, Health.DOWN) for name in SITE.trunks}
    assert share_in_use(replace(lost, components=gone), SITE) == 1.0


async def test_shorter_at_once_and_longer_only_when_it_is_clearly_calmer() -> None:
    site = Site()
    assert await site.at(0) == "full"
    assert await site.at(10) == "short"
    assert await site.at(18) == "message"
    assert await site.at(17) == "message", "no flutter"
    assert await site.at(15) == "express"
    assert await site.at(0) == "full"


async def test_a_length_that_the_policy_fixes_stands_whatever_the_lines_say() -> None:
    site = Site("express")
    assert await site.at(0) == "express"
    assert await site.at(20) == "express"
    site.lengths.use(CallerPolicy(dialogue="adaptive"), RULES)
    assert await site.at(20) == "message"


async def test_it_is_written_once_and_again_after_every_connect() -> None:
    site = Site()
    for _ in range(3):
        await site.at(0)
    assert len(site.asterisk.actions("DBPut")) == 1
    del site.asterisk.db[PLACE]  # what an Asterisk that is killed loses
    site.lengths.connected()
    assert await site.at(0) == "full"


async def test_what_asterisk_did_not_take_is_tried_again() -> None:
    site = Site()
    site.asterisk.answers["DBPut"] = [NotSent("down"), refusal("no")]
    assert await site.at(0) is None
    assert await site.at(0) is None
    assert await site.at(0) == "full"


async def test_nothing_is_written_while_the_link_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lengths, "LOOK_SECONDS", 0.01)
    site = Site()
    site.asterisk.state = LinkState.DOWN
    task = asyncio.create_task(site.lengths.run())
    await asyncio.sleep(0.05)
    assert site.asterisk.sent == []
    site.asterisk.state = LinkState.UP
    await until(lambda: site.asterisk.db.get(PLACE) == "full")
    task.cancel()
