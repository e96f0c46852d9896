"""E2, E3: the leader is told before a deadline is over, and when it is; whatever the rules want told is told in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from bridge_world import START, World, capture, world

from ami_bridge import deadlines
from ami_bridge.deadlines import GATHER, LATE, NEAR, Deadlines, SiteTerms, rung_of, to_warn
from callbacks.policy import CallbackPolicy
from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed, is_to_warn, next_deadline
from callbacks.rules.hours import CallCalendar
from callbacks.values import Matter, Promise, Touched
from config.call_hours import call_calendar
from config.policy import DEFAULT_POLICY, load_policy
from fallback.decision import Action, RaiseRung

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SITE = load_policy(DEFAULT_POLICY)
CALENDAR = call_calendar(SITE, START)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as one:
        yield one


@dataclass
class Watch:
    """Deadlines over a real book. nobody: why nobody can be told."""

    site: World
    policy: CallbackPolicy = field(default_factory=CallbackPolicy)
    said: list[RaiseRung] = field(default_factory=list)
    nobody: str = ""
    calendar: CallCalendar | None = CALENDAR

    def __post_init__(self) -> None:
        self.desk = Deadlines(
            policy=lambda: self.policy,
            owing=SiteTerms(lambda: SITE.callbacks, lambda: self.calendar).owing,
            store=self.site.store,
            thread=self.site.thread,
            clock=lambda: self.site.now,
            perform=self._hear,
            unmanned=lambda _role: self.nobody,
        )

    def _hear(self, actions: Sequence[Action]) -> None:
        self.said += [one for one in actions if isinstance(one, RaiseRung)]

    async def at(self, moment: datetime) -> list[RaiseRung]:
        """What is told then."""
        self.site.later((moment - self.site.now.wall).total_seconds())
        before = len(self.said)
        await self.desk.look()
        return self.said[before:]


def owing(
    site: World, number: str, first_by: datetime | None = None, answer_by: datetime | None = None
) -> int:
    """A promise of which this is owed."""
    terms = Terms(owed=lambda _matter, _at: Owed(first_by, answer_by))
    site.store.import_captures([capture(number)], "spool", 1, START, terms=terms)
    return max(one.id for one in site.store.open_promises(10_000))


async def test_the_leader_is_told_before_when_it_is_over_and_again(site: World) -> None:
    watch, by = Watch(site), START + 6 * HOUR
    id_ = owing(site, "13912341234", first_by=by)
    told = [
        (minutes, rung.text)
        for minutes in range(0, 15 * 60, 20)
        for rung in await watch.at(START + minutes * MINUTE)
    ]
    assert told == [(240, NEAR), (360, LATE), (600, LATE), (840, LATE)]
    assert {rung.roles for rung in watch.said} == {("leader",)}
    assert len({rung.key for rung in watch.said}) == 4
    assert [one.what for one in site.store.history(id_)].count(Touched.WARNED) == 4


async def test_who_was_called_or_closed_in_time_is_not_spoken_of(site: World) -> None:
    watch = Watch(site)
    id_ = owing(site, "13912341234", answer_by=START + 3 * HOUR)
    site.store.cancel(id_, START, "the caller cancelled it")
    assert await watch.at(START + 5 * HOUR) == []


async def test_what_came_near_meanwhile_is_one_message(site: World) -> None:
    """A storm: promises by the hundred, a minute apart, and not a message a minute."""
    watch = Watch(site)
    for minute in range(40):
        owing(site, f"139000000{minute:02}", answer_by=START + 4 * HOUR + minute * MINUTE)
    said = [rung for minute in range(110, 170, 1) for rung in await watch.at(START + minute * MINUTE)]
    assert [rung.facts["count"] for rung in said] == ["1", "15", "15", "9"]
    assert "#1" in said[0].facts["subject"]
    assert "139" not in str([rung.facts for rung in said])


async def test_a_restart_tells_nothing_again(site: World) -> None:
    owing(site, "13912341234", first_by=START + HOUR)
    assert len(await Watch(site).at(START)) == 1
    assert await Watch(site).at(START + 20 * MINUTE) == []


async def test_nobody_to_tell_is_said_and_it_is_told_when_there_is_somebody(site: World) -> None:
    watch = Watch(site, nobody="nobody holds the role 'leader'")
    owing(site, "13912341234", first_by=START + HOUR)
    assert await watch.at(START) == []
    assert "leader" in watch.desk.trouble
    watch.nobody = ""
    assert len(await watch.at(START + MINUTE)) == 1
    assert watch.desk.trouble == ""


async def test_a_message_of_more_than_one_look_finds_covers_the_next_looks(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storm: all have the same deadline. One message says that there are more; the book is never read or written at length."""
    monkeypatch.setattr(deadlines, "MOST", 3)
    watch = Watch(site)
    for one in range(7):
        owing(site, f"1390000000{one}", first_by=START + HOUR)
    said = [rung for minute in range(10) for rung in await watch.at(START + minute * MINUTE)]
    assert [rung.facts["count"] for rung in said] == ["3+"]
    assert all(one.warned_at is not None for one in site.store.open_promises())
    late = [rung for minute in range(60, 100) for rung in await watch.at(START + minute * MINUTE)]
    assert [(rung.text, rung.facts["late"]) for rung in late] == [(LATE, "3+")]


