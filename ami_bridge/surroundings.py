"""All sources that a policy asks for, put together for one bridge; and what they hear of the link."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from ami_bridge.brain import Brain
from ami_bridge.clock import Clock
from ami_bridge.events import CallEvent
from ami_bridge.link import Link
from ami_bridge.originate import Guard
from ami_bridge.own_health import OwnHealth
from ami_bridge.sources.calendar import CalendarSource
from ami_bridge.sources.drills import DrillReminder
from ami_bridge.sources.nut import NutSource
from ami_bridge.sources.own import OwnWatch
from ami_bridge.sources.probes import Probes
from ami_bridge.sources.trunk_calls import TrunkCalls
from ami_bridge.sources.trunk_lines import TrunkLines
from ami_bridge.sources.trunk_round_trip import TrunkRoundTrips
from ami_bridge.sources.trunk_test_call import TestCallBook, TrunkTestCall
from ami_bridge.staff import Staff
from ami_bridge.store_thread import StoreThread
from ami_bridge.watch import Source
from config.policy import SitePolicy
from fallback.events import Event
from store import Store

log = structlog.get_logger()

SPARE_LINES = 2  # lines besides the reserve that a test call wants to see free


@dataclass
class Surroundings:
    """guard: fence and Asterisk's time, None while nothing may be dialled. folder: where sources keep what they learn.
    recordings: where Asterisk leaves callers' messages."""

    policy: SitePolicy
    link: Link
    brain: Brain
    staff: Staff
    health: OwnHealth
    store: Store
    thread: StoreThread
    guard_now: Callable[[], Guard | None]
    clock: Clock
    folder: Path
    recordings: Path
    _calls: TrunkCalls | None = None
    _tests: list[TrunkTestCall] = field(default_factory=list)

    def build(self, policy: SitePolicy) -> dict[str, Source]:
        """The sources of this policy, which takes the place of the one before."""
        self.policy = policy
        watched = policy.sources
        self._calls = self._trunk_calls(policy)
        self._tests = self._test_calls(policy)
        if self.link.connected:
            self._calls.connected()
        sources: dict[str, Source] = {
            "calendar": CalendarSource(policy, self._put, self.clock),
            "own": self._own(policy),
            "trunk calls": self._calls,
            "trunk lines": TrunkLines(
                self.brain.translator.site,
                self.brain.translator.memory,
                self.link.action,
                self._linked,
                self._put,
            ),
            **{f"test call {number}": one for number, one in enumerate(self._tests)},
        }
        if self.brain.translator.site.round_trips:
            sources["round trips"] = TrunkRoundTrips(
                self.brain.translator.site,
                self.brain.translator.memory,
                self.link.action,
                self._linked,
                self._put,
            )
        if policy.fallback.drills:
            sources["drills"] = DrillReminder(
                policy.fallback, lambda: self.thread(self.store.last_drills), self.staff.perform, self.clock
            )
        if watched.probes:
            sources["probes"] = Probes(watched.probes, self._put, self.clock)
        if watched.nut:
            sources["nut"] = NutSource(watched.nut, self._put, self.clock)
        return sources

    # -- what the link tells

    def heard(self, event: CallEvent) -> None:
        """Something happened to a call."""
        listeners: list[TrunkCalls | TrunkTestCall] = [*self._tests]
        if self._calls is not None:
            listeners.append(self._calls)
        for one in listeners:
            try:
                one.heard(event)
            except Exception:  # the consumer calls us: what one source cannot read must not end all decisions
                log.exception("a source broke on what a call did", source=type(one).__name__)

    def connected(self) -> None:
        """The link stands and the picture is whole."""
        if self._calls is not None:
            self._calls.connected()

    def lost(self) -> None:
        """Calls cannot be seen."""
        if self._calls is not None:
            self._calls.lost()

    # -- what a test call asks (trunk_test_call.Room)

    def guard(self) -> Guard | None:
        """Fence and Asterisk's time; None while nothing may be dialled."""
        return self.guard_now()

    def plenty(self, trunk: str) -> bool:
        """Whether the trunk has lines to spare, and nobody waits."""
        state, known = self.brain.state, self.policy.fallback.trunks.get(trunk)
        if known is None or any(state.callers.values()):
            return False
        wanted = self.policy.callbacks.line_reserve + SPARE_LINES
        return known.channels - state.in_use.get(trunk, 0) >= wanted

    # -- parts

    def _linked(self) -> bool:
        return self.link.connected

    def _put(self, event: Event) -> None:
        self.brain.inbox.put_nowait(event)

    def _own(self, policy: SitePolicy) -> OwnWatch:
        own = policy.sources.own
        checks, slow = (
            self.health.checks(own, self.staff),
            self.health.slow(own, self.folder, self.recordings),
        )
        return OwnWatch(own, checks, self._put, self.clock, slow)

    def _trunk_calls(self, policy: SitePolicy) -> TrunkCalls:
        groups = {name: (name,) for name in policy.fallback.trunks}
        zone = ZoneInfo(policy.timezone)
        return TrunkCalls(policy.sources.trunks, groups, self._put, self.clock, zone, self.folder)

    def _test_calls(self, policy: SitePolicy) -> list[TrunkTestCall]:
        book = TestCallBook(self.folder / "test_calls.json")
        return [
            TrunkTestCall(
                test, policy.fallback.trunks[test.out].dial, self.link, self, book, self._put, self.clock
            )
            for test in policy.sources.trunks.test_calls
        ]
