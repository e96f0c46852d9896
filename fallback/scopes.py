"""One step of one scope: its components' picture and its override become modes, an incident and a flag."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import inf

from fallback.decision import Action, Change, TellStaff, Text, WantFlag
from fallback.incidents import OVERRIDE_KIND, joined, needs_of, opened
from fallback.modes import ACTION, RANK, Condition, Mode, next_mode
from fallback.picture import Picture, look
from fallback.policy import Policy, Scope
from fallback.state import ComponentState, ScopeState, State
from fallback.time import Now

Step = tuple[ScopeState, tuple[Change, ...], tuple[Action, ...]]


def evaluate(
    before: ScopeState, base: ScopeState, state: State, policy: Policy, now: Now, why: str = "", who: str = ""
) -> Step:
    """The scope as its components and its override want it now, and what this changes.

    before: as last told and recorded. base: the same with what the event itself has set on it, e.g. an
    override. why, who: reason and person of what the event itself has set; "" lets the components speak.
    """
    scope = policy.scopes[base.name]
    after = _seen(base, scope, policy, state.components, now) if state.linked else _unseen(base)
    after = _with_mode(after, before, now)
    after = _with_incident(after, scope, state.components, policy, now)
    if after == before:
        return before, (), ()
    changes = _changes(before, after, _why(before, after, state.components, scope), why, who, now)
    return after, changes, _actions(before, after, scope, policy)


def released(scope: ScopeState, now: Now) -> ScopeState:
    """The scope when a grave manual mode has just ended: it recovers, and its holds start again (A5, E1)."""
    computed = next_mode(scope.computed, Condition.RELEASED)
    healthy = None if scope.healthy_since_mono is None else now.mono
    whole = None if scope.whole_since_mono is None else now.mono
    return replace(scope, computed=computed, healthy_since_mono=healthy, whole_since_mono=whole)


def flag_of(scope: ScopeState, policy: Scope) -> WantFlag:
    """The flag that every Asterisk should hold for the scope."""
    evacuated = scope.effective is Mode.EVACUATED
    return WantFlag(
        scope=scope.name,
        action=scope.action,
        mode=scope.effective,
        message=policy.evacuated_message if evacuated else policy.message,
        recovery_at=scope.recovery_at,
        incident=scope.incident.key if scope.incident else "",
    )


def deadline(scope: ScopeState, policy: Scope, wall_offset: float) -> float:
    """Mono time of the scope's next step that time alone brings; inf: none."""
    due = inf
    if scope.computed is not Mode.NORMAL and scope.healthy_since_mono is not None:
        due = scope.healthy_since_mono + policy.recovery_hold
    if scope.whole_since_mono is not None and scope.incident is not None and not _is_held(scope):
        due = min(due, scope.whole_since_mono + policy.recovery_hold)
    for wall in (scope.override.until if scope.override else None, scope.recovery_at):
        if wall is not None:
            due = min(due, wall.timestamp() - wall_offset)
    return due


def _seen(
    scope: ScopeState, policy: Scope, site: Policy, components: Mapping[str, ComponentState], now: Now
) -> ScopeState:
    picture = look(policy, site, components)
    healthy = _since(scope.healthy_since_mono, picture.healthy, now)
    return replace(
        scope,
        computed=next_mode(scope.computed, _condition(picture, healthy, policy, now)),
        healthy_since_mono=healthy,
        whole_since_mono=_since(scope.whole_since_mono, picture.whole, now),
        lines_left=picture.lines_left,
        lines_total=picture.lines_total,
        partial=picture.partial,
    )


def _unseen(scope: ScopeState) -> ScopeState:
    """Nothing can be known: modes, capacity and incident stay; nothing counts as stable, callbacks wait."""
    return replace(
        scope,
        computed=next_mode(scope.computed, Condition.UNSURE),
        healthy_since_mono=None,
        whole_since_mono=None,
    )


def _condition(picture: Picture, healthy_since: float | None, policy: Scope, now: Now) -> Condition:
    if picture.out:
        return Condition.LOST
    if healthy_since is None:
        return Condition.UNSURE
    if now.mono >= healthy_since + policy.recovery_hold:
        return Condition.SOUND
    return Condition.RETURNING


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
        action=ACTION[effective],
        since=scope.since if effective is before.effective else now.wall,
        ready_since_mono=_since(scope.ready_since_mono, ready, now),
    )


def _with_incident(
    scope: ScopeState, policy: Scope, components: Mapping[str, ComponentState], site: Policy, now: Now
) -> ScopeState:
    needs = needs_of(look(policy, site, components).needs, scope.override)
    if scope.incident is None:
        return replace(scope, incident=opened(scope.name, needs, now.wall)) if needs else scope
    if needs:
        return replace(scope, incident=joined(scope.incident, needs))
    if scope.whole_since_mono is None or now.mono < scope.whole_since_mono + policy.recovery_hold:
        return scope
    return replace(scope, incident=None, recovery_at=None)


def _is_held(scope: ScopeState) -> bool:
    """Whether a manual mode keeps the incident open whatever the components say."""
    return scope.override is not None and scope.override.mode in OVERRIDE_KIND


def _why(
    before: ScopeState, after: ScopeState, components: Mapping[str, ComponentState], policy: Scope
) -> str:
    if RANK[after.computed] > RANK[before.computed]:
        names = (*policy.pools, *policy.trunks)
        lost = ", ".join(name for name in names if name in components and components[name].owes)
        return f"lost: {lost}" if lost else ""
    if after.computed is Mode.NORMAL:
        return "well for the whole recovery hold"
    return "all that is needed is well again"


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
    if after.lines_left != before.lines_left or after.partial != before.partial:
        lost = after.partial or ("none" if after.lines_left else "all")
        rows.append(("capacity", _capacity(before), _capacity(after), f"lost: {lost}"))
    if after.incident != before.incident:
        rows.append(_incident_row(before, after))
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


def _capacity(scope: ScopeState) -> str:
    return f"{scope.lines_left}/{scope.lines_total}"


def _actions(before: ScopeState, after: ScopeState, scope: Scope, policy: Policy) -> tuple[Action, ...]:
    actions: list[Action] = []
    flag = flag_of(after, scope)
    if policy.armed and (flag != flag_of(before, scope) or after.computed is not before.computed):
        actions.append(flag)
    actions.extend(TellStaff(after.name, text, detail) for text, detail in _tellings(before, after))
    return tuple(actions)


def _tellings(before: ScopeState, after: ScopeState) -> tuple[tuple[Text, str], ...]:
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
    return tuple(told)
