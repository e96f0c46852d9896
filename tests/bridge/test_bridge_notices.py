"""Callers who asked for it hear that it is over (requirement B8): once each, at a pace, over every kill."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alert_world import Recording
from bridge_world import START, World, refusal, world
from notices_run import BOTH, KEY, NUMBER, POLICY, Site, asked, running, state

from alerts.policy import Way
from alerts.values import Fate, Receipt
from callbacks.policy import NoticePolicy
from callbacks.rules.notifying import After, Told, after, how_many
from callbacks.values import NoticeState

# -- the rule


def test_the_pace_is_kept_in_every_minute_and_spread_over_it() -> None:
    policy = NoticePolicy(per_minute=30)
    assert how_many([], policy, 2.0, START) == 1
    assert how_many([START] * 30, policy, 2.0, START) == 0
    assert how_many([START - timedelta(minutes=2)] * 30, policy, 2.0, START) == 1, "long ago"


@pytest.mark.parametrize(
    ("told", "way", "follows"),
    [
        (Told.HEARD, "sms", After(NoticeState.SENT)),
        (Told.UNKNOWN, "sms", After(NoticeState.UNKNOWN)),
        (Told.NOT_HEARD, "sms", After(way="call")),
        (Told.NOT_SENT, "sms", After(way="call")),
        (Told.NOT_HEARD, "call", After(NoticeState.FAILED)),
        (Told.NOT_SENT, "call", After()),
    ],
)
def test_only_what_surely_was_not_heard_is_followed_by_another_way(
    told: Told, way: str, follows: After
) -> None:
    assert after(told, way, BOTH, {"sms", "call"}) == follows


# -- the bridge's part


@pytest.fixture
def book(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


async def test_a_call_is_intended_before_it_is_made_and_over_when_it_was_heard(book: World) -> None:
    asked(book, NUMBER)
    seen: list[NoticeState] = []
    book.asterisk.before = lambda _: seen.append(state(book))
    async with running(book, Site()) as run:
        await run.round()
        assert seen == [NoticeState.INTENDED]
        (order,) = run.orders()
        assert (order["Context"], order["Channel"].split("@")[1]) == (
            "holdfast-notice",
            "holdfast-alert-dial/n",
        )
        assert {"HF_SPEAK=notice-restored", "HF_LANG=en", f"HF_DIAL=PJSIP/{NUMBER}@carrier-a"} <= set(
            order["Variable"]
        )
        run.stage("heard,1")
        await run.look()
        assert state(book) is NoticeState.SENT
        for _ in range(3):
            await run.round()
        assert len(run.orders()) == 1


async def test_nobody_is_told_before_the_scope_is_stable_nor_without_a_line_beyond_the_reserve(
    book: World,
) -> None:
    asked(book, NUMBER)
    site = Site(ready=False)
    async with running(book, site) as run:
        await run.round()
        site.ready, site.lines = True, 0
        await run.round()
        assert (run.orders(), state(book)) == ([], NoticeState.WAITING)
        site.lines = 1
        await run.round()
        assert len(run.orders()) == 1, "one line is enough for one call"


@pytest.mark.parametrize(
    ("stage", "became"),
    [
        ("end,BUSY,1", NoticeState.FAILED),
        ("end,NOANSWER,1", NoticeState.FAILED),
        ("end,ANSWER,1", NoticeState.UNKNOWN),  # answered, and hung up before the words were over
        ("heard,1", NoticeState.SENT),
    ],
)
async def test_whatever_became_of_a_call_it_is_not_made_again(
    book: World, stage: str, became: NoticeState
) -> None:
    asked(book, NUMBER)
    async with running(book, Site()) as run:
        await run.round()
        run.stage(stage)
        await run.look()
        assert state(book) is became
        book.later(3600)
        await run.round()
        assert len(run.orders()) == 1


async def test_what_surely_did_not_leave_is_made_later_under_another_name(book: World) -> None:
    """The guarded context knows the first name, and would refuse it."""
    asked(book, NUMBER)
    async with running(book, Site()) as run:
        book.asterisk.answers["Originate"] = [refusal("no such channel")]
        await run.round()
        assert state(book) is NoticeState.WAITING
        await run.round()
        assert len(run.orders()) == 1, "not at once"
        book.later(61)
        await run.round()
        run.stage("end,CONGESTION,1")
        await run.look()
        book.later(61)
        await run.round()
        assert len({one["Exten"] for one in run.orders()}) == 3
        run.stage("heard,1")
        await run.look()
        assert state(book) is NoticeState.SENT


async def test_numbers_that_may_not_be_dialled_and_notices_that_come_too_late_are_ended(book: World) -> None:
    asked(book, NUMBER, "16812345678")
    async with running(book, Site(bad={"16812345678": "premium"})) as run:
        await run.round()
        assert state(book, "pbx1:2") is NoticeState.FAILED
        run.stage("end,CONGESTION,1")
        await run.look()
        book.later(86_401)
        await run.round()
        assert (state(book), len(run.orders())) == (NoticeState.EXPIRED, 1)


async def test_text_messages_come_first_where_the_policy_says_so_and_a_refused_one_is_followed_by_a_call(
    book: World,
) -> None:
    asked(book, NUMBER, "13900000002")
    way = Recording(Way.SMS, [Receipt(Fate.SENT), Receipt(Fate.FAILED, "no such number", permanent=True)])
    async with running(book, Site(way=way), BOTH) as run:
        await run.round()
        assert [one.address for one in way.sent] == [f"+86{NUMBER}", "+8613900000002"]
        assert way.sent[0].words == "power works again"
        assert (state(book), state(book, "pbx1:2")) == (NoticeState.SENT, NoticeState.INTENDED)
        assert len(run.orders()) == 1
        run.stage("heard,1")
        await run.look()
        assert state(book, "pbx1:2") is NoticeState.SENT


async def test_a_text_of_which_nobody_can_say_is_followed_by_nothing(book: World) -> None:
    asked(book, NUMBER)
    way = Recording(Way.SMS, [RuntimeError("the line broke")])
    async with running(book, Site(way=way), BOTH) as run:
        await run.round()
        assert (state(book), run.orders()) == (NoticeState.UNKNOWN, [])


async def test_the_pace_of_the_policy_is_kept(book: World) -> None:
    asked(book, *(f"139000000{n:02}" for n in range(20)))
    async with running(book, Site(lines=100), NoticePolicy(per_minute=6)) as run:
        for _ in range(60):
            await run.round()
            book.later(2)
        assert len(run.orders()) <= 13, "two minutes at six a minute, and one at either end"
        assert len(run.orders()) >= 12


async def test_a_clock_that_is_set_back_by_hours_holds_no_notice_up(book: World) -> None:
    policy = replace(POLICY, per_minute=30, expires=7 * 86_400.0)
    asked(book, NUMBER, "13900000002")
    async with running(book, Site(), policy) as run:
        for _ in range(40):
            run.notices._begun.append(START + timedelta(hours=3))
        run.notices._not_before[KEY] = START + timedelta(hours=3)
        await run.round()
        await run.round()
        assert len(run.orders()) == 2


async def test_whoever_asked_three_times_is_told_once(book: World) -> None:
    asked(book, NUMBER, NUMBER, NUMBER)
    async with running(book, Site()) as run:
        await run.round()
        assert len(run.orders()) == 1
        run.stage("heard,1")
        await run.look()
        book.later(61)
        await run.round()
        assert len(run.orders()) == 1
    assert [state(book, f"pbx1:{n}") for n in (1, 2, 3)] == [NoticeState.SENT] * 3
