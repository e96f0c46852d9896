"""Queue figures of a scope: when it surges (A8), and how long all its lines have been full (the plans).

Any figure that stands at or above its limit for ``after`` seconds starts a surge; all must be below their end for
``hold`` seconds to end it, so a queue that swings around its limit switches callers once. A figure without an end
of its own ends at its limit. The longest wait grows by itself, so it has deadlines; all else moves by events.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import NamedTuple

from fallback.policy import PlanRule, Policy, Scope, SurgeRule
from fallback.state import ScopeState, State
from fallback.time import Now

NEVER = SurgeRule()
"""Every figure is switched off."""


class Figures(NamedTuple):
    """waiting: callers. oldest: mono time at which the one who waits longest joined; inf: nobody. lines: in use, and
    left to use.
    """

    waiting: int
    oldest: float
    in_use: int
    lines_left: int

    def __str__(self) -> str:
        return f"{self.waiting} waiting; {self.in_use} of {self.lines_left} lines in use"


def figures_of(scope: Scope, lines_left: int, state: State) -> Figures:
    """The figures now; lines of lost trunks do not count."""
    callers = state.callers.get(scope.queue, {})
    components, lines, in_use = state.components, state.in_use, 0
    for name in scope.trunks:  # a plain loop: it runs with every call
        if name in components and not components[name].owes:
            in_use += lines.get(name, 0)
    # Callers are kept in the order in which they joined.
    return Figures(len(callers), next(iter(callers.values()), inf), in_use, lines_left)


def watched(was: ScopeState, scope: Scope, policy: Policy, state: State, now: Now) -> ScopeState:
    """The scope with its marks set as the figures want it now; the same object if nothing changes."""
    is_marked = was.surging or was.rising_since_mono is not None or was.full_since_mono is not None
    if scope.surge is None and not policy.plans and not is_marked:
        return was
    figures = figures_of(scope, was.lines_left, state)
    is_above = scope.surge is not None and _is_above(scope.surge, figures, now.mono)
    if not is_marked and not is_above and figures.in_use < figures.lines_left:  # as with nearly every call
        return was
    dip = _dip(policy)
    after = _surging(was, scope.surge or NEVER, figures, now.mono)
    return _full(after, dip, figures, now.mono)


def blind(was: ScopeState) -> ScopeState:
    """The scope while nothing is known of callers and lines: a surge stays, and nothing is counted."""
    return replace(
        was, rising_since_mono=None, calm_since_mono=None, full_since_mono=None, free_since_mono=None
    )


def due_plan(scope: ScopeState, plans: Iterable[PlanRule], now: Now) -> str:
    """Name of the gravest plan that full lines or the effective mode ask for; "" none."""
    due = ""
    for plan in plans:
        full = plan.lines_full > 0 and scope.full_since_mono is not None
        if scope.effective in plan.modes or (
            full and now.mono >= (scope.full_since_mono or 0) + plan.lines_full
        ):
            due = plan.name
    return due


def deadline(scope: ScopeState, rules: Scope, policy: Policy, state: State) -> float:
    """Mono time of the next step that time alone brings; inf: none."""
    due = inf
    if scope.free_since_mono is not None:
        due = scope.free_since_mono + (_dip(policy) or 0.0)
    if scope.full_since_mono is not None:
        known = [plan.name for plan in policy.plans]
        graver = policy.plans[known.index(scope.plan) + 1 if scope.plan in known else 0 :]
        due = min([due, *(scope.full_since_mono + plan.lines_full for plan in graver if plan.lines_full > 0)])
    if rules.surge is None:
        return due
    oldest = next(iter(state.callers.get(rules.queue, {}).values()), inf)
    return min(due, _surge_due(scope, rules.surge, oldest))


def _surge_due(scope: ScopeState, rule: SurgeRule, oldest: float) -> float:
    if scope.surging:
        if scope.calm_since_mono is None:
            return inf
        ends = oldest + (rule.end_longest_wait or rule.longest_wait) if rule.longest_wait else inf
        return min(scope.calm_since_mono + rule.hold, ends)
    if scope.rising_since_mono is not None:
        return scope.rising_since_mono + rule.after
    return oldest + rule.longest_wait if rule.longest_wait else inf


def _surging(was: ScopeState, rule: SurgeRule, figures: Figures, mono: float) -> ScopeState:
    if not was.surging:
        rising = _since(was.rising_since_mono, _is_above(rule, figures, mono), mono)
        if rising is not None and mono >= rising + rule.after:
            return replace(was, surging=True, rising_since_mono=None, calm_since_mono=None)
        return was if rising == was.rising_since_mono else replace(was, rising_since_mono=rising)
    calm = _since(was.calm_since_mono, _is_calm(rule, figures, mono), mono)
    if calm is not None and mono >= calm + rule.hold:
        return replace(was, surging=False, calm_since_mono=None)
    return was if calm == was.calm_since_mono else replace(was, calm_since_mono=calm)


def _is_above(rule: SurgeRule, figures: Figures, mono: float) -> bool:
    return (
        (rule.waiting > 0 and figures.waiting >= rule.waiting)
        or (rule.longest_wait > 0 and mono >= figures.oldest + rule.longest_wait)
        or (rule.occupancy > 0 and 0 < rule.occupancy * figures.lines_left <= figures.in_use)
    )


def _is_calm(rule: SurgeRule, figures: Figures, mono: float) -> bool:
    return not (
        (rule.waiting > 0 and figures.waiting >= (rule.end_waiting or rule.waiting))
        or (rule.longest_wait > 0 and mono >= figures.oldest + (rule.end_longest_wait or rule.longest_wait))
        or (
            rule.occupancy > 0
            and 0 < (rule.end_occupancy or rule.occupancy) * figures.lines_left <= figures.in_use
        )
    )


def _full(was: ScopeState, dip: float | None, figures: Figures, mono: float) -> ScopeState:
    if dip is not None and 0 < figures.lines_left <= figures.in_use:
        if was.full_since_mono is not None and was.free_since_mono is None:
            return was
        since = mono if was.full_since_mono is None else was.full_since_mono
        return replace(was, full_since_mono=since, free_since_mono=None)
    if was.full_since_mono is None:
        return was
    free = mono if was.free_since_mono is None else was.free_since_mono
    if dip is None or mono >= free + dip:
        return replace(was, full_since_mono=None, free_since_mono=None)
    return was if was.free_since_mono is not None else replace(was, free_since_mono=free)


def _dip(policy: Policy) -> float | None:
    """Seconds for which a line may be free without ending the count; None: no plan counts full lines."""
    dip: float | None = None
    for plan in policy.plans:
        if plan.lines_full > 0 and (dip is None or plan.dip > dip):
            dip = plan.dip
    return dip


def _since(earlier: float | None, holds: bool, mono: float) -> float | None:
    if not holds:
        return None
    return mono if earlier is None else earlier
