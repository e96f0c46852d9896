"""Overdue drills are remembered for people, once a week (requirement F4)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ami_bridge.sources.drills import DrillReminder, reminder
from fallback.decision import Action, RaiseRung
from fallback.policy import DrillPlan, Policy
from fallback.time import Now

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PLAN = DrillPlan("fire", "Building evacuated", "everybody out", "A6", "power", "drill")
POLICY = Policy(trunks={}, pools={}, scopes={}, drills={"fire": PLAN})


def reminded(last: Mapping[str, datetime], at: datetime = NOW) -> list[RaiseRung]:
    told: list[Action] = []

    async def held() -> Mapping[str, datetime]:
        return last

    DrillReminder(POLICY, held, told.extend, lambda: Now(at, 0.0))._remind(last)
    return [one for one in told if isinstance(one, RaiseRung)]


def test_f4_a_drill_that_was_never_held_is_remembered_to_the_leader() -> None:
    (rung,) = reminded({})
    assert (rung.roles, rung.text, rung.facts["drill"]) == (
        ("leader",),
        "drill-overdue",
        "Building evacuated",
    )
    assert not rung.drill  # it is not the drill itself


def test_f4_a_drill_held_in_time_is_not_remembered() -> None:
    assert reminded({"fire": NOW - timedelta(seconds=PLAN.every) + timedelta(minutes=1)}) == []
    assert len(reminded({"fire": NOW - timedelta(seconds=PLAN.every)})) == 1


def test_f4_the_same_week_has_one_key_and_the_next_another() -> None:
    keys = [reminder("fire", POLICY, NOW + timedelta(days=days)).key for days in (0, 6, 7)]
    assert keys[0] == keys[1] != keys[2]
