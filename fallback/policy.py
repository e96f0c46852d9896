"""What a site has decided beforehand: its components, its scopes and how long to wait. Values only.

All durations are seconds. The YAML file is read and checked by ``config.policy``; nothing here does I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fallback.modes import DialplanAction, Mode


@dataclass(frozen=True, slots=True)
class HealthTimes:
    """How sure to be before a component changes, in both directions (requirement D1).

    suspect_count: consecutive bad samples (calls) that are wanted besides ``down_after``; a level (contact,
        registration, members) stands until its source says otherwise and needs no repeats.
    down_after: seconds of uninterrupted bad evidence of one kind before SUSPECT becomes DOWN.
    two_kinds_after: the same when two kinds are bad at once.
    good_count: consecutive good samples wanted on the way back (as strict as the way down).
    up_after: seconds of uninterrupted good evidence before MENDING becomes UP.
    sample_life: seconds after which a sample says nothing any more unless another one follows.
    flap_window: seconds in which returns are counted; each earlier one adds ``flap_penalty`` to up_after,
        up to ``flap_penalty_max``.
    """

    suspect_count: int = 2
    down_after: float = 6.0
    two_kinds_after: float = 1.0
    good_count: int = 2
    up_after: float = 10.0
    sample_life: float = 60.0
    flap_window: float = 600.0
    flap_penalty: float = 15.0
    flap_penalty_max: float = 120.0


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier link. endpoint: PJSIP endpoint name; dial: template with ``{number}``; channels: its size."""

    name: str
    endpoint: str
    dial: str
    channels: int
    times: HealthTimes = field(default_factory=HealthTimes)


@dataclass(frozen=True, slots=True)
class Pool:
    """The agents behind one queue. It is down when fewer than ``minimum`` members can be reached."""

    name: str
    queue: str
    minimum: int = 1
    times: HealthTimes = field(default_factory=HealthTimes)


class PartKind(StrEnum):
    """What a component is that is neither a trunk nor a pool."""

    APPLICATION = "application"
    STORE = "store"
    POWER = "power"
    PBX = "pbx"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Part:
    """A component that sources tell about: an application, a data store, power, the PBX, one of our own parts.

    failure: kind of its failure (A2, A5, A9 …, or OWN). effect: mode of every scope that lists it while it is DOWN;
    NORMAL: none, OUTAGE: callers cannot be served, anything else counts as impaired (DEGRADED). site: its loss opens
    an incident of the site even if no scope lists it.
    """

    name: str
    kind: PartKind
    failure: str
    effect: Mode = Mode.NORMAL
    site: bool = False
    times: HealthTimes = field(default_factory=HealthTimes)


OWN_PARTS = ("link", "inbox", "beat", "disk", "spool", "clock", "store", "alerts")
"""Our own parts (D5); a policy always holds them, of kind OWN; ``store`` fails as A9."""


@dataclass(frozen=True, slots=True)
class SurgeRule:
    """When a scope surges (A8), and when no more. Any one figure starts it, all must be below their end to end it.

    waiting: callers. longest_wait: seconds. occupancy: lines in use ÷ lines left, 0 to 1. after: seconds for which a
    figure must stand. hold: seconds for which all must be calm. 0 switches a figure off.
    """

    waiting: int = 0
    longest_wait: float = 0.0
    occupancy: float = 0.0
    after: float = 15.0
    end_waiting: int = 0
    end_longest_wait: float = 0.0
    end_occupancy: float = 0.0
    hold: float = 120.0


@dataclass(frozen=True, slots=True)
class PlanRule:
    """A plan that is set off by full lines, or by a mode that lasts (general and major plan, S1 2.四).

    lines_full: seconds with every line in use; 0: not by lines. modes: effective modes that set it off at once.
    The graver plan stands later in the policy. ladder: whom it calls. dip: seconds for which a line may be free
    without starting the count again, since under load a free line is taken at once.
    """

    name: str
    lines_full: float
    modes: tuple[Mode, ...]
    ladder: str
    dip: float = 10.0


