"""One step of one scope: its components' picture and its override become modes, an incident and a flag."""

from dataclasses import replace
from datetime import datetime, timedelta
from math import inf

from fallback import surge
from fallback.calendar import PlannedWindow
from fallback.decision import Action, Change, TellStaff, Text, WantFlag
from fallback.hours import is_closed, window_of
from fallback.incidents import joined, needs_of, opened
from fallback.modes import ACTION, RANK, Condition, Mode, next_mode
from fallback.picture import Need, Picture, look
from fallback.policy import Policy, Scope
from fallback.state import ScopeState, State
from fallback.surge import Figures, due_plan, figures_of
from fallback.time import Now

PLANNED_KIND = "A10"

Step = tuple[ScopeState, tuple[Change, ...], tuple[Action, ...]]


def evaluate(
    before: ScopeState, base: ScopeState, state: State, policy: Policy, now: Now, why: str = "", who: str = ""
) -> Step:
    """The scope as its components, hours, figures and override want it now, and what this changes.

    before: as last told and recorded. base: the same with what the event itself has set on it, e.g. an
    override. why, who: reason and person of what the event itself has set; "" lets the components speak.
    """
    scope = policy.scopes[base.name]
    picture = look(scope, policy, state.components)
    window = window_of(state.calendar, scope, now.wall)
    after = _seen(base, scope, policy, state, picture, now) if state.linked else _unseen(base)
    after = _with_mode(_with_computed(after, scope, picture, window, state, now), before, now)
    after = with_voice(after, scope, window)
    after = _with_incident(after, scope, policy, picture, window, now)
    after = _with_plan(after, policy, now)
    if after == before:
        return before, (), ()
    changes = _changes(before, after, _why(before, after, state, scope, window), why, who, now)
    return after, changes, _actions(before, after, scope, policy, figures_of(scope, after.lines_left, state))


def released(scope: ScopeState, now: Now) -> ScopeState:
    """The scope when a grave manual mode has just ended: it recovers, and its holds start again (A5, E1)."""
    computed = next_mode(scope.computed, Condition.RELEASED)
    healthy = None if scope.healthy_since_mono is None else now.mono
    whole = None if scope.whole_since_mono is None else now.mono
    return replace(scope, computed=computed, healthy_since_mono=healthy, whole_since_mono=whole)


def with_voice(scope: ScopeState, policy: Scope, window: PlannedWindow | None) -> ScopeState:
    """The scope with what its effective mode makes callers meet. A planned window speaks for itself (A10), unless
    somebody has set PLANNED by hand.
    """
    mode = scope.effective
    if window is not None and mode is Mode.PLANNED and scope.override is None:
        return replace(scope, action=window.action, message=window.message)
    common = policy.evacuated_message if mode is Mode.EVACUATED else policy.message
    action = policy.actions.get(mode, ACTION[mode])
    return replace(scope, action=action, message=policy.messages.get(mode, common))


def flag_of(scope: ScopeState, policy: Scope) -> WantFlag:
    """The flag that every Asterisk should hold for the scope."""
    return WantFlag(
        scope=scope.name,
        action=scope.action,
        mode=scope.effective,
        message=scope.message or policy.message,
        recovery_at=scope.recovery_at,
        incident=scope.incident.key if scope.incident else "",
    )


def deadline(scope: ScopeState, rules: Scope, policy: Policy, state: State, wall_offset: float) -> float:
    """Mono time of the scope's next step that time alone brings; inf: none."""
    due = surge.deadline(scope, rules, policy, state) if state.linked else inf
    if scope.computed is Mode.RECOVERING and scope.healthy_since_mono is not None:
        due = min(due, scope.healthy_since_mono + rules.recovery_hold)
    if scope.whole_since_mono is not None and scope.incident is not None and not _is_held(scope):
        due = min(due, scope.whole_since_mono + rules.recovery_hold)
    for wall in (scope.override.until if scope.override else None, scope.recovery_at):
        if wall is not None:
            due = min(due, wall.timestamp() - wall_offset)
    return due


def _seen(
    scope: ScopeState, rules: Scope, policy: Policy, state: State, picture: Picture, now: Now
) -> ScopeState:
    after = replace(
        scope,
        healthy_since_mono=_since(scope.healthy_since_mono, picture.healthy, now),
        lines_left=picture.lines_left,
        lines_total=picture.lines_total,
        partial=picture.partial,
    )
    return surge.watched(after, rules, policy, state, now)


def _unseen(scope: ScopeState) -> ScopeState:
    """Nothing can be known: capacity and incident stay; nothing counts as stable, callbacks wait."""
    return replace(surge.blind(scope), healthy_since_mono=None)


