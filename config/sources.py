"""What is watched besides the telephone's own events, and how (D1, D2, D4, D5). Values only; durations are seconds.

The programs that do it are in ``ami_bridge.sources``; each turns what it sees into events of the core.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ProbeKind(StrEnum):
    """How an application is asked whether it works."""

    HTTP = "http"
    TCP = "tcp"
    SQL = "sql"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Probe:
    """Asking one part of the policy (A2): bad as PROBE when it fails, as LATENCY when it answers too slowly.

    component: name of the part. target: URL (http), ``host:port`` (tcp), database URL (sql), the program with its
    arguments in ``command`` (command); it may hold a password, so it is never shown. latency_limit: seconds; 0: only
    ``timeout`` counts. jitter: share of ``every``, 0 to 1, by which each round is moved at random.
    http: expect_status: any of these; () means 200 to 399. expect_text: must occur in the answer's first 64 KiB.
    sql: query. command: exit code 0 is good; no shell.
    """

    name: str
    component: str
    kind: ProbeKind
    target: str = field(default="", repr=False)
    every: float = 15.0
    timeout: float = 5.0
    latency_limit: float = 0.0
    jitter: float = 0.1
    expect_status: tuple[int, ...] = ()
    expect_text: str = ""
    query: str = "SELECT 1"
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nut:
    """A UPS that Network UPS Tools know (A5). ups: as ``upsc`` takes it, ``name@host[:port]``.

    component: bad while it runs on battery. low_component: bad while the battery is low as well; "" nobody.
    """

    name: str
    component: str
    ups: str
    low_component: str = ""
    every: float = 5.0
    timeout: float = 4.0


@dataclass(frozen=True, slots=True)
class ShareRule:
    """Share of a trunk's calls that fail by cause (D1). Bad at ``bad_share`` and more of at least ``least_calls``
    within ``window`` seconds; good again at ``good_share`` and less. causes: Q.850 causes that speak against the trunk;
    a busy or silent callee does not.
    """

    window: float = 300.0
    least_calls: int = 10
    bad_share: float = 0.5
    good_share: float = 0.2
    causes: tuple[int, ...] = (3, 27, 34, 38, 41, 42, 44, 47, 58, 102)


@dataclass(frozen=True, slots=True)
class SilenceRule:
    """No incoming call where the same hour of the week normally brings some (D1).

    Bad when so long a pause would be expected less often than ``false_alarms`` times in a week of normal traffic (0.02:
    once a year), has lasted ``least`` seconds, and ``least_weeks`` of the last ``weeks`` weeks of that hour are known. One
    call is good. The budget is one trunk's.
    """

    false_alarms: float = 0.02
    least: float = 600.0
    weeks: int = 8
    least_weeks: int = 3


@dataclass(frozen=True, slots=True)
class TestCall:
    """Our own call out on trunk ``out`` to ``number``, which must arrive on trunk ``into`` within ``timeout`` (D1).

    by_number: nobody else dials that number, so a call to it is ours whatever caller id the carrier shows.
    """

    __test__ = False  # no test class, whatever a test runner thinks of its name

    name: str
    out: str
    into: str
    number: str
    every: float = 900.0
    timeout: float = 20.0
    by_number: bool = False


@dataclass(frozen=True, slots=True)
class TrunkWatch:
    """What is watched of trunks besides contact state and calls. None, or an empty mapping: not watched.

    registrations: trunk → name of its outbound registration in pjsip.conf. alarms: trunk → DAHDI spans.
    rtt_limit: OPTIONS round trip in seconds above which a contact counts as bad; 0 off.
    """

    share: ShareRule | None = field(default_factory=ShareRule)
    silence: SilenceRule | None = None
    registrations: Mapping[str, str] = field(default_factory=dict)
    alarms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rtt_limit: float = 0.0
    test_calls: tuple[TestCall, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Alerts whose labels hold all of these concern the component (D4)."""

    component: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What the outside may tell us. alerts: by Alertmanager labels, the first that matches counts.

    reports: parts that the signed webhook may speak of. max_age: seconds; an older signed body is refused, and within
    it the same body counts once. The secret is a setting.
    """

    alerts: tuple[AlertRule, ...] = ()
    reports: tuple[str, ...] = ()
    max_age: float = 300.0


@dataclass(frozen=True, slots=True)
class OwnWatch:
    """Our own health (D5). disk_free: least free share of the data directory's disk, 0 to 1. clock_step: seconds by
    which the wall may leave the monotonic clock between two looks. inbox_lag: seconds an event may wait for the core.
    """

    every: float = 10.0
    disk_free: float = 0.05
    clock_step: float = 2.0
    inbox_lag: float = 5.0


@dataclass(frozen=True, slots=True)
class SourcesPolicy:
    """Everything that is watched."""

    probes: tuple[Probe, ...] = ()
    nut: tuple[Nut, ...] = ()
    trunks: TrunkWatch = field(default_factory=TrunkWatch)
    webhooks: Webhooks = field(default_factory=Webhooks)
    own: OwnWatch = field(default_factory=OwnWatch)
