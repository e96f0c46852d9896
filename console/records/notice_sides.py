"""One scope of the public notice, where several Asterisks serve it (F5, docs/adr/0027). Pure.

The public knows the service and not its machines: a scope is out of order while it is on any of its Asterisks, in the gravest
of their modes, and its end is that of the last one. A recovery time is told where every one that is out of order has one: the
latest.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from console.live_rows import parse_time
from fallback.decision import Change
from fallback.modes import RANK, Mode
from store.incidents import SavedIncident
from store.several import mark_of, marked


@dataclass(frozen=True, slots=True)
class Side:
    """One Asterisk. armed_since: callers were switched there from then on. gone_at: nothing there counts from then on."""

    armed_since: datetime
    gone_at: datetime | None = None


@dataclass(slots=True)
class _Known:
    """What each side said last, as the rows are gone through. told: the recovery time of all, as last passed on."""

    modes: dict[str, str] = field(default_factory=dict)
    recoveries: dict[str, str] = field(default_factory=dict)
    told: str = ""


def joined(
    scope: str,
    rows: Sequence[Change],
    drills: Sequence[SavedIncident],
    sides: Mapping[str, Side],
    published: Collection[str],
) -> Iterator[Change]:
    """The scope's rows as if one Asterisk had decided them. rows: of all scopes and sides, in order; sides: pbx id, "" for the
    first one, → side.
    """
    known = _Known()
    for _at, pbx, row in sorted(_of_sides(scope, rows, drills, sides), key=lambda one: one[0]):
        if row.kind == "recovery":
            known.recoveries[pbx] = row.new if parse_time(row.new) else ""
        else:
            known.modes[pbx] = row.new if row.new in published else ""
        expected = _expected(known)
        if expected != known.told:
            known.told = expected
            yield replace(row, subject=scope, kind="recovery", new=expected)
        if row.kind != "recovery":
            shown = (Mode(mode) for mode in known.modes.values() if mode)
            gravest = max(shown, key=RANK.__getitem__, default=Mode.NORMAL)
            yield replace(row, subject=scope, kind="mode", new=str(gravest))


def _of_sides(
    scope: str, rows: Sequence[Change], drills: Sequence[SavedIncident], sides: Mapping[str, Side]
) -> Iterator[tuple[datetime, str, Change]]:
    """Each with the time at which it comes among those of others: those of one side stay in their order, though its clock was
    set back in between.
    """
    for pbx, side in sides.items():
        name = marked(scope, mark_of(pbx)) if pbx else scope
        held = [one for one in drills if one.scope == scope and one.live and _is_of(one, pbx, sides)]
        mine = _without(held, [row for row in rows if row.subject == name])
        latest = side.armed_since
        for row in _counted(mine, side):
            latest = max(latest, row.at)
            yield latest, pbx, row


def _is_of(drill: SavedIncident, pbx: str, sides: Mapping[str, Side]) -> bool:
    """The first one's incidents carry its own id, or none."""
    return drill.pbx == pbx if pbx else drill.pbx not in sides or not drill.pbx


def _without(drills: Sequence[SavedIncident], rows: Iterable[Change]) -> list[Change]:
    """While a live drill runs the computed mode counts instead of the effective one."""

    def counts(row: Change) -> bool:
        if row.kind == "recovery":
            return True
        lasts = any(
            one.opened_at <= row.at and (one.closed_at is None or row.at <= one.closed_at) for one in drills
        )
        return row.kind == ("computed" if lasts else "mode")

    return [row for row in rows if counts(row)]


def _counted(rows: Sequence[Change], side: Side) -> list[Change]:
    """What stood when the side was armed counts from then on; when it is gone it ends."""
    first = next((n for n, row in enumerate(rows) if row.at >= side.armed_since), len(rows))
    before = {row.kind == "recovery": row for row in rows[:first]}
    begun = [replace(before[kind], at=side.armed_since) for kind in (True, False) if kind in before]
    counted = [*begun, *rows[first:]]
    gone = side.gone_at
    if gone is None or not counted:
        return counted
    last = next((row for row in reversed(counted) if row.kind != "recovery"), counted[-1])
    return [
        *(row for row in counted if row.at < gone),
        replace(last, at=gone, kind="recovery", new=""),
        replace(last, at=gone, kind="mode", new=str(Mode.NORMAL)),
    ]


def _expected(known: _Known) -> str:
    out_of_order = [pbx for pbx, mode in known.modes.items() if mode]
    times = [known.recoveries.get(pbx, "") for pbx in out_of_order or known.recoveries]
    if not times or not all(times):
        return ""
    return max(times, key=lambda text: parse_time(text) or datetime.min.replace(tzinfo=UTC))
