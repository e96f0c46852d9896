"""Drills (F4): the same cases and ladders with a mark on everything that staff are sent.

A silent drill touches no scope. A live one sets its plan's mode by hand through the normal way, for as long as the
drill lasts, and takes it back itself, an evacuation too.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from fallback.cases.book import Draft, Source, cases_of, close_case, draft_of, new_key
from fallback.cases.rungs import raise_due
from fallback.decision import Decision
from fallback.events import DrillEnded, DrillStarted, OverrideEnded, OverrideSet
from fallback.modes import Mode
from fallback.overrides import override_ended, override_set
from fallback.policy import DrillPlan, Policy
from fallback.state import Case, State
from fallback.step import refused
from fallback.time import Now


def overdue(drills: Mapping[str, DrillPlan], last_held: Mapping[str, datetime], now: Now) -> tuple[str, ...]:
    """Names of the drills that are to be held by now, in the policy's order; one never held is. every 0: never."""
    return tuple(
        name
        for name, plan in drills.items()
        if plan.every
        and (name not in last_held or last_held[name] + timedelta(seconds=plan.every) <= now.wall)
    )


def drill_started(state: State, event: DrillStarted, policy: Policy, now: Now) -> Decision:
    """A drill of the policy begins; a live one sets its mode as well, and is refused where that is."""
    plan = policy.drills.get(event.drill)
    why_not = _refusal(state, event, policy)
    if plan is None or why_not:
        return refused(state, event.drill, event, why_not, now, event.who)
    draft = Draft(state, policy, now)
    case = _case(plan, event, draft)
    if case.live and plan.mode:
        played = override_set(state, _mode_of(plan, case, event.who, now), policy, now)
        if played.state is state:
            reason = "; ".join(row.reason for row in played.changes)
            return refused(state, event.drill, event, f"its mode cannot be set: {reason}", now, event.who)
        draft = draft_of(played, policy, now)
    draft.put(case)
    how = "live" if case.live else "silent"
    draft.note("drill", plan.name, "", "started", f"{how}: {plan.content}", event.who.strip(), case.key)
    raise_due(draft)
    return draft.decision()


def drill_ended(state: State, event: DrillEnded, policy: Policy, now: Now) -> Decision:
    """A person ends a drill and says who took part and how it went."""
    case = state.cases.get(event.incident)
    if case is None or not case.drill:
        return refused(state, event.incident, event, "no drill of this key runs", now, event.who)
    if not event.who.strip():
        return refused(state, event.incident, event, "who is missing: say who ends the drill", now)
    draft = Draft(state, policy, now)
    said = f"participants: {event.participants or 'not said'}; evaluation: {event.evaluation or 'not said'}"
    _end(draft, case, said, event.who.strip())
    return draft.decision()


def end_the_due(draft: Draft) -> None:
    """Drills whose time is over end by themselves; so do those whose plan the policy has lost."""
    for case in cases_of(draft.state, Source.DRILL):
        if ends_at(case, draft.policy) <= draft.now.wall:
            _end(draft, case, "its time is over", "")


def ends_at(case: Case, policy: Policy) -> datetime:
    """When a drill ends by itself, aware UTC."""
    plan = policy.drills.get(case.drill)
    return case.opened_at + timedelta(seconds=plan.lasts if plan else 0)


def _end(draft: Draft, case: Case, why: str, who: str) -> None:
    scope = draft.state.scopes.get(case.scope)
    if scope and scope.override and scope.override.why == _why(case.key):
        ended = OverrideEnded(case.scope, who or scope.override.who, "the drill is over")
        more = override_ended(draft.state, ended, draft.policy, draft.now)
        draft.state = more.state
        draft.changes.extend(more.changes)
        draft.actions.extend(more.actions)
    draft.note("drill", case.drill, "started", "ended", why, who, case.key)
    close_case(draft, case, why, who, announced=True)


def _case(plan: DrillPlan, event: DrillStarted, draft: Draft) -> Case:
    key = new_key(plan.name, draft.now.wall, draft, "DRILL")
    case = Case(key, plan.scope, plan.kind, plan.title, draft.now.wall, plan.ladder)
    return replace(case, drill=plan.name, live=event.live)


def _mode_of(plan: DrillPlan, case: Case, who: str, now: Now) -> OverrideSet:
    until = now.wall + timedelta(seconds=plan.lasts)
    return OverrideSet(plan.scope, Mode(plan.mode), who, _why(case.key), until)


def _why(key: str) -> str:
    return f"live drill {key}"  # incidents.DRILL_WHY knows it by how it begins


def _refusal(state: State, event: DrillStarted, policy: Policy) -> str:
    plan = policy.drills.get(event.drill)
    if plan is None:
        return f"no drill is called {event.drill!r}; known: {', '.join(policy.drills) or 'none'}"
    if not event.who.strip():
        return "who is missing: say who starts the drill"
    running = next((c for c in cases_of(state, Source.DRILL) if c.drill == plan.name), None)
    if running:
        return f"it runs already as {running.key}: end that first"
    if plan.scope and plan.scope not in state.scopes:
        return f"its scope {plan.scope!r} is none; known: {', '.join(state.scopes)}"
    if not (event.live and plan.mode):
        return ""
    if plan.mode not in Mode.__members__.values():
        return f"its mode {plan.mode!r} is none; known: {', '.join(Mode)}"
    scope = state.scopes.get(plan.scope)
    if scope is None:
        return "its plan names no scope: only a silent drill is possible"
    if scope.override or scope.incident:
        return "the scope has a manual mode or an incident in earnest: drill silently, or when it is over"
    return ""
