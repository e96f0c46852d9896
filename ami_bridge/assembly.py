"""Everything real that a bridge consists of, built in one place: its parts, and how a new policy reaches them."""

import asyncio
import os
import socket
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from ami_bridge.adoption import Adoption
from ami_bridge.alert_calls import AlertCalls, alert_lines
from ami_bridge.attempts import Attempts
from ami_bridge.backups import backups_of
from ami_bridge.beside import Beside
from ami_bridge.brain import Brain
from ami_bridge.call_days import CallDaysKeeper
from ami_bridge.call_records import recorder_of
from ami_bridge.caller_side import CallerSide
from ami_bridge.clock import Clock, read_clocks
from ami_bridge.code_desk import CodeDesk
from ami_bridge.deadlines import deadlines_of
from ami_bridge.desk import Desk
from ami_bridge.dispatch import Dispatcher
from ami_bridge.duty import DutyDesk
from ami_bridge.flags import Flags
from ami_bridge.heart import Heart
from ami_bridge.http.doors import NAME as SOCKET_NAME
from ami_bridge.http.doors import LocalDoor, PublicDoor
from ami_bridge.inbox import Inbox
from ami_bridge.intents import Refused
from ami_bridge.keeping import keeping_of
from ami_bridge.lengths import Lengths
from ami_bridge.link import Link, LinkSettings
from ami_bridge.link.tls import tls_context
from ami_bridge.listener import BridgeListener
from ami_bridge.notice_site import NoticeSite
from ami_bridge.notices import Notices, ordered
from ami_bridge.originate import Guard
from ami_bridge.own_health import OwnHealth
from ami_bridge.policies import applied, needs_render
from ami_bridge.portrait import Portrait, armed_before
from ami_bridge.recorder import Recorder
from ami_bridge.routing import Routing
from ami_bridge.site import site_of
from ami_bridge.staff import Staff
from ami_bridge.store_thread import StoreThread
from ami_bridge.surroundings import Surroundings
from ami_bridge.taking import holding_of
from ami_bridge.told import Told
from ami_bridge.translate import WANTED, Translator
from ami_bridge.waiting import Waiting
from ami_bridge.watch import Watch
from callbacks.spool import Spool
from config.policy import SitePolicy
from config.settings import Settings
from fallback.cases.again import said_again
from fallback.decide import restore
from store import Store, StoreProblem

log = structlog.get_logger()

RENDER = ". The dial plan says it otherwise: holdfast asterisk render, then reload the dial plan"
RECORD_SECONDS = 1.0  # for which a phone code waits for the record


