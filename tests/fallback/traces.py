"""Generated traces of everything that can happen to a site that uses everything, and how many of them.

In a gate 500 traces are the same every time: a surprise belongs into a search, not into a gate. The search is
``make nightly``: HOLDFAST_TRACES says how many, and they are other ones each time.
"""

import os
from dataclasses import dataclass, replace
from datetime import timedelta

from case_story import PLANNED as SITE
from case_story import part
from fallback_story import AGENTS, START, snapshot
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fallback.calendar import Calendar, Interval, PlannedWindow
from fallback.events import (
    Acknowledged,
    CalendarTold,
    CallerLeft,
    CallerWaits,
    ClockStepped,
    Closed,
    Declared,
    DrillEnded,
    DrillStarted,
    Event,
    Evidence,
    HandedOver,
    LeaveGranted,
    LinesSeen,
    LinkLost,
    MemberGone,
    MemberSeen,
    OverrideEnded,
    OverrideSet,
    PartSeen,
    Presence,
    QueueSeen,
    RecoveryTimeSet,
    SeatSilent,
    SnapshotTaken,
    Split,
    Tick,
    TrunkSeen,
)
from fallback.modes import DialplanAction, Mode
from fallback.policy import AgentRules, PartKind, Policy, SurgeRule

NIGHTLY = "HOLDFAST_TRACES"
settings.register_profile(
    "ci",
    max_examples=500,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "nightly",
    settings.get_profile("ci"),
    max_examples=int(os.environ.get(NIGHTLY, "10000")),
    derandomize=False,
    print_blob=True,
)
traces = settings.get_profile("nightly" if NIGHTLY in os.environ else "ci")
"""Decorates what is to hold for every trace."""

SURGE = SurgeRule(
    waiting=3, longest_wait=40.0, occupancy=0.9, end_waiting=2, end_longest_wait=20.0, hold=60.0
)
WHOLE: Policy = replace(
    SITE,
    parts={**SITE.parts, "acd": part("acd", PartKind.PBX, "A3", Mode.OUTAGE)},
    scopes={
        "power": replace(SITE.scopes["power"], parts=("crm", "mains", "acd"), surge=SURGE),
        "water": replace(
            SITE.scopes["water"],
            parts=("crm", "disk"),
            surge=SURGE,
            messages={Mode.CLOSED: "closed", Mode.PLANNED: "works"},
            actions={Mode.CLOSED: DialplanAction.NOTICE, Mode.DEGRADED: DialplanAction.CAPTURE},
        ),
    },
    agents=AgentRules(shift_grace=120.0),
)
OTHER: Policy = replace(
    WHOLE,
    trunks={"carrier-a": replace(WHOLE.trunks["carrier-a"], channels=2)},
    scopes={"power": replace(WHOLE.scopes["power"], trunks=("carrier-a",), parts=("crm",), surge=None)},
)
OBSERVING: Policy = replace(WHOLE, armed=False)


