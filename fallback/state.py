"""What the core knows between two events. Immutable; ``decide`` returns a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from math import inf

from fallback.calendar import Calendar
from fallback.events import Evidence, Presence
from fallback.modes import DialplanAction, Mode


class Health(StrEnum):
    """UNKNOWN → UP ⇄ SUSPECT → DOWN → MENDING → UP."""

    UNKNOWN = "UNKNOWN"
    UP = "UP"
    SUSPECT = "SUSPECT"
    DOWN = "DOWN"
    MENDING = "MENDING"


@dataclass(frozen=True, slots=True)
class Standing:
    """What one kind of evidence says of a component now: good or bad, since when, how often in a row.

    since: mono time of the first reading of the row; last: of the latest. count: readings in the row.
    """

    good: bool
    since: float
    last: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class ComponentState:
    """Health of one component. since_mono/since: when this health began, on both clocks.

    owes: it was DOWN and has not been UP since, also across UNKNOWN, so the way back leads through MENDING.
    returns: mono times of earlier returns, for the flap penalty.
    detail: untrusted words of the last bad reading.
    """

    name: str
    health: Health = Health.UNKNOWN
    since: datetime | None = None
    since_mono: float = 0.0
    evidence: Mapping[Evidence, Standing] = field(default_factory=dict)
    owes: bool = False
    returns: tuple[float, ...] = ()
    detail: str = ""

    @property
    def bad(self) -> Mapping[Evidence, int]:
        """Consecutive bad readings by kind of evidence."""
        return {kind: said.count for kind, said in self.evidence.items() if not said.good}

    @property
    def good(self) -> int:
        """Consecutive good readings of the kind that has most of them; 0 while any kind is bad."""
        if self.bad:
            return 0
        return max((said.count for said in self.evidence.values()), default=0)


@dataclass(frozen=True, slots=True)
class Override:
    """A manual mode: who, why, until when (aware UTC; None only for EVACUATED)."""

    mode: Mode
    who: str
    why: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident of a scope. key: stable id that callers' captures carry."""

    key: str
    scope: str
    kind: str  # A3, A4 … (requirements A)
    opened_at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScopeState:
    """computed comes from components; effective adds the override; action follows from effective.

    healthy_since_mono: since when nothing that the scope needs is wrong; starts the recovery hold.
    whole_since_mono: the same, and no trunk is missing either; starts the hold that closes the incident.
    ready_since_mono: since when callbacks are allowed (requirement E1), for the ramp; None: not allowed.
    lines_left: channels of the trunks that are not lost, of lines_total.
    partial: the trunks that are lost while the scope goes on (A4), comma separated; "" when whole.
    planned: key of the planned window that lasts now (A10); "" none. surging: the queue figures say SURGE (A8);
    rising_since_mono, calm_since_mono: since when figures stand above, or all below, their limits.
    full_since_mono: since when every line is in use; free_since_mono: since when one is free again meanwhile.
    plan: name of the plan that was set off. message: id of the wording that callers hear. keyed_at: second that the
    latest incident's key names; the next one names a later one, even if the wall clock is set back.
    recovery_at: aware UTC, always to come: Tick drops it once it has passed (requirement B2).
    """

    name: str
    computed: Mode = Mode.NORMAL
    effective: Mode = Mode.NORMAL
    action: DialplanAction = DialplanAction.PASS
    since: datetime | None = None
    healthy_since_mono: float | None = None
    override: Override | None = None
    incident: Incident | None = None
    recovery_at: datetime | None = None
    lines_left: int = 0
    lines_total: int = 0
    partial: str = ""
    whole_since_mono: float | None = None
    ready_since_mono: float | None = None
    planned: str = ""
    surging: bool = False
    rising_since_mono: float | None = None
    calm_since_mono: float | None = None
    full_since_mono: float | None = None
    plan: str = ""
    free_since_mono: float | None = None
    message: str = ""
    keyed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An open incident as staff handle it: its ladder, who took it on. Every open incident has one.

    key: the incident's. scope: "" concerns the site. subject: what failed, e.g. "A4 carrier-a; A3 power-agents".
    ladder: name in the policy. raised: names of the rungs that were raised. acked_by: "" nobody yet. owner: who has it
    now. by_hand: declared by a person, closed only by one. drill: name of the drill that it is, or "". live: of a
    drill. hurt: people (A7). parent: key of the incident that it was split from.
    climbs_from: since when its ladder counts, where that is not from the start: its kind became graver then.
    """

    key: str
    scope: str
    kind: str
    subject: str
    opened_at: datetime
    ladder: str
    raised: tuple[str, ...] = ()
    acked_by: str = ""
    acked_at: datetime | None = None
    owner: str = ""
    by_hand: bool = False
    drill: str = ""
    live: bool = False
    hurt: int = 0
    parent: str = ""
    climbs_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A member that is watched as a single seat (A1). bad_since_mono: unreachable or silent since then."""

    queue: str
    member: str
    agent: str = ""
    silent: int = 0
    bad_since_mono: float | None = None
    case: str = ""


