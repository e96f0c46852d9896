"""The one consumer: snapshot, decide, write; and what happens when Asterisk answers too late."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from bridge_mind import UP, Told, thinking, until
from bridge_world import START, policy, world

from ami_bridge.inbox import Overflow
from ami_bridge.link import LinkDown, NoReply
from ami_bridge.site import site_of
from fallback.decision import Decision
from fallback.events import LinkLost, OverrideSet, RecoveryTimeSet
from fallback.modes import Mode

PLACE = ("holdfast-scope", "power")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ami_bridge.brain.LOOK_AGAIN_SECONDS", 0.02)
    return tmp_path


async def test_a_connect_leads_to_a_whole_picture_and_a_flag(folder: Path) -> None:
    with world(folder) as site:
        async with thinking(site) as (brain, told):
            brain.inbox.put_nowait(UP)
            await until(lambda: PLACE in site.asterisk.db and told.connected == 1)
        assert brain.state.linked


@pytest.mark.parametrize("late", ["PJSIPShowEndpoint", "QueueStatus", "CoreShowChannels"])
async def test_a_snapshot_that_came_too_late_is_taken_again_while_the_link_stands(
    folder: Path, late: str
) -> None:
    """An answer that is late does not end the link, so no connect follows that would bring another look."""
    with world(folder) as site:
        site.asterisk.answers[late] = [NoReply("nothing within 15 s"), NoReply("nothing within 15 s")]
        async with thinking(site) as (brain, told):
            brain.inbox.put_nowait(UP)
            await until(lambda: PLACE in site.asterisk.db and told.connected == 1)


async def test_a_fence_that_was_not_taken_is_raised_again(folder: Path) -> None:
    with world(folder) as site:
        async with thinking(site) as (brain, told):
            told.trouble.append(LinkDown("Asterisk refused to keep holdfast/fence"))
            brain.inbox.put_nowait(UP)
            await until(lambda: told.connected == 2)
            await asyncio.sleep(0.1)
            assert told.connected == 2, "once is enough when it worked"


async def test_dropped_events_lead_to_a_new_picture_and_leave_the_fence_alone(folder: Path) -> None:
    """A higher fence would end the callbacks that wait for an agent, in every storm of events."""
    with world(folder) as site:
        async with thinking(site) as (brain, told):
            brain.inbox.put_nowait(UP)
            brain.inbox.put_nowait(Overflow(7))
            await until(lambda: len(site.asterisk.actions("CoreShowChannels")) == 2 and brain.looked)
            assert told.connected == 1


async def test_a_new_picture_that_came_too_late_leaves_the_fence_alone_too(folder: Path) -> None:
    with world(folder) as site:
        async with thinking(site) as (brain, told):
            brain.inbox.put_nowait(UP)
            await until(lambda: told.connected == 1)
            site.asterisk.answers["CoreShowChannels"] = [NoReply("nothing within 15 s")]
            brain.inbox.put_nowait(Overflow(7))
            await until(lambda: len(site.asterisk.actions("CoreShowChannels")) == 3 and brain.looked)
            assert told.connected == 1


async def test_whoever_gave_up_asking_was_told_the_truth_it_is_not_done_later(folder: Path) -> None:
    with world(folder) as site:
        async with thinking(site) as (brain, _):
            asking = asyncio.create_task(brain.ask(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None)))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await brain.ask(RecoveryTimeSet("power", None, "li"))
            assert brain.state.scopes["power"].effective is not Mode.EVACUATED


async def test_a_break_in_what_follows_a_decision_ends_the_consumer_and_is_not_swallowed(
    folder: Path,
) -> None:
    """Staff would not be told, and nobody would know; after the restart it is said again."""

    class Broken(Told):
        def on_decided(self, decision: Decision) -> None:
            raise RuntimeError("the roster broke")

    with world(folder) as site:
        async with thinking(site) as (brain, _):
            pass
        brain.listener = Broken()
        brain.step(OverrideSet("power", Mode.EVACUATED, "li", "smoke", None))
        with pytest.raises(RuntimeError, match="the roster broke"):
            await asyncio.wait_for(brain.run(), 5)


async def test_a_picture_taken_with_the_names_of_an_earlier_policy_is_not_used(folder: Path) -> None:
    """A queue that is watched from now on would seem to have lost all its members."""
    with world(folder) as site:
        async with thinking(site) as (brain, told):
            both = policy("power", "water")

            def exchange(_given: object) -> None:
                brain.use(both, site_of(both), "li")

            site.asterisk.on["CoreShowChannels"] = exchange
            brain.inbox.put_nowait(UP)
            await until(lambda: told.connected == 1)
            asked = [one["Queue"] for one in site.asterisk.actions("QueueStatus")]
            assert asked == ["power", "power", "water"]


async def test_what_a_person_asks_is_answered_in_its_turn_and_flagged(folder: Path) -> None:
    """A8: who set it is in the record."""
    with world(folder) as site:
        async with thinking(site) as (brain, _):
            brain.inbox.put_nowait(UP)
            until_then = START.replace(hour=START.hour + 1)
            decision = await brain.ask(OverrideSet("power", Mode.OUTAGE, "li", "cable cut", until_then))
            assert decision.state.scopes["power"].effective is Mode.OUTAGE
            await until(lambda: site.asterisk.db.get(PLACE, "").startswith("capture,OUTAGE,"))
            assert await brain.recorder.written()
        assert "li" in [one.who for one in site.store.changes()]


async def test_a_wish_that_makes_no_sense_is_refused_and_changes_nothing(folder: Path) -> None:
    with world(folder) as site:
        async with thinking(site) as (brain, _):
            before = brain.state
            decision = await brain.ask(RecoveryTimeSet("nowhere", START, "li"))
            assert [one.kind for one in decision.changes] == ["refused"]
            assert brain.state == before


async def test_a_lost_link_changes_no_mode(folder: Path) -> None:
    """A7: losing our link is not losing the PBX."""
    with world(folder) as site:
        async with thinking(site) as (brain, told):
            brain.inbox.put_nowait(UP)
            await until(lambda: told.connected == 1)
            mode = brain.state.scopes["power"].effective
            brain.inbox.put_nowait(LinkLost("the ping was not answered"))
            await until(lambda: told.lost == 1)
            await until(lambda: not brain.state.linked)
            assert brain.state.scopes["power"].effective is mode
            assert not brain.flags.confirmed("power")[0]


async def test_while_observing_no_flag_is_written(folder: Path) -> None:
    with world(folder) as site:
        site.site = replace(site.site, armed=False)
        async with thinking(site) as (brain, told):
            brain.inbox.put_nowait(UP)
            await until(lambda: told.connected == 1)
            await asyncio.sleep(0.05)
        assert PLACE not in site.asterisk.db
