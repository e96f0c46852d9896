"""A site with the ladders of the requirements, and a driver that tells its cases through minutes, days and restarts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from fallback_story import MONO, POLICY, at, snapshot

from fallback.decide import decide, initial, next_deadline, restore
from fallback.decision import Action, Change, Decision, RaiseRung, StopRungs, TellEnd, TellStaff, Text
from fallback.events import Event, Evidence, PartSeen, Tick
from fallback.incidents import GRAVITY
from fallback.modes import Mode
from fallback.policy import (
    DrillPlan,
    KindRule,
    Ladder,
    OnAck,
    Part,
    PartKind,
    PlanRule,
    Policy,
    Rung,
    SurgeRule,
)
from fallback.state import Case, State, to_saved

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR


def rung(
    name: str, minutes: float, *roles: str, go_on: bool = False, workdays: int = 0, hurt: int = 0
) -> Rung:
    on_ack = OnAck.GO_ON if go_on else OnAck.STOP
    return Rung(name, minutes * MINUTE, roles or (name,), f"text-{name}", on_ack, workdays, hurt)


STEPS = (
    rung("engineer", 0),
    rung("supervisor", 5),
    rung("managers", 10, "operations manager", "centre manager"),
    rung("higher", 30, "higher supervisor"),
    rung("vendor", 60, go_on=True),
)
LADDERS = {
    "a1": (rung("leader", 5), rung("engineer", 24 * 60), rung("supervisor", 0, workdays=3)),
    "a2": STEPS,
    "a3": STEPS,
    "a4": (rung("supervisor", 0),),
    "a5": (rung("now", 0, "engineer", "centre leader"), rung("supervisor", 30)),
    "a6": (rung("everybody", 0, go_on=True),),
    "a7": (rung("logged", 0, "leader"), rung("hurt", 0, "centre leader", hurt=2)),
    "a8": (rung("l1", 0, go_on=True), rung("l2", 30), rung("l3", 60), rung("l4", 75)),
    "a9": (rung("engineer", 0),),
    "a10": (rung("leader", 0),),
    "own": (rung("engineer", 0), rung("supervisor", 30)),
    "general": (rung("one-more", 0, "seat leader", go_on=True),),
    "major": (rung("everybody", 0, go_on=True), rung("press", 20)),
}
KINDS = dict(GRAVITY)


def part(name: str, kind: PartKind, failure: str, effect: Mode = Mode.NORMAL, site: bool = False) -> Part:
    return Part(name, kind, failure, effect, site)


SITE: Policy = replace(
    POLICY,
    parts={
        "crm": part("crm", PartKind.APPLICATION, "A2", Mode.DEGRADED),
        "ups": part("ups", PartKind.POWER, "A5", Mode.DEGRADED),
        "mains": part("mains", PartKind.POWER, "A5", Mode.DEGRADED, site=True),
        "store": part("store", PartKind.OWN, "A9", site=True),
        "disk": part("disk", PartKind.OWN, "OWN", site=True),
    },
    scopes={
        name: replace(scope, parts=("crm", "ups", "mains"), surge=SurgeRule(waiting=5))
        for name, scope in POLICY.scopes.items()
    },
    kinds={kind: KindRule(kind, kind.lower(), gravity) for kind, gravity in KINDS.items()},
    ladders={name: Ladder(name, rungs) for name, rungs in LADDERS.items()},
    drills={
        "carrier": DrillPlan(
            "carrier", "One carrier lost", "carrier-a is pulled", "A4", "power", "a4", ("carrier-a",)
        ),
        "platform": DrillPlan(
            "platform", "Voice platform lost", "agents gone", "A3", "power", "a3", ("power-agents",), "OUTAGE"
        ),
        "fire": DrillPlan("fire", "Building evacuated", "all go out", "A6", "power", "a6", (), "EVACUATED"),
    },
)
PLANS = (
    PlanRule("general", 15 * MINUTE, (), "general"),
    PlanRule("major", 30 * MINUTE, (Mode.OUTAGE,), "major"),
)
PLANNED: Policy = replace(SITE, plans=PLANS)


def seen(component: str, good: bool, kind: Evidence = Evidence.REPORT) -> PartSeen:
    return PartSeen(component, kind, good, "", "leader")


def wall(seconds: float) -> datetime:
    return at(seconds).wall


@dataclass
class Cases:
    """Holds the state between events and all that came out of them."""

    policy: Policy = field(default_factory=lambda: SITE)
    now: float = 0.0
    state: State = field(default_factory=lambda: initial(SITE, at(0)))
    changes: list[Change] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    check: Callable[["Cases"], None] | None = None

    def do(self, *events: Event) -> Decision:
        """Everything at this very moment; the last decision."""
        decision = Decision(self.state)
        for event in events:
            decision = decide(self.state, event, self.policy, at(self.now))
            self.took(decision)
        return decision

    def took(self, decision: Decision) -> None:
        self.state = decision.state
        self.changes.extend(decision.changes)
        self.actions.extend(decision.actions)

    def wait(self, seconds: float) -> None:
        """Time passes; a Tick comes at every deadline and at the end."""
        end = self.now + seconds
        self.do(Tick())
        for _ in range(1000):
            due = next_deadline(self.state, self.policy)
            if due is None or due - MONO > end:
                break
            assert due - MONO > self.now, "a Tick left a deadline in the past: the bridge would spin"
            self.now = due - MONO
            self.do(Tick())
        self.now = end
        self.do(Tick())

    def restart(self, away: float = 0.0) -> None:
        """The bridge is killed, and comes back ``away`` seconds later with what the store kept."""
        rows, cases_kept = to_saved(self.state), tuple(self.state.cases.values())
        self.now += away
        self.state = restore(self.policy, rows, at(self.now), cases_kept)
        self.do(Tick())

    def case(self, kind: str = "") -> Case:
        """The only open case, or the only one of a kind."""
        (case,) = (case for case in self.state.cases.values() if kind in ("", case.kind))
        return case

    def rungs(self) -> list[tuple[str, float]]:
        """(name, minutes into the story at which it was due) of every raised rung."""
        return [
            (a.rung, round((a.due_at - wall(0)).total_seconds() / MINUTE, 2))
            for a in self.actions
            if isinstance(a, RaiseRung)
        ]

    def raised(self) -> list[RaiseRung]:
        return [a for a in self.actions if isinstance(a, RaiseRung)]

    def stops(self) -> list[StopRungs]:
        return [a for a in self.actions if isinstance(a, StopRungs)]

    def ends(self) -> list[TellEnd]:
        return [a for a in self.actions if isinstance(a, TellEnd)]

    def told(self, text: Text) -> list[str]:
        return [a.detail for a in self.actions if isinstance(a, TellStaff) and a.text_id is text]

    def refusals(self) -> list[str]:
        return [row.reason for row in self.changes if row.kind == "refused"]

    def rows(self, kind: str) -> list[Change]:
        return [row for row in self.changes if row.kind == kind]


def well_site(policy: Policy = SITE) -> Cases:
    """A site that has been well for an hour; what led there is forgotten."""
    story = Cases(policy=policy, now=-3600.0, state=initial(policy, at(-3600)))
    story.do(snapshot())
    story.do(*(seen(name, True) for name in policy.parts))
    story.wait(3600)
    story.changes.clear()
    story.actions.clear()
    assert not story.state.cases
    return story
