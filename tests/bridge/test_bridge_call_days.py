"""The hours in which people may be called follow the policy and the day (E4)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from bridge_whole import site_text

from ami_bridge.call_days import CallDaysKeeper
from callbacks.rules import CallCalendar, may_call
from config.call_hours import CallDays, CallHours
from config.policy import SitePolicy, parse_policy
from fallback.time import Now

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Monday
NIGHT = NOON + timedelta(hours=10)


def policy(since: int = 8, until: int = 21) -> SitePolicy:
    hours = CallHours(time(since), time(until))
    return replace(parse_policy(site_text(), "policy.yaml", Path()), hours_of_calls=hours)


async def test_nobody_is_called_before_the_hours_are_known_and_by_a_policy_at_once_afterwards() -> None:
    now = Now(NOON, 0.0)
    keeper = CallDaysKeeper(policy(), lambda: now)
    assert not may_call(keeper.calendar, NOON)
    assert keeper.known() is None
    waiting = asyncio.create_task(keeper.wait())  # an agent who asks in this moment
    await asyncio.sleep(0)
    assert not waiting.done()
    await keeper.refresh()
    await waiting
    assert (may_call(keeper.calendar, NOON), may_call(keeper.calendar, NIGHT)) == (True, False)
    keeper.use(policy(20, 23))
    await keeper.refresh()
    assert (may_call(keeper.calendar, NOON), may_call(keeper.calendar, NIGHT)) == (False, True)


async def test_the_calendar_moves_on_with_the_days() -> None:
    now = Now(NOON, 0.0)
    keeper = CallDaysKeeper(policy(), lambda: now)
    await keeper.refresh()
    later = NOON + timedelta(days=200)
    assert not may_call(keeper.calendar, later)  # beyond what it knows
    now = Now(later, 1.0)
    await keeper.refresh()
    assert may_call(keeper.calendar, later)


class Broken(CallDays):
    def at(self, site: SitePolicy, now: datetime) -> CallCalendar:
        raise OverflowError("no table reaches so far")


async def test_hours_that_cannot_be_worked_out_leave_those_that_were_known() -> None:
    keeper = CallDaysKeeper(policy(), lambda: Now(NOON, 0.0))
    await keeper.refresh()
    keeper._days = Broken()
    await keeper.refresh()
    assert may_call(keeper.calendar, NOON)
