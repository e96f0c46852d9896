"""Alert calls through AMI: placed once, watched in AstDB, adopted after a loss. On a real Asterisk: tests/ivr."""

import asyncio

import pytest
from alert_world import AT, HandClock
from bridge_world import FakeAsterisk, policy, refusal, well

from alerts.call_way import AlertCall, judge
from alerts.values import Fate, Receipt
from ami_bridge.alert_calls import (
    FAMILY,
    LATE,
    LONGEST,
    NOT_AFTER,
    NOT_NEEDED,
    AlertCalls,
    alert_lines,
    call_id,
)
from ami_bridge.link import LinkState, NoReply
from ami_bridge.originate import Guard
from fallback.policy import Trunk

KEY = "INC-1/a2.engineer/engineer/call"
FACTS = {"kind": "A2", "scope": "power", "reference": "123456"}
CALL = AlertCall(call_id(KEY), KEY, "13900000001", "en", FACTS)
LINE = Trunk("carrier-a", "carrier-a", "PJSIP/{number}@carrier-a", 8)


class World:
    """One AlertCalls on a fake Asterisk."""

    def __init__(self) -> None:
        self.asterisk, self.clock = FakeAsterisk(), HandClock()
        self.lines = [LINE]
        self.news: list[tuple[str, Receipt]] = []
        self.calls = self.another()

    def another(self) -> AlertCalls:
        """As after a restart of the bridge."""
        return AlertCalls(
            self.asterisk,
            lambda: Guard(7, int(AT.timestamp())),
            lambda: self.lines,
            lambda key, receipt: self.news.append((key, receipt)),
            self.clock,
        )

    def stage(self, value: str) -> None:
        self.asterisk.db[FAMILY, CALL.id] = value

    def fates(self) -> list[Fate]:
        return [receipt.fate for _, receipt in self.news]


@pytest.fixture
def world() -> World:
    return World()


async def test_the_order_carries_the_guard_and_the_words_in_prompts(world: World) -> None:
    assert (await world.calls.place(CALL)).fate is Fate.SENT
    [order] = world.asterisk.actions("Originate")
    variables = dict(one.split("=", 1) for one in order["Variable"])
    assert order["Channel"] == f"Local/{CALL.id}@holdfast-alert-dial/n"
    assert (order["Context"], order["Exten"]) == ("holdfast-alert", CALL.id)
    assert variables["HF_DIAL"] == "PJSIP/13900000001@carrier-a"
    assert (variables["HF_FENCE"], variables["HF_NOT_AFTER"]) == ("7", str(int(AT.timestamp()) + NOT_AFTER))
    assert variables["HF_SPEAK"].startswith("alert-intro&")
    assert all(len(one) < 1000 for one in order["Variable"])


async def test_a_whole_dial_string_stands_as_it_is(world: World) -> None:
    world.lines = []
    await world.calls.place(AlertCall(CALL.id, KEY, "PJSIP/leader", "en", FACTS))
    assert "HF_DIAL=PJSIP/leader" in world.asterisk.actions("Originate")[0]["Variable"]


async def test_without_a_free_line_nobody_was_reached(world: World) -> None:
    world.lines = []
    receipt = await world.calls.place(CALL)
    assert (receipt.fate, receipt.untouched) == (Fate.FAILED, True)


async def test_a_link_that_is_down_has_reached_nobody(world: World) -> None:
    world.asterisk.state = LinkState.DOWN
    receipt = await world.calls.place(CALL)
    assert (receipt.fate, receipt.untouched) == (Fate.FAILED, True)


async def test_an_order_without_an_answer_is_unknown_and_may_still_be_acknowledged(world: World) -> None:
    world.asterisk.answers["Originate"] = [NoReply("the link went")]
    assert (await world.calls.place(CALL)).fate is Fate.UNKNOWN
    world.stage("ack,1")
    await world.calls.look()
    assert world.news == [(KEY, Receipt(Fate.CONFIRMED, "pressed 1"))]


async def test_a_refused_order_has_reached_nobody(world: World) -> None:
    world.asterisk.answers["Originate"] = [refusal("Permission denied")]
    receipt = await world.calls.place(CALL)
    assert (receipt.fate, receipt.untouched) == (Fate.FAILED, True)


@pytest.mark.parametrize(
    ("stage", "fate", "untouched"),
    [
        ("ack,1795305599", Fate.CONFIRMED, False),
        ("heard,1795305599", Fate.DELIVERED, False),
        ("end,BUSY,1795305599", Fate.FAILED, False),
        ("end,NOANSWER,1795305599", Fate.FAILED, False),
        ("end,CHANUNAVAIL,1795305599", Fate.FAILED, True),
        ("end,ANSWER,1795305599", Fate.UNKNOWN, False),
    ],
)
def test_what_the_dial_plan_wrote_becomes_a_fate(stage: str, fate: Fate, untouched: bool) -> None:
    found = judge(stage)
    assert found is not None
    assert (found.fate, found.untouched) == (fate, untouched)


async def test_a_call_that_goes_on_says_nothing_yet(world: World) -> None:
    await world.calls.place(CALL)
    world.stage("dial,1")
    await world.calls.look()
    assert world.news == []