class OnAck(StrEnum):
    """What an acknowledgement does to a rung that is not yet due."""

    STOP = "stop"
    GO_ON = "go_on"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: whom to tell what, and when.

    after: seconds from the incident's start. after_workdays: due at the end of the n-th working day after the start
    instead (0: not used). roles: names that the roster resolves when it is sent. text: id of the words, which differ
    from rung to rung. min_hurt: only when at least so many people are hurt (A7).
    """

    name: str
    after: float
    roles: tuple[str, ...]
    text: str
    on_ack: OnAck = OnAck.STOP
    after_workdays: int = 0
    min_hurt: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs in the order of their due times."""

    name: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of failure (A1 … A10, OWN) does to staff. gravity: an incident's kind is the gravest that joined."""

    kind: str
    ladder: str
    gravity: int = 0


@dataclass(frozen=True, slots=True)
class AgentRules:
    """Seats and sign-outs (A1, A3, D2).

    mass_share: of a pool's members; mass_within: seconds; mass_least: smaller pools have no mass sign-out.
    shift_grace: seconds around the start and end of a shift in which leaving is no evidence.
    seat_silent: unanswered rings in a row that make a seat suspect; seat_after: seconds unreachable, or silent, while
    its pool is UP, before it counts as a seat fault.
    """

    mass_share: float = 0.6
    mass_within: float = 60.0
    mass_least: int = 3
    shift_grace: float = 300.0
    seat_silent: int = 2
    seat_after: float = 30.0


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """A drill made ready (F4). lost: components that are played as DOWN, from ``lost_after`` seconds on. mode: the
    manual mode that a live drill sets on the scope ("" none: callers are not touched even live). every: seconds
    after which the next one is overdue.
    """

    name: str
    title: str
    content: str
    kind: str
    scope: str
    ladder: str
    lost: tuple[str, ...] = ()
    mode: str = ""
    lasts: float = 1800.0
    every: float = 180 * 86400.0


@dataclass(frozen=True, slots=True)
class Scope:
    """What is switched as one: a service line, its queue, the pools that serve it, the trunks that feed it.

    message: id of the approved wording (requirement B1); evacuated_message: the one for EVACUATED (A6). messages:
    wording of further modes, e.g. CLOSED, SURGE; what is not listed uses ``message``. actions: where this scope
    differs from ``modes.ACTION``. parts: applications, power … that it needs.
    surge: None: it never surges. region: for planned outages by region (B5).
    language: what callers hear first.
    recovery_hold: seconds of health before NORMAL and before callbacks (requirement E1).
    """

    name: str
    queue: str
    pools: tuple[str, ...]
    trunks: tuple[str, ...]
    message: str = "fault"
    language: str = "zh-CN"
    recovery_hold: float = 60.0
    evacuated_message: str = "evacuation"
    parts: tuple[str, ...] = ()
    messages: Mapping[Mode, str] = field(default_factory=dict)
    actions: Mapping[Mode, DialplanAction] = field(default_factory=dict)
    surge: SurgeRule | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that ``decide`` needs to know about a site.

    armed: False is observe: decide, record and show, but write no flag.
    boot_grace: seconds after Asterisk's own boot in which missing members are not yet evidence.
    override_max: the longest a manual override may last, seconds.
    assess_after: seconds into an A7 after which the connect rate is to be assessed; 0: never.
    """

    trunks: Mapping[str, Trunk]
    pools: Mapping[str, Pool]
    scopes: Mapping[str, Scope]
    armed: bool = False
    boot_grace: float = 30.0
    override_max: float = 12 * 3600.0
    parts: Mapping[str, Part] = field(default_factory=dict)
    agents: AgentRules = field(default_factory=AgentRules)
    kinds: Mapping[str, KindRule] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    plans: tuple[PlanRule, ...] = ()
    drills: Mapping[str, DrillPlan] = field(default_factory=dict)
    assess_after: float = 600.0
