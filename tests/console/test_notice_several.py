"""A site with several Asterisks has one public notice, of all of them (F5, docs/adr/0027)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import console_story as story
import pytest
from records_story import POLICY

from console.records.notice import Notice, build_all, wording_of
from console.records.notice_rows import load_notice, sides
from console.records.notice_sides import Side
from fallback.decision import Change
from store import Store
from store.incidents import SavedIncident
from store.live import LiveRow

pytest_plugins = ["console_fixtures"]
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LONG_AGO = START - timedelta(days=9)
WORDING = wording_of(POLICY)
BOTH = {"": Side(LONG_AGO), "west": Side(LONG_AGO)}
EAST, WEST = "power", "power @ west"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def mode(minutes: float, side: str, new: str, kind: str = "mode") -> Change:
    return Change(at(minutes), kind, side, "", new, "why", "", "INC-1")


def recovery(minutes: float, side: str, until: float | None) -> Change:
    return Change(at(minutes), "recovery", side, "", at(until).isoformat() if until else "", "", "leader")


def made(*rows: Change, now: float = 90, drills: tuple[SavedIncident, ...] = ()) -> Notice:
    return build_all(rows, drills, WORDING, BOTH, at(now))


def told(notice: Notice) -> list[tuple[str, str, datetime]]:
    return [(one.event, one.mode, one.at) for one in reversed(notice.entries)]


def test_an_outage_of_the_second_one_alone_is_told_in_the_words_of_the_scope() -> None:
    notice = made(mode(0, WEST, "OUTAGE"), recovery(1, WEST, 60), now=30)
    (one,) = notice.standing
    assert (one.scope, one.mode, one.since, one.recovery_at) == ("power", "OUTAGE", at(0), at(60))
    assert {entry.scope for entry in notice.entries} == {"power"}, "the public knows no machines"


def test_it_begins_with_the_first_one_and_ends_with_the_last_one() -> None:
    rows = (
        mode(0, EAST, "OUTAGE"),
        mode(5, WEST, "OUTAGE"),
        mode(20, EAST, "NORMAL"),
        mode(40, WEST, "RECOVERING"),
        mode(41, WEST, "NORMAL"),
    )
    assert told(made(*rows)) == [("start", "OUTAGE", at(0)), ("end", "", at(40))]


def test_the_gravest_of_their_modes_is_told() -> None:
    rows = (
        mode(0, EAST, "DEGRADED"),
        mode(5, WEST, "OUTAGE"),
        mode(9, EAST, "NORMAL"),
        mode(20, WEST, "DEGRADED"),
    )
    assert told(made(*rows)) == [
        ("start", "DEGRADED", at(0)),
        ("change", "OUTAGE", at(5)),
        ("change", "DEGRADED", at(20)),
    ]


def test_a_recovery_time_is_told_when_all_that_are_out_of_order_have_one_and_then_the_latest() -> None:
    out = (mode(0, EAST, "OUTAGE"), mode(1, WEST, "OUTAGE"))
    (one,) = made(*out, recovery(2, EAST, 60), now=30).standing
    assert one.recovery_at is None
    notice = made(*out, recovery(2, EAST, 60), recovery(2, WEST, 80), now=30)
    assert notice.standing[0].recovery_at == at(80)
    assert told(notice) == [("start", "OUTAGE", at(0)), ("change", "OUTAGE", at(2))]
    (one,) = made(*out, recovery(2, EAST, 60), mode(3, WEST, "NORMAL"), now=30).standing
    assert one.recovery_at == at(60), "whoever is well again is not waited for"


def test_a_drill_of_one_hides_nothing_of_the_other() -> None:
    drill = SavedIncident("D-1", "power", "A6", at(0), None, "", drill="evacuation", live=True, pbx="west")
    rows = (mode(1, WEST, "EVACUATED"), mode(2, EAST, "OUTAGE"), mode(3, WEST, "NORMAL", "computed"))
    assert told(made(*rows, drills=(drill,))) == [("start", "OUTAGE", at(2))]
    of_first = replace(drill, pbx="east")
    assert told(made(*rows, drills=(of_first,))) == [("start", "EVACUATED", at(1))]


def test_one_that_only_observes_tells_nothing_and_one_that_was_armed_later_from_then_on() -> None:
    rows = (mode(0, EAST, "OUTAGE"), mode(5, WEST, "DEGRADED"))
    only_west = build_all(rows, (), WORDING, {"west": Side(at(10))}, at(30))
    assert told(only_west) == [("start", "DEGRADED", at(10))]


def row(minutes: float, armed: bool = True) -> LiveRow:
    return LiveRow("bridge", {"armed": armed, "armed_since": story.iso(LONG_AGO)}, at(minutes))


def test_one_whose_bridge_has_been_silent_for_a_day_is_gone_and_its_outage_ends_with_it() -> None:
    day = 24 * 60
    assert sides({"": row(0), "west": row(0, armed=False)}) == {"": Side(LONG_AGO)}
    known = sides({"": row(day + 61), "west": row(60)})
    assert known == {"": Side(LONG_AGO), "west": Side(LONG_AGO, at(60 + day))}
    rows = (mode(0, WEST, "OUTAGE"), mode(30, EAST, "OUTAGE"), mode(50, EAST, "NORMAL"))
    notice = build_all(rows, (), WORDING, known, at(2 * day))
    assert told(notice) == [("start", "OUTAGE", at(0)), ("end", "", at(60 + day))]
    assert sides({"": row(0)})[""].gone_at is None, "alone, it may be silent for as long as it likes"


@pytest.fixture
def second(url: str, store: Store) -> Iterator[Store]:
    """What the bridge of the second Asterisk writes through."""
    with Store(url) as opened:
        opened.speak_for("west", first=False)
        yield opened


def test_what_two_bridges_wrote_into_one_book_is_one_notice(
    store: Store, second: Store, now: datetime
) -> None:
    for one in (store, second):
        one.put_live({"bridge": {"armed": True, "armed_since": story.iso(LONG_AGO)}}, now)
    assert load_notice(store, WORDING, now).standing == ()
    change = Change(now, "mode", EAST, "NORMAL", "OUTAGE", "why", "", "INC-1")
    second.record([change], (), (), now)
    (standing,) = load_notice(store, WORDING, now).standing
    assert (standing.scope, standing.mode) == ("power", "OUTAGE")
    assert set(store.live_rows_of("bridge")) == {"", "west"}
