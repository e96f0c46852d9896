"""A drill in the head: what its losses would have done to callers and staff, played on a copy of the state.

Nothing is touched: ``decide`` is pure, and what it returns here goes into the drill's record and nowhere else. Not
imported by ``fallback.cases`` itself, since it stands above ``decide``.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf

from fallback.decide import decide, next_deadline
from fallback.decision import Decision
from fallback.events import Event, Evidence, OverrideEnded, OverrideSet, PartSeen, Tick
from fallback.modes import Mode
from fallback.policy import DrillPlan, Policy
from fallback.state import ComponentState, Health, State
from fallback.time import Now

MOST_STEPS = 500  # far beyond what any drill needs; a rehearsal always ends
AFTERWARDS = 1800.0  # seconds in which the way back is played as well

Played = tuple[tuple[Now, Decision], ...]


def rehearse(state: State, plan: DrillPlan, policy: Policy, now: Now) -> Played:
    """What would have been decided, step by step, from the loss over ``plan.lasts`` seconds to the return.

    The site is played as sound but for the losses, at the hour that it is, and as armed. Only steps that would have
    been noticed are listed.
    """
    armed = replace(policy, armed=True)
    steps: list[tuple[Now, Decision]] = []
    copy = _play(_sound(state, now), _losses(plan, policy, now), armed, now, steps)
    copy = _pass(copy, armed, now, plan.lasts, steps)
    back = _later(now, plan.lasts)
    copy = _play(copy, _returns(plan, copy), armed, back, steps)
    _pass(copy, armed, back, AFTERWARDS, steps)
    return tuple(steps)


def _sound(state: State, now: Now) -> State:
    """A copy in which everything is well and nothing is open, with its calendar, members and callers."""
    components = {name: ComponentState(name, Health.UP, now.wall, now.mono) for name in state.components}
    scopes = {
        name: replace(
            scope,
            computed=Mode.NORMAL,
            effective=Mode.NORMAL,
            override=None,
            incident=None,
            partial="",
            lines_left=scope.lines_total,
            surging=False,
            plan="",
            recovery_at=None,
        )
        for name, scope in state.scopes.items()
    }
    return replace(
        state,
        linked=True,
        boot_grace_until_mono=-inf,
        components=components,
        scopes=scopes,
        cases={},
        seats={},
    )


def _losses(plan: DrillPlan, policy: Policy, now: Now) -> list[Event]:
    events: list[Event] = [
        PartSeen(name, Evidence.REPORT, False, f"drill {plan.name}", "drill") for name in plan.lost
    ]
    if plan.mode and plan.scope in policy.scopes:
        until = now.wall + timedelta(seconds=min(plan.lasts, policy.override_max))
        events.append(OverrideSet(plan.scope, Mode(plan.mode), "drill", f"drill {plan.name}", until))
    return events


def _returns(plan: DrillPlan, state: State) -> list[Event]:
    events: list[Event] = [
        PartSeen(name, Evidence.REPORT, True, f"drill {plan.name}", "drill") for name in plan.lost
    ]
    scope = state.scopes.get(plan.scope)
    if scope and scope.override:  # an evacuation, which never ends by itself
        events.append(OverrideEnded(plan.scope, "drill", f"drill {plan.name}"))
    return events


def _play(
    state: State,
    events: Sequence[Event],
    policy: Policy,
    now: Now,
    steps: list[tuple[Now, Decision]],
) -> State:
    for event in events:
        decision = decide(state, event, policy, now)
        state = decision.state
        if decision.changes or decision.actions:
            steps.append((now, decision))
    return state


def _pass(state: State, policy: Policy, start: Now, lasts: float, steps: list[tuple[Now, Decision]]) -> State:
    """Time passes, with a Tick at every deadline."""
    end, mono = start.mono + lasts, start.mono
    for _ in range(MOST_STEPS):
        due = next_deadline(state, policy)
        if due is None or due > end:
            break
        mono = max(mono, due)
        state = _play(state, [Tick()], policy, _later(start, mono - start.mono), steps)
    return state


def _later(now: Now, seconds: float) -> Now:
    return Now(now.wall + timedelta(seconds=seconds), now.mono + seconds)
