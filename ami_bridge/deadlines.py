"""The leader is told before a deadline of a callback is over, and when it is (E2, E3), as the duty role is told of danger.

Whoever is told stands on the promise, so neither a restart nor a second bridge tells it again. A message gathers all that came
near or was over since the last one: in a storm thousands of promises have the same deadline, and complaints have one each.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from alerts.dispatcher import REMINDER
from ami_bridge.clock import Clock
from ami_bridge.store_thread import StoreThread
from callbacks.policy import CallbackPolicy
from callbacks.ports import Terms
from callbacks.rules.deadlines import Owed, is_late, is_to_warn, next_deadline, owed
from callbacks.rules.grouping import fault_key
from callbacks.rules.hours import CallCalendar
from callbacks.values import Matter, Promise
from fallback.decision import Action, RaiseRung
from store import Store, StoreProblem

if TYPE_CHECKING:
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

LOOK_SECONDS = 30.0
FILL_SECONDS = 3600.0
FORSAKEN = timedelta(days=1)  # without a touch, after which the leader sees what is kept from being called
GATHER = timedelta(minutes=15)  # between two messages, at least
MOST = 1_000  # promises in one look, so that nobody waits long for the book; a message of so many says "and more"
WHOLE_SECONDS = (
    300.0  # between looks at everything that is owed; others look at what came near since the last one
)
MOST_NAMED = 5
NEVER = timedelta(days=3650)
TICK = timedelta(microseconds=1)  # the book asks for "before", the rules for "not later"
NEAR, LATE = "deadlines-near", "deadlines-late"
WHO = "holdfast"


@dataclass(slots=True)
class SiteTerms:
    """What the importer asks of the policy in force. known: the calendar, None while it is being worked out; what is owed is then
    written by the next ``Deadlines.fill``.
    """

    policy: Callable[[], CallbackPolicy]
    known: Callable[[], CallCalendar | None] = lambda: None

    def __call__(self) -> Terms:
        """For one batch of captures."""
        policy = self.policy()
        return Terms(owed=self.owing(), fault=lambda capture: fault_key(capture, policy))

    def owing(self) -> Callable[[Matter, datetime], Owed] | None:
        """What is owed to somebody who left a matter then."""
        policy, calendar = self.policy(), self.known()
        return None if calendar is None else lambda matter, at: owed(matter, at, policy, calendar)


@dataclass
class Deadlines:
    """policy: the one in force. perform: hands rungs to alerts. unmanned: why nobody of a role can be told, "" when somebody can.

    trouble: why nobody can be told, "" while somebody can or nothing is to be told.
    """

    policy: Callable[[], CallbackPolicy]
    owing: Callable[[], Callable[[Matter, datetime], Owed] | None]
    store: Store
    thread: StoreThread
    clock: Clock
    perform: Callable[[Sequence[Action]], None]
    unmanned: Callable[[str], str]
    trouble: str = ""
    _told_at: datetime | None = None
    _more: bool = False  # the last message said that there are more
    _looked: datetime | None = None  # up to when everything was told
    _whole: float | None = None
    _filled: float | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.fill()
                await self.look()
            except StoreProblem as problem:
                log.warning("deadlines not looked at", reason=str(problem))
            await asyncio.sleep(LOOK_SECONDS)

    async def fill(self) -> None:
        """Once an hour: deadlines of promises that an older version opened, or that were opened before the calendar was known;
        and what was kept from being called, and forgotten, comes before the leader.
        Raises StoreProblem.
        """
        mono, owing = self.clock().mono, self.owing()
        if owing is None or (self._filled is not None and mono - self._filled < FILL_SECONDS):
            return
        if filled := await self.thread(self.store.fill_deadlines, owing):
            log.info("deadlines written on older promises", promises=filled)
        wall = self.clock().wall
        if listed := await self.thread(self.store.list_forsaken, wall - FORSAKEN, wall, WHO):
            log.warning("put on the leader's list what nobody comes for", promises=listed)
        self._filled = mono

    async def look(self) -> None:
        """One look at the book; tells what is to be told. Raises StoreProblem."""
        now, policy = self.clock(), self.policy()
        is_early = self._is_early(now.wall, policy)
        if is_early and not self._more:
            return
        is_whole = self._whole is None or now.mono - self._whole >= WHOLE_SECONDS
        due = await self.thread(to_warn, self.store, policy, now.wall, self._looked, is_whole)
        nobody = self.unmanned(policy.warn_role) if due else ""
        self._cannot(nobody, len(due))
        if nobody:
            return
        if due:
            if not is_early:
                self._tell(due, policy, now.wall)
            await self.thread(self.store.mark_warned, [one.id for one in due], now.wall, WHO)
        if len(due) < MOST:
            self._looked = now.wall
            self._whole = now.mono if is_whole else self._whole

    def _tell(self, due: Sequence[Promise], policy: CallbackPolicy, now: datetime) -> None:
        rung = rung_of(due, policy.warn_role, now)
        self.perform((rung,))
        self._told_at, self._more = now, len(due) >= MOST
        log.warning("told the leader of deadlines", promises=len(due), rung=rung.key)

    def _is_early(self, now: datetime, policy: CallbackPolicy) -> bool:
        """Whether the last message is so fresh that more can be gathered. A short warning is not waited for that long."""
        gather = min(GATHER, timedelta(seconds=policy.warn_before / 4))
        return self._told_at is not None and timedelta(0) <= now - self._told_at < gather

    def _cannot(self, trouble: str, count: int) -> None:
        """Said once, however often it is tried again."""
        if trouble and trouble != self.trouble:
            log.error("nobody is told of deadlines", reason=trouble, promises=count)
        self.trouble = trouble


def deadlines_of(parts: "Parts") -> Deadlines:
    """For the assembly."""
    return Deadlines(
        policy=lambda: parts.policy.callbacks,
        owing=parts.callers.terms.owing,
        store=parts.store,
        thread=parts.thread,
        clock=parts.clock,
        perform=lambda actions: parts.staff.perform(actions),
        unmanned=lambda role: parts.staff.unmanned(role),
    )


def to_warn(
    store: Store, policy: CallbackPolicy, now: datetime, last: datetime | None = None, whole: bool = True
) -> list[Promise]:
    """Those of which the leader is to be told now, the most urgent first; synchronous. last: up to when he was told of all.

    What came near, or was over, since then is looked for whether told of before or not: the rules tell the second time from the
    first. whole: and everything else that is owed and was not told of lately, which finds what was opened, or made a complaint,
    with its deadline near or over already, and what is to be said again.
    """
    ahead, repeat = timedelta(seconds=policy.warn_before), timedelta(seconds=policy.warn_repeat)
    since = last if last is not None and last <= now else now - timedelta(days=1)
    until = now + ahead
    looks: list[Iterable[Promise]] = [
        store.due_soon(since, now, MOST),
        store.due_soon(since + ahead if since is last else now, until, MOST),
    ]
    if whole:
        again = now - (repeat if policy.warn_repeat > 0 else NEVER) + TICK
        looks += [
            store.due_soon(now, until, MOST, warned_before=max(again, now - ahead)),
            store.late(now, MOST, warned_before=again),
        ]
    found = {one.id: one for look in looks for one in look if is_to_warn(one, policy, now)}
    return sorted(found.values(), key=_urgency)[:MOST]


def rung_of(due: Sequence[Promise], role: str, now: datetime) -> RaiseRung:
    """What alerts are asked to tell; due: at least one, the most urgent first. No numbers: the desk shows them. Pure."""
    late = sum(is_late(one, now) for one in due)
    text = LATE if late else NEAR
    incident = f"{REMINDER}callbacks-{round(now.timestamp() * 1000)}"
    named = ", ".join(f"#{one.id}" for one in due[:MOST_NAMED]) + (" …" if len(due) > MOST_NAMED else "")
    facts = {
        "kind": text,
        "scope": ", ".join(sorted({one.scope for one in due})),
        "subject": named,
        "count": _count(len(due) - late, len(due)),
        "late": _count(late, len(due)),
        "opened_at": _urgency(due[0])[0].isoformat(),
    }
    return RaiseRung(f"{incident}/{text}", incident, text, (role,), text, now, facts)


def _count(some: int, all_: int) -> str:
    return f"{some}+" if all_ >= MOST and some else str(some)


def _urgency(one: Promise) -> tuple[datetime, int]:
    soonest = next_deadline(one)
    return (soonest.by if soonest is not None else one.created_at, one.id)