async def test_what_is_opened_with_its_deadline_near_is_told_within_minutes(site: World) -> None:
    """As a bill that is found to be a complaint days later: its time came near long before the last look."""
    watch = Watch(site)
    await watch.at(START)
    owing(site, "13912341234", answer_by=START + HOUR)
    said = [minute for minute in range(1, 12) if await watch.at(START + minute * MINUTE)]
    assert len(said) == 1
    assert said[0] <= 6


async def test_promises_of_an_older_version_get_their_deadlines_once_an_hour(site: World) -> None:
    site.store.import_captures([capture("13912341234")], "spool", 1, START)
    watch = Watch(site)
    watch.calendar = None
    await watch.desk.fill()
    (before,) = site.store.open_promises()
    assert before.first_by is None  # as long as the calendar is not known
    watch.calendar = CALENDAR
    await watch.desk.fill()
    (after,) = site.store.open_promises()
    assert after.first_by is not None
    assert after.first_by > START
    site.store.import_captures([capture("13912341235")], "spool", 2, START)
    await watch.desk.fill()
    assert site.store.open_promises()[-1].first_by is None  # not looked for at every look
    site.later(3600)
    await watch.desk.fill()
    assert all(one.first_by for one in site.store.open_promises())


def test_the_importer_s_terms_are_those_of_the_policy_and_the_day() -> None:
    """E2, E3, C3: a Saturday evening's complaint is to be called on Monday, and answered in five days."""
    assert SiteTerms(lambda: SITE.callbacks)().owed is None  # the calendar is not known yet
    terms = SiteTerms(lambda: SITE.callbacks, lambda: CALENDAR)()
    assert terms.owed is not None
    assert terms.fault is not None
    owed = terms.owed(Matter.COMPLAINT, START)
    assert owed.first_by == datetime.fromisoformat("2026-11-23T21:00+08:00")
    assert owed.answer_by == START + timedelta(days=5)
    assert terms.fault(replace(capture("1"), region="north")).startswith("power/north/")


def test_a_message_names_the_most_urgent_and_where_it_is() -> None:
    def one(id_: int, by: datetime, scope: str) -> Promise:
        bare = Promise(id_, scope, "1", "open", START, START, 0, 1, Matter.BILL, "en")  # type: ignore[arg-type]  # as the word
        return replace(bare, first_by=by)

    due = [one(7, START - HOUR, "power"), *(one(n, START + HOUR, "water") for n in range(10, 16))]
    rung = rung_of(due, "leader", START)
    assert (rung.text, rung.facts["late"], rung.facts["count"]) == (LATE, "1", "6")
    assert rung.facts["scope"] == "power, water"
    assert rung.facts["subject"] == "#7, #10, #11, #12, #13 …"
    assert rung.facts["opened_at"] == (START - HOUR).isoformat()


@pytest.mark.parametrize("repeat", [0.0, 3600.0])
def test_whatever_the_rules_want_told_is_found_in_the_book_in_time(site: World, repeat: float) -> None:
    """Every look of the book finds exactly those of which the rules say that the leader is to be told now."""
    policy, store, dice = CallbackPolicy(warn_repeat=repeat), site.store, Random(7)

    def some(most: int) -> datetime | None:
        return START + dice.randrange(most) * MINUTE if dice.random() < 0.7 else None

    lines = [replace(capture(f"138000000{one:02}"), at=START - one * MINUTE) for one in range(40)]
    owed = {line.at: Owed(some(30 * 60), some(30 * 60)) for line in lines}
    terms = Terms(owed=lambda _matter, at: owed[at])
    store.import_captures(lines, "spool", 1, START, terms=terms)
    for one in store.open_promises(40):
        if (warned := some(20 * 60)) is not None:
            store.mark_warned([one.id], warned - 20 * HOUR)
    told, last = 0, None
    for hour in range(35):
        now = START + hour * HOUR
        wanted = {one.id for one in store.open_promises(40) if is_to_warn(one, policy, now)}
        assert {one.id for one in to_warn(store, policy, now)} == wanted  # as after a restart
        assert {one.id for one in to_warn(store, policy, now, last)} == wanted
        last = now
        store.mark_warned(list(wanted), now)
        told += len(wanted)
    assert told > 60


async def test_what_is_owed_is_told_before_it_is_over_at_every_pace(site: World) -> None:
    """Messages a quarter of an hour apart, looks two minutes apart, and no deadline passes untold."""
    watch, by = Watch(site), START + 3 * HOUR
    for place in range(30):
        owing(site, f"1370000{place:04}", first_by=by + place * MINUTE)
    told: dict[int, datetime] = {}
    for minute in range(50, 110, 2):
        await watch.at(START + minute * MINUTE)
        for one in site.store.open_promises(100):
            if one.warned_at is not None:
                told.setdefault(one.id, one.warned_at)
    for one in site.store.open_promises(100):
        deadline = next_deadline(one)
        assert deadline is not None
        assert deadline.by - 2 * HOUR <= told[one.id] <= deadline.by - 2 * HOUR + GATHER + 2 * MINUTE
