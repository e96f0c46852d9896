"""The bridge put together: everything real is built here, in one place, and runs as named tasks.

One dead task stops the process with its reason: a half-alive bridge would keep its beat up and callers out of tier 3.
"""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from ami_bridge.alert_calls import AlertCalls, alert_lines
from ami_bridge.attempts import Attempts
from ami_bridge.brain import Brain
from ami_bridge.captures import keeper
from ami_bridge.clock import Clock, read_clocks
from ami_bridge.code_desk import CodeDesk
from ami_bridge.codes import CodeKeyed
from ami_bridge.collector import Collector
from ami_bridge.desk import Desk
from ami_bridge.dispatch import Dispatcher
from ami_bridge.events import AgentTook, CallbackProgress, CallEvent, Hangup, Leg, OriginateAnswered
from ami_bridge.flags import SCOPE_FAMILY, Flags
from ami_bridge.heart import Heart
from ami_bridge.http.app import public_app
from ami_bridge.http.local import NAME as SOCKET_NAME
from ami_bridge.http.local import LocalApi
from ami_bridge.http.server import HttpServer
from ami_bridge.inbox import Inbox
from ami_bridge.link import Link, LinkSettings
from ami_bridge.originate import Guard
from ami_bridge.own_health import OwnHealth
from ami_bridge.policies import applied, note_first
from ami_bridge.portrait import Portrait, armed_before
from ami_bridge.recorder import Recorder
from ami_bridge.site import site_of
from ami_bridge.snapshot import Snapshot
from ami_bridge.staff import Staff
from ami_bridge.store_thread import StoreThread
from ami_bridge.surroundings import Surroundings
from ami_bridge.translate import WANTED, Translator
from ami_bridge.waiting import Waiting
from ami_bridge.watch import Watch
from callbacks.importer import Importer
from callbacks.spool import Spool
from config.policy import SitePolicy
from config.settings import Settings
from fallback.cases.again import said_again
from fallback.decide import restore
from fallback.decision import BringWaiting, Decision
from fallback.modes import Mode
from ivr.fastagi import FastAgiServer
from ivr.numbers import check as check_number
from store import Store, StoreProblem

log = structlog.get_logger()

FLAG_LOOKS, FLAG_SECONDS = 100, 0.02
LAST_WAIT = 0.5  # seconds for notes that are on their way into the record when the run ends
RECORD_SECONDS = 1.0  # for which a phone code waits for the record
STILL_SECONDS = 5.0  # decisions that stood still for so long stop the beat


