"""The parts that every event's step is made of: settle components, evaluate scopes, refuse."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf

from fallback.decision import Action, Change, Decision
from fallback.health import settle
from fallback.policy import HealthTimes, Policy
from fallback.scopes import evaluate
from fallback.state import ComponentState, ScopeState, State, changed
from fallback.time import Now


def refused(state: State, subject: str, event: object, reason: str, now: Now, who: str = "") -> Decision:
    """The event is written down as refused and changes nothing."""
    change = Change(now.wall, "refused", subject, "", type(event).__name__, reason, who)
    return Decision(state, (change,))


def times_of(policy: Policy, name: str) -> HealthTimes:
    """The times of a trunk, a pool or a part. Raises KeyError for none of them."""
    component = policy.trunks.get(name) or policy.pools.get(name) or policy.parts[name]
    return component.times


def is_behind_link(policy: Policy, name: str) -> bool:
    """Whether only our manager link tells of the component; parts have sources of their own."""
    return name not in policy.parts


def grace_of(state: State, policy: Policy, name: str) -> float:
    """Mono time until which nothing bad is evidence about the component: phones register after a boot."""
    return state.boot_grace_until_mono if is_behind_link(policy, name) else -inf


def with_components(
    state: State, heard: Mapping[str, ComponentState], policy: Policy, now: Now
) -> tuple[State, tuple[Change, ...]]:
    """The state with these components put in and settled; the changes that came of it."""
    changes: list[Change] = []
    components = dict(state.components)
    for name, component in heard.items():
        before = state.components[name]
        grace = grace_of(state, policy, name)
        components[name], rows = _settled(before, component, times_of(policy, name), grace, now)
        changes.extend(rows)
    return changed(state, components=components), tuple(changes)


def _settled(
    before: ComponentState, component: ComponentState, times: HealthTimes, grace_until: float, now: Now
) -> tuple[ComponentState, list[Change]]:
    rows = [_row(before, component, now)] if component.health is not before.health else []
    while (settled := settle(component, times, now, grace_until)).health is not component.health:
        rows.append(_row(component, settled, now))
        component = settled
    return settled, rows


def _row(before: ComponentState, after: ComponentState, now: Now) -> Change:
    bad = ", ".join(sorted(after.bad))
    reason = (
        f"{bad} bad: {after.detail}".rstrip(": ") if bad else "good" if after.evidence else "nothing known"
    )
    return Change(now.wall, "component", after.name, before.health, after.health, reason)


def with_scopes(
    before: State,
    state: State,
    policy: Policy,
    now: Now,
    changes: Iterable[Change] = (),
    actions: Iterable[Action] = (),
) -> Decision:
    """The decision after every scope has been evaluated; earlier changes and actions come first."""
    scopes: dict[str, ScopeState] = {}
    rows, wants = list(changes), list(actions)
    for name, base in state.scopes.items():
        scopes[name], new_rows, new_wants = evaluate(before.scopes[name], base, state, policy, now)
        rows.extend(new_rows)
        wants.extend(new_wants)
    after = changed(state, scopes=scopes)
    return Decision(after, tuple(_with_incident(row, after, policy) for row in rows), tuple(wants))


def with_scope(before: State, base: ScopeState, state: State, policy: Policy, now: Now) -> Decision:
    """The decision after one scope has been evaluated, from ``base``: as the event has left it."""
    after, rows, wants = evaluate(before.scopes[base.name], base, state, policy, now)
    return Decision(changed(state, scopes={**state.scopes, base.name: after}), rows, wants)


def _with_incident(change: Change, state: State, policy: Policy) -> Change:
    """A component's change belongs to the first open incident of a scope that it serves."""
    if change.kind != "component":
        return change
    for name, scope in state.scopes.items():
        served = policy.scopes[name]
        if scope.incident and change.subject in (*served.pools, *served.trunks, *served.parts):
            return replace(change, incident=scope.incident.key)
    return change