async def test_one_may_be_pressed_after_it_was_heard(world: World) -> None:
    await world.calls.place(CALL)
    for stage in ("heard,1", "heard,1", "ack,2", "ack,2"):
        world.stage(stage)
        await world.calls.look()
    assert world.fates() == [Fate.DELIVERED, Fate.CONFIRMED]


async def test_a_call_that_asterisk_never_began_with_is_failed_when_its_time_has_passed(world: World) -> None:
    await world.calls.place(CALL)
    await world.calls.look()
    assert world.news == []
    world.clock.forward(NOT_AFTER + LATE + 1)
    await world.calls.look()
    assert world.news[0][1].untouched


async def test_a_call_of_an_earlier_run_is_adopted(world: World) -> None:
    await world.calls.place(CALL)
    later = world.another()
    later.adopt([KEY])
    world.stage("ack,1")
    await later.look()
    assert world.fates() == [Fate.CONFIRMED]
    assert len(world.asterisk.actions("Originate")) == 1


async def test_an_adopted_call_that_nobody_knows_of_may_have_rung(world: World) -> None:
    world.calls.adopt([KEY])
    world.clock.forward(NOT_AFTER + LATE + 1)
    await world.calls.look()
    assert (world.fates(), world.news[0][1].untouched) == ([Fate.FAILED], False)


async def test_a_call_that_never_says_its_end_is_given_up(world: World) -> None:
    await world.calls.place(CALL)
    world.stage("dial,1")
    world.clock.forward(LONGEST + 1)
    await world.calls.look()
    assert world.fates() == [Fate.UNKNOWN]


async def test_keys_are_taken_out_of_astdb_when_no_late_order_can_need_them(world: World) -> None:
    await world.calls.place(CALL)
    world.stage("end,BUSY,1")
    await world.calls.look()
    assert world.asterisk.actions("DBDel") == []
    world.clock.forward(601)
    await world.calls.look()
    assert [one["Key"] for one in world.asterisk.actions("DBDel")] == [CALL.id]


def half(state: str, name: str = CALL.id, which: int = 1) -> dict[str, str]:
    return {"Channel": f"Local/{name}@holdfast-alert-dial-00000007;{which}", "ChannelStateDesc": state}


@pytest.mark.parametrize("state", ["Down", "Ring", "Ringing"])
async def test_a_call_that_nobody_needs_any_more_stops_ringing(world: World, state: str) -> None:
    await world.calls.place(CALL)
    world.stage("dial,1")
    world.asterisk.channels = [half("Ringing", "al999999"), half("Ring", which=2), half(state)]
    await world.calls.look()
    assert world.asterisk.actions("Hangup") == [], "it is wanted"
    world.calls.hang_up([KEY, "INC-1/other"])
    await world.calls.look()
    await world.calls.look()
    assert [one["Channel"] for one in world.asterisk.actions("Hangup")] == [half(state)["Channel"]], "once"
    world.stage("end,CANCEL,2")
    await world.calls.look()
    assert world.news == [(KEY, Receipt(Fate.FAILED, NOT_NEEDED))]


@pytest.mark.parametrize(("stage", "state"), [("dial,1", "Up"), ("heard,1", "Ringing"), ("ack,1", "Ringing")])
async def test_whoever_has_answered_is_not_cut_off(world: World, stage: str, state: str) -> None:
    await world.calls.place(CALL)
    world.stage(stage)
    world.asterisk.channels = [half(state)]
    world.calls.hang_up([KEY])
    await world.calls.look()
    assert world.asterisk.actions("Hangup") == []


async def test_a_call_whose_channel_is_not_there_yet_is_hung_up_when_it_is(world: World) -> None:
    await world.calls.place(CALL)
    world.calls.hang_up([KEY])
    world.stage("dial,1")
    await world.calls.look()
    world.asterisk.channels = [half("Ringing")]
    await world.calls.look()
    assert len(world.asterisk.actions("Hangup")) == 1


def test_alert_calls_take_the_freest_healthy_line_and_no_full_one() -> None:
    site = policy("power", channels=2)
    state = well(site)
    names = list(site.trunks)
    assert alert_lines(site, state, {names[0]: 1}, ())[0].name == names[-1]
    assert alert_lines(site, state, dict.fromkeys(names, 2), ()) == ()
    assert [one.name for one in alert_lines(site, state, {}, (names[0],))] == [names[0]]


async def test_a_bridge_that_starts_waits_a_moment_for_its_link_before_the_next_way_has_its_turn(
    world: World,
) -> None:
    ready: list[Guard] = []
    world.calls.guard = lambda: ready[0] if ready else None
    world.asterisk.state, world.asterisk.trouble = LinkState.DOWN, ""
    placing = asyncio.create_task(world.calls.place(CALL))
    await asyncio.sleep(0.02)
    assert not world.asterisk.sent
    world.asterisk.state = LinkState.UP
    ready.append(Guard(9, int(AT.timestamp())))
    assert (await placing).fate is Fate.SENT


async def test_a_link_that_is_lost_is_not_waited_for(world: World) -> None:
    """Silence is worse: the next way follows at once."""
    world.calls.guard = lambda: None
    world.asterisk.state, world.asterisk.trouble = LinkState.DOWN, "connection refused"
    receipt = await asyncio.wait_for(world.calls.place(CALL), 0.2)
    assert (receipt.fate, receipt.untouched) == (Fate.FAILED, True)
