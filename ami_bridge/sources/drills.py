"""Reminds a leader of a drill that should have been held by now (F4): once a week while it is overdue."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from alerts.dispatcher import REMINDER
from ami_bridge.clock import Clock
from fallback.cases.drills import overdue
from fallback.decision import Action, RaiseRung
from fallback.policy import Policy
from store import StoreProblem

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
FIRST_SECONDS = 30.0  # after the start, when there is more urgent news to tell
ROLE = "leader"
TEXT = "drill-overdue"


class DrillReminder:
    """last_held: drill → when it was last begun, aware UTC. tell: hands rungs on to whoever tells staff."""

    def __init__(
        self,
        policy: Policy,
        last_held: Callable[[], Awaitable[Mapping[str, datetime]]],
        tell: Callable[[tuple[Action, ...]], None],
        clock: Clock,
    ) -> None:
        self._policy, self._last_held, self._tell, self._clock = policy, last_held, tell, clock

    async def run(self) -> None:
        """Until cancelled. The key holds the week, so a restart reminds nobody twice."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                self._remind(await self._last_held())
            except StoreProblem as problem:
                log.warning("drills not looked at", reason=str(problem))
            await asyncio.sleep(EVERY_SECONDS)

    def _remind(self, last: Mapping[str, datetime]) -> None:
        now = self._clock()
        due = overdue(self._policy.drills, last, now)
        if due:
            log.warning("drills are overdue", drills=due)
        self._tell(tuple(reminder(name, self._policy, now.wall) for name in due))


def reminder(drill: str, policy: Policy, now: datetime) -> RaiseRung:
    """This week's reminder of one drill. Pure."""
    key = f"{REMINDER}{drill}-{now:%G-W%V}"
    plan = policy.drills[drill]
    return RaiseRung(
        key=f"{key}/drill.overdue",
        incident=key,
        rung="drill.overdue",
        roles=(ROLE,),
        text=TEXT,
        due_at=now,
        facts={"scope": plan.scope, "kind": plan.kind, "subject": plan.title, "drill": plan.title},
    )
