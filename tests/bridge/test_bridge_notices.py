"""Callers who asked for it hear that it is over (requirement B8): once each, at a pace, over every kill."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_world import Recording
from bridge_world import FENCE, START, World, capture, refusal, world

from alerts.policy import Way
from alerts.ports import Sender
from alerts.values import Fate, Receipt
from ami_bridge.alert_calls import AlertCalls
from ami_bridge.link import LinkDown
from ami_bridge.notices import Notices, ordered
from ami_bridge.originate import Guard
from ami_bridge.told import Told as ToldFile
from callbacks.policy import NoticePolicy
from callbacks.rules.notifying import After, Notice, Told, after, how_many
from callbacks.values import Asks, Matter, NoticeState
from fallback.policy import Trunk
from store import StoreBusy

POLICY = NoticePolicy(ways=("call",), per_minute=600)
BOTH = NoticePolicy(ways=("sms", "call"), per_minute=600)
NUMBER = "13900000001"
KEY = "pbx1:1"
FAMILY = "holdfast-alert"


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


@dataclass
class Site:
    """The moment, as the tests set it."""

    lines: int = 10
    ready: bool = True
    bad: dict[str, str] = field(default_factory=dict)
    way: Recording | None = None

    def stable(self) -> list[str]:
        return ["power"] if self.ready else []

    def line(self, scope: str, soon: int) -> Trunk | None:
        carrier = Trunk("carrier-a", "carrier-a", "PJSIP/{number}@carrier-a", 10)
        return carrier if self.lines - soon > 0 else None

    def refused(self, number: str) -> str:
        return self.bad.get(number, "")

    def texts(self) -> Sender | None:
        return self.way

    def international(self, number: str) -> str:
        return f"+86{number}"

    def words(self, scope: str, language: str) -> str:
        return f"{scope} works again"


@dataclass
class Run:
    """One run of the bridge's part; a kill is its end, without a word to anybody."""

    notices: Notices
    world: World

    async def round(self) -> None:
        await self.notices.round()
        await self.calm()

    async def calm(self) -> None:
        while tasks := set(self.notices._tasks):
            await asyncio.wait(tasks, timeout=1)

    async def look(self) -> None:
        """What Asterisk says of the calls, and what follows."""
        await self.notices.calls.look()
        await self.calm()

    def orders(self) -> list[dict[str, Any]]:
        return self.world.asterisk.actions("Originate")

    def stage(self, value: str, which: int = -1) -> None:
        """What the dial plan writes of a call."""
        self.world.asterisk.db[FAMILY, self.orders()[which]["Exten"]] = value


@pytest.fixture
def book(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


def asked(book: World, *numbers: str) -> None:
    one = replace(capture("0"), asks=Asks.NOTICE, matter=Matter.UNSTATED, wanted=False, at=START)
    lines = [
        replace(one, key=f"pbx1:{n}", number=number, language="en") for n, number in enumerate(numbers, 1)
    ]
    book.store.import_captures(lines, "spool", 1, START)


@asynccontextmanager
async def running(
    book: World,
    site: Site,
    policy: NoticePolicy = POLICY,
    store: Any = None,
    told: ToldFile | None = None,
) -> AsyncIterator[Run]:
    calls = AlertCalls(
        book.asterisk,
        lambda: Guard(FENCE, int(book.now.wall.timestamp())),
        tuple,
        lambda *_: None,
        lambda: book.now,
        order=ordered,
    )
    notices = Notices(
        policy, store or book.store, book.thread, calls, site, lambda: book.now, told or ToldFile()
    )
    try:
        yield Run(notices, book)
    finally:
        for task in notices._tasks:
            task.cancel()
        await asyncio.gather(*notices._tasks, return_exceptions=True)


def state(book: World, key: str = KEY) -> NoticeState:
    found = book.store.notice(key)
    assert found is not None
    return found.state


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


# -- kills


async def test_a_kill_after_the_call_was_heard_costs_the_caller_no_second_one(book: World) -> None:
    asked(book, NUMBER)
    async with running(book, Site()) as run:
        await run.round()
        run.stage("heard,1")
    async with running(book, Site()) as again:
        await again.round()
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.SENT, 1)


async def test_a_kill_while_it_rings_leaves_the_call_to_the_next_run(book: World) -> None:
    asked(book, NUMBER)
    async with running(book, Site()) as run:
        await run.round()
        run.stage("dial,1")
    async with running(book, Site()) as again:
        await again.round()
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.INTENDED, 1)
        again.stage("heard,2")
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.SENT, 1)


async def test_a_kill_before_the_order_left_costs_the_caller_only_a_minute(book: World) -> None:
    asked(book, NUMBER)

    def die(_order: Any) -> None:
        raise LinkDown("killed before the order was on the wire")

    async with running(book, Site()) as run:
        book.asterisk.before = die
        await run.round()
    book.asterisk.before = lambda _: None
    book.asterisk.sent.clear()
    async with running(book, Site()) as again:
        await again.round()
        assert again.orders() == [], "the order may yet be on its way"
        book.later(30)
        await again.look()
        assert state(book) is NoticeState.WAITING
        book.later(61)
        await again.round()
        again.stage("heard,1")
        await again.look()
        assert (state(book), len(again.orders())) == (NoticeState.SENT, 1)


