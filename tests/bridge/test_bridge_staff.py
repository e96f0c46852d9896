"""Staff in the bridge: what they are told outlives the store's absence and a kill, and what they say reaches the core."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from alert_world import AT, Recording, person, policy_of, rung
from bridge_mind import until
from bridge_world import World, world

from alerts.dispatcher import REMINDER, Alerts
from alerts.journal import FileJournal
from alerts.policy import Way
from alerts.ports import JournalFailed
from alerts.values import Fate, Receipt
from ami_bridge.alert_calls import AlertCalls, call_id
from ami_bridge.staff import Staff
from config.settings import Settings, load_settings
from fallback.decision import RaiseRung, StopRungs, TellEnd
from fallback.events import Acknowledged
from fallback.state import Case
from store import StoreBusy

POLICY = policy_of(person("wang", Way.SMS, Way.NOTE), person("zhou", Way.SMS))
INCIDENT = "INC-power-1"
CASE = Case(INCIDENT, "power", "A2", "A2 billing", AT, "a2")


class Away:
    """The store, which can be taken away."""

    def __init__(self, store: Any) -> None:
        self._store, self.away, self.asked = store, False, 0

    def put_messages(self, rows: Any) -> None:
        self.asked += 1
        if self.away:
            raise StoreBusy("held by another process")
        self._store.put_messages(rows)


@dataclass
class Run:
    """One run of staff's part on a site's folder."""

    staff: Staff
    ways: dict[Way, Recording]
    heard: list[Any]
    store: Away

    def sent(self) -> list[tuple[str, str]]:
        """(person, rung) of what left, in order of the ways."""
        return [(one.person, one.rung.partition("/")[2]) for way in self.ways.values() for one in way.sent]


@dataclass
class Place:
    site: World
    settings: Settings
    runs: list[Run] = field(default_factory=list)

    def fates(self) -> list[str]:
        return [one.fate for one in self.site.store.messages(INCIDENT)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr("ami_bridge.staff.RETRY_SECONDS", 0.02)
    file = tmp_path / "policy.yaml"
    file.touch()
    settings = load_settings(data_dir=tmp_path, policy_file=file, ami_secret="nobody")
    with world(tmp_path) as site:
        yield Place(site, settings)


@asynccontextmanager
async def running(
    place: Place, *open_: Case, on: bool = True, away: bool = False, begin: bool = True
) -> AsyncIterator[Run]:
    """Until the block ends, then it ends as by SIGTERM."""
    site, heard = place.site, list[Any]()
    store = Away(site.store)
    store.away = away

    async def at_once() -> None:
        return

    calls = AlertCalls(site.asterisk, lambda: None, tuple, lambda *_: None, lambda: site.now)
    ways = {way: Recording(way) for way in (Way.SMS, Way.NOTE)}
    taken: Any = store
    staff = Staff(
        place.settings,
        POLICY,
        on,
        calls,
        taken,
        site.thread,
        at_once,
        heard.append,
        lambda: site.now,
        senders=ways,
    )
    if begin:
        staff.begin({one.key: one for one in open_})
    task = asyncio.create_task(staff.run())
    try:
        yield Run(staff, ways, heard, store)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        staff.close()
    assert task.cancelled()


async def test_rows_that_the_store_did_not_take_are_written_when_it_is_back(place: Place) -> None:
    async with running(place, CASE, away=True) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: run.store.asked > 2)
        assert place.fates() == []
        run.store.away = False
        await until(lambda: place.fates() == ["sent"])
    assert run.sent() == [("wang", "a2.engineer")], "once, whatever the store did"


async def test_rows_that_a_stop_left_are_said_again_by_the_next_run(place: Place) -> None:
    """The record must not say for ever that a message was never sent."""
    async with running(place, CASE, away=True) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: bool(run.ways[Way.SMS].sent) and run.store.asked > 1)
    assert place.fates() == []
    async with running(place, CASE) as again:
        await until(lambda: place.fates() == ["sent"])
    assert again.sent() == []


async def test_what_waits_at_the_end_is_written_at_the_end(place: Place) -> None:
    async with running(place, CASE, away=True) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: run.store.asked > 0 and bool(run.ways[Way.SMS].sent))
        run.store.away = False
    assert place.fates() == ["sent"]


async def test_an_acknowledgement_becomes_the_cores_event(place: Place) -> None:
    async with running(place, CASE) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
        assert await run.staff.alerts.acknowledge(run.ways[Way.SMS].sent[0].key)
    assert run.heard == [Acknowledged(INCIDENT, "wang", "web")]


async def test_an_acknowledgement_that_a_kill_kept_from_the_core_is_said_again_until_it_has_it(
    place: Place,
) -> None:
    async with running(place, CASE) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
        await run.staff.alerts.acknowledge(run.ways[Way.SMS].sent[0].key)
    async with running(place, CASE) as again:  # the record has no acknowledgement
        await until(lambda: bool(again.heard))
        assert [(one.incident, one.who) for one in again.heard] == [(INCIDENT, "wang")]
    taken = Case(INCIDENT, "power", "A2", "A2 billing", AT, "a2", acked_by="wang")
    async with running(place, taken) as third:
        await third.staff.alerts.ready()
        assert third.heard == []


async def test_a_rung_said_again_after_a_restart_goes_to_nobody_twice(place: Place) -> None:
    async with running(place, CASE) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
    async with running(place, CASE) as again:
        again.staff.perform((rung("engineer"), rung("zhou")))
        await until(lambda: bool(again.ways[Way.SMS].sent))
    assert again.sent() == [("zhou", "a2.zhou")], "only the rung that the kill kept from the journal"


async def test_who_was_told_of_an_incident_that_ended_while_we_were_down_hears_of_it(place: Place) -> None:
    """F3"""
    async with running(place, CASE) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
    async with running(place) as again:
        await until(lambda: bool(again.ways[Way.SMS].sent))
        assert again.sent() == [("wang", "end")]
    async with running(place) as third:
        await third.staff.alerts.ready()
        await asyncio.sleep(0.05)
    assert third.sent() == []


async def test_switched_off_nothing_is_sent_and_switched_on_again_everything_that_is_due(
    place: Place,
) -> None:
    async with running(place, CASE) as run:
        run.staff.use(POLICY, on=False, shown="")
        run.staff.perform((rung("engineer"),))
        await asyncio.sleep(0.05)
        assert run.sent() == []
        run.staff.use(POLICY, on=True, shown="")
        run.staff.begin({CASE.key: CASE})
        run.staff.perform((rung("engineer"),))
        await until(lambda: run.sent() == [("wang", "a2.engineer")])


async def test_switched_off_within_a_ladder_the_next_way_is_not_used_and_the_end_is_kept(
    place: Place,
) -> None:
    async with running(place, CASE) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
        run.staff.use(POLICY, on=False, shown="")
        run.staff.alerts.receipt(run.ways[Way.SMS].sent[0].key, Receipt(Fate.UNKNOWN))
        run.staff.perform((StopRungs(INCIDENT, "li", ("a2.engineer",)), TellEnd(INCIDENT, {"kind": "A2"})))
        await asyncio.sleep(0.05)
        assert run.sent() == [("wang", "a2.engineer")]
        run.staff.use(POLICY, on=True, shown="")
        await until(lambda: ("wang", "end") in run.sent())
        assert not run.ways[Way.NOTE].sent, "of an incident that is over only the end is told"


async def test_what_still_rings_for_a_rung_that_was_stopped_is_to_stop(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the call ends in Asterisk: tests/alerts and tests/ivr."""
    told: list[str] = []
    monkeypatch.setattr(AlertCalls, "hang_up", lambda _self, keys: told.extend(keys))
    monkeypatch.setattr(Alerts, "needless", lambda _self, way: (f"{way} that rings",))
    async with running(place, CASE) as run:
        await run.staff.alerts.ready()
        run.staff.perform((rung("engineer"),))
        assert told == []
        run.staff.perform((StopRungs(INCIDENT, "li", ("a2.engineer",)),))
        assert told == ["call that rings"]
        run.staff.perform((TellEnd(INCIDENT, {"kind": "A2"}),))
        assert told == ["call that rings"] * 2


