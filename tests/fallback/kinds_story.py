"""The site of the stories about kinds of failure: parts, hours, figures and plans, and a word for each event."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from fallback_story import POLICY, START, Story, well

from fallback.calendar import Calendar, Interval, PlannedWindow
from fallback.decision import BringWaiting
from fallback.events import CallerLeft, CallerWaits, Evidence, MemberGone, MemberSeen, PartSeen, Presence
from fallback.modes import DialplanAction, Mode
from fallback.policy import Part, PartKind, PlanRule, Policy, Scope, SurgeRule

MINUTE, HOUR = 60.0, 3600.0
TEN = tuple(f"agent-{n}" for n in range(1, 11))
SURGE = SurgeRule(
    waiting=6,
    longest_wait=120.0,
    occupancy=0.9,
    end_waiting=2,
    end_longest_wait=30.0,
    end_occupancy=0.7,
)


def scope(name: str) -> Scope:
    return replace(
        POLICY.scopes[name],
        parts=("crm", "ups", "mains"),
        surge=SURGE,
        messages={Mode.CLOSED: "closed", Mode.SURGE: "surge"},
    )


SITE: Policy = replace(
    POLICY,
    parts={
        "crm": Part("crm", PartKind.APPLICATION, "A2", Mode.DEGRADED),
        "ups": Part("ups", PartKind.POWER, "A5", Mode.DEGRADED, site=True),
        "mains": Part("mains", PartKind.POWER, "A5", Mode.OUTAGE, site=True),
        "store": Part("store", PartKind.OWN, "A9", site=True),
    },
    scopes={"power": scope("power"), "water": scope("water")},
    plans=(
        PlanRule("general", 15 * MINUTE, (), "general"),
        PlanRule("major", 30 * MINUTE, (Mode.OUTAGE,), "major"),
    ),
)


def site(policy: Policy = SITE) -> Story:
    """A site that has been well for an hour."""
    return well(policy)


def many(queue: str = "power") -> Story:
    """The same with ten agents."""
    story = site()
    story.do(*(MemberSeen(queue, name, Presence.FREE) for name in TEN))
    story.wait(HOUR)
    return story


def probe(good: bool, kind: Evidence = Evidence.PROBE, part: str = "crm") -> PartSeen:
    return PartSeen(part, kind, good, "" if good else "time-out")


def probed(
    story: Story, good: bool, seconds: float, kind: Evidence = Evidence.PROBE, part: str = "crm"
) -> None:
    """A probe every five seconds for so long."""
    for _ in range(int(seconds // 5)):
        story.do(probe(good, kind, part))
        story.wait(5)


def callers(numbers: Iterable[int], queue: str = "power") -> tuple[CallerWaits, ...]:
    return tuple(CallerWaits(queue, f"PJSIP/carrier-a-{n}") for n in numbers)


def gone(numbers: Iterable[int], queue: str = "power") -> tuple[CallerLeft, ...]:
    return tuple(CallerLeft(queue, f"PJSIP/carrier-a-{n}") for n in numbers)


def sign_out(names: Iterable[str], queue: str = "power") -> tuple[MemberGone, ...]:
    return tuple(MemberGone(queue, name) for name in names)


def sign_in(names: Iterable[str], queue: str = "power") -> tuple[MemberSeen, ...]:
    return tuple(MemberSeen(queue, name, Presence.FREE) for name in names)


def between(start: float, end: float) -> Interval:
    """Seconds into the story."""
    return Interval(START + timedelta(seconds=start), START + timedelta(seconds=end))


def hours(
    *shifts: tuple[float, float], planned: tuple[PlannedWindow, ...] = (), scope: str = "power"
) -> Calendar:
    """Hours of one scope, known for ten days."""
    until = START + timedelta(days=10)
    return Calendar({scope: tuple(between(*shift) for shift in shifts)} if shifts else {}, planned, (), until)


def window(
    start: float,
    end: float,
    *components: str,
    scopes: tuple[str, ...] = ("power",),
    action: DialplanAction = DialplanAction.NOTICE,
    region: str = "",
) -> PlannedWindow:
    return PlannedWindow(
        f"w{start:g}",
        "billing closes the month",
        between(start, end),
        scopes,
        components,
        "month-end",
        action,
        region,
    )


def modes(story: Story, name: str = "power") -> list[str]:
    """The effective modes that the scope entered, in order."""
    return [new for _, new in story.rows("mode", name)]


def brought(story: Story) -> list[tuple[str, dict[str, float]]]:
    return [(a.scope, dict(a.channels)) for a in story.actions if isinstance(a, BringWaiting)]