def _with_computed(
    scope: ScopeState, rules: Scope, picture: Picture, window: PlannedWindow | None, state: State, now: Now
) -> ScopeState:
    closed = is_closed(state.calendar, scope.name, now.wall)
    planned = window is not None
    if not state.calendar_told:  # after a restart: as it was, until it is known better
        closed, planned = scope.computed is Mode.CLOSED, scope.computed is Mode.PLANNED
    condition = _condition if state.linked else _condition_unseen
    computed = next_mode(scope.computed, condition(scope, rules, picture, closed, planned, now))
    is_whole = state.linked and picture.whole and computed is not Mode.PLANNED
    return replace(
        scope,
        computed=computed,
        planned=window.key if window else "",
        whole_since_mono=_since(scope.whole_since_mono, is_whole, now),
    )


def _condition(
    scope: ScopeState, rules: Scope, picture: Picture, closed: bool, planned: bool, now: Now
) -> Condition:
    """The first that holds, from the gravest on. An OUTAGE or DEGRADED is left only when that is sure."""
    if picture.out:
        return Condition.LOST
    if closed:
        return Condition.CLOSED
    if scope.computed is Mode.OUTAGE and not picture.served:
        return Condition.UNSURE
    if picture.impaired:
        return Condition.IMPAIRED
    if scope.computed is Mode.DEGRADED and not picture.healthy:
        return Condition.UNSURE
    if planned:
        return Condition.PLANNED
    if scope.surging:
        return Condition.SURGE
    if scope.healthy_since_mono is None:
        return Condition.UNSURE
    if now.mono >= scope.healthy_since_mono + rules.recovery_hold:
        return Condition.SOUND
    return Condition.RETURNING


def _condition_unseen(
    scope: ScopeState, rules: Scope, picture: Picture, closed: bool, planned: bool, now: Now
) -> Condition:
    """While our link is lost: only the calendar and the parts, which have sources of their own, are known."""
    if picture.out:
        return Condition.LOST
    if scope.computed in (Mode.OUTAGE, Mode.DEGRADED):
        return Condition.UNSURE
    if closed:
        return Condition.CLOSED
    if picture.impaired:
        return Condition.IMPAIRED
    return Condition.PLANNED if planned else Condition.UNSURE


def _since(earlier: float | None, holds: bool, now: Now) -> float | None:
    if not holds:
        return None
    return now.mono if earlier is None else earlier


def _with_mode(scope: ScopeState, before: ScopeState, now: Now) -> ScopeState:
    effective = scope.override.mode if scope.override else scope.computed
    ready = effective is Mode.NORMAL and scope.healthy_since_mono is not None
    return replace(
        scope,
        effective=effective,
        since=scope.since if effective is before.effective else now.wall,
        ready_since_mono=_since(scope.ready_since_mono, ready, now),
    )


def _with_incident(
    scope: ScopeState, rules: Scope, policy: Policy, picture: Picture, window: PlannedWindow | None, now: Now
) -> ScopeState:
    lost = picture.needs
    if scope.computed is Mode.PLANNED and window is not None:
        lost = (*lost, Need(PLANNED_KIND, window.title or window.key))
    needs = needs_of(lost, scope.override, policy.kinds)
    if scope.incident is None:
        return _opened(scope, needs, now) if needs else scope
    if needs:
        return replace(scope, incident=joined(scope.incident, needs, policy.kinds))
    if scope.whole_since_mono is None or now.mono < scope.whole_since_mono + rules.recovery_hold:
        return scope
    return replace(scope, incident=None, recovery_at=None)


def _opened(scope: ScopeState, needs: tuple[Need, ...], now: Now) -> ScopeState:
    """A key that was used before would take the new incident for the old one: its rungs would not be sent."""
    named = now.wall if scope.keyed_at is None else max(now.wall, scope.keyed_at + timedelta(seconds=1))
    incident = replace(opened(scope.name, needs, named), opened_at=now.wall)
    return replace(scope, incident=incident, keyed_at=named)


def _with_plan(scope: ScopeState, policy: Policy, now: Now) -> ScopeState:
    """A plan lasts until what set it off is over, and the incident and the surge with it; a graver one takes over."""
    if not policy.plans and not scope.plan:
        return scope
    due = due_plan(scope, policy.plans, now)
    known = [plan.name for plan in policy.plans]
    if due and (scope.plan not in known or known.index(due) > known.index(scope.plan)):
        return replace(scope, plan=due)
    is_over = not due and scope.incident is None and not scope.surging
    return replace(scope, plan="") if scope.plan and is_over else scope


