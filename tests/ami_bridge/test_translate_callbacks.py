"""Callbacks as real Asterisks told them: each leg, its end, and nothing that is not ours."""

import pytest
from recorded import AGENT_1, VERSIONS, kinds, translated

from ami_bridge.events import (
    AgentDone,
    AgentTook,
    CallbackProgress,
    CallerAbandoned,
    Hangup,
    Leg,
    OriginateAnswered,
    TrunkCallEnded,
)
from fallback.events import (
    LinesSeen,
    MemberSeen,
    QueueSeen,
    SeatSilent,
)


def story(version: str, name: str) -> list[object]:
    """The attempt's own events, without what app_queue and the agents' phones tell everybody."""
    found = translated(version, name)
    others = MemberSeen | QueueSeen | CallerAbandoned | LinesSeen | TrunkCallEnded
    return [item for item in found if not isinstance(item, others)]


def agent(attempt: str, status: str) -> CallbackProgress:
    return CallbackProgress(attempt, Leg.AGENT, status, AGENT_1)


def caller(attempt: str, status: str) -> CallbackProgress:
    return CallbackProgress(attempt, Leg.CALLER, status, "PJSIP/carrier-b")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "attempt", "status"),
    [
        ("callback-answered", "att1", "ANSWER"),
        ("callback-busy", "att2", "BUSY"),
        ("callback-no-answer", "att3", "NOANSWER"),
    ],
)
def test_a_callback_through_the_queue_tells_its_outcome(
    version: str, name: str, attempt: str, status: str
) -> None:
    found = story(version, name)
    steps = [
        item
        for item in found
        if item in (agent(attempt, "ANSWER"), caller(attempt, ""), caller(attempt, status))
    ]
    assert steps == [agent(attempt, "ANSWER"), caller(attempt, ""), caller(attempt, status)]
    assert AgentTook(attempt, "power", AGENT_1) in found
    assert OriginateAnswered(attempt, ok=True, reason=4) in found
    assert [item.attempt for item in kinds(found, Hangup)] == [attempt]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_callback_that_talked_tells_how_long_the_agent_had_it(version: str) -> None:
    (done,) = kinds(story(version, "callback-answered"), AgentDone)
    assert (done.member, 2 <= done.talk_seconds <= 6) == (AGENT_1, True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_callback_that_no_agent_takes_never_rings_the_caller(version: str) -> None:
    found = story(version, "callback-no-agent")
    assert {item.leg for item in kinds(found, CallbackProgress)} == {Leg.AGENT}
    assert OriginateAnswered("att4", ok=False, reason=3) in found
    assert SeatSilent("power", AGENT_1) in found
    assert [(end.attempt, end.cause) for end in kinds(found, Hangup)] in ([("att4", 0)], [("att4", 19)])


@pytest.mark.parametrize("version", VERSIONS)
def test_an_agents_own_claim_rings_him_and_then_the_caller(version: str) -> None:
    progress = kinds(story(version, "claim"), CallbackProgress)
    assert progress == [
        agent("att5", ""),
        agent("att5", "ANSWER"),
        caller("att5", ""),
        caller("att5", "ANSWER"),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_originate_that_cannot_begin_is_told(version: str) -> None:
    assert story(version, "originate-failed") == [OriginateAnswered("att6", ok=False, reason=0)]
