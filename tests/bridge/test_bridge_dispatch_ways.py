"""The policy's ways of calling, its hours, its share, its lines; and who is on the line is not called (E2, E4, E5, E6)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_world import START, World, capture, world

from ami_bridge.attempts import fence_of
from ami_bridge.dispatch import NoLine
from ami_bridge.originate import Guard
from callbacks.policy import CallbackPolicy, LineChoice, Way
from callbacks.rules import CallCalendar, Span
from callbacks.values import Matter, NumberSource, Outcome, PromiseState
from fallback.events import Presence

NUMBERS = tuple(f"139000034{n:02d}" for n in range(10))
EAGER = CallbackPolicy(ramp_every=0.0, line_reserve=0)
DAY = timedelta(days=1)
OPEN = Span(START - DAY, START + DAY)
NIGHT = CallCalendar((OPEN,), (Span(START + timedelta(hours=8), START + timedelta(hours=20)),))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "power", "bills", rules=EAGER) as one:
        yield one


def rules(site: World, **changes: Any) -> None:
    """The policy from now on."""
    site.rules = replace(EAGER, **changes)
    site.dispatcher.callbacks = site.attempts.policy = site.rules


def originates(site: World) -> list[dict[str, Any]]:
    return site.asterisk.actions("Originate")


def called(site: World) -> list[str]:
    return [one["CallerID"] for one in originates(site)]


def left(site: World, number: str, **facts: Any) -> None:
    """A caller leaves his number."""
    line = replace(capture(number), **facts)
    site.store.import_captures([line], f"test-{line.key}", 1, START)


def talks(site: World, number: str) -> None:
    """A live call of this number, as Asterisk lists it."""
    site.asterisk.channels.append(
        {"Uniqueid": "1795305599.7", "Channel": "PJSIP/carrier-a-00000007", "CallerIDNum": number}
    )


# -- hours, switches, ways


async def test_in_quiet_hours_only_danger_is_called(site: World) -> None:
    """E4."""
    site.dispatcher.calendar = lambda: NIGHT
    left(site, NUMBERS[0])
    left(site, NUMBERS[1], matter=Matter.DANGER)
    await site.round()
    assert called(site) == [NUMBERS[1]]
    site.later(8 * 3600)
    await site.round()
    assert called(site) == [NUMBERS[1], NUMBERS[0]]


async def test_an_agent_is_told_of_quiet_hours_and_a_callers_own_wish_stands_over_them(site: World) -> None:
    site.dispatcher.calendar = lambda: NIGHT
    (promise,) = site.promised(NUMBERS[0])
    claimed = site.store.claim(promise.id, site.now.wall, "PJSIP/power-1", 60)
    assert claimed is not None
    with pytest.raises(NoLine, match="at this hour"):
        await site.dispatcher.call_for(claimed, "PJSIP/power-1", site.now.wall)
    yesterday = replace(claimed, wished_at=site.now.wall - DAY)  # was called then
    with pytest.raises(NoLine, match="at this hour"):
        await site.dispatcher.call_for(yesterday, "PJSIP/power-1", site.now.wall)
    wished = replace(claimed, wished_at=site.now.wall)
    assert await site.dispatcher.call_for(wished, "PJSIP/power-1", site.now.wall)


async def test_an_attempt_that_failed_is_tried_again_inside_the_hours(site: World) -> None:
    site.attempts.calendar = lambda: NIGHT
    one = site.started(NUMBERS[0], "a1", ago=5)
    site.asterisk.stage("a1", "end,NOANSWER,0,1763720100")
    await site.round()
    assert site.promise(one.promise_id).due_at == NIGHT.calling[0].start


async def test_a_scope_that_is_switched_off_or_left_to_agents_is_not_called_by_the_dispatcher(
    site: World,
) -> None:
    site.promised(NUMBERS[0])
    (bill,) = site.promised(NUMBERS[1], scope="bills")
    rules(site, processed=frozenset({"power"}), ways={"power": Way.CLAIM})
    await site.round()
    assert called(site) == []
    claimed = site.store.claim(bill.id, site.now.wall, "PJSIP/bills-1", 60)
    assert claimed is not None
    with pytest.raises(NoLine, match="processed"):
        await site.dispatcher.call_for(claimed, "PJSIP/bills-1", site.now.wall)
    rules(site, ways={"power": Way.CLAIM})
    await site.round()
    assert called(site) == []  # the agent holds the other
    rules(site)
    await site.round()
    assert called(site) == [NUMBERS[0]]


async def test_only_who_rang_from_this_number_himself_is_called_before_an_agent_is_there(site: World) -> None:
    rules(site, way=Way.CUSTOMER)
    left(site, NUMBERS[0])
    left(site, NUMBERS[1], source=NumberSource.KEYED)
    left(site, NUMBERS[2], matter=Matter.DANGER)  # an agent speaks at once
    left(site, NUMBERS[3])
    left(site, NUMBERS[3], key="pbx1:again", source=NumberSource.KEYED)  # somebody keyed it too
    await site.round()
    ways = {one["CallerID"]: one["Context"] for one in originates(site)}
    assert ways == {
        NUMBERS[0]: "holdfast-customer",
        NUMBERS[1]: "holdfast-dial",
        NUMBERS[2]: "holdfast-dial",
        NUMBERS[3]: "holdfast-dial",
    }


async def test_who_pressed_1_in_vain_is_called_with_an_agent_the_next_time(site: World) -> None:
    rules(site, way=Way.CUSTOMER)
    left(site, NUMBERS[0])
    await site.round()
    (first,) = site.store.unended_attempts()
    assert site.dispatcher.rings_customer_first(first.key)
    site.asterisk.stage(first.key, "end,NOAGENT,20,1763720100,16")
    await site.round()
    assert site.attempt(first.key).outcome is Outcome.NO_AGENT
    assert site.promise(first.promise_id).attempts == 0
    site.later(61)
    await site.round()
    assert [one["Context"] for one in originates(site)] == ["holdfast-customer", "holdfast-dial"]


async def test_a_customer_who_is_asked_holds_a_line_and_waits_for_an_agent(site: World) -> None:
    """E5: he needs the agent that is free, and no second line."""
    rules(site, way=Way.CUSTOMER)
    site.state = replace(
        site.state, members={**site.state.members, "power": {"PJSIP/power-0": Presence.FREE}}
    )
    for number in NUMBERS[:2]:
        left(site, number)
    await site.round()
    (first,) = site.store.unended_attempts()
    for stage in ("ring", "ask", "wait"):
        site.asterisk.stage(first.key, f"{stage},1763720100")
        site.asterisk.channels[:] = []
        site.asterisk.live(first.key)
        await site.round()
        assert site.dispatcher.stages == {first.key: stage}
        assert len(called(site)) == 1
    assert site.dispatcher.rings_customer_first(first.key)
    site.waiting("power", 1)  # only himself: no live caller
    site.asterisk.stage(first.key, "talk,1763720100")  # with the agent, who is free in the picture still
    await site.round()
    assert len(called(site)) == 1  # he waits no more, so it is a live caller who does
    site.waiting("power", 0)
    await site.round()
    assert len(called(site)) == 2


# -- live callers and callbacks share the agents


async def test_while_callers_wait_callbacks_get_their_share_and_the_next_agent(site: World) -> None:
    """E5: neither is starved."""
    rules(site, share=0.25)
    site.promised(*NUMBERS[:5])
    site.waiting("power", 3)
    for taken in range(1, 3):
        site.dispatcher.live_taken("power")
        await site.round()
        assert called(site) == [], taken
    site.dispatcher.live_taken("power")
    await site.round()
    (first,) = originates(site)
    assert "HF_TURN=1" in first["Variable"]
    await site.round()
    assert len(called(site)) == 1
    assert site.dispatcher.shares["power"].measured == 0.25


async def test_with_nobody_waiting_callbacks_wait_behind_whoever_comes(site: World) -> None:
    site.promised(NUMBERS[0])
    site.dispatcher.live_taken("power")
    await site.round()
    (first,) = originates(site)
    assert "HF_TURN=1" not in first["Variable"]


# -- who is on the line


async def test_who_is_on_the_line_is_not_called_until_he_has_hung_up_and_keeps_his_turn(site: World) -> None:
    """E6, however his number is written on the wire."""
    site.dispatcher.as_dialled = site.dispatcher._on_the_line.as_dialled = lambda number: number.removeprefix(
        "+86"
    )
    first, second = site.promised(*NUMBERS[:2])
    talks(site, f"+86{NUMBERS[0]}")
    for _ in range(3):
        await site.round()
    assert called(site) == [NUMBERS[1]]
    assert site.promise(first.id).state is PromiseState.CLAIMED
    touched = [one.what for one in site.store.history(first.id)]
    site.later(10)
    await site.round()
    assert [one.what for one in site.store.history(first.id)] == touched  # not claimed again and again
    site.asterisk.channels.clear()
    await site.round()
    assert called(site) == [NUMBERS[1], NUMBERS[0]]
    assert site.promise(second.id).state is PromiseState.DIALLING


async def test_one_person_is_not_called_for_two_scopes_at_once(site: World) -> None:
    left(site, NUMBERS[0])
    left(site, NUMBERS[0], key="pbx1:bill", scope="bills")
    await site.round()
    assert called(site) == [NUMBERS[0]]


async def test_a_promise_that_the_agent_adopts_while_the_caller_talks_is_never_called(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    talks(site, NUMBERS[0])
    await site.round()
    assert site.store.adopt(promise.id, site.now.wall, "PJSIP/power-1", "")
    site.asterisk.channels.clear()
    for _ in range(2):
        await site.round()
    assert called(site) == []
    assert site.promise(promise.id).state is PromiseState.DONE


# -- lines


async def test_the_cheapest_line_is_taken_or_the_one_that_failed_least(site: World) -> None:
    rules(site, lines=LineChoice.COST, costs={"carrier-b": 1.0, "carrier-a": 2.0})
    site.promised(*NUMBERS[:2])
    await site.round()
    assert [site.attempt(one["Exten"]).trunk for one in originates(site)] == ["carrier-b"] * 2
    for one in site.store.unended_attempts():
        site.asterisk.stage(one.key, "end,CONGESTION,0,1763720100,34")
    rules(site, lines=LineChoice.HEALTH)
    site.promised(NUMBERS[2])
    await site.round()
    assert site.attempt(originates(site)[-1]["Exten"]).trunk == "carrier-a"


# -- a book that goes back


def copy_of(folder: Path) -> bytes:
    return (folder / "book.db").read_bytes()


def put_back(folder: Path, older: bytes) -> None:
    for file in folder.glob("book.db*"):
        file.unlink()
    (folder / "book.db").write_bytes(older)


async def test_a_key_is_never_used_twice_when_the_book_becomes_an_older_copy(
    site: World, tmp_path: Path
) -> None:
    """Asterisk would refuse it, and tell how another person's call ended."""
    fences = [1763720100000]

    async def higher() -> None:
        fences.append(fences[-1] + 1)

    site.dispatcher.guard = lambda: Guard(fences[-1], 1763720100)
    site.dispatcher._keys.guard = site.dispatcher.guard
    site.dispatcher.raise_fence = higher
    older = copy_of(tmp_path)
    site.promised(NUMBERS[0])
    await site.round()
    site.store.close()
    put_back(tmp_path, older)
    site.promised(NUMBERS[1])  # has the other's number in the book
    await site.round()
    keys = [one["Exten"] for one in originates(site)]
    assert called(site) == list(NUMBERS[:2])
    assert [key.rpartition("-")[0] for key in keys] == ["1-1", "1-1"]
    assert [fence_of(key) for key in keys] == fences


async def test_a_live_call_is_looked_at_at_once_also_while_nothing_may_be_called(site: World) -> None:
    """E6: the agent's screen does not wait for the next look of a bridge that has nothing to do."""
    site.state = replace(
        site.state,
        scopes={name: replace(one, ready_since_mono=None) for name, one in site.state.scopes.items()},
    )
    for _ in range(3):
        await site.round()
    assert len(site.asterisk.actions("CoreShowChannels")) == 1
    asked = len(site.asterisk.actions("QueueStatus"))
    site.dispatcher.live_taken("power")
    await site.round()
    assert len(site.asterisk.actions("CoreShowChannels")) == 2
    assert len(site.asterisk.actions("QueueStatus")) == asked  # pauses are looked for after a connect only
