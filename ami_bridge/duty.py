"""Danger and faults reach the duty role at the time of the call, until somebody takes them on (requirements E0, E3).

What is open is held in memory, so that neither a slow store nor one that is away delays anything; the table is for the next
run, and the journal of alerts keeps a message from being sent twice by it. Reports are known by the keys of their captures:
the line that is just being kept, its import, and an import of the same file days later are one report.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from alerts.dispatcher import DUTY
from ami_bridge.clock import Clock
from ami_bridge.store_thread import StoreThread
from callbacks.policy import DutyPolicy
from callbacks.rules.passing_on import Report, Telling, completed, due, next_due, report_of
from callbacks.values import Capture, Matter
from fallback.decision import Action, RaiseRung, StopRungs
from store import Store, StoreProblem

log = structlog.get_logger()

PATIENCE = 1.0  # seconds for which a message waits for the store: has somebody taken it on before?
RETRY_SECONDS = 2.0
LOOK_AGAIN = 30.0
ROUNDS_AT_ONCE = 5  # rounds of one danger whose ways still go on; the oldest stops when there are more
MOST_NUMBERS = 5  # of fault reports, in one message
MOST_TAKEN = 100_000  # keys that are remembered as taken on
MILLISECOND = timedelta(milliseconds=1)
FAULTS = "fault-"
ROUND = "round-"  # a danger's message again; by the key of their rungs journals know what was sent
RUNGS = ("danger", "fault")


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody took these reports on."""

    reports: tuple[Report, ...]
    who: str
    at: datetime


