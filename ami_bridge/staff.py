"""Alerts put together for one bridge: the ways that its settings allow, the journal, and what comes back.

What a message comes to goes into the record; an acknowledgement becomes the core's own event, whichever way it came by.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from alerts.dispatcher import DUTY, REMINDER, Alerts
from alerts.journal import FileJournal
from alerts.links import Links
from alerts.policy import AlertPolicy, Way
from alerts.ports import Sender
from alerts.roster import on_duty
from alerts.twilio_settings import TwilioSettings
from alerts.values import AlertNews, NewsKind
from alerts.ways import Ways
from ami_bridge.alert_calls import AlertCalls
from ami_bridge.clock import Clock
from ami_bridge.store_thread import StoreThread
from config.settings import Settings
from fallback.decision import Action, RaiseRung, StopRungs, TellEnd
from fallback.events import Acknowledged, Event
from fallback.state import Case
from store import Store, StoreProblem

log = structlog.get_logger()

RETRY_SECONDS = 1.0
NEVER_LIMITED = (
    "danger",
)  # whatever the policy says: the kind of reports that the duty role is told at once (E0)


@dataclass
class Staff:
    """on: whether staff are told at all, as the policy says. put: into the inbox. recorded: the decision is durable, or the
    store is away. taken_on: hears who took on a message to the duty role: its incident, and the person.
    senders: the ways; those that the settings allow when none are given.
    """

    settings: Settings
    policy: AlertPolicy
    on: bool
    calls: AlertCalls
    store: Store
    thread: StoreThread
    recorded: Callable[[], Awaitable[None]]
    put: Callable[[Event], None]
    clock: Clock
    trouble: str = ""
    resting: bool = False  # another bridge holds this Asterisk and tells
    senders: Mapping[Way, Sender] | None = None
    taken_on: Callable[[str, str], None] = lambda _incident, _person: None

    def __post_init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._rows_there = asyncio.Event()
        self._ways = Ways(_twilio(self.settings), self.calls)
        self._senders = self._ways.senders if self.senders is None else self.senders
        self._ways.warm(self.policy)
        public = self.settings.public_url or ""
        secret = self.settings.link_secret.get_secret_value() if self.settings.link_secret else ""
        self.links = Links(public, secret)
        self._journal = FileJournal(Path(self.settings.data_dir) / "alerts")
        self.alerts = Alerts(
            unlimited(self.policy),
            self._journal,
            self._senders,
            self.clock,
            self.recorded,
            self._hear,
            self.links,
        )
        self.alerts.quiet = not self.on or self.resting
        self.calls.receipt = self.alerts.receipt

    def use(self, policy: AlertPolicy, on: bool, shown: str) -> None:
        """A new policy, from the next message on. Switched off, nothing more is sent, also of what was raised before."""
        self.policy, self.on = policy, on
        self.calls.shown = shown
        self._ways.warm(policy)
        self.alerts.use(unlimited(policy), quiet=not on or self.resting)

    def unmanned(self, role: str) -> str:
        """Why nobody of a role can be told now; "" when somebody can."""
        if not self.on:
            return "alerts are switched off"
        if not on_duty(self.policy, role, self.clock().wall):
            return f"nobody holds the role {role!r}: name people in alerts.roles.{role}"
        return ""

    def texts(self) -> Sender | None:
        """The way for text messages, None where it is not set up."""
        return self._senders.get(Way.SMS)

    def begin(self, cases: Mapping[str, Case]) -> None:
        """At the start, and when alerts are switched on: of what was told before, only these incidents are still open.

        What the journal knows and a kill kept from the others is said again: rows of the record, and acknowledgements.
        """
        self.alerts.end_all_but(cases)
        waiting = frozenset(key for key, case in cases.items() if not case.acked_by)
        self.alerts.when_loaded(lambda: self._say_again(waiting))

    def _say_again(self, waiting: frozenset[str]) -> None:
        self._rows.extend(news.row() for news in self.alerts.told())
        self._rows_there.set()
        for news in self.alerts.taken_on():
            if news.incident in waiting or news.incident.startswith(DUTY):
                self._hear(news)

    def rest(self) -> None:
        """Another bridge tells staff now: nothing more is sent from here."""
        self.resting = True
        self.alerts.use(unlimited(self.policy), quiet=True)

    def resume(self) -> None:
        """It is ours again."""
        self.resting = False
        self.alerts.use(unlimited(self.policy), quiet=not self.on)

    def perform(self, actions: Iterable[Action]) -> None:
        """Hands on what concerns staff; never waits. Switched off, only the ends of what was told before are noted."""
        for action in actions:
            match action:
                case RaiseRung() if self.on and not self.resting:
                    self.alerts.raise_rung(action)
                case StopRungs():
                    self.alerts.stop(action)
                    self._hush()
                case TellEnd():
                    self.alerts.end(action)
                    self._hush()

    def _hush(self) -> None:
        """Telephones that still ring for what is stopped ring no longer."""
        self.alerts.when_loaded(lambda: self.calls.hang_up(self.alerts.needless(Way.CALL)))

    def connected(self) -> None:
        """The link stands: calls that were on their way are looked at again."""
        self.alerts.when_loaded(lambda: self.calls.adopt(self.alerts.awaiting(Way.CALL)))

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.alerts.run(), name="alerts")
                group.create_task(self.calls.run(), name="alert calls")
                group.create_task(self._write(), name="alert rows")
        finally:
            await self._write_rest()
            self._journal.close()

    def close(self) -> None:
        """After ``run``, or without it."""
        self._ways.close()

    def _hear(self, news: AlertNews) -> None:
        match news.kind:
            case NewsKind.MESSAGE:
                self._rows.append(news.row())
                self._rows_there.set()
            case NewsKind.ACKNOWLEDGED if news.incident.startswith(REMINDER):
                log.info("a reminder was confirmed", rung=news.rung, person=news.person)
            case NewsKind.ACKNOWLEDGED if news.incident.startswith(DUTY):
                self.taken_on(news.incident, news.person)
            case NewsKind.ACKNOWLEDGED:
                self.put(Acknowledged(news.incident, news.person, news.how))
            case NewsKind.TROUBLE:
                self.trouble = news.detail
            case NewsKind.WELL:
                self.trouble = ""
            case _:
                log.warning("staff", what=news.kind.value, rung=news.rung, role=news.role, detail=news.detail)

    async def _write(self) -> None:
        """Into the record, in order. The journal is the truth; rows that the store does not take now wait here."""
        while True:
            await self._rows_there.wait()
            self._rows_there.clear()
            rows, self._rows = self._rows, []
            try:
                await self.thread(self.store.put_messages, rows)
            except StoreProblem as problem:
                log.warning("messages not yet in the record", count=len(rows), reason=str(problem))
                self._rows = rows + self._rows
                await asyncio.sleep(RETRY_SECONDS)
                self._rows_there.set()
            except asyncio.CancelledError:
                self._rows = rows + self._rows  # whether they were written is not known; twice is harmless
                raise

    async def _write_rest(self) -> None:
        """What a stop has left; what the store does not take now is said again by the next run."""
        rows, self._rows = self._rows, []
        try:
            await self.thread(self.store.put_messages, rows)
        except StoreProblem as problem:
            log.warning("messages not in the record", count=len(rows), reason=str(problem))


def unlimited(policy: AlertPolicy) -> AlertPolicy:
    """The policy, with what may never wait for a person's limit."""
    return replace(policy, never_limited=tuple(dict.fromkeys((*policy.never_limited, *NEVER_LIMITED))))


def _twilio(settings: Settings) -> TwilioSettings | None:
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from
    if sid is None or token is None or sender is None:
        return None
    return TwilioSettings(
        account_sid=sid,
        auth_token=token.get_secret_value(),
        sender=sender,
        caller=sender if sender.startswith("+") else "",
        public_url=settings.public_url or "",
        base_url=settings.twilio_url,
    )