async def test_a_reminder_that_is_confirmed_is_nothing_to_the_core(place: Place) -> None:
    async with running(place) as run:
        run.staff.perform((rung("engineer", incident=f"{REMINDER}evacuation-2026-W47"),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
        assert await run.staff.alerts.acknowledge(run.ways[Way.SMS].sent[0].key)
    assert run.heard == []


async def test_calls_of_an_earlier_run_are_adopted_also_when_the_link_is_faster_than_the_journal(
    place: Place,
) -> None:
    key = f"{INCIDENT}/a2.engineer/wang/call"
    journal = FileJournal(place.settings.data_dir / "alerts")
    with journal:
        journal.load()
        same = {"at": AT.isoformat(), "incident": INCIDENT}
        raised = {"e": "rung", "key": f"{INCIDENT}/a2.engineer", "rung": "engineer", "text": "a2-engineer"}
        facts = {"facts": {}, "due_at": AT.isoformat(), "drill": False, "people": [["wang", "engineer"]]}
        tried = {"e": "try", "rung": f"{INCIDENT}/a2.engineer", "person": "wang", "way": "call"}
        journal.append([{**same, **raised, **facts}, {**same, **tried, "key": key, "batch": key}])
    async with running(place, CASE) as run:
        run.staff.connected()  # before the journal was read
        await run.staff.alerts.ready()
        assert call_id(key) in run.staff.calls._calls


async def test_a_disk_that_takes_nothing_is_told_until_it_does(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = FileJournal.append, [True]

    def append(journal: FileJournal, entries: Any) -> None:
        if full[0]:
            raise JournalFailed("no space left")
        real(journal, entries)

    monkeypatch.setattr(FileJournal, "append", append)
    monkeypatch.setattr("alerts.dispatcher.DISK_AGAIN", 0.02)
    async with running(place, CASE) as run:
        run.staff.perform((rung("engineer"),))
        await until(lambda: run.staff.trouble == "no space left")
        await until(lambda: run.sent() == [("wang", "a2.engineer")])  # silence is worse
        full[0] = False
        await until(lambda: run.staff.trouble == "")


def duty_rung() -> RaiseRung:
    facts = {"kind": "danger", "scope": "power", "number": "13912341234", "opened_at": AT.isoformat()}
    return RaiseRung("DUTY-1/round-1.danger", "DUTY-1", "danger", ("wang",), "duty-danger", AT, facts)


async def test_whoever_takes_danger_on_tells_the_duty_desk_and_not_the_core_also_after_a_restart_E0(
    place: Place,
) -> None:
    taken: list[tuple[str, str]] = []
    async with running(place) as run:
        run.staff.taken_on = lambda *said: taken.append(said)
        run.staff.perform((duty_rung(),))
        await until(lambda: bool(run.ways[Way.SMS].sent))
        assert "13912341234" in run.ways[Way.SMS].sent[0].words, "whoever is on duty must be able to call"
        await run.staff.alerts.acknowledge(run.ways[Way.SMS].sent[0].key)
        assert (taken, run.heard) == ([("DUTY-1", "wang")], [])
    async with running(place, begin=False) as again:
        again.staff.taken_on = lambda *said: taken.append(said)
        again.staff.begin({})
        await again.staff.alerts.ready()
        assert (taken, again.heard) == ([("DUTY-1", "wang")] * 2, [])
        assert again.sent() == [], "nobody is told that a danger which he took on is over"


async def test_danger_waits_for_no_limit_of_a_person_E0(place: Place) -> None:
    async with running(place) as run:
        run.staff.use(replace(POLICY, limit=1), True, "")
        for n in range(5):
            incident = f"DUTY-{n}"
            run.staff.perform((replace(duty_rung(), key=f"{incident}/round-1.danger", incident=incident),))
        await until(lambda: len(run.ways[Way.SMS].sent) == 5)


async def test_a_role_is_unmanned_where_alerts_are_off_or_nobody_holds_it(place: Place) -> None:
    async with running(place) as run:
        assert run.staff.unmanned("wang") == ""
        assert run.staff.unmanned("duty") == "nobody holds the role 'duty': name people in alerts.roles.duty"
        run.staff.use(POLICY, False, "")
        assert run.staff.unmanned("wang") == "alerts are switched off"