@dataclass(frozen=True)
class State:
    """All of it. members: queue → member → presence. linked: whether the manager link stands. No slots: see ``changed``.

    components: trunks, pools and parts by name (a policy never uses one name for two).
    wall_offset: wall clock minus monotonic clock in seconds, rebased by every Tick, so that due times on the
    wall can be told as monotonic deadlines.
    callers: queue → channel → mono time at which it joined. in_use: trunk → channels. cases: every open incident by
    key. seats: (queue, member) → seats that are not plainly well. leaves: (queue, member) → until when it may be
    signed out. departures: queue → member → mono time at which it left or was lost, of late; mass: queue → how many
    were there before the mass sign-out from which it has not come back.
    excused: components whose bad evidence does not count now: closed scopes, shift changes, planned windows.
    muffled: (component, kind) → words of what stays bad but could not be heard when it was told; heard when it can be.
    keys: of the newest cases, open or over: none is given twice, also within one second or after a clock set back.
    edge_at: epoch seconds of the calendar's next edge; inf: none. calendar_told: until it is, whoever was CLOSED or
    PLANNED before a restart stays so.
    agents: (queue, member) → the agent's name, where one was told, so that one who comes back on another device is
    known again (A1).
    """

    linked: bool = False
    wall_offset: float = 0.0
    boot_grace_until_mono: float = 0.0
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Presence]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    scopes: Mapping[str, ScopeState] = field(default_factory=dict)
    callers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    in_use: Mapping[str, int] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    excused: frozenset[str] = frozenset()
    cases: Mapping[str, Case] = field(default_factory=dict)
    seats: Mapping[tuple[str, str], Seat] = field(default_factory=dict)
    leaves: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    departures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mass: Mapping[str, int] = field(default_factory=dict)
    muffled: Mapping[tuple[str, Evidence], str] = field(default_factory=dict)
    edge_at: float = inf
    calendar_told: bool = False
    keys: tuple[str, ...] = ()
    agents: Mapping[tuple[str, str], str] = field(default_factory=dict)


_NAMES = frozenset(field.name for field in fields(State))


def changed(state: State, **new: object) -> State:
    """``dataclasses.replace`` at an eighth of its price, for what happens with every call: one dict copied into another.
    Raises KeyError for a field that a State does not have.
    """
    if not _NAMES.issuperset(new):
        raise KeyError(*(new.keys() - _NAMES))
    copy = object.__new__(State)
    copy.__dict__.update(state.__dict__, **new)
    return copy


@dataclass(frozen=True, slots=True)
class SavedScope:
    """What the store keeps of a scope, and ``fallback.restore`` needs after a restart. Times are aware UTC.

    Monotonic marks are left out on purpose: they mean nothing in another process, so holds start again.
    """

    name: str
    computed: Mode
    effective: Mode
    since: datetime | None = None
    override_mode: Mode | None = None
    override_who: str = ""
    override_why: str = ""
    override_since: datetime | None = None
    override_until: datetime | None = None
    incident_key: str = ""
    incident_kind: str = ""
    incident_opened_at: datetime | None = None
    incident_detail: str = ""
    recovery_at: datetime | None = None
    keyed_at: datetime | None = None


def to_saved(state: State) -> tuple[SavedScope, ...]:
    """The scopes of a state as rows for the store, in the policy's order."""
    return tuple(_saved(scope) for scope in state.scopes.values())


def _saved(scope: ScopeState) -> SavedScope:
    override, incident = scope.override, scope.incident
    return SavedScope(
        name=scope.name,
        computed=scope.computed,
        effective=scope.effective,
        since=scope.since,
        override_mode=override.mode if override else None,
        override_who=override.who if override else "",
        override_why=override.why if override else "",
        override_since=override.since if override else None,
        override_until=override.until if override else None,
        incident_key=incident.key if incident else "",
        incident_kind=incident.kind if incident else "",
        incident_opened_at=incident.opened_at if incident else None,
        incident_detail=incident.detail if incident else "",
        recovery_at=scope.recovery_at,
        keyed_at=scope.keyed_at,
    )
