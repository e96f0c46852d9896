"""What holds for every trace, whatever happens in whatever order, looked at after every single step."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from fallback_story import MONO, START, snapshot
from hypothesis import given
from traces import TRACES, WHOLE, Adopt, ClockSet, Restart, Step, traces

from fallback.decide import (
    adopt,
    callbacks_allowed,
    decide,
    initial,
    next_deadline,
    restore,
    wanted_flags,
)
from fallback.decision import BringWaiting, Decision, RaiseRung, WantFlag
from fallback.events import CalendarTold, ClockStepped, DrillStarted, Event, Evidence, PartSeen, Tick
from fallback.health import SAMPLES
from fallback.hours import window_of
from fallback.modes import ACTION, TAKES_DOWN, Mode
from fallback.policy import Policy
from fallback.replay import Modes, modes_of, replay
from fallback.state import Health, State, to_saved
from fallback.time import Now

pytestmark = pytest.mark.slow

HOUR = 3600.0


@dataclass
class Watcher:
    """Tells a trace to the core as the bridge would, and looks at every single step of it."""

    state: State
    policy: Policy = WHOLE
    now: float = 0.0
    set_by: float = 0.0
    told: dict[str, Modes] = field(default_factory=dict)
    rungs: set[str] = field(default_factory=set)
    brought: set[tuple[str, str]] = field(default_factory=set)

    def clock(self) -> Now:
        return Now(START + timedelta(seconds=self.now + self.set_by), MONO + self.now)

    def do(self, event: Event) -> Decision:
        before = self.state
        decision = decide(before, event, self.policy, self.clock())
        self.took(before, decision)
        if any(row.kind == "refused" for row in decision.changes):
            assert decision.state is before
            assert (len(decision.changes), decision.actions) == (1, ())
        if isinstance(event, DrillStarted) and not event.live:
            assert decision.state.scopes == before.scopes, "a silent drill touches no mode"
        return decision

    def took(self, before: State, decision: Decision) -> None:
        self.state = decision.state
        self.told = replay(decision.changes, self.told)
        self._rungs_once(decision)
        self._excused_stay(before, decision)
        self._waiting_are_brought(decision)
        if decision.state.scopes is not before.scopes:
            self._modes_follow()
            self._flags_are_told(before, decision)

    def wait(self, seconds: float) -> None:
        """Time passes; a Tick comes at every deadline and at the end."""
        end = self.now + seconds
        self.tick()
        for _ in range(1000):
            due = next_deadline(self.state, self.policy)
            if due is None or due - MONO > end:
                break
            self.now = due - MONO
            self.tick()
        self.now = end
        self.tick()

    def tick(self) -> None:
        self.do(Tick())
        due = next_deadline(self.state, self.policy)
        assert due is None or due > self.clock().mono, (
            "a Tick left a deadline in the past: the bridge would spin"
        )

    def happen(self, step: Step) -> None:
        match step:
            case Restart():
                self.restart(step.away)
            case ClockSet():
                self.set_by += step.seconds
                # A clock that is set back may give a new case the key of one that is over.
                self.rungs = {key for key in self.rungs if key.rpartition("/")[0] in self.state.cases}
                if step.said:
                    self.do(ClockStepped(step.seconds))
            case Adopt():
                self.adopt(step.policy)
            case _:
                self.do(self.named(step))

    def restart(self, away: float) -> None:
        saved, cases, calendar = to_saved(self.state), tuple(self.state.cases.values()), self.state.calendar
        self.now += away
        self.state = restore(self.policy, saved, self.clock(), cases)
        assert to_saved(self.state) == saved, "what the store keeps is enough for the same modes"
        self.brought.clear()
        # Lines and full lines are counted anew; all else is as the rows told.
        for name, modes in modes_of(self.state).items():
            kept = self.told.get(name, Modes())
            self.told[name] = replace(kept, capacity=modes.capacity, plan=modes.plan, surge=modes.surge)
        self.do(CalendarTold(calendar))
        self.do(snapshot())

    def adopt(self, policy: Policy) -> None:
        before, old = self.state, self.policy
        self.policy = policy
        if not old.armed:
            self.brought.clear()
        self.took(before, adopt(before, old, policy, self.clock()))

    def named(self, event: Event) -> Event:
        """The event with the key of the open case whose place it names."""
        nth = getattr(event, "incident", None)
        if nth is None or not self.state.cases:
            return event
        keys = list(self.state.cases)
        # What names an incident is a dataclass, and has that field.
        return replace(event, incident=keys[int(nth) % len(keys)])  # type: ignore[type-var]  # see above

    def _modes_follow(self) -> None:
        now = self.clock()
        for name, scope in self.state.scopes.items():
            rules = self.policy.scopes[name]
            assert scope.computed is not Mode.EVACUATED
            assert scope.effective is (scope.override.mode if scope.override else scope.computed)
            window = window_of(self.state.calendar, rules, now.wall)
            if window and scope.effective is Mode.PLANNED and not scope.override:
                assert (scope.action, scope.message) == (window.action, window.message)
            else:
                assert scope.action is rules.actions.get(scope.effective, ACTION[scope.effective])
            if callbacks_allowed(self.state, name):
                assert self.state.linked
                assert scope.effective is Mode.NORMAL
            self._never_better_than_its_parts(name)

    def _never_better_than_its_parts(self, name: str) -> None:
        scope, rules = self.state.scopes[name], self.policy.scopes[name]
        down = {part for part, component in self.state.components.items() if component.health is Health.DOWN}
        effects = {self.policy.parts[part].effect for part in down & set(rules.parts)}
        if down & set(rules.pools) or set(rules.trunks) <= down or Mode.OUTAGE in effects:
            assert scope.computed is Mode.OUTAGE
        elif effects - {Mode.NORMAL}:
            assert scope.computed in (Mode.DEGRADED, Mode.OUTAGE, Mode.CLOSED)

    def _flags_are_told(self, before: State, decision: Decision) -> None:
        """Whoever holds the flags that were told holds those that are wanted."""
        told = {action.scope: action for action in decision.actions if isinstance(action, WantFlag)}
        if self.policy.armed:
            for flag in wanted_flags(decision.state, self.policy):
                was = before.scopes.get(flag.scope)
                now = decision.state.scopes[flag.scope]
                if was and (was.effective, was.action) != (now.effective, now.action):
                    assert told[flag.scope] == flag
        else:
            assert not told

    def _rungs_once(self, decision: Decision) -> None:
        for action in decision.actions:
            if isinstance(action, RaiseRung):
                assert action.key not in self.rungs
                self.rungs.add(action.key)

    def _excused_stay(self, before: State, decision: Decision) -> None:
        for row in decision.changes:
            if row.kind == "component" and row.new == Health.DOWN and row.subject in before.excused:
                owed = before.components[row.subject].owes
                assert owed or row.subject not in decision.state.excused, (
                    "an excused component opens no incident"
                )

    def _waiting_are_brought(self, decision: Decision) -> None:
        after = decision.state
        for action in decision.actions:
            if isinstance(action, BringWaiting):
                queue = self.policy.scopes[action.scope].queue
                for channel, waited in action.channels.items():
                    assert channel in after.callers[queue]
                    assert waited >= 0
                    assert (queue, channel) not in self.brought, "each channel once"
                    self.brought.add((queue, channel))
        down = {self.policy.scopes[s.name].queue for s in after.scopes.values() if s.action in TAKES_DOWN}
        waiting = {(queue, channel) for queue in down for channel in after.callers.get(queue, {})}
        if self.policy.armed:
            assert waiting <= self.brought, "nobody is left waiting where nobody is queued"
        self.brought &= waiting


def well() -> State:
    """A site that has been well for ten minutes."""
    watcher = Watcher(initial(WHOLE, Now(START - timedelta(seconds=600), MONO - 600)), now=-600.0)
    watcher.do(snapshot())
    for name in WHOLE.parts:
        watcher.do(PartSeen(name, Evidence.REPORT, True, "", "leader"))
    watcher.wait(600)
    return watcher.state


WELL = well()


def tell(steps: list[tuple[float, Step]]) -> Watcher:
    watcher = Watcher(WELL, told=modes_of(WELL))
    for seconds, step in steps:
        watcher.wait(seconds)
        watcher.happen(step)
    watcher.wait(0)
    return watcher


@traces
@given(TRACES)
def test_every_promise_of_the_core_holds_at_every_step_of_every_trace(
    steps: list[tuple[float, Step]],
) -> None:
    """Watcher says which; at the end the record is read back, and every manual mode but EVACUATED runs out."""
    watcher = tell(steps)
    known = modes_of(watcher.state)
    assert {name: watcher.told[name] for name in known} == known

    repeated = steps[-1][1]
    kind = getattr(repeated, "evidence", None)
    if not isinstance(repeated, Restart | ClockSet | Adopt) and kind not in SAMPLES:
        rows = watcher.do(watcher.named(repeated)).changes
        assert not [row for row in rows if row.kind in ("mode", "computed", "capacity")], "the same again"

    watcher.wait(watcher.policy.override_max + 1)
    for scope in watcher.state.scopes.values():
        assert scope.override is None or scope.override.mode is Mode.EVACUATED
