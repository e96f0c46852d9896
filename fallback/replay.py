"""Reading scopes back out of the record: change rows alone tell in which state every scope is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fallback.decision import Change
from fallback.modes import Mode
from fallback.scopes import capacity
from fallback.state import State


@dataclass(frozen=True, slots=True)
class Modes:
    """What rows tell of a scope: its modes, the kind of its open incident and of its override ("" none), lines
    ``left/all``, its plan, whether it surges, the announced recovery (ISO). Names as in the rows.
    """

    computed: Mode = Mode.NORMAL
    effective: Mode = Mode.NORMAL
    incident: str = ""
    override: str = ""
    capacity: str = ""
    plan: str = ""
    surge: str = "calm"
    recovery: str = ""


FIELD = {"mode": "effective", "computed": "computed"} | {
    name: name for name in ("incident", "override", "capacity", "plan", "surge", "recovery")
}
"""Kind of a change → the field of Modes that it is about."""


def modes_of(state: State) -> dict[str, Modes]:
    """What the rows should come to."""
    return {
        name: Modes(
            computed=scope.computed,
            effective=scope.effective,
            incident=scope.incident.kind if scope.incident else "",
            override=scope.override.mode if scope.override else "",
            capacity=capacity(scope),
            plan=scope.plan,
            surge="surging" if scope.surging else "calm",
            recovery=scope.recovery_at.isoformat() if scope.recovery_at else "",
        )
        for name, scope in state.scopes.items()
    }


def replay(changes: Iterable[Change], start: Mapping[str, Modes] | None = None) -> dict[str, Modes]:
    """What is told of every scope after ``changes``, in their order; scopes that none speaks of are as in
    ``start``.

    Raises ValueError when a row does not leave what the rows before it entered: then a row is missing.
    """
    modes = dict(start or {})
    for change in changes:
        name = FIELD.get(change.kind)
        if (
            name is None or change.subject == change.incident
        ):  # a case that is no scope's incident has its key
            continue
        known = modes.get(change.subject, Modes())
        modes[change.subject] = replace(known, **{name: _entered(name, getattr(known, name), change)})
    return modes


def _entered(name: str, known: str, change: Change) -> Any:
    if change.old != known:
        raise ValueError(f"{change.subject}: a row leaves {change.kind} {change.old}, but it was in {known}")
    if name in ("effective", "computed"):
        return Mode(change.new)
    return "" if name == "incident" and change.new == "closed" else change.new
