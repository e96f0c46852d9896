"""Which drills a site has, when each was last held, and which are overdue (requirement F4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fallback.policy import DrillPlan


@dataclass(frozen=True, slots=True)
class DrillDue:
    """A drill of the policy. last: when it was last begun, None never; due: when the next one is, None never."""

    plan: DrillPlan
    last: datetime | None
    due: datetime | None
    overdue: bool


def drills_due(
    drills: Mapping[str, DrillPlan], last: Mapping[str, datetime], now: datetime
) -> tuple[DrillDue, ...]:
    """All of them, in the policy's order. last: ``Store.last_drills``; now: aware UTC. One never held is overdue."""
    return tuple(_due(plan, last.get(name), now) for name, plan in drills.items())


def _due(plan: DrillPlan, last: datetime | None, now: datetime) -> DrillDue:
    if not plan.every:
        return DrillDue(plan, last, None, overdue=False)
    due = last + timedelta(seconds=plan.every) if last else None
    return DrillDue(plan, last, due, overdue=due is None or due <= now)