@dataclass(frozen=True, slots=True)
class Restart:
    """Our process is killed and comes back so many seconds later; then the link is taken up."""

    away: float


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The wall clock is set by so many seconds; whether somebody says so."""

    seconds: float
    said: bool


@dataclass(frozen=True, slots=True)
class Adopt:
    """Another policy comes into force."""

    policy: Policy


Step = Event | Restart | ClockSet | Adopt


def _calendar(cuts: list[int], windows: list[tuple[int, int, tuple[str, ...], bool]], known: int) -> Calendar:
    """Hours of one scope from moments at which it opens and shuts; windows; both in minutes into the story."""
    at = [START + timedelta(minutes=cut) for cut in sorted(set(cuts))]
    shifts = tuple(Interval(a, b) for a, b in zip(at[::2], at[1::2], strict=False))
    planned = tuple(
        PlannedWindow(
            f"w{start}",
            "works",
            Interval(START + timedelta(minutes=start), START + timedelta(minutes=start + lasts)),
            ("power", "water"),
            components,
            action=DialplanAction.CAPTURE if whole else DialplanAction.NOTICE,
        )
        for start, lasts, components, whole in sorted(windows)
    )
    until = START + timedelta(minutes=known) if known else None
    return Calendar({"power": shifts} if cuts else {}, planned, (), until)


COMPONENTS = st.sampled_from([*WHOLE.trunks, *WHOLE.pools, *WHOLE.parts, "no-such"])
TRUNKS = st.sampled_from(["carrier-a", "carrier-b", "no-such"])
QUEUES = st.sampled_from(["power", "power", "water", "no-such"])
SCOPES = st.sampled_from(["power", "power", "water", "no-such"])
WHO = st.sampled_from(["leader", "engineer", "leader", "engineer", ""])
AGENT = st.sampled_from([*AGENTS, "agent-4", "agent-5"])
CHANNELS = st.sampled_from([f"PJSIP/carrier-{n}" for n in range(6)])
WHEN = st.none() | st.integers(-100, 30_000).map(lambda s: START + timedelta(seconds=s))
LATER = st.integers(-100, 20_000).map(lambda s: START + timedelta(seconds=s))
NTH = st.integers(0, 3).map(str)  # which of the open cases; its key is filled in when it happens
NOTHING = st.just("")
KNOWN = st.sampled_from([0, 30, 600])
CALENDARS = st.builds(
    _calendar,
    st.lists(st.integers(-60, 300), max_size=6),
    st.lists(
        st.tuples(
            st.integers(-10, 60),
            st.integers(1, 90),
            st.sampled_from([(), ("crm",), ("carrier-a", "power-agents"), ("carrier-a", "carrier-b")]),
            st.booleans(),
        ),
        max_size=2,
    ),
    KNOWN,
)
TRUNK_READINGS = st.builds(TrunkSeen, TRUNKS, st.sampled_from(Evidence), st.booleans())
MEMBERS = st.builds(MemberSeen, QUEUES, AGENT, st.sampled_from(Presence), st.sampled_from(["", "wang"]))
WAITING = st.builds(CallerWaits, QUEUES, CHANNELS, st.sampled_from([0.0, 0.0, 25.0, 90.0]))
LINES = st.builds(LinesSeen, TRUNKS, st.integers(-1, 6))
ODD_SNAPSHOTS = st.builds(
    SnapshotTaken,
    st.integers(-10_000, 500).map(lambda s: START + timedelta(seconds=s)),
    st.lists(TRUNK_READINGS, max_size=3).map(tuple),
    st.lists(MEMBERS, max_size=4).map(tuple),
    st.lists(st.builds(QueueSeen, QUEUES, st.integers(0, 9)), max_size=1).map(tuple),
    st.lists(WAITING, max_size=3).map(tuple),
    st.lists(LINES, max_size=2).map(tuple),
)
SNAPSHOTS = st.builds(snapshot, st.just(-86400.0), st.booleans(), st.booleans()) | ODD_SNAPSHOTS
FAULTS = st.one_of(
    TRUNK_READINGS,
    st.builds(PartSeen, COMPONENTS, st.sampled_from(Evidence), st.booleans(), NOTHING, WHO),
    st.builds(PartSeen, COMPONENTS, st.just(Evidence.REPORT), st.booleans(), NOTHING, WHO),
    MEMBERS,
    st.builds(MemberGone, QUEUES, AGENT),
    st.just(LinkLost("reset")),
    SNAPSHOTS,
)
CALLERS = st.one_of(
    WAITING,
    st.builds(CallerLeft, QUEUES, CHANNELS),
    LINES,
    st.builds(QueueSeen, QUEUES, st.integers(0, 9)),
    st.builds(SeatSilent, QUEUES, AGENT),
)
PEOPLE = st.one_of(
    st.builds(OverrideSet, SCOPES, st.sampled_from(Mode), WHO, WHO, WHEN),
    st.builds(OverrideEnded, SCOPES, WHO, WHO),
    st.builds(RecoveryTimeSet, SCOPES, WHEN, WHO),
    st.builds(LeaveGranted, QUEUES, AGENT, LATER, WHO),
    st.builds(
        Declared, SCOPES | NOTHING, st.sampled_from(["A1", "A7", "A2"]), NOTHING, WHO, st.integers(0, 2)
    ),
    st.builds(Closed, NTH, WHO, WHO),
    st.builds(Split, NTH, st.sampled_from(["A4 carrier-a", "A3 power-agents", "A2 crm"]), WHO),
    st.builds(Acknowledged, NTH, WHO, st.just("web")),
    st.builds(HandedOver, NTH, WHO, WHO),
    st.builds(DrillStarted, st.sampled_from([*WHOLE.drills, "no-such"]), WHO, st.booleans()),
    st.builds(DrillEnded, NTH, WHO),
)
TIME = st.one_of(
    st.just(Tick()),
    st.builds(CalendarTold, CALENDARS),
    st.builds(ClockStepped, st.sampled_from([-3600.0, 5.0])),
    st.builds(ClockSet, st.sampled_from([-4000.0, -30.0, 0.5, 30.0, 4000.0]), st.booleans()),
    st.builds(Restart, st.sampled_from([0.0, 20.0, 3000.0])),
    st.builds(Adopt, st.sampled_from([WHOLE, OTHER, OBSERVING])),
)
STEPS: st.SearchStrategy[Step] = st.one_of(FAULTS, FAULTS, CALLERS, CALLERS, PEOPLE, TIME)
PAUSES = st.sampled_from([0.0, 0.5, 7.0, 7.0, 20.0, 70.0, 130.0, 1000.0])
TRACES = st.lists(st.tuples(PAUSES, STEPS), min_size=8, max_size=30)
