"""Callers are called back once, in order, and live callers come first (E2, E5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_world import START, World, refusal, well, world

from ami_bridge.dispatch import NoLine
from ami_bridge.link import LinkState, NoReply, NotSent
from callbacks.policy import CallbackPolicy
from callbacks.values import Outcome, PromiseState
from fallback.events import Presence
from store import ClaimLost

NUMBERS = tuple(f"139000012{n:02d}" for n in range(10))
EAGER = CallbackPolicy(ramp_every=0.0, line_reserve=0)  # no ramp: as many as agents and lines can carry


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, rules=EAGER) as one:
        yield one


def called(site: World) -> list[str]:
    """Numbers of the originates, in order."""
    return [one["CallerID"] for one in site.asterisk.actions("Originate")]


def in_asterisk(site: World, stage: str = "dial,1763720100") -> None:
    """Every attempt that was sent lives in Asterisk, in this stage."""
    for attempt in site.store.unended_attempts():
        site.asterisk.stage(attempt.key, stage)
        site.asterisk.live(attempt.key)


async def test_the_row_is_in_the_book_before_its_originate_leaves(site: World) -> None:
    seen: list[tuple[str, PromiseState]] = []

    def look(headers: dict[str, Any]) -> None:
        attempt = site.attempt(headers["Exten"])
        seen.append((attempt.number, site.promise(attempt.promise_id).state))

    site.asterisk.before = look
    site.promised(NUMBERS[0])
    await site.round()
    assert seen == [(NUMBERS[0], PromiseState.DIALLING)]


async def test_who_waited_longest_is_called_first_and_nobody_twice(site: World) -> None:
    site.promised(*NUMBERS[:4])
    for _ in range(5):
        await site.round()
    assert called(site) == list(NUMBERS[:4])


async def test_never_more_in_flight_than_agents_are_free(site: World) -> None:
    site.promised(*NUMBERS)
    site.state = well(site.site, agents=3)
    for _ in range(4):
        await site.round()
    assert len(called(site)) == 3
    in_asterisk(site)  # the three agents talk, so none is free
    site.state = replace(
        site.state, members={"power": dict.fromkeys(site.state.members["power"], Presence.BUSY)}
    )
    for _ in range(4):
        await site.round()
    assert len(called(site)) == 3


async def test_never_more_in_flight_than_lines_are_free(tmp_path: Path) -> None:
    with world(tmp_path, rules=replace(EAGER, line_reserve=1), channels=2) as site:
        site.promised(*NUMBERS)
        site.state = well(site.site, agents=9)
        for _ in range(4):
            await site.round()
        assert len(called(site)) == 3  # two carriers of two channels, one left for live callers


async def test_the_ramp_lets_calls_out_one_by_one(tmp_path: Path) -> None:
    with world(tmp_path, rules=CallbackPolicy(ramp=1, ramp_every=15.0)) as site:
        site.promised(*NUMBERS)
        state = well(site.site, agents=9)
        power = replace(state.scopes["power"], ready_since_mono=site.now.mono)
        site.state = replace(state, scopes={"power": power})
        await site.round()
        assert len(called(site)) == 1
        site.later(15)
        await site.round()
        assert len(called(site)) == 2


async def test_a_live_caller_who_waits_stops_callbacks(site: World) -> None:
    site.promised(*NUMBERS[:3])
    site.waiting("power", 1)
    await site.round()
    assert called(site) == []
    site.waiting("power", 0)
    await site.round()
    assert len(called(site)) == 3


async def test_a_callback_that_waits_for_its_agent_is_no_live_caller(site: World) -> None:
    site.promised(*NUMBERS[:2])
    site.state = well(site.site, agents=1)
    await site.round()
    in_asterisk(site, "queue,1763720100")
    site.state = well(site.site, agents=4)
    site.waiting("power", 1)  # our own
    await site.round()
    assert len(called(site)) == 2


async def test_a_callback_that_has_not_reached_the_queue_hides_no_live_caller(site: World) -> None:
    site.promised(*NUMBERS[:2])
    site.state = well(site.site, agents=1)
    await site.round()  # sent, and Asterisk has not begun with it
    site.state = well(site.site, agents=4)
    site.waiting("power", 1)
    await site.round()
    assert len(called(site)) == 1


async def test_callbacks_of_one_scope_hide_no_live_caller_of_another(tmp_path: Path) -> None:
    """E5 holds for each queue: a callback that waits in one is not subtracted from the callers of another."""
    with world(tmp_path, "power", "bills", rules=EAGER) as site:
        site.promised(NUMBERS[0])
        site.promised(NUMBERS[1], scope="bills")
        site.waiting("bills", 1)
        await site.round()
        in_asterisk(site, "queue,1763720100")
        site.waiting("power", 1)  # our own callback
        await site.round()
        assert called(site) == [NUMBERS[0]]


async def test_what_was_never_sent_was_not_dialled_and_is_called_again(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    site.asterisk.answers["Originate"] = [NotSent("the link is full")]
    await site.round()
    (first,) = site.store.attempts_of(promise.id)
    assert first.outcome is Outcome.NOT_DIALLED
    assert (site.promise(promise.id).state, site.promise(promise.id).attempts) == (PromiseState.OPEN, 0)
    site.later(31)
    await site.round()
    assert len(site.store.unended_attempts()) == 1


async def test_what_asterisk_refuses_was_not_dialled(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    site.asterisk.answers["Originate"] = [refusal("Permission denied")]
    await site.round()
    assert [one.outcome for one in site.store.attempts_of(promise.id)] == [Outcome.NOT_DIALLED]


async def test_what_was_sent_and_not_answered_is_never_sent_again(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    site.asterisk.answers["Originate"] = [NoReply("nothing within 5 s")]
    for _ in range(4):
        await site.round()
        site.later(1)
    assert len(called(site)) == 1
    in_asterisk(site, "end,BUSY,0,1763720100")
    site.asterisk.channels.clear()
    await site.round()
    assert [one.outcome for one in site.store.attempts_of(promise.id)] == [Outcome.BUSY]


async def test_a_number_that_may_not_be_dialled_is_cancelled_with_the_reason(site: World) -> None:
    promise, other = site.promised(*NUMBERS[:2])
    site.refused[NUMBERS[0]] = "international"
    await site.round()
    assert called(site) == [NUMBERS[1]]
    assert site.promise(promise.id).state is PromiseState.CANCELLED
    assert site.promise(promise.id).reason == "international"
    assert site.promise(other.id).state is PromiseState.DIALLING


async def test_nothing_is_called_before_the_fence_was_raised_or_while_the_link_is_down(site: World) -> None:
    site.promised(NUMBERS[0])
    site.dispatcher.fence_raised_at = None
    await site.round()
    site.dispatcher.fence_raised_at = START
    site.asterisk.state = LinkState.DOWN
    await site.round()
    assert called(site) == []
    site.asterisk.state = LinkState.UP
    await site.round()
    assert called(site) == [NUMBERS[0]]


async def test_nothing_is_called_while_the_scope_is_not_stable(site: World) -> None:
    site.promised(NUMBERS[0])
    power = replace(site.state.scopes["power"], ready_since_mono=None)
    site.state = replace(site.state, scopes={"power": power})
    await site.round()
    assert called(site) == []


async def test_a_link_that_goes_in_the_middle_of_a_round_leaves_the_rest_claimed_and_uncalled(
    site: World,
) -> None:
    site.promised(*NUMBERS[:2])

    def cut(_headers: object) -> None:
        site.asterisk.state = LinkState.DOWN

    site.asterisk.before = cut
    site.asterisk.answers["Originate"] = [NoReply("lost")]
    await site.round()
    assert called(site) == [NUMBERS[0]]
    first, second = (site.store.attempts_of(n)[0] for n in (1, 2))
    assert (first.outcome, second.outcome) == (None, Outcome.NOT_DIALLED)


async def test_an_agents_own_claim_rings_his_phone_once(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    claimed = site.store.claim(promise.id, site.now.wall, "PJSIP/power-1", 60)
    assert claimed is not None
    key = await site.dispatcher.call_for(claimed, "PJSIP/power-1", site.now.wall)
    (sent,) = site.asterisk.actions("Originate")
    assert (sent["Channel"], sent["Exten"], site.attempt(key).agent) == (
        "PJSIP/power-1",
        key,
        "PJSIP/power-1",
    )
    with pytest.raises(NoLine, match="on the line"):
        await site.dispatcher.call_for(claimed, "PJSIP/power-1", site.now.wall)
    assert len(called(site)) == 1


async def test_an_agent_whose_claim_has_lapsed_calls_nobody(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    claimed = site.store.claim(promise.id, site.now.wall, "PJSIP/power-1", 60)
    assert claimed is not None
    site.later(61)
    with pytest.raises(ClaimLost):
        await site.dispatcher.call_for(claimed, "PJSIP/power-1", site.now.wall)
    assert called(site) == []


async def test_an_agent_is_told_why_his_call_was_not_made(site: World) -> None:
    promise, other = site.promised(*NUMBERS[:2])
    site.refused[NUMBERS[0]] = "own line"
    with pytest.raises(NoLine, match="own line"):
        await site.dispatcher.call_for(promise, "PJSIP/power-1", site.now.wall)
    site.dispatcher.channels = replace(site.dispatcher.channels, in_use={"carrier-a": 10, "carrier-b": 10})
    with pytest.raises(NoLine, match="no line is free"):
        await site.dispatcher.call_for(other, "PJSIP/power-1", site.now.wall)
    assert called(site) == []


async def test_an_agents_call_that_comes_too_late_or_before_the_fence_is_not_made(site: World) -> None:
    (promise,) = site.promised(NUMBERS[0])
    with pytest.raises(NoLine, match="too late"):
        await site.dispatcher.call_for(promise, "PJSIP/power-1", site.now.wall - timedelta(seconds=1))
    site.dispatcher.fence_raised_at = None
    with pytest.raises(NoLine, match="not ready"):
        await site.dispatcher.call_for(promise, "PJSIP/power-1", site.now.wall)
    assert called(site) == []


async def test_calls_about_to_go_out_are_spread_over_the_lines_that_are_free(site: World) -> None:
    """E5: a line that is about to be used is not free, on its own trunk."""
    site.promised(*NUMBERS[:4])
    site.dispatcher.channels = replace(site.dispatcher.channels, in_use={"carrier-a": 0, "carrier-b": 0})
    for promise in site.store.open_promises():
        claimed = site.store.claim(promise.id, site.now.wall, "PJSIP/power-1", 60)
        assert claimed is not None
        await site.dispatcher.call_for(claimed, "PJSIP/power-1", site.now.wall)
    trunks = [site.attempt(sent["Exten"]).trunk for sent in site.asterisk.actions("Originate")]
    assert sorted(trunks) == ["carrier-a", "carrier-a", "carrier-b", "carrier-b"]


async def test_a_number_that_is_none_is_held_open_for_the_leader_and_not_closed(site: World) -> None:
    """E8: nothing that a caller left ends in silence."""
    (promise,) = site.promised(NUMBERS[0])
    site.refused[NUMBERS[0]] = "invalid"
    with pytest.raises(NoLine, match="leader's list"):
        await site.dispatcher.call_for(promise, "PJSIP/power-1", site.now.wall)
    held = site.promise(promise.id)
    assert (held.state, held.attention, held.due_at > site.now.wall) == (PromiseState.OPEN, True, True)


async def test_a_policy_that_comes_within_a_round_counts_from_the_next_one(tmp_path: Path) -> None:
    """A round that speaks of a scope which the new policy has lost must not end the bridge."""
    with world(tmp_path, "power", "water", rules=EAGER) as site:
        less = replace(site.site, scopes={"power": site.site.scopes["power"]})
        site.asterisk.on["CoreShowChannels"] = lambda _given: site.dispatcher.use(
            less, EAGER, site.dispatcher.site
        )
        site.promised(NUMBERS[0], scope="water")
        await site.round()
        assert len(called(site)) == 1
        assert set(site.dispatcher.policy.scopes) == {"power", "water"}
        await site.round()
        assert set(site.dispatcher.policy.scopes) == {"power"}