def _is_held(scope: ScopeState) -> bool:
    """Whether a manual mode keeps the incident open whatever the components say."""
    return bool(needs_of((), scope.override))


def _why(
    before: ScopeState, after: ScopeState, state: State, rules: Scope, window: PlannedWindow | None
) -> str:
    if after.computed is Mode.CLOSED:
        return "outside opening hours"
    if after.computed is Mode.PLANNED:
        return f"planned: {window.title or window.key}" if window else "planned"
    if after.computed is Mode.SURGE:
        return f"surge: {figures_of(rules, after.lines_left, state)}"
    if RANK[after.computed] > RANK[before.computed]:
        names = (*rules.pools, *rules.trunks, *rules.parts)
        lost = ", ".join(name for name in names if name in state.components and state.components[name].owes)
        return f"lost: {lost}" if lost else ""
    return _WHY_BETTER.get(before.computed) or (
        "well for the whole recovery hold"
        if after.computed is Mode.NORMAL
        else "all that is needed is well again"
    )


_WHY_BETTER = {
    Mode.CLOSED: "it opens",
    Mode.PLANNED: "the planned window is over",
    Mode.SURGE: "the figures have been calm for the whole hold",
}


def _changes(
    before: ScopeState, after: ScopeState, seen: str, why: str, who: str, now: Now
) -> tuple[Change, ...]:
    """Rows of what differs. seen: what the components say of it; why, who: what a person or a time says."""
    incident = after.incident or before.incident
    key = incident.key if incident else ""
    rows: list[tuple[str, str, str, str]] = []
    if after.computed is not before.computed:
        rows.append(("computed", before.computed, after.computed, seen or why))
    if after.effective is not before.effective:
        rows.append(("mode", before.effective, after.effective, why or seen))
    if capacity(after) != capacity(before) or after.partial != before.partial:
        lost = after.partial or ("none" if after.lines_left else "all")
        rows.append(("capacity", capacity(before), capacity(after), f"lost: {lost}"))
    if after.incident != before.incident:
        rows.append(_incident_row(before, after))
    if after.surging is not before.surging:
        rows.append(("surge", _surge(before), _surge(after), seen if after.computed is Mode.SURGE else ""))
    if after.plan != before.plan:
        rows.append(("plan", before.plan, after.plan, "set off" if after.plan else "all is calm again"))
    if after.recovery_at != before.recovery_at:
        rows.append(
            ("recovery", _iso(before.recovery_at), _iso(after.recovery_at), why or "the incident is over")
        )
    return tuple(
        Change(now.wall, kind, after.name, old, new, text, who, key) for kind, old, new, text in rows
    )


def _incident_row(before: ScopeState, after: ScopeState) -> tuple[str, str, str, str]:
    if after.incident is None:
        return "incident", before.incident.kind if before.incident else "", "closed", "whole again"
    if before.incident is None:
        return "incident", "", after.incident.kind, after.incident.detail
    return "incident", before.incident.kind, after.incident.kind, f"joined: {after.incident.detail}"


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _surge(scope: ScopeState) -> str:
    return "surging" if scope.surging else "calm"


def capacity(scope: ScopeState) -> str:
    """Lines left of all lines, as the record says it."""
    return f"{scope.lines_left}/{scope.lines_total}"


def _actions(
    before: ScopeState, after: ScopeState, scope: Scope, policy: Policy, figures: Figures
) -> tuple[Action, ...]:
    actions: list[Action] = []
    flag = flag_of(after, scope)
    if policy.armed and (flag != flag_of(before, scope) or after.computed is not before.computed):
        actions.append(flag)
    actions.extend(TellStaff(after.name, text, detail) for text, detail in _tellings(before, after, figures))
    return tuple(actions)


def _tellings(before: ScopeState, after: ScopeState, figures: Figures) -> tuple[tuple[Text, str], ...]:
    told: list[tuple[Text, str]] = []
    if after.effective is not before.effective:
        told.append((Text.MODE, after.effective))
    if after.partial and after.partial != before.partial:
        told.append((Text.PARTIAL, after.partial))
    if before.partial and not after.partial and after.lines_left == after.lines_total:
        told.append((Text.WHOLE, ""))
    if after.incident and not before.incident:
        told.append((Text.INCIDENT_OPENED, after.incident.detail))
    if before.incident and not after.incident:
        told.append((Text.INCIDENT_CLOSED, before.incident.key))
    if after.surging and not before.surging:
        told.append((Text.SURGE, str(figures)))
    if after.plan and after.plan != before.plan:
        told.append((Text.PLAN, after.plan))
    return tuple(told)
