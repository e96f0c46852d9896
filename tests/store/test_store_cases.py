"""Incidents as staff handle them: written with every decision, found again after a restart, closed when they end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fallback.modes import Mode
from fallback.state import Case, SavedScope
from store import Store

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=9)
SCOPE = SavedScope(
    "power",
    Mode.OUTAGE,
    Mode.OUTAGE,
    since=NOW,
    incident_key="INC-power-1",
    incident_kind="A3",
    incident_opened_at=NOW,
    incident_detail="A3 power-agents",
)
WELL = SavedScope("power", Mode.NORMAL, Mode.NORMAL)
CASE = Case("INC-power-1", "power", "A3", "A3 power-agents", NOW, "a3", raised=("a3.engineer",))
DECLARED = Case("INC-A7-1", "", "A7", "two hurt", NOW, "a7", by_hand=True, hurt=2, owner="leader")


def test_a_restart_finds_every_open_case_as_it_was(book: Store) -> None:
    acked = replace(CASE, acked_by="engineer on duty", acked_at=LATER, owner="engineer on duty")
    drill = Case("DRILL-fire-1", "power", "A6", "drill", LATER, "a6", drill="fire", live=True, parent="INC-1")
    book.record([], [SCOPE], [], NOW, [CASE, DECLARED])
    book.record([], [SCOPE], [], LATER, [acked, DECLARED, drill])
    assert sorted(book.load_cases(), key=lambda one: one.key) == sorted(
        [acked, DECLARED, drill], key=lambda one: one.key
    )
    found = book.incident("INC-power-1")
    assert found is not None
    assert (found.detail, found.raised, found.acked_at, found.closed_at) == (
        "A3 power-agents",
        ("a3.engineer",),
        LATER,
        None,
    )
    assert book.incident("INC-power-2") is None


def test_a_case_that_is_no_longer_listed_is_closed(book: Store) -> None:
    book.record([], [SCOPE], [], NOW, [CASE, DECLARED])
    book.record([], [WELL], [], LATER, [DECLARED])
    closed = book.incident(CASE.key)
    assert closed is not None
    assert closed.closed_at == LATER
    assert book.load_cases() == [DECLARED]
    book.record([], [WELL], [], LATER, [])
    assert book.load_cases() == []
    assert [one.key for one in book.incidents(only_open=True)] == []


def test_what_was_closed_before_keeps_its_time(book: Store) -> None:
    book.record([], [], [], NOW, [CASE])
    book.record([], [], [], LATER, [])
    book.record([], [], [], LATER + timedelta(hours=1), [])
    found = book.incident(CASE.key)
    assert found is not None
    assert found.closed_at == LATER


def test_without_cases_told_they_are_left_alone(book: Store) -> None:
    book.record([], [SCOPE], [], NOW, [CASE, DECLARED])
    book.record([], [replace(SCOPE, incident_detail="other", incident_kind="A4")], [], LATER)
    book.record([], [WELL], [], LATER)
    assert sorted(book.load_cases(), key=lambda one: one.key) == [DECLARED, CASE]


def test_an_incident_of_a_scope_whose_case_is_not_told_is_kept_too(book: Store) -> None:
    """Nothing that callers' captures point at is missing from the record."""
    book.record([], [SCOPE], [], NOW, [DECLARED])
    assert {one.key for one in book.incidents(only_open=True)} == {"INC-power-1", "INC-A7-1"}
    assert {one.key: one.ladder for one in book.load_cases()} == {"INC-power-1": "", "INC-A7-1": "a7"}
    book.record([], [WELL], [], LATER, [DECLARED])
    assert book.load_cases() == [DECLARED]


def test_incidents_of_a_day_are_those_open_at_some_moment_of_it(book: Store) -> None:
    book.record([], [], [], NOW, [CASE, DECLARED])
    book.record([], [], [], LATER, [DECLARED])

    def keys(start: datetime, end: datetime) -> list[str]:
        return [one.key for one in book.incidents_between(start, end)]

    assert keys(NOW - timedelta(hours=1), NOW) == []
    assert keys(NOW, LATER) == ["INC-A7-1", "INC-power-1"]
    assert keys(LATER + timedelta(seconds=1), LATER + timedelta(hours=1)) == ["INC-A7-1"]


def test_a_drill_is_known_by_when_it_was_last_begun(book: Store) -> None:
    first = Case("DRILL-fire-1", "power", "A6", "drill", NOW, "a6", drill="fire")
    book.record([], [], [], NOW, [first])
    book.record([], [], [], LATER, [replace(first, key="DRILL-fire-2", opened_at=LATER), CASE])
    assert book.last_drills() == {"fire": LATER}
