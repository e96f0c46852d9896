"""A drill, as the core writes it, leaves its record: time, content, participants, evaluation, what was told (F4)."""

from datetime import timedelta

import pytest
from records_story import EN, KEY, OPENED, Core, at, tell_incident

from console import records
from console.records import Document
from console.records.drills import drills_due
from console.records.notes import write_note
from console.records.values import Fact, Gap, Table
from fallback.events import DrillEnded, DrillStarted
from store import Store

pytest_plugins = ["console_fixtures"]


def facts(document: Document) -> dict[str, str]:
    return {b.label: b.value for part in document.sections for b in part.blocks if isinstance(b, Fact)}


def held(store: Store, *said: str, live: bool = False) -> Document:
    """The record of a drill of ten minutes; said: participants and evaluation."""
    core = Core(store, OPENED)
    core.do(DrillStarted("voice-platform-lost", "shift leader", live=live))
    key = core.drill()
    core.wait(10)
    core.do(DrillEnded(key, "shift leader", *said))
    return records.drill_record(records.load(store, key), EN)


def test_a_drill_leaves_its_record(store: Store) -> None:
    record = held(store, "six seats, one engineer", "the phrase came after 8 s; evaluation: good")
    said = facts(record)
    assert record.drill_words == "DRILL"
    assert said["Start"] == "2026-11-21 18:15:00"
    assert said["Lasted"] == "10 min 0 s"
    assert said["Led by"] == "shift leader"
    assert said["Played"] == "Voice platform lost"
    assert said["Plan"].startswith("silent: No agent can be reached.")
    assert said["Manner"] == "silent: nothing reached callers"
    assert said["Participants"] == "six seats, one engineer"
    assert said["Evaluation"] == "the phrase came after 8 s; evaluation: good"
    assert record.gaps == ()
    course = next(block for block in record.sections[-1].blocks if isinstance(block, Table))
    assert {"drill", "step of the ladder"} <= {row[1] for row in course.rows}


def test_what_was_not_said_at_the_end_is_a_gap_that_a_note_fills(store: Store) -> None:
    record = held(store)
    assert [gap.part for gap in record.gaps] == ["participants", "evaluation"]
    key = record.reference
    write_note(store, key, "evaluation", "one rung reached nobody", "shift leader", at(9999))
    after = records.drill_record(records.load(store, key), EN)
    assert [gap.part for gap in after.gaps] == ["participants"]
    assert Gap("Participants", "participants") in after.sections[2].blocks


def test_a_live_drill_says_so(store: Store) -> None:
    assert facts(held(store, live=True))["Manner"] == "live: callers could be affected"


def test_an_incident_in_earnest_has_no_drill_record(store: Store) -> None:
    tell_incident(store)
    with pytest.raises(ValueError, match="is no drill"):
        records.drill_record(records.load(store, KEY), EN)


def test_a_drill_is_overdue_from_its_interval_on_and_when_never_held(store: Store) -> None:
    held(store, "all", "well")
    plans = Core(store, OPENED).policy.drills
    last = store.last_drills()
    half_a_year = timedelta(seconds=plans["voice-platform-lost"].every)

    def overdue(after: timedelta) -> set[str]:
        return {one.plan.name for one in drills_due(plans, last, OPENED + after) if one.overdue}

    assert overdue(half_a_year - timedelta(seconds=1)) == {"carrier-lost", "evacuation"}
    assert overdue(half_a_year) == {"carrier-lost", "evacuation", "voice-platform-lost"}