async def test_a_kill_while_a_text_was_being_sent_leaves_it_unknown_for_ever(book: World) -> None:
    asked(book, NUMBER)
    way = Recording(Way.SMS, hangs=True)
    async with running(book, Site(way=way), BOTH) as run:
        await run.notices.round()
        await asyncio.sleep(0.01)
        assert len(way.sent) == 1
    way.hangs = False
    async with running(book, Site(way=way), BOTH) as again:
        await again.round()
        assert (state(book), len(way.sent), again.orders()) == (NoticeState.UNKNOWN, 1, [])


class Shelf:
    """The store, which goes away as soon as something was intended."""

    def __init__(self, store: Any) -> None:
        self._store, self.away = store, False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def asked(*given: Any, **more: Any) -> Any:
            if self.away:
                raise StoreBusy("held by another process")
            result = call(*given, **more)
            self.away = name == "intend_notice"
            return result

        return asked


async def test_an_outcome_that_the_store_did_not_take_is_written_when_it_is_back(book: World) -> None:
    asked(book, NUMBER)
    shelf = Shelf(book.store)
    async with running(book, Site(), store=shelf) as run:
        await run.round()
        run.stage("heard,1")
        await run.look()
        assert state(book) is NoticeState.INTENDED
        with pytest.raises(StoreBusy):
            await run.round()
        shelf.away = False
        await run.round()
        assert (state(book), len(run.orders())) == (NoticeState.SENT, 1)


# -- a book that became an older copy


def older(book: World, *numbers: str) -> None:
    """The rows come in again from the spool, as if nothing had been sent."""
    with book.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM notice")
        connection.exec_driver_sql("DELETE FROM capture")
    asked(book, *numbers)


async def test_who_was_told_is_not_told_again_when_the_book_becomes_an_older_copy(
    book: World, tmp_path: Path
) -> None:
    """B8: once, also over a fail-over; also whoever asked twice, and only the newer line came in again."""
    asked(book, NUMBER)
    path = tmp_path / "notices.jsonl"
    async with running(book, Site(), told=ToldFile(path)) as run:
        await run.round()
        run.stage("heard,1")
        await run.look()
    older(book, NUMBER, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as again:
        await again.round()
        await again.round()
        assert len(again.orders()) == 1
    assert [state(book, f"pbx1:{n}") for n in (1, 2)] == [NoticeState.SENT] * 2


async def test_what_was_on_its_way_when_the_book_was_lost_is_unknown_and_never_sent_again(
    book: World, tmp_path: Path
) -> None:
    asked(book, NUMBER)
    path = tmp_path / "notices.jsonl"
    async with running(book, Site(), told=ToldFile(path)) as run:
        await run.round()
    path.write_bytes(path.read_bytes() + b'{"key":"pbx1:1","st')  # a power cut in the next word
    older(book, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as again:
        await again.round()
        assert (state(book), len(again.orders())) == (NoticeState.UNKNOWN, 1)


async def test_what_surely_did_not_leave_is_sent_also_after_the_book_was_lost(
    book: World, tmp_path: Path
) -> None:
    asked(book, NUMBER)
    path = tmp_path / "notices.jsonl"
    async with running(book, Site(), told=ToldFile(path)) as run:
        await run.round()
        run.stage("end,CONGESTION,1")
        await run.look()
    older(book, NUMBER)
    async with running(book, Site(), told=ToldFile(path)) as again:
        await again.round()
        assert len(again.orders()) == 2


async def test_nothing_is_sent_that_cannot_be_written_down_first(book: World, tmp_path: Path) -> None:
    asked(book, NUMBER)
    (tmp_path / "notices.jsonl").mkdir()
    told = ToldFile()
    told._path = tmp_path / "notices.jsonl"
    async with running(book, Site(), told=told) as run:
        await run.round()
        assert (state(book), run.orders()) == (NoticeState.WAITING, [])
        (tmp_path / "notices.jsonl").rmdir()
        book.later(61)
        await run.round()
        assert len(run.orders()) == 1


def test_the_file_of_what_was_told_does_not_grow_for_ever(tmp_path: Path) -> None:
    told = ToldFile(tmp_path / "notices.jsonl", expires=60.0)
    for n in range(2500):
        at = START + timedelta(seconds=n)
        told.put(Notice(f"pbx1:{n}", "power", NUMBER, "en", at), NoticeState.SENT, at)
    kept = ToldFile(tmp_path / "notices.jsonl")
    assert kept.of(Notice("pbx1:2499", "power", NUMBER, "en", START)) is NoticeState.SENT
    assert len((tmp_path / "notices.jsonl").read_bytes().splitlines()) < 1200
    assert len(told._words) < 1200
