"""The sources around the tests of trunks: calls and their table, round trips, lines."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ami_bridge.events import TrunkCallEnded, TrunkRang
from ami_bridge.inbox import AmiEvent
from ami_bridge.link import NoReply, Reply
from ami_bridge.readings import SLOW_COUNT, Memory
from ami_bridge.site import Site, site_of
from ami_bridge.sources import trunk_calls
from ami_bridge.sources.trunk_calls import TrunkCalls
from ami_bridge.sources.trunk_lines import TrunkLines
from ami_bridge.sources.trunk_round_trip import TrunkRoundTrips
from ami_bridge.sources.trunk_silence import HOURS, Counts, Hour
from ami_bridge.translate import Translator
from config.sources import ShareRule, SilenceRule, TrunkWatch
from fallback.events import Event, Evidence, LinesSeen, TrunkSeen
from fallback.policy import Policy, Trunk
from fallback.time import Now

SITE = Site({"carrier-a": "A", "carrier-b": "B"}, frozenset({"power"}))
MONDAY_TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten o'clock in Shanghai
WATCH = TrunkWatch(
    share=ShareRule(window=60.0, least_calls=2, bad_share=0.5, good_share=0.2),
    silence=SilenceRule(false_alarms=0.02),
)
GROUPS = {"carriers": ("A", "B"), "C": ("C",)}


def test_the_policys_watch_becomes_the_sites_names() -> None:
    trunk = Trunk("A", "carrier-a", "PJSIP/{number}@carrier-a", 30)
    policy = Policy(trunks={"A": trunk}, pools={}, scopes={})
    assert site_of(policy) == Site({"carrier-a": "A"}, frozenset())
    watch = TrunkWatch(registrations={"A": "reg-a"}, alarms={"A": ("1", "channel 3")}, rtt_limit=0.4)
    assert site_of(policy, watch) == Site(
        {"carrier-a": "A"},
        frozenset(),
        registrations={"reg-a": "A"},
        alarms={"span 1": "A", "channel 3": "A"},
        round_trips={"A": 0.4},
    )


class Calls:
    """The source with a clock that is set by hand, and a table in which carriers are called every two minutes."""

    def __init__(self, folder: Path, *, learned: bool = True) -> None:
        self.told: list[Event] = []
        self.at = MONDAY_TEN
        self.folder = folder
        if learned:
            counts = Counts(hours=((Hour(30, 60.0),) * 8,) * HOURS)
            (folder / "silence.json").write_text(json.dumps({"carriers": counts.to_json()}))
        self.source = self.begin()

    def begin(self, *, weekday: int | None = None) -> TrunkCalls:
        def of(day: date) -> int:
            return day.weekday() if weekday is None else weekday

        zone = ZoneInfo("Asia/Shanghai")
        return TrunkCalls(WATCH, GROUPS, self.told.append, self.now, zone, self.folder, of)

    def now(self) -> Now:
        return Now(self.at, self.at.timestamp())

    def minutes(self, count: int) -> None:
        for _ in range(count):
            self.at += timedelta(minutes=1)
            self.source._look()

    def rang(self, trunk: str) -> None:
        self.source.heard(TrunkRang(trunk, "1.1", "13900000001", "95598"))

    def silence(self) -> list[tuple[str, bool]]:
        return [
            (seen.trunk, seen.good)
            for seen in self.told
            if isinstance(seen, TrunkSeen) and seen.evidence is Evidence.SILENCE
        ]


def test_a_silent_group_is_bad_until_any_of_its_trunks_is_called(tmp_path: Path) -> None:
    calls = Calls(tmp_path)
    calls.source.connected()
    calls.rang("A")
    calls.minutes(200)
    assert calls.silence() == [("A", False), ("B", False)]
    assert isinstance(calls.told[0], TrunkSeen)
    assert "are usual" in calls.told[0].detail
    calls.rang("B")
    assert calls.silence()[2:] == [("A", True), ("B", True)]


def test_while_the_link_is_lost_nothing_is_silence_and_the_pause_begins_anew(tmp_path: Path) -> None:
    calls = Calls(tmp_path)
    calls.minutes(500)  # never connected
    calls.source.connected()
    calls.minutes(20)
    calls.source.lost()
    calls.minutes(500)
    calls.source.connected()
    calls.minutes(20)
    calls.at += timedelta(minutes=300)  # the machine slept
    calls.minutes(20)
    assert calls.silence() == []


async def test_what_is_learned_outlives_the_program(tmp_path: Path) -> None:
    calls = Calls(tmp_path, learned=False)
    calls.source.connected()
    for _ in range(61):
        calls.rang("A")
        calls.minutes(1)
    running = asyncio.create_task(calls.source.run())
    while not (tmp_path / "silence.json").exists():  # noqa: ASYNC110 - nothing tells when a thread has written
        await asyncio.sleep(0.01)
    running.cancel()
    again = calls.begin()
    assert again._counts()["carriers"].hours[10][-1].calls == 60
    assert not (tmp_path / "silence.new").exists()


def test_a_table_that_cannot_be_read_is_kept_beside_and_learning_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "silence.json").write_text("{")
    calls = Calls(tmp_path, learned=False)
    assert (tmp_path / "silence.broken").read_text() == "{"
    calls.source.connected()
    calls.minutes(300)
    assert calls.silence() == []


def test_a_disk_that_does_not_take_the_table_is_told_and_no_error(tmp_path: Path) -> None:
    assert not trunk_calls._keep(tmp_path / "missing" / "silence.json", {})


def test_a_holiday_follows_the_custom_of_the_day_that_it_is_given(tmp_path: Path) -> None:
    hours = tuple((Hour(30 if slot < 144 else 0, 60.0),) * 8 for slot in range(HOURS))
    counts = Counts(hours=hours)  # no calls on Sundays
    (tmp_path / "silence.json").write_text(json.dumps({"carriers": counts.to_json()}))
    calls = Calls(tmp_path, learned=False)
    calls.source = calls.begin(weekday=6)
    calls.source.connected()
    calls.minutes(300)
    assert calls.silence() == []


def test_the_share_is_watched_with_the_clock_and_told_again_after_a_reconnect(tmp_path: Path) -> None:
    calls = Calls(tmp_path)
    calls.source.connected()
    for _ in range(2):
        calls.source.heard(TrunkCallEnded("A", "1.1", outgoing=True, heard_of=False, cause=34))
    calls.source.lost()
    calls.source.connected()
    calls.minutes(2)
    share = [
        seen.good for seen in calls.told if isinstance(seen, TrunkSeen) and seen.evidence is Evidence.SHARE
    ]
    assert share == [False, False, True]


def test_what_the_policy_does_not_ask_for_is_not_watched(tmp_path: Path) -> None:
    told: list[Event] = []
    calls = Calls(tmp_path)
    nothing = replace(WATCH, share=None, silence=None)
    source = TrunkCalls(nothing, GROUPS, told.append, calls.now, ZoneInfo("UTC"), tmp_path)
    source.connected()
    source.heard(TrunkRang("A", "1.1", "", ""))
    source.heard(TrunkCallEnded("A", "1.1", outgoing=True, heard_of=False, cause=34))
    source.lost()
    source._look()
    assert told == []


class Answers:
    """A link that answers with what it is given."""

    def __init__(self, *events: Mapping[str, str]) -> None:
        self.events: Iterable[Mapping[str, str]] = events
        self.lost = False

    async def __call__(self, headers: Mapping[str, str]) -> Reply:
        if self.lost:
            raise NoReply("gone")
        return Reply(True, "", {}, tuple(self.events))


def contact(micros: str, status: str = "Reachable") -> dict[str, str]:
    return {"Event": "ContactStatusDetail", "URI": "sip:a", "Status": status, "RoundtripUsec": micros}


async def test_a_contact_that_is_slow_several_times_is_bad_and_one_quick_answer_does_not_mend_it() -> None:
    """D1: a level that a single answer could flip would switch callers for nothing."""
    memory, told, answers = Memory(), list[Event](), Answers()
    memory.contacts.note("A", "sip:a", "Reachable")
    site = replace(SITE, round_trips={"A": 0.5})
    source = TrunkRoundTrips(site, memory, answers, lambda: True, told.append)

    async def ask(micros: str, times: int) -> list[bool]:
        told.clear()
        answers.events = [contact(micros)]
        for _ in range(times):
            await source._ask("carrier-a", "A", 0.5)
        return [
            seen.good for seen in told if isinstance(seen, TrunkSeen) and seen.evidence is Evidence.CONTACT
        ]

    assert await ask("900000", SLOW_COUNT - 1) == []
    assert await ask("100", 1) == []
    assert await ask("900000", SLOW_COUNT) == [False]
    assert await ask("N/A", 5) == []
    assert await ask("100", SLOW_COUNT - 1) == []
    assert await ask("900000", 1) == []
    event = {"EndpointName": "carrier-a", "AOR": "x", "URI": "sip:a", "ContactStatus": "Reachable"}
    (seen,) = Translator(site, memory)(AmiEvent("ContactStatus", event))
    assert isinstance(seen, TrunkSeen)
    assert not seen.good
    assert await ask("100", SLOW_COUNT) == [True]
    answers.lost = True
    assert await ask("900000", SLOW_COUNT) == []


def channel(number: int, trunk: str = "carrier-a") -> dict[str, str]:
    return {"Channel": f"PJSIP/{trunk}-{number:08x}", "Uniqueid": f"1.{number}", "Application": "Queue"}


async def test_lines_that_differ_from_asterisks_list_twice_in_a_row_are_set_right() -> None:
    """Once may be an event on its way."""
    memory, told = Memory(), list[Event]()
    memory.lines.correct([channel(1), channel(2)], SITE)
    answers = Answers(channel(2), channel(3))
    source = TrunkLines(SITE, memory, answers, lambda: True, told.append)
    await source.look()
    assert told == []
    answers.events = [channel(2), channel(3), channel(4, "carrier-b")]
    answers.lost = True
    await source.look()
    answers.lost = False
    await source.look()
    assert told == [LinesSeen("A", 2), LinesSeen("B", 1)]
    assert memory.lines.living.keys() == {"1.2", "1.3", "1.4"}
    await source.look()
    await source.look()
    assert len(told) == 2


async def test_lines_that_differ_in_another_way_each_time_are_left_alone() -> None:
    memory, told = Memory(), list[Event]()
    answers = Answers(channel(1))
    source = TrunkLines(SITE, memory, answers, lambda: True, told.append)
    for number in range(1, 6):
        answers.events = [channel(number)]
        await source.look()
    assert told == []


async def test_the_loops_ask_only_while_the_link_stands() -> None:
    memory, told, linked = Memory(), list[Event](), [False]
    site = replace(SITE, round_trips={"A": 0.5})
    memory.contacts.note("A", "sip:a", "Reachable")
    loops = (
        TrunkLines(site, memory, Answers(channel(1)), lambda: linked[0], told.append, every=0.001),
        TrunkRoundTrips(
            site, memory, Answers(contact("900000")), lambda: linked[0], told.append, every=0.001
        ),
    )
    tasks = [asyncio.create_task(one.run()) for one in loops]
    await asyncio.sleep(0.05)
    assert told == []
    linked[0] = True
    async with asyncio.timeout(5):
        while len(told) < 3:  # noqa: ASYNC110 - the sources have nobody to tell but a list
            await asyncio.sleep(0.005)
    for task in tasks:
        task.cancel()
    assert {type(one) for one in told} == {LinesSeen, TrunkSeen}
