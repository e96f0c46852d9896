"""Reading modes back out of the record: change rows alone tell in which modes every scope is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fallback.decision import Change
from fallback.modes import Mode


@dataclass(frozen=True, slots=True)
class Modes:
    """The two modes of a scope."""

    computed: Mode = Mode.NORMAL
    effective: Mode = Mode.NORMAL


def replay(changes: Iterable[Change], start: Mapping[str, Modes] | None = None) -> dict[str, Modes]:
    """The modes of every scope after ``changes``, in their order; scopes that none speaks of are as in
    ``start``.

    Raises ValueError when a row does not leave the mode that the rows before it entered: then a row is
    missing.
    """
    modes = dict(start or {})
    for change in changes:
        known = modes.get(change.subject, Modes())
        if change.kind == "computed":
            modes[change.subject] = replace(known, computed=_entered(known.computed, change))
        elif change.kind == "mode":
            modes[change.subject] = replace(known, effective=_entered(known.effective, change))
    return modes


def _entered(known: Mode, change: Change) -> Mode:
    if change.old != known:
        raise ValueError(f"{change.subject}: a row leaves {change.kind} {change.old}, but it was in {known}")
    return Mode(change.new)
