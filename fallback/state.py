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
class ComponentState:
    """Health of one component. since_mono/since: when this health began, on both clocks."""

    name: str
    health: Health = Health.UNKNOWN
    since: datetime | None = None
    since_mono: float = 0.0
    bad: Mapping[Evidence, int] = field(default_factory=dict)  # consecutive bad readings by kind
    good: int = 0  # consecutive good readings
    returns: tuple[float, ...] = ()  # mono times of earlier returns, for the flap penalty
    detail: str = ""


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
    """computed comes from components; effective adds the override; stable_since_mono starts the recovery hold.

    partial: words of what is lost while the scope goes on, e.g. a trunk (A4); "" when whole.
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


@dataclass(frozen=True, slots=True)
class State:
    """All of it. members: queue → member → presence. linked: whether the manager link stands."""

    linked: bool = False
    boot_grace_until_mono: float = 0.0
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, Presence]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    scopes: Mapping[str, ScopeState] = field(default_factory=dict)
