"""What the core knows between two events. Immutable; ``decide`` returns a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class State:
    """All of it. members: queue → member → presence. linked: whether the manager link stands.

    components: trunks and pools by name (a policy never uses one name for both).
    wall_offset: wall clock minus monotonic clock in seconds, rebased by every Tick, so that due times on the
    wall can be told as monotonic deadlines.
    """

    linked: bool = False
    wall_offset: float = 0.0
    boot_grace_until_mono: float = 0.0
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Presence]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    scopes: Mapping[str, ScopeState] = field(default_factory=dict)


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
    )