@dataclass
class DutyDesk:
    """perform: hands rungs to alerts. unmanned: why nobody of the role can be told, "" when somebody can. knows: whether alerts
    have taken this rung in before.

    holds: whether it is ours to tell; concerns: whether a report is; shared: other bridges write to the table too. Whoever does
    not hold tells only what he cannot write down for the one who does: twice is better than never.

    trouble: why nobody can be told, "" while somebody can or nothing is open.
    """

    policy: DutyPolicy
    store: Store
    thread: StoreThread
    clock: Clock
    perform: Callable[[Sequence[Action]], None]
    unmanned: Callable[[str], str]
    changed: Callable[[], None] = lambda: None
    knows: Callable[[str], bool] = lambda _key: False
    holds: Callable[[], bool] = lambda: True
    concerns: Callable[[str], bool] = lambda _key: True
    shared: bool = False
    trouble: str = ""
    _open: dict[str, Report] = field(default_factory=dict)
    _unsaved: set[str] = field(default_factory=set)
    _taken: dict[str, None] = field(default_factory=dict)
    _acks: list[Taken] = field(default_factory=list)
    _early: dict[str, str] = field(default_factory=dict)  # incident → who took on what is not known yet
    _named: dict[str, tuple[str, ...]] = field(default_factory=dict)  # incident → keys that its message named
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _saving: "asyncio.Task[None] | None" = None
    _loaded: bool = False
    _loaded_at: float = 0.0
    _stuck: bool = False

    # -- what the others tell

    def use(self, policy: DutyPolicy) -> None:
        """A new policy, or another roster: what nobody could be told of is tried again."""
        self.policy = policy
        self._wake.set()

    def seen(self, captures: Iterable[Capture]) -> None:
        """Lines that are durable, from whichever tier, as often as they are seen. In the event loop."""
        for capture in captures:
            report = report_of(capture)
            if report is None or report.key in self._taken:
                continue
            known = self._open.get(report.key)
            if known is None and self._was_taken_on(report):
                continue
            if known is None:
                log.warning(
                    "for the duty role", matter=report.matter.value, capture=report.key, scope=report.scope
                )
            better = report if known is None else completed(known, report)
            if better != known:
                self._open[report.key] = better
                self._unsaved.add(report.key)
                self._wake.set()

    def acknowledged(self, incident: str, who: str) -> None:
        """Somebody took a message on, by key, link or page; said again by a journal, it changes nothing."""
        if not self._take(self._keys_of(incident), who):
            self._early[incident] = who  # the table, or the line, may only be on its way

    def ack(self, captures: Sequence[str], matter: str, who: str) -> int:
        """The same by hand: these captures, or all of a matter ("all": of both). Returns how many were open."""
        keys = [
            key
            for key, one in self._open.items()
            if key in captures or matter == "all" or one.matter.value == matter
        ]
        return self._take(keys, who)

    def take_over(self) -> None:
        """It is ours to tell from now on: what others left open is read at once."""
        self._loaded = False
        self._wake.set()

    def live(self) -> dict[str, Any]:
        """The row ``duty``."""
        oldest = min((one.at for one in self._open.values()), default=None)
        return {
            "open": len(self._open),
            "danger": sum(one.matter is Matter.DANGER for one in self._open.values()),
            "oldest": oldest.isoformat(timespec="seconds") if oldest else None,
            "trouble": self.trouble,
        }

    # -- the loop

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._wake.clear()
                await self._save()
                self._tell()
                await self._pause()
        finally:
            await self._last_save()

    async def _pause(self) -> None:
        now = self.clock().wall
        at = next_due(self._ours(), self.policy, now)
        most = LOOK_AGAIN if at is None or self.trouble else (at - now).total_seconds()
        if self._unsaved or self._acks or not self._loaded or self.shared:
            most = min(most, RETRY_SECONDS)
        try:
            async with asyncio.timeout(max(0.05, min(most, LOOK_AGAIN))):
                await self._wake.wait()
        except TimeoutError:
            pass

    # -- telling

    def _tell(self) -> None:
        now = self.clock().wall
        tellings = due(self._ours(), self.policy, now)
        nobody = self.unmanned(self.policy.role) if tellings else ""
        if tellings or not self._open:
            self._cannot(nobody)
        if nobody:
            return
        for telling in tellings:
            self._say(telling, now)
        if tellings:
            self._wake.set()  # what was told is written
            self.changed()

    def _ours(self) -> list[Report]:
        if self.holds():
            return [one for one in self._open.values() if self.concerns(one.key)]
        return [self._open[key] for key in self._unsaved if key in self._open] if self._stuck else []

    def _cannot(self, trouble: str) -> None:
        """Said once, however often it is tried again."""
        if trouble and trouble != self.trouble:
            log.error("nobody is told of danger and faults", reason=trouble, open=len(self._open))
        self.trouble = trouble

    def _say(self, telling: Telling, now: datetime) -> None:
        rung = rung_of(telling, self.policy.role, now)
        self._named[rung.incident] = tuple(one.key for one in telling.reports)
        first = telling.reports[0]
        if telling.matter is Matter.DANGER and self.knows(rung.key):
            self._catch_up(first, now)
            return
        if telling.matter is Matter.DANGER and first.rounds >= ROUNDS_AT_ONCE:
            old = f"{ROUND}{first.rounds + 1 - ROUNDS_AT_ONCE}.danger"
            self.perform((StopRungs(rung.incident, "", (old,)),))
        self.perform((rung,))
        for one in telling.reports:
            self._open[one.key] = one.told(now)
            self._unsaved.add(one.key)

    def _catch_up(self, first: Report, now: datetime) -> None:
        """Rounds that a kill, or a book that became an older copy, kept out of the row count as told: alerts would not say
        them again, and everybody would be silent until as many have gone by once more.
        """
        while self.knows(rung_of(Telling(first.matter, (first,)), self.policy.role, now).key):
            first = first.told(now)
        self._open[first.key] = first
        self._unsaved.add(first.key)

    # -- taking on

    def _keys_of(self, incident: str) -> tuple[str, ...]:
        """After a restart: a danger's name follows from its key, and the faults' from when they were told."""
        if incident in self._named:
            return self._named[incident]
        at = _fault_time(incident)
        return tuple(
            key
            for key, one in self._open.items()
            if (one.matter is Matter.DANGER and danger_incident(key) == incident)
            or (
                at is not None
                and one.matter is not Matter.DANGER
                and one.told_at is not None
                and one.told_at < at + MILLISECOND
            )
        )

    def _was_taken_on(self, report: Report) -> bool:
        """A line that is seen again after the book was lost: the journal of alerts still knows who took it on."""
        who = self._early.get(danger_incident(report.key)) if report.matter is Matter.DANGER else None
        if who is None:
            return False
        self._taken[report.key] = None
        self._acks.append(Taken((report,), who, self.clock().wall))
        return True

    def _take(self, keys: Iterable[str], who: str) -> int:
        ours = tuple(self._open[key] for key in keys if key in self._open)
        if ours:
            log.info("taken on", captures=len(ours), who=who)
            self._drop(one.key for one in ours)
            self._acks.append(Taken(ours, who, self.clock().wall))
            self._wake.set()
            self.changed()
        return len(ours)

    def _drop(self, keys: Iterable[str]) -> None:
        """They are open no more; messages that name nothing else are stopped."""
        for key in keys:
            self._open.pop(key, None)
            self._unsaved.discard(key)
            self._taken[key] = None
            if len(self._taken) > MOST_TAKEN:
                del self._taken[next(iter(self._taken))]
        for incident, named in list(self._named.items()):
            if not any(key in self._open for key in named):
                del self._named[incident]
                self.perform((StopRungs(incident, "", RUNGS),))

    # -- the table

    async def _save(self) -> None:
        """Tries to write what is new, and hears what was taken on before; a store that takes longer is not waited for."""
        if self._saving is None or self._saving.done():
            if self._loaded and not (self._unsaved or self._acks or self._old()):
                return
            self._saving = asyncio.create_task(self._write(), name="duty rows")
        await asyncio.wait({self._saving}, timeout=PATIENCE)
        self._stuck = bool(self._unsaved) and (self._stuck or not self._saving.done())

    def _old(self) -> bool:
        """Whether others may have written since we looked."""
        return self.shared and self.clock().mono - self._loaded_at >= RETRY_SECONDS

    async def _write(self) -> None:
        acks = list(self._acks)
        rows = [self._open[key] for key in self._unsaved if key in self._open]
        taken_on = [report for one in acks for report in one.reports]
        try:
            if not self._loaded or self._old():
                again, self._loaded_at = self._loaded, self.clock().mono
                found = await self.thread(self.store.duty_open)
                self._merge(found)
                if again:
                    self._forget_taken({one.key for one in found})
            closed = await self.thread(self.store.duty_put, [*rows, *taken_on])
            for one in acks:
                keys = [report.key for report in one.reports]
                await self.thread(self.store.duty_ack, keys, one.who, one.at)
        except StoreProblem as problem:
            log.warning("duty rows not written", reason=str(problem))
            self._stuck = True
            return
        self._stuck = False
        self._unsaved -= {one.key for one in rows if self._open.get(one.key) is one}
        self._acks = self._acks[len(acks) :]
        self._drop([key for key in closed if key in self._open])

    def _forget_taken(self, standing: set[str]) -> None:
        """What stands in the table no more, somebody took on by another bridge."""
        gone = [key for key in self._open if key not in standing and key not in self._unsaved]
        if gone:
            self._drop(gone)
            self.changed()

    async def _last_save(self) -> None:
        """A stop must not cost the next run what this one knows."""
        if self._saving is not None and not self._saving.done():
            await asyncio.wait({self._saving}, timeout=PATIENCE)
        if self._unsaved or self._acks:
            await asyncio.wait({asyncio.create_task(self._write())}, timeout=PATIENCE)

    def _merge(self, rows: Iterable[Report]) -> None:
        """What the last run left open. A report that was seen again meanwhile knows its number, the row its rounds."""
        self._loaded = True
        for row in rows:
            known = self._open.get(row.key)
            if known is None and row.key not in self._taken:
                self._open[row.key] = row
            elif known is not None and known.rounds <= row.rounds:
                self._open[row.key] = completed(row, known)
            if row.told_at is not None and row.key in self._open:
                is_danger = row.matter is Matter.DANGER
                incident = danger_incident(row.key) if is_danger else fault_incident(row.told_at)
                self._named[incident] = *self._named.get(incident, ()), row.key
        for incident, who in list(self._early.items()):
            if self._take(self._keys_of(incident), who):
                del self._early[incident]


