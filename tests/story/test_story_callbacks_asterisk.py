"""The ways to call people back on a real Asterisk with real carriers: customer first, an agent's own claim over a kill; and
who is on the line is not called (E2, E5, E6).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bridge_site import book, promised
from story_site import live, mode, story_site, until

from callbacks.values import Attempt, Capture, Matter, NumberSource, Outcome, PromiseState
from lab import Lab
from lab.site import Site

pytestmark = pytest.mark.asterisk
SHOWN = "95598"
RULES = {
    "callbacks": {
        "way": "customer",
        "press_seconds": "3s",
        "shown": SHOWN,
        "factor": 4,
        "line_reserve": 0,
        "disposition_wait": "1s",
        "agent_patience": "20s",
        "retry_after": {"voicemail": "1h", "busy": "1h"},
    }
}
PRESSES_1, SILENT, VOICEMAIL, BUSY = "13800007011", "13800007022", "13800007033", "13800007044"
CLAIMED, ADOPTED = "13800007051", "13800007061"
AGENT, OTHER = "PJSIP/agent-1", "PJSIP/agent-2"


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    with story_site(lab, "callbacks", RULES) as site:
        mode(site, "NORMAL")
        yield site


def attempts(site: Site, number: str) -> list[Attempt]:
    with book(site) as store:
        return [
            attempt for one in store.search(number=number) for attempt in reversed(store.attempts_of(one.id))
        ]


def outcome(site: Site, number: str) -> Outcome | None:
    """Of the last attempt, when it has one."""
    made = attempts(site, number)
    return made[0].outcome if made else None


def rung(lab: Lab, number: str) -> int:
    return sum(call.number == number for call in lab.carrier_log())


def pauses(lab: Lab) -> dict[str, str]:
    """Agents who are paused, and why."""
    lines = [line for line in lab.cli("queue show power").splitlines() if "(paused" in line]
    return {
        f"PJSIP/agent-{line.split('PJSIP/agent-')[1][0]}": line.partition("(paused")[2].partition(")")[0]
        for line in lines
    }


def test_a_customer_who_is_called_first_speaks_to_an_agent_only_when_he_presses_1(
    lab: Lab, site: Site
) -> None:
    """A machine and silence are no success; everybody sees the hotline's own number."""
    answered = len([one for one in lab.agent_log() if one.outcome == "answered"])
    wanted = {
        PRESSES_1: Outcome.ANSWERED,
        SILENT: Outcome.VOICEMAIL,
        VOICEMAIL: Outcome.VOICEMAIL,
        BUSY: Outcome.BUSY,
    }
    promised(site, list(wanted))
    until(lambda: all(outcome(site, number) for number in wanted), "everybody was called", 40)
    assert {number: outcome(site, number) for number in wanted} == wanted
    assert {number: rung(lab, number) for number in wanted} == dict.fromkeys(wanted, 1)
    seen = {call.caller_id for call in lab.carrier_log() if call.number in wanted}
    assert seen == {SHOWN}
    assert len([one for one in lab.agent_log() if one.outcome == "answered"]) == answered + 1
    (made,) = attempts(site, PRESSES_1)
    assert made.agent.startswith("PJSIP/agent-")  # the queue's choice, noted while they talked
    with book(site) as store:
        states = {number: store.search(number=number)[0].state for number in (PRESSES_1, VOICEMAIL)}
    assert states == {PRESSES_1: PromiseState.DONE, VOICEMAIL: PromiseState.OPEN}


def test_who_talks_with_an_agent_is_shown_to_him_and_called_only_after_he_has_hung_up(
    lab: Lab, site: Site
) -> None:
    call = lab.call(ADOPTED, hangup_after=25)
    until(lambda: any(one["presence"] == "busy" for one in live(site)["live"]["agents"]), "an agent took him")
    promised(site, [ADOPTED])

    def row() -> dict[str, Any]:
        return dict(live(site)["live"]["talking"])

    (said,) = until(row, "the agent's screen is told", 10).items()
    assert said[0].startswith("PJSIP/agent-")
    assert (said[1]["number"], said[1]["queue"]) == (ADOPTED, "power")
    with book(site) as store:
        (promise,) = store.search(number=ADOPTED)
    assert said[1]["promise"] == promise.id
    until(lambda: state(site, ADOPTED) is PromiseState.CLAIMED, "it is his turn")
    assert rung(lab, ADOPTED) == 0
    call.result(60)
    until(lambda: rung(lab, ADOPTED) == 1, "he is called when he has hung up")
    until(lambda: outcome(site, ADOPTED), "that call is over", 30)
    assert row() == {}


def state(site: Site, number: str) -> PromiseState:
    with book(site) as store:
        return store.search(number=number)[0].state


@pytest.mark.slow
def test_a_bridge_that_is_killed_during_an_agents_own_claim_leaves_him_unpaused_and_nobody_else(
    lab: Lab, site: Site
) -> None:
    now = datetime.now(UTC)
    with book(site) as store:
        line = Capture(
            key=f"lab:{CLAIMED}",
            at=now + timedelta(hours=1),  # not the dispatcher's turn; an agent may call before
            scope="power",
            caller_id=CLAIMED,
            number=CLAIMED,
            source=NumberSource.OWN,
            matter=Matter.BILL,
            language="en",
            tier=1,
            wanted=True,
            promised=True,
        )
        store.import_captures([line], "test-claimed", 1, now)
        (promise,) = store.search(number=CLAIMED)
        assert store.claim(promise.id, now, AGENT, 300, agent=AGENT)
        wish = {"promise": promise.id, "agent": AGENT, "not_after": (now + timedelta(minutes=1)).isoformat()}
        lab.cli(f"queue pause member {OTHER} queue power reason lunch")
        store.add_intent("dial", wish, "agent", now)
    try:
        until(lambda: rung(lab, CLAIMED) == 1, "the caller's phone rings", 30)
        (key,) = [one.key for one in attempts(site, CLAIMED)]
        assert f"holdfast callback {key}" in pauses(lab)[AGENT]
        site.kill_bridge()
        assert AGENT in pauses(lab)  # nobody was there to free him
        until(lambda: is_over(lab, key), "the call is over", 30)
        site.start_bridge()
        until(lambda: AGENT not in pauses(lab), "he is free again", 15)
        assert list(pauses(lab)) == [OTHER]
    finally:
        for agent in (AGENT, OTHER):
            lab.cli(f"queue unpause member {agent} queue power")
    until(lambda: outcome(site, CLAIMED) is Outcome.ANSWERED, "its outcome is known", 15)
    assert rung(lab, CLAIMED) == 1


def is_over(lab: Lab, key: str) -> bool:
    """As the guarded context wrote it, with no bridge to read it."""
    return lab.cli(f"database get holdfast-attempt {key}").startswith("Value: end")
