"""How an attempt ends: by what the guarded context wrote, on a quiet day and after a crash (E2, ADR 0005 and 0007)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from bridge_world import World, refusal, world

from ami_bridge.attempts import LATE, stage_of
from ami_bridge.channels import look
from ami_bridge.link import LinkDown, NoReply
from callbacks.policy import CallbackPolicy
from callbacks.rules import Next, after_attempt
from callbacks.values import Attempt, Outcome, Promise, PromiseState
from store import UnknownRow

NUMBER = "13900001231"
RULES = CallbackPolicy()
LONG = RULES.not_after + LATE + 1


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


async def settle(site: World, fence_raised: float = 1e6) -> dict[str, str]:
    """One pass; the fence was raised so many seconds ago."""
    channels = await look(site.asterisk, site.dispatcher.site)
    since = site.now.wall - timedelta(seconds=fence_raised)
    return dict(await site.attempts.settle(channels, site.now.wall, since))


@pytest.mark.parametrize(
    ("stage", "outcome", "state", "counted"),
    [
        ("end,BUSY,0,1763720100", Outcome.BUSY, PromiseState.OPEN, 1),
        ("end,NOANSWER,0,1763720100", Outcome.NO_ANSWER, PromiseState.OPEN, 1),
        ("end,CHANUNAVAIL,0,1763720100", Outcome.REJECTED, PromiseState.OPEN, 1),
        ("end,CONGESTION,0,1763720100", Outcome.CONGESTION, PromiseState.OPEN, 0),
        ("end,NOAGENT,0,1763720100", Outcome.NO_AGENT, PromiseState.OPEN, 0),
        ("end,REFUSED,0,1763720100", Outcome.NOT_DIALLED, PromiseState.OPEN, 0),
        ("end,ANSWER,1,1763720100", Outcome.NO_ANSWER, PromiseState.OPEN, 1),  # too short to be a success
        ("end,", Outcome.UNKNOWN, PromiseState.OPEN, 1),
        ("end,ANSWER", Outcome.NO_ANSWER, PromiseState.OPEN, 1),
    ],
)
async def test_the_end_that_the_dial_plan_wrote_is_the_outcome(
    site: World, stage: str, outcome: Outcome, state: PromiseState, counted: int
) -> None:
    one = site.started(NUMBER, "a1", ago=5)
    site.asterisk.stage("a1", stage)
    assert await settle(site) == {}
    site.later(RULES.disposition_wait + 1)  # an answered call, however short, waits for the agent's word
    assert await settle(site) == {}
    promise = site.promise(one.promise_id)
    assert site.attempt("a1").outcome is outcome
    assert (promise.state, promise.attempts) == (state, counted)


async def test_an_answered_call_waits_for_the_agents_word_and_then_stands(site: World) -> None:
    one = site.started(NUMBER, "a1", ago=30)
    site.asterisk.stage("a1", "end,ANSWER,25,1763720100")
    await settle(site)
    assert site.promise(one.promise_id).state is PromiseState.TALKING
    site.later(RULES.disposition_wait - 1)
    await settle(site)
    assert site.attempt("a1").outcome is None
    site.later(2)
    await settle(site)
    assert (site.attempt("a1").outcome, site.attempt("a1").talk_seconds) == (Outcome.ANSWERED, 25)
    assert site.promise(one.promise_id).state is PromiseState.DONE


async def test_a_time_that_the_agent_wrote_down_in_the_call_stands_though_he_said_nothing_of_its_end(
    site: World,
) -> None:
    """The caller was told that time; a call of which nobody said how it ended must not close it."""
    one = site.started(NUMBER, "a1", ago=30)
    wished = site.now.wall + timedelta(days=1)
    assert site.store.reschedule(one.promise_id, wished, site.now.wall, "li")
    site.asterisk.stage("a1", "end,ANSWER,25,1763720100")
    await settle(site)
    site.later(RULES.disposition_wait + 1)
    await settle(site)
    assert site.attempt("a1").outcome is Outcome.AGAIN
    promise = site.promise(one.promise_id)
    assert (promise.state, promise.due_at) == (PromiseState.OPEN, wished)


async def test_the_agents_word_stands_over_an_answered_line(site: World) -> None:
    one = site.started(NUMBER, "a1", ago=30)
    site.asterisk.stage("a1", "end,ANSWER,25,1763720100")
    await settle(site)
    assert await site.attempts.state_outcome("a1", Outcome.VOICEMAIL, "li", "greeting", site.now.wall)
    promise = site.promise(one.promise_id)
    assert site.attempt("a1").outcome is Outcome.VOICEMAIL
    assert (promise.state, promise.attempts) == (PromiseState.OPEN, 1)


async def test_a_word_that_was_said_before_the_end_is_taken_at_the_end(site: World) -> None:
    one = site.started(NUMBER, "a1", ago=30)
    site.asterisk.stage("a1", "dial,1763720100")
    site.asterisk.live("a1")
    assert await site.attempts.state_outcome("a1", Outcome.REFUSED, "li", "", site.now.wall)
    assert await settle(site) == {"a1": "dial"}
    assert site.promise(one.promise_id).state is PromiseState.DIALLING
    site.asterisk.stage("a1", "end,ANSWER,25,1763720100")
    await settle(site)
    assert site.attempt("a1").outcome is Outcome.REFUSED
    assert site.promise(one.promise_id).state is PromiseState.REFUSED


async def test_a_second_word_is_refused(site: World) -> None:
    site.started(NUMBER, "a1", ago=30)
    assert await site.attempts.state_outcome("a1", Outcome.REFUSED, "li", "", site.now.wall)
    assert not await site.attempts.state_outcome("a1", Outcome.ANSWERED, "wang", "", site.now.wall)
    with pytest.raises(UnknownRow, match="a9"):
        await site.attempts.state_outcome("a9", Outcome.ANSWERED, "li", "", site.now.wall)


async def test_an_attempt_that_may_still_be_on_its_way_into_asterisk_is_waited_for(site: World) -> None:
    one = site.started(NUMBER, "a1")
    site.later(RULES.not_after + LATE - 1)
    assert await settle(site) == {"a1": ""}
    assert site.attempt("a1").outcome is None
    site.later(2)
    assert await settle(site) == {}
    assert site.attempt("a1").outcome is Outcome.NOT_DIALLED
    assert site.promise(one.promise_id).attempts == 0


async def test_an_attempt_before_the_fence_that_asterisk_never_saw_was_surely_not_dialled(
    site: World,
) -> None:
    """Raised first and asked afterwards: whatever is still in a pipe is refused."""
    one = site.started(NUMBER, "a1", ago=2)
    assert await settle(site, fence_raised=1) == {}
    promise = site.promise(one.promise_id)
    assert site.attempt("a1").outcome is Outcome.NOT_DIALLED
    again = site.now.wall + timedelta(seconds=RULES.retry_after[Outcome.NOT_DIALLED])
    assert (promise.state, promise.attempts, promise.due_at) == (PromiseState.OPEN, 0, again)


async def test_a_call_that_lives_is_adopted_whoever_started_it(site: World) -> None:
    site.started(NUMBER, "a1", ago=300)
    site.asterisk.stage("a1", "dial,1763720100")
    site.asterisk.live("a1")
    assert await settle(site, fence_raised=1) == {"a1": "dial"}
    assert site.attempt("a1").outcome is None


async def test_a_dialled_call_without_channel_and_end_is_unknown_and_counts_once(site: World) -> None:
    one = site.started(NUMBER, "a1", ago=LONG)
    site.asterisk.stage("a1", "dial,1763720100")
    for _ in range(3):
        assert await settle(site) == {}
    promise = site.promise(one.promise_id)
    assert site.attempt("a1").outcome is Outcome.UNKNOWN
    assert (promise.state, promise.attempts, promise.attention) == (PromiseState.OPEN, 1, True)
    assert promise.due_at == site.now.wall + timedelta(seconds=RULES.retry_after[Outcome.UNKNOWN])


@pytest.mark.parametrize("stage", [None, "queue,1763720100"])
async def test_what_asterisk_forgot_in_a_restart_is_unknown(site: World, stage: str | None) -> None:
    one = site.started(NUMBER, "a1", ago=LONG)
    if stage:
        site.asterisk.stage("a1", stage)
    site.attempts.booted_at = site.now.wall - timedelta(seconds=1)
    await settle(site)
    assert site.attempt("a1").outcome is Outcome.UNKNOWN
    assert site.promise(one.promise_id).attempts == 1


async def test_an_attempt_after_asterisks_start_is_not_taken_for_one_before_it(site: World) -> None:
    site.attempts.booted_at = site.now.wall - timedelta(seconds=LONG + 100)
    site.started(NUMBER, "a1", ago=LONG)
    site.asterisk.stage("a1", "queue,1763720100")
    await settle(site)
    assert site.attempt("a1").outcome is Outcome.NO_AGENT


async def test_finishing_twice_is_harmless(site: World) -> None:
    one = site.started(NUMBER, "a1", ago=5)
    await site.attempts.finish(one, Outcome.BUSY, site.now.wall)
    due = site.promise(one.promise_id).due_at
    site.later(100)
    await site.attempts.finish(one, Outcome.ANSWERED, site.now.wall)
    promise = site.promise(one.promise_id)
    assert site.attempt("a1").outcome is Outcome.BUSY
    assert (promise.state, promise.attempts, promise.due_at) == (PromiseState.OPEN, 1, due)


@pytest.mark.parametrize("answer", [NoReply("late"), refusal("No permission")])
async def test_what_asterisk_does_not_say_is_not_guessed(site: World, answer: NoReply) -> None:
    one = site.started(NUMBER, "a1", ago=LONG)
    site.asterisk.answers["DBGet"] = [answer]
    with pytest.raises(LinkDown):
        await settle(site)
    assert site.attempt("a1").outcome is None
    assert site.promise(one.promise_id).state is PromiseState.DIALLING


async def test_a_key_that_asterisk_never_saw_has_no_stage(site: World) -> None:
    site.asterisk.stage("a1", "queue,1763720100")
    assert await stage_of(site.asterisk, "a1") == "queue,1763720100"
    assert await stage_of(site.asterisk, "a2") is None


async def test_what_was_sent_to_an_earlier_life_of_asterisk_is_unknown_whatever_the_clocks_say(
    site: World,
) -> None:
    one = site.started(NUMBER, "7-1-100", ago=2)
    site.attempts.booted_at = site.now.wall - timedelta(hours=1)  # a clock that was set back says: it ran on
    site.attempts.life = site.attempts.fence = 200
    await settle(site)
    assert site.attempt("7-1-100").outcome is Outcome.UNKNOWN
    assert site.promise(one.promise_id).attempts == 1


async def test_keys_leave_astdb_some_time_after_the_end(site: World) -> None:
    site.started(NUMBER, "a1", ago=30)
    site.asterisk.stage("a1", "end,BUSY,0,1763720100")
    await settle(site)
    assert site.asterisk.actions("DBDel") == []
    site.later(601)
    await settle(site)
    assert [sent["Key"] for sent in site.asterisk.actions("DBDel")] == ["a1"]


async def test_a_person_who_says_do_not_call_me_in_two_seconds_is_heard(site: World) -> None:
    """E8: a definite outcome closes a promise; a short answer alone is none, but the agent's word is."""
    one = site.started(NUMBER, "a1", ago=30)
    site.asterisk.stage("a1", "end,ANSWER,2,1763720100,16")
    await settle(site)
    assert site.promise(one.promise_id).state is PromiseState.TALKING
    assert await site.attempts.state_outcome("a1", Outcome.REFUSED, "li", "", site.now.wall)
    assert site.promise(one.promise_id).state is PromiseState.REFUSED


async def test_news_of_an_asterisk_that_a_leader_gave_up_change_nothing(site: World) -> None:
    """Its bridge was frozen, and knows the attempt from before."""
    site.store.speak_for("west", first=False)
    one = site.started(NUMBER, "a1", ago=30)
    known = site.attempt("a1")

    def unknown(_attempt: Attempt, promise: Promise) -> tuple[Outcome, Next]:
        return Outcome.UNKNOWN, after_attempt(promise, Outcome.UNKNOWN, RULES, site.now.wall)

    site.asterisk.stage("a1", "end,ANSWER,25,1763720100")
    assert site.store.end_attempts_of("east", unknown, site.now.wall, "leader", "burnt") == []
    assert site.store.end_attempts_of("west", unknown, site.now.wall, "leader", "burnt") == [one.promise_id]
    before, ended = site.promise(one.promise_id), site.attempt("a1")
    assert await settle(site) == {}
    await site.attempts.finish(known, Outcome.ANSWERED, site.now.wall)
    assert not await site.attempts.state_outcome("a1", Outcome.REFUSED, "agent-1", "", site.now.wall)
    assert (site.promise(one.promise_id), site.attempt("a1")) == (before, ended)