@dataclass
class Bridge:
    """One bridge for one Asterisk. Build it inside a running event loop, then ``run`` it."""

    settings: Settings
    policy: SitePolicy
    store: Store
    spool: Spool
    clock: Clock = read_clocks
    thread: StoreThread = field(default_factory=StoreThread)
    inbox: Inbox = field(default_factory=Inbox)

    def __post_init__(self) -> None:
        self.started_at = self.clock().wall
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready_said = False
        self.link = Link(_link_settings(self.settings), self.inbox, WANTED)
        self.flags = Flags(self.link.action, lambda: self.clock().wall)
        self.heart = Heart(self.link.action, self.settings.beat_every, self.clock)
        self.attempts = Attempts(self.store, self.thread, self.link, self.policy.callbacks)
        self.recorder = Recorder(self.store, self.thread, lambda: self.clock().wall)
        self.brain = self._brain()
        self.dispatcher = self._dispatcher()
        self.collector = Collector(self._importer(), self.thread, self.clock, self.dispatcher.wake)
        self.portrait = self._portrait()
        self.desk = Desk(
            self.store,
            self.thread,
            self.brain,
            self.dispatcher,
            self.attempts,
            self.clock,
            self.apply_policy,
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
        self.health = OwnHealth(
            self.link, self.brain, self.heart, self.spool, self.collector, self.store, self.clock
        )
        self.surroundings = self._surroundings()
        self.watch = Watch(self.surroundings.build, self.policy)
        self.local = LocalApi(self.settings.data_dir / SOCKET_NAME, self.portrait.from_memory, self.desk.act)
        self.agi = FastAgiServer(
            self.policy.caller,
            keeper(self.spool, self.policy.pbx_id, self.collector.captured),
            lambda: self.clock().wall,
            self.settings.prompts_dir,
        )

    def _brain(self) -> Brain:
        saved = self.store.load_saved()
        self.flags.let_go({one.name for one in saved} - self.policy.fallback.scopes.keys())
        site = site_of(self.policy.fallback, self.policy.sources.trunks)
        return Brain(
            policy=self.policy.fallback,
            state=restore(self.policy.fallback, saved, self.clock(), self.store.load_cases()),
            clock=self.clock,
            inbox=self.inbox,
            link=self.link,
            translator=Translator(site),
            flags=self.flags,
            recorder=self.recorder,
            listener=self,
        )

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
            dialable=self._why_not_dialable,
            holder=f"bridge-{os.getpid()}-{int(self.started_at.timestamp() * 1000)}",
        )

    def _importer(self) -> Importer:
        folders = self.settings.spool_dir, self.settings.tier3_dir
        return Importer(self.store, *folders, self.policy.pbx_id, dialled=self._as_dialled)

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
        )

    def _guard(self) -> Guard:
        return Guard(self.heart.fence, self.heart.epoch())

    def _guard_if_raised(self) -> Guard | None:
        return self._guard() if self.dispatcher.fence_raised_at is not None else None

    def _web(self) -> HttpServer:
        secret = self.settings.webhook_secret
        app = public_app(
            secret.get_secret_value() if secret else None,
            self.inbox.put_nowait,
            lambda: self.policy.sources.webhooks,
            self.clock,
            self.staff.routes(),
        )
        return HttpServer(app, self.settings.webhook_host, self.settings.webhook_port)

    def _is_public(self) -> bool:
        """Whether anything outside may talk to us: a webhook secret, links, or Twilio's callbacks."""
        return bool(self.settings.webhook_secret or self.settings.link_secret)

    def _as_dialled(self, number: str) -> str:
        """One form for one number, whichever tier wrote it; a number that is not taken stays as it was left."""
        return check_number(number, self.policy.caller).number or number

    def _why_not_dialable(self, number: str) -> str:
        refusal = check_number(number, self.policy.caller).refusal
        return refusal.value if refusal else ""

    async def run(self) -> None:
        """Serves until cancelled, or until a task dies, whose error it raises. Raises OSError when the AGI port is taken."""
        await self.agi.start(self.settings.agi_host, self.settings.agi_port)
        log.info("listening for calls", host=self.settings.agi_host, port=self.settings.agi_port)
        doors: list[LocalApi | HttpServer] = []
        try:
            doors += [self.local, *([self._web()] if self._is_public() else [])]
            for door in doors:
                await door.start()
            file = self.settings.policy_file
            self._in_background(note_first(self.store, self.thread, file, self.policy, self.started_at))
            self._tell_again()
            async with asyncio.TaskGroup() as group:
                for name, work in self._work().items():
                    group.create_task(work, name=name)
        finally:
            self.link.close()
            for close in (*(door.close for door in doors), self.agi.close, self._end_background):
                try:
                    await close()
                except Exception:  # one door that does not close must not cost the record
                    log.exception("not closed")
            await self.recorder.write()
            self.staff.close()
            self.thread.close()

    def _tell_again(self) -> None:
        """What a kill, or a time without alerts, may have kept from staff."""
        self.staff.begin(self.brain.state.cases)
        self.staff.perform(said_again(self.brain.state, self.policy.fallback, self.clock()))

    async def _end_background(self) -> None:
        """Notes for the record are finished; what waits for Asterisk is given up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WAIT)
        for task in self._tasks:
            task.cancel()

    def _work(self) -> dict[str, Coroutine[Any, Any, None]]:
        return {
            "link": self.link.run(),
            "brain": self.brain.run(),
            "recorder": self.recorder.run(),
            "ticks": self.brain.tick_for_ever(),
            "flags": self.flags.run(),
            "heart": self.heart.run(lambda: self.link.connected, self._able),
            "collector": self.collector.run(),
            "dispatcher": self.dispatcher.run(),
            "desk": self.desk.run(),
            "live": self.portrait.run(),
            "staff": self.staff.run(),
            "watch": self.watch.run(),
            "codes": self.codes.run(self.brain.ask),
        }

    def _able(self) -> bool:
        """Whether a caller who is sent to us now would be heard and what he leaves kept."""
        still = self.clock().mono - self.brain.last_step_mono > STILL_SECONDS
        return not self.spool.figures.problem and not still

    # -- what the consumer tells (ami_bridge.brain.Listener)

    async def on_looked(self) -> None:
        """What was keyed on phones while we were away comes before our own flags: they would take it back."""

        await self.codes.take_now(self.brain.step)

    async def _override_changed(self, scope: str) -> datetime | None:
        try:
            async with asyncio.timeout(RECORD_SECONDS):  # the core may be waiting for this
                rows = await self.thread(self.store.changes, 1, kind="override", subject=scope)
        except (StoreProblem, TimeoutError):
            return None
        return rows[0].at if rows else None

    async def on_connected(self, snapshot: Snapshot) -> None:
        """Raise the fence before anything is asked or dialled, then look at what was in flight."""
        self.attempts.booted_at = snapshot.taken.booted_at
        self.dispatcher.channels = snapshot.channels
        await self.heart.raise_fence()
        self.attempts.fence, self.attempts.life = self.heart.fence, self.heart.life
        if not self.policy.fallback.armed:
            await self._let_go()
        self.dispatcher.fence_raised_at = self.clock().wall
        self.dispatcher.wake()
        self.staff.connected()
        self.surroundings.connected()
        if not self._ready_said:
            self._ready_said = True
            log.info("ready", asterisk=self.link.state.value)

    async def _let_go(self) -> None:
        """Only observing: no flag of an earlier, armed run may go on holding callers, and no lamp say so."""
        self.flags.let_go(self.policy.fallback.scopes)
        await self.link.action({"Action": "DBDelTree", "Family": SCOPE_FAMILY})

    def on_lost(self) -> None:
        """Nothing is dialled until the fence was raised again."""
        self.dispatcher.fence_raised_at = None
        self.surroundings.lost()
        self.on_change()

    def on_call(self, event: CallEvent) -> None:
        """Wakes the dispatcher; keeps who talks for the page."""
        self.surroundings.heard(event)
        match event:
            case CallbackProgress(attempt, Leg.CALLER, "ANSWER"):
                self.portrait.talking.add(attempt)
                self._in_background(self._note(self.store.mark_talking, attempt))
            case AgentTook(attempt, _, member):
                self._in_background(self._note(self.store.set_agent, attempt, member))
            case Hangup(attempt) | OriginateAnswered(attempt, ok=False):
                self.portrait.talking.discard(attempt)
                self.dispatcher.wake()
            case _:
                pass
        self.portrait.soon()

    def on_change(self) -> None:
        """The page should show it soon."""
        self.portrait.soon()

    def on_overflow(self, dropped: int) -> None:
        """Our inbox was full."""
        self.health.overflow.say(f"{dropped} manager events were dropped")
        self.surroundings.lost()
        self.surroundings.connected()

    def on_code(self, code: CodeKeyed) -> None:
        """Somebody has keyed a code on a phone."""
        self.codes.heard(code)

    def on_decided(self, decision: Decision) -> None:
        """Alerts and waiting callers. Flags are on their way already."""
        self.portrait.decided(decision.changes)
        self.staff.perform(decision.actions)
        for action in decision.actions:
            if isinstance(action, BringWaiting):
                self._in_background(self._bring(action))
        for change in decision.changes:
            if change.kind == "mode" and change.new == Mode.EVACUATED:
                self._in_background(self._clear_queue(change.subject))

    async def _bring(self, order: BringWaiting) -> None:
        if not self.policy.fallback.armed:  # only observing: nobody is touched
            return
        for _ in range(FLAG_LOOKS):  # what they hear is in the flag, which is on its way
            if self.flags.confirmed(order.scope)[0]:
                break
            await asyncio.sleep(FLAG_SECONDS)
        await self.waiting.bring(order)

    async def _clear_queue(self, scope: str) -> None:
        """Nobody is offered a call where people were sent out (A6), also not by a callback that waits already."""
        known = self.policy.fallback.scopes.get(scope)
        if known is not None and self.policy.fallback.armed:
            await self.waiting.hang_up(await self.waiting.own_waiting([known.queue]))

    async def apply_policy(self, digest: str, who: str) -> str:
        """Puts a policy of the store in force without a restart; raises Refused with every error that it has."""
        folder = self.settings.policy_file.absolute().parent
        new = await applied(self.store, self.thread, digest, folder, self.policy)
        return await self._put_in_force(new, who)

    async def _put_in_force(self, new: SitePolicy, who: str) -> str:
        self.policy = new
        decision = self.brain.use(new.fallback, site_of(new.fallback, new.sources.trunks), who)
        self.dispatcher.use(new.fallback, new.callbacks, self.brain.translator.site)
        self.attempts.policy = new.callbacks
        self.agi.use(new.caller)
        were_told = self.staff.on
        self.staff.use(new.alerts, new.alerts_on, new.callbacks.shown)
        if new.alerts_on and not were_told:
            self._tell_again()
        self.watch.use(new)
        await self.recorder.written()
        self.on_change()
        words = "; ".join(f"{one.kind} {one.subject}: {one.reason}" for one in decision.changes[:5])
        return f"policy {new.digest[:12]} is in force. {words}".strip()

    async def _note(self, call: Any, *args: Any) -> None:
        try:
            await self.thread(call, *args)
        except StoreProblem as problem:
            log.warning("not noted", reason=str(problem))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("work beside the decisions broke", exc_info=problem)


def _link_settings(settings: Settings) -> LinkSettings:
    return LinkSettings(
        host=settings.ami_host,
        port=settings.ami_port,
        username=settings.ami_username,
        secret=settings.ami_secret.get_secret_value(),
    )