def danger_incident(key: str) -> str:
    """What alerts call the report of this capture, in every process."""
    return f"{DUTY}{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def fault_incident(at: datetime) -> str:
    """What alerts call the faults that were told together at this time."""
    return f"{DUTY}{FAULTS}{round(at.timestamp() * 1000)}"


def _fault_time(incident: str) -> datetime | None:
    text = incident.removeprefix(f"{DUTY}{FAULTS}")
    if text == incident or not (text.isascii() and text.isdigit()):
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def rung_of(telling: Telling, role: str, now: datetime) -> RaiseRung:
    """What alerts are asked to tell. The number goes out whole: whoever is on duty must be able to call. Pure."""
    first = telling.reports[0]
    is_danger = telling.matter is Matter.DANGER
    incident = danger_incident(first.key) if is_danger else fault_incident(now)
    number = first.rounds + 1 if is_danger else 1
    numbers = list(dict.fromkeys(one.number for one in telling.reports if one.number))
    facts = {
        "kind": telling.matter.value,
        "scope": ", ".join(dict.fromkeys(one.scope for one in telling.reports)),
        "number": ", ".join(numbers[:MOST_NUMBERS]) + (" …" if len(numbers) > MOST_NUMBERS else ""),
        "matter": telling.matter.value,
        "region": first.region if is_danger else "",
        "count": str(len(telling.reports)),
        "round": str(max(one.rounds for one in telling.reports) + 1),
        "opened_at": first.at.isoformat(),
    }
    name = telling.matter.value
    return RaiseRung(
        f"{incident}/{ROUND}{number}.{name}", incident, name, (role,), f"duty-{name}", now, facts
    )
