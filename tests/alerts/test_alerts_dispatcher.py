"""What staff are told, in which order, and when it stops."""

import asyncio
from pathlib import Path

import pytest
from alert_world import FAILED, UNKNOWN, UNTOUCHED, HandClock, Recording, person, policy_of, rung, running

from alerts.policy import Way
from alerts.values import Fate, NewsKind, Receipt
from fallback.decision import StopRungs, TellEnd

ENGINEER = person("engineer", Way.CALL, Way.SMS, Way.NOTE)
BOSS = person("boss", Way.SMS, Way.CALL)
POLICY = policy_of(ENGINEER, BOSS)


async def test_a_rung_is_told_at_once_by_the_first_way_and_then_by_no_other_in_time(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        assert world.sent(Way.CALL) == ["engineer"]
        assert world.sent(Way.SMS) == []


@pytest.mark.parametrize("answer", [FAILED, UNKNOWN, RuntimeError("a way broke")])
async def test_the_next_way_follows_at_once_when_the_first_fails_or_is_unknown(
    tmp_path: Path, answer: Receipt | Exception
) -> None:
    ways = {way: Recording(way) for way in Way}
    ways[Way.CALL].answers = [answer]
    async with running(tmp_path, POLICY, ways=ways) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        assert (world.sent(Way.CALL), world.sent(Way.SMS)) == (["engineer"], ["engineer"])
        references = {message.reference for way in (Way.CALL, Way.SMS) for message in world.ways[way].sent}
        assert len(references) == 1


async def test_a_way_that_hangs_is_unknown_after_its_time(tmp_path: Path) -> None:
    ways = {way: Recording(way) for way in Way}
    ways[Way.CALL].hangs = True
    async with running(tmp_path, policy_of(ENGINEER, send_timeout=0.05), ways=ways) as world:
        world.alerts.raise_rung(rung())
        await asyncio.sleep(0.1)
        await world.still()
        assert world.sent(Way.SMS) == ["engineer"]
        assert world.alerts.figures().unknown == 1


async def test_a_way_that_is_not_set_up_gives_way_to_the_next(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY, ways={Way.SMS: Recording(Way.SMS)}) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        assert world.sent(Way.SMS) == ["engineer"]


async def test_what_is_not_confirmed_in_time_is_followed_by_the_next_way(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        await world.forward(29)
        assert world.sent(Way.SMS) == []
        await world.forward(2)
        assert world.sent(Way.SMS) == ["engineer"]
        assert world.alerts.figures().second == 1


async def test_when_all_ways_are_through_the_bridge_hears_that_nobody_confirmed(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        for _ in range(5):
            await world.forward(31)
        assert [len(way.sent) for way in world.ways.values()] == [1, 1, 0, 1]
        assert [one.person for one in world.told(NewsKind.UNREACHED)] == ["engineer"]


async def test_a_way_that_surely_reached_nobody_is_used_again_ever_more_rarely(tmp_path: Path) -> None:
    ways = {way: Recording(way, [UNTOUCHED]) for way in Way}
    async with running(tmp_path, POLICY, ways=ways) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        assert [len(ways[way].sent) for way in (Way.CALL, Way.SMS, Way.NOTE)] == [1, 1, 1]
        await world.forward(16)
        assert [len(ways[way].sent) for way in (Way.CALL, Way.SMS, Way.NOTE)] == [2, 2, 2]
        await world.forward(16)
        assert len(ways[Way.CALL].sent) == 2
        assert world.told(NewsKind.UNREACHED) == []
        keys = [message.key for message in ways[Way.CALL].sent]
        assert keys[1] == f"{keys[0]}~2"


async def test_a_confirmation_ends_it_for_that_person_and_is_told_upward(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        world.alerts.receipt(world.ways[Way.CALL].sent[0].key, Receipt(Fate.CONFIRMED, "pressed 1"))
        await world.forward(1000)
        assert world.sent(Way.SMS) == []
        [news] = world.told(NewsKind.ACKNOWLEDGED)
        assert (news.incident, news.person, news.how) == ("INC-power-1", "engineer", "call")


async def test_who_has_taken_it_on_is_not_asked_again_by_what_reached_him(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        world.alerts.raise_rung(rung("second", "engineer"))
        await world.still()
        world.alerts.receipt(world.ways[Way.CALL].sent[0].key, Receipt(Fate.CONFIRMED))
        world.alerts.raise_rung(rung("third", "engineer"))
        await world.forward(31)
        assert world.sent(Way.CALL) == ["engineer"] * 3
        assert [message.rung for message in world.ways[Way.SMS].sent] == []


async def test_a_call_is_needless_when_all_that_it_tells_of_was_stopped(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        [call] = world.ways[Way.CALL].sent
        assert world.alerts.needless(Way.CALL) == ()
        world.alerts.stop(StopRungs("INC-power-1", "boss", ("engineer",)))
        assert world.alerts.needless(Way.CALL) == (call.key,)
        assert world.alerts.needless(Way.SMS) == ()
        world.alerts.receipt(call.key, Receipt(Fate.FAILED, "busy"))
        assert world.alerts.needless(Way.CALL) == (), "it rings no more"


async def test_late_news_that_a_call_was_busy_brings_the_next_way_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        world.alerts.receipt(world.ways[Way.CALL].sent[0].key, Receipt(Fate.FAILED, "busy"))
        await world.still()
        assert world.sent(Way.SMS) == ["engineer"]


async def test_an_acknowledgement_stops_the_rungs_that_stop_and_lets_the_others_go_on(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        world.alerts.raise_rung(rung("boss"))
        await world.still()
        world.alerts.stop(StopRungs("INC-power-1", "engineer", ("engineer",)))
        await world.forward(31)
        assert world.sent(Way.SMS) == ["boss"]
        assert world.sent(Way.CALL) == ["engineer", "boss"]


async def test_a_stop_reaches_what_still_waits_for_the_record(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with running(tmp_path, POLICY, recorded=gate.wait) as world:
        world.alerts.raise_rung(rung())
        await asyncio.sleep(0.05)
        assert world.sent(Way.CALL) == []
        world.alerts.stop(StopRungs("INC-power-1", "boss", ("a2.engineer",)))
        gate.set()
        await world.still()
        assert world.sent(Way.CALL) == []


async def test_the_end_goes_to_all_who_were_told_by_the_way_that_reached_them(tmp_path: Path) -> None:
    ways = {way: Recording(way) for way in Way}
    ways[Way.CALL].answers = [FAILED]
    async with running(tmp_path, POLICY, ways=ways) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        for way in ways.values():
            way.sent.clear()
        world.alerts.end(TellEnd("INC-power-1", rung().facts))
        world.alerts.end(TellEnd("INC-power-1", rung().facts))
        await world.forward(1000)
        assert [len(way.sent) for way in ways.values()] == [0, 1, 0, 0]
        assert "has ended" in ways[Way.SMS].sent[0].words
        assert world.told(NewsKind.UNREACHED) == []


async def test_nobody_who_was_not_told_hears_of_the_end(tmp_path: Path) -> None:
    ways = {way: Recording(way, [FAILED]) for way in Way}
    async with running(tmp_path, POLICY, ways=ways) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        world.alerts.end(TellEnd("INC-power-1", rung().facts))
        await world.still()
        assert all(len(way.sent) <= 1 for way in ways.values())


async def test_over_the_limit_messages_are_gathered_and_none_is_left_out(tmp_path: Path) -> None:
    policy = policy_of(person("engineer", Way.SMS), limit=3, limit_window=600.0)
    async with running(tmp_path, policy) as world:
        for number in range(6):
            world.alerts.raise_rung(rung(incident=f"INC-{number}"))
        await world.still()
        sent = world.ways[Way.SMS].sent
        assert len(sent) == 3
        assert sent[-1].words.count("Application fault") == 4
        world.alerts.raise_rung(rung(incident="INC-late"))
        await world.forward(300)
        assert len(sent) == 3
        await world.forward(301)
        assert len(sent) == 4
        world.alerts.receipt(sent[2].key, Receipt(Fate.CONFIRMED))
        assert {one.incident for one in world.told(NewsKind.ACKNOWLEDGED)} == {
            f"INC-{n}" for n in (2, 3, 4, 5)
        }


async def test_a_kind_that_is_never_limited_goes_out_at_once(tmp_path: Path) -> None:
    policy = policy_of(person("engineer", Way.SMS), limit=1)
    async with running(tmp_path, policy) as world:
        for number in range(4):
            world.alerts.raise_rung(rung("everybody", "engineer", incident=f"INC-{number}", kind="A6"))
        await world.still()
        assert len(world.sent(Way.SMS)) == 4


async def test_the_same_rung_said_twice_is_one_rung(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung())
        world.alerts.raise_rung(rung())
        await world.still()
        assert world.sent(Way.CALL) == ["engineer"]


async def test_a_rung_for_roles_without_people_is_told_loudly(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as world:
        world.alerts.raise_rung(rung("vendor"))
        await world.still()
        assert [one.detail for one in world.told(NewsKind.NOBODY)] == ["vendor"]


async def test_a_step_of_the_clock_back_delays_nothing(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, POLICY, clock=clock) as world:
        world.alerts.raise_rung(rung())
        await world.still()
        clock.wall = clock.wall.replace(year=2020)
        await world.forward(31)
        assert world.sent(Way.SMS) == ["engineer"]
