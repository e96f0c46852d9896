"""What a site has decided beforehand: its components, its scopes and how long to wait. Values only.

All durations are seconds. The YAML file is read and checked by ``config.policy``; nothing here does I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Scope:
    """What is switched as one: a service line, its queue, the pools that serve it, the trunks that feed it.

    message: id of the approved wording (requirement B1); evacuated_message: the one for EVACUATED (A6).
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


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that ``decide`` needs to know about a site.

    armed: False is observe: decide, record and show, but write no flag.
    boot_grace: seconds after Asterisk's own boot in which missing members are not yet evidence.
    override_max: the longest a manual override may last, seconds.
    """

    trunks: Mapping[str, Trunk]
    pools: Mapping[str, Pool]
    scopes: Mapping[str, Scope]
    armed: bool = False
    boot_grace: float = 30.0
    override_max: float = 12 * 3600.0
