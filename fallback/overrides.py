"""What a person sets by hand: the mode of a scope, and the time at which it will work again.

Every manual mode ends by itself, except EVACUATED, which a leader must end (A6): its ``until`` is a review
time.
"""

from dataclasses import replace
from datetime import UTC, datetime

from fallback.decision import Action, Change, Decision, TellStaff, Text
from fallback.events import OverrideEnded, OverrideSet, RecoveryTimeSet
from fallback.modes import Mode
from fallback.policy import Policy
from fallback.scopes import Step, evaluate, released
from fallback.state import Override, ScopeState, State
from fallback.step import refused
from fallback.time import Now

RELEASES = frozenset({Mode.DEGRADED, Mode.OUTAGE, Mode.EVACUATED})
"""Manual modes after whose end the scope recovers first."""


def override_set(state: State, event: OverrideSet, policy: Policy, now: Now) -> Decision:
    """A manual mode begins, or takes the place of another."""
    why_not = _refusal(state, event, policy, now)
    if why_not:
        return refused(state, event.scope, event, why_not, now, event.who)
    scope = state.scopes[event.scope]
    until = event.until.astimezone(UTC) if event.until else None
    override = Override(event.mode, event.who.strip(), event.why.strip(), now.wall, until)
    row = _row(scope, event.mode, override.why, override.who, now)
    told = TellStaff(scope.name, Text.OVERRIDE_SET, f"{event.mode}, {override.who}: {override.why}")
    step = evaluate(scope, replace(scope, override=override), state, policy, now, override.why, override.who)
    return _decided(state, step, (row,), (told,))


def override_ended(state: State, event: OverrideEnded, policy: Policy, now: Now) -> Decision:
    """A person ends a manual mode."""
    scope = state.scopes.get(event.scope)
    if scope is None:
        return refused(state, event.scope, event, _unknown(event.scope, state), now, event.who)
    if scope.override is None:
        return refused(state, event.scope, event, "no manual mode is set; nothing to end", now, event.who)
    if not event.who.strip():
        return refused(state, event.scope, event, "who is missing: say who ends it", now)
    return _ended(state, scope, event.why.strip() or "ended by hand", event.who.strip(), policy, now)


def recovery_time_set(state: State, event: RecoveryTimeSet, policy: Policy, now: Now) -> Decision:
    """A person states, or takes back, when the scope will work again (requirement B2)."""
    scope = state.scopes.get(event.scope)
    if scope is None:
        return refused(state, event.scope, event, _unknown(event.scope, state), now, event.who)
    if not event.who.strip():
        return refused(state, event.scope, event, "who is missing: say who states the time", now)
    why_not = _not_future(event.at, "the recovery time", now) if event.at else ""
    if why_not:
        return refused(state, event.scope, event, why_not, now, event.who)
    at = event.at.astimezone(UTC) if event.at else None
    if at == scope.recovery_at:
        return Decision(state)
    step = evaluate(scope, replace(scope, recovery_at=at), state, policy, now, "stated", event.who.strip())
    return _decided(state, step, (), ())


def expired(state: State, policy: Policy, now: Now) -> Decision:
    """Whatever people set that is over by now is ended."""
    decision = Decision(state)
    for name in state.scopes:
        for step in (_expired_override, _expired_recovery):
            more = step(decision.state, decision.state.scopes[name], policy, now)
            if more is not None:
                decision = Decision(
                    more.state, decision.changes + more.changes, decision.actions + more.actions
                )
    return decision


def _expired_override(state: State, scope: ScopeState, policy: Policy, now: Now) -> Decision | None:
    override = scope.override
    if override is None or override.until is None or now.wall < override.until:
        return None
    if override.mode is not Mode.EVACUATED:
        return _ended(state, scope, "its time is over", "", policy, now)
    row = _row(scope, Mode.EVACUATED, "the review time has come; a leader must end it", "", now)
    after = replace(scope, override=replace(override, until=None))
    told = TellStaff(scope.name, Text.EVACUATION_REVIEW, f"set by {override.who}: {override.why}")
    return Decision(_put(state, after), (row,), (told,))


def _expired_recovery(state: State, scope: ScopeState, policy: Policy, now: Now) -> Decision | None:
    if scope.recovery_at is None or now.wall < scope.recovery_at:
        return None
    step = evaluate(
        scope, replace(scope, recovery_at=None), state, policy, now, "it has passed; no longer announced"
    )
    told = TellStaff(scope.name, Text.RECOVERY_PASSED, scope.recovery_at.isoformat())
    return _decided(state, step, (), (told,))


def _ended(state: State, scope: ScopeState, why: str, who: str, policy: Policy, now: Now) -> Decision:
    mode = scope.override.mode if scope.override else Mode.NORMAL
    base = replace(scope, override=None)
    if mode in RELEASES:
        base = released(base, now)
    told = TellStaff(scope.name, Text.OVERRIDE_ENDED, who or why)
    step = evaluate(scope, base, state, policy, now, why, who)
    return _decided(state, step, (_row(scope, None, why, who, now),), (told,))


def _decided(state: State, step: Step, rows: tuple[Change, ...], told: tuple[Action, ...]) -> Decision:
    after, more, actions = step
    return Decision(_put(state, after), rows + more, actions + told)


def _put(state: State, scope: ScopeState) -> State:
    return replace(state, scopes={**state.scopes, scope.name: scope})


def _row(scope: ScopeState, mode: Mode | None, why: str, who: str, now: Now) -> Change:
    old = scope.override.mode if scope.override else ""
    key = scope.incident.key if scope.incident else ""
    return Change(now.wall, "override", scope.name, old, mode or "", why, who, key)


def _refusal(state: State, event: OverrideSet, policy: Policy, now: Now) -> str:
    """Why the override is refused; "" when it is not."""
    scope = state.scopes.get(event.scope)
    if scope is None:
        return _unknown(event.scope, state)
    if not event.who.strip():
        return "who is missing: say who sets the mode"
    if not event.why.strip():
        return "why is missing: give the reason"
    if scope.override and scope.override.mode is Mode.EVACUATED and event.mode is not Mode.EVACUATED:
        return "the scope is EVACUATED: a leader must end that first"
    if event.until is None:
        return "" if event.mode is Mode.EVACUATED else "until is missing: only EVACUATED may stay open"
    late = _not_future(event.until, "until", now)
    if late or event.mode is Mode.EVACUATED:
        return late
    if (event.until - now.wall).total_seconds() > policy.override_max:
        return f"until is too far away: at most {policy.override_max:g} s from now; set it again then"
    return ""


def _not_future(at: datetime, name: str, now: Now) -> str:
    if at.tzinfo is None:
        return f"{name} has no time zone: give aware UTC"
    return f"{name} is past: give a time to come" if at <= now.wall else ""


def _unknown(scope: str, state: State) -> str:
    return f"no scope is called {scope!r}; known: {', '.join(state.scopes) or 'none'}"