@dataclass
class Parts:
    """Build it inside a running event loop."""

    settings: Settings
    policy: SitePolicy
    store: Store
    spool: Spool
    clock: Clock = read_clocks
    thread: StoreThread = field(default_factory=StoreThread)
    inbox: Inbox = field(default_factory=Inbox)
    prepared: bool = True  # False: the store was away when we started

    def __post_init__(self) -> None:
        self.started_at = self.clock().wall
        self.holder = f"bridge-{socket.gethostname()}-{os.getpid()}-{int(self.started_at.timestamp() * 1000)}"
        self.beside = Beside()
        self.link = Link(_link_settings(self.settings), self.inbox, WANTED)
        self.holding, self.kept = holding_of(self)
        self.flags = Flags(self.link.action, lambda: self.clock().wall)
        self.heart = Heart(self.link.action, self.settings.beat_every, self.clock, self.holding.number)
        self.attempts = Attempts(self.store, self.thread, self.link, self.policy.callbacks)
        self.call_days = CallDaysKeeper(self.policy, self.clock)
        self.attempts.calendar = self.call_days.known
        keep = self.kept.save if self.holding.shared else None
        self.recorder = Recorder(self.store, self.thread, lambda: self.clock().wall, keep)
        self.brain = self._brain()
        self.calls = recorder_of(self)
        self.brain.tap = self._heard
        self.dispatcher = self._dispatcher()
        self.duty = self._duty()
        self.callers = CallerSide(
            self.settings,
            self.policy,
            self.store,
            self.spool,
            self.thread,
            self.clock,
            self.duty.seen,
            self.dispatcher.wake,
        )
        self.collector = self.callers.collector
        self.lengths = Lengths(
            self.link.action,
            self.policy.caller,
            self.policy.lengths,
            lambda: self.brain.state.linked and self.holding.holds,
            lambda: (self.brain.state, self.brain.policy),
        )
        self.portrait = self._portrait()
        self.desk = Desk(
            self.store,
            self.thread,
            self.brain,
            self.dispatcher,
            self.attempts,
            self.clock,
            self.apply_policy,
            self.duty.ack,
        )
        self.desk.route = self.routing = Routing(
            self.holding, self.store, self.thread, self.brain, self.clock
        )
        self.waiting = Waiting(self.link.action, self.clock)
        self.codes = CodeDesk(
            self.link,
            lambda: self.policy.fallback.scopes,
            lambda: self.policy.fallback.override_max,
            self._override_changed,
            self.clock,
        )
        self.staff = self._staff()
        self.staff.taken_on = self.duty.acknowledged
        self.callers.terms.known = self.call_days.known
        self.deadlines = deadlines_of(self)
        self.notices = self._notices()
        self.health = OwnHealth(
            self.link,
            self.brain,
            self.heart,
            self.spool,
            self.collector,
            self.store,
            self.duty,
            self.clock,
            self.callers.trouble,
        )
        self.backups, self.keeping = backups_of(self), keeping_of(self)
        self.health.copies = self.backups.late
        self.surroundings = self._surroundings()
        self.watch = Watch(self.surroundings.build, self.policy)
        self.local_door = LocalDoor(self.settings.data_dir / SOCKET_NAME)
        self.public_door = self._public_door()

    def _brain(self) -> Brain:
        alone = not self.holding.shared  # else what was decided is read when this Asterisk becomes ours
        saved, cases = (self.store.load_saved(), self.store.load_cases()) if alone else ([], [])
        self.flags.let_go({one.name for one in saved} - self.policy.fallback.scopes.keys())
        self.listener = BridgeListener(self, self.beside)
        site = site_of(self.policy.fallback, self.policy.sources.trunks)
        return Brain(
            policy=self.policy.fallback,
            state=restore(self.policy.fallback, saved, self.clock(), cases),
            clock=self.clock,
            inbox=self.inbox,
            link=self.link,
            translator=Translator(site),
            flags=self.flags,
            recorder=self.recorder,
            listener=self.listener,
            acting=lambda: self.holding.holds,
            settled=self.holding.settled,
        )

    def _heard(self, event: object) -> None:
        """Whoever stands by records no calls: the holder does."""
        if self.holding.holds:
            self.calls.seen(event)

    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(
            policy=self.policy.fallback,
            callbacks=self.policy.callbacks,
            site=self.brain.translator.site,
            store=self.store,
            thread=self.thread,
            link=self.link,
            attempts=self.attempts,
            state=lambda: self.brain.state,
            guard=self._guard,
            clock=self.clock,
            shown=self.policy.callbacks.shown,
            dialable=lambda number: self.callers.why_not_dialable(number),
            calendar=lambda: self.call_days.calendar,
            calendar_known=self.call_days.wait,
            as_dialled=lambda number: self.callers.as_dialled(number),
            raise_fence=self._raise_fence,
            adoption=self._adoption(),
            holder=self.holder,
        )

    def _duty(self) -> DutyDesk:
        return DutyDesk(
            policy=self.policy.duty,
            store=self.store,
            thread=self.thread,
            clock=self.clock,
            perform=lambda actions: self.staff.perform(actions),
            unmanned=lambda role: self.staff.unmanned(role),
            changed=lambda: self.portrait.soon(),
            knows=lambda key: self.staff.alerts.knows(key),
            holds=lambda: self.holding.acts,
            concerns=self.holding.concerns,
            shared=self.holding.shared,
        )

    def _portrait(self) -> Portrait:
        return Portrait(
            store=self.store,
            thread=self.thread,
            link=self.link,
            brain=self.brain,
            flags=self.flags,
            heart=self.heart,
            attempts=self.attempts,
            dispatcher=self.dispatcher,
            collector=self.collector,
            duty=self.duty,
            lengths=self.lengths,
            clock=self.clock,
            started_at=self.started_at,
            armed_since=armed_before(self.store),
        )

    def _staff(self) -> Staff:
        calls = AlertCalls(
            link=self.link,
            guard=self._guard_if_raised,
            lines=lambda: alert_lines(
                self.policy.fallback,
                self.brain.state,
                self.dispatcher.channels.in_use,
                self.policy.alerts.trunks,
            ),
            receipt=lambda _key, _receipt: None,
            clock=self.clock,
            shown=self.policy.callbacks.shown,
        )
        return Staff(
            settings=self.settings,
            policy=self.policy.alerts,
            on=self.policy.alerts_on,
            calls=calls,
            store=self.store,
            thread=self.thread,
            recorded=self._recorded,
            put=self.inbox.put_nowait,
            clock=self.clock,
            resting=self.holding.shared,
        )

    def _notices(self) -> Notices:
        calls = AlertCalls(
            link=self.link,
            guard=self._guard_if_raised,
            lines=tuple,
            receipt=lambda _key, _receipt: None,
            clock=self.clock,
            shown=self.policy.callbacks.shown,
            order=ordered,
        )
        site = NoticeSite(
            policy=lambda: self.policy,
            state=lambda: self.brain.state,
            ready=lambda: self._guard_if_raised() is not None,
            refusal=self.callers.why_not_dialable,
            sender=self.staff.texts,
            left=lambda scope: self.dispatcher.kept.of(scope, self.policy.callbacks),
        )
        told = Told(self.settings.data_dir / "notices.jsonl", self.policy.restored.expires)
        return Notices(
            self.policy.restored,
            self.store,
            self.thread,
            calls,
            site,
            self.clock,
            told,
            elsewhere=lambda: bool(self.holding.others),
        )

    async def _recorded(self) -> None:
        await self.recorder.settled()

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            policy=self.policy,
            link=self.link,
            brain=self.brain,
            staff=self.staff,
            health=self.health,
            store=self.store,
            thread=self.thread,
            guard_now=self._guard_if_raised,
            clock=self.clock,
            folder=self.settings.data_dir,
            recordings=self.settings.recordings_dir,
        )

    def _adoption(self) -> Adoption:
        return Adoption(
            store=self.store,
            thread=self.thread,
            as_dialled=lambda number: self.callers.as_dialled(number),
            policy=lambda: self.brain.policy,
            members=lambda: self.brain.state.members,
            clock=self.clock,
        )

    async def act(self, kind: str, payload: object, who: str) -> str:
        """For whoever comes over the local socket; raises Refused."""
        if not self.holding.holds:
            raise Refused("this bridge stands by: ask the one that holds the Asterisk, or the store")
        return await self.desk.act(kind, payload, who)

    def _public_door(self) -> PublicDoor | None:
        """Where anything outside may talk to us: a webhook secret, links or Twilio's callbacks, a remote collector."""
        settings = self.settings
        if settings.webhook_secret or settings.link_secret or settings.ship_secret:
            return PublicDoor(settings.webhook_host, settings.webhook_port)
        return None

    async def _raise_fence(self) -> None:
        """Under the link that stands: what was sent before is refused from now on."""
        await self.heart.raise_fence()
        self.attempts.fence = self.heart.fence

    def _guard(self) -> Guard:
        return Guard(self.heart.fence, self.heart.epoch())

    def _guard_if_raised(self) -> Guard | None:
        return self._guard() if self.dispatcher.fence_raised_at is not None else None

    def tell_again(self) -> None:
        """What a kill, or a time without alerts, may have kept from staff."""
        self.staff.begin(self.brain.state.cases)
        self.staff.perform(said_again(self.brain.state, self.policy.fallback, self.clock()))

    async def _override_changed(self, scope: str) -> datetime | None:
        try:
            async with asyncio.timeout(RECORD_SECONDS):  # the core may be waiting for this
                rows = await self.thread(self.store.changes, 1, kind="override", subject=scope)
        except (StoreProblem, TimeoutError):
            return None
        return rows[0].at if rows else None

    async def apply_policy(self, digest: str, who: str) -> str:
        """Puts a policy of the store in force without a restart; raises Refused with every error that it has."""
        folder = self.settings.policy_file.absolute().parent
        new = await applied(self.store, self.thread, digest, folder, self.policy)
        return await self._put_in_force(new, who)

    async def _put_in_force(self, new: SitePolicy, who: str) -> str:
        render = RENDER if needs_render(self.policy, new) else ""
        self.policy = new
        decision = self.brain.use(new.fallback, site_of(new.fallback, new.sources.trunks), who)
        self.dispatcher.use(new.fallback, new.callbacks, self.brain.translator.site)
        self.attempts.policy = new.callbacks
        self.call_days.use(new)
        self.callers.use(new)
        self.lengths.use(new.caller, new.lengths)
        were_told = self.staff.on
        self.staff.use(new.alerts, new.alerts_on, new.callbacks.shown)
        if new.alerts_on and not were_told:
            self.tell_again()
        self.duty.use(new.duty)
        self.notices.use(new.restored, new.callbacks.shown)
        self.watch.use(new)
        await self.recorder.written()
        self.portrait.soon()
        words = "; ".join(f"{one.kind} {one.subject}: {one.reason}" for one in decision.changes[:5])
        return f"policy {new.digest[:12]} is in force. {words}".strip() + render


def _link_settings(settings: Settings) -> LinkSettings:
    return LinkSettings(
        host=settings.ami_host,
        port=settings.ami_port,
        username=settings.ami_username,
        secret=settings.ami_secret.get_secret_value(),
        tls=tls_context(settings.ami_ca) if settings.ami_tls else None,
    )
