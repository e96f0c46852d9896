"""A site, and a driver that tells the core a story in seconds and ticks as the bridge would."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from fallback.decide import decide, initial, next_deadline
from fallback.decision import Action, Change, Decision, TellStaff, Text, WantFlag
from fallback.events import Event, Evidence, MemberSeen, Presence, SnapshotTaken, Tick, TrunkSeen
from fallback.modes import Mode
from fallback.policy import HealthTimes, Policy, Pool, Scope, Trunk
from fallback.state import ComponentState, Incident, ScopeState, State
from fallback.time import Now

START = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
MONO = 5000.0
TIMES = HealthTimes()
AGENTS = ("agent-1", "agent-2", "agent-3")

POLICY = Policy(
    trunks={
        "carrier-a": Trunk("carrier-a", "carrier-a", "PJSIP/{number}@carrier-a", 4),
        "carrier-b": Trunk("carrier-b", "carrier-b", "PJSIP/{number}@carrier-b", 6),
    },
    pools={"power-agents": Pool("power-agents", "power"), "water-agents": Pool("water-agents", "water")},
    scopes={
        "power": Scope("power", "power", ("power-agents",), ("carrier-a", "carrier-b")),
        "water": Scope("water", "water", ("water-agents",), ("carrier-a", "carrier-b"), recovery_hold=20.0),
    },
    armed=True,
)


def at(seconds: float) -> Now:
    """Both clocks ``seconds`` into the story."""
    return Now(START + timedelta(seconds=seconds), MONO + seconds)


def contact(trunk: str, good: bool, detail: str = "") -> TrunkSeen:
    return TrunkSeen(trunk, Evidence.CONTACT, good, detail)


def agents(presence: Presence, queue: str = "power") -> tuple[MemberSeen, ...]:
    return tuple(MemberSeen(queue, name, presence) for name in AGENTS)


def snapshot(
    booted: float = -86400.0,
    a: bool = True,
    b: bool = True,
    power: Presence | None = Presence.FREE,
    water: Presence | None = Presence.FREE,
) -> SnapshotTaken:
    """All is well unless said otherwise; None: nobody is signed in."""
    members = (agents(power) if power else ()) + (agents(water, "water") if water else ())
    return SnapshotTaken(
        START + timedelta(seconds=booted), (contact("carrier-a", a), contact("carrier-b", b)), members, ()
    )


@dataclass
class Story:
    """Holds the state between events and all that came out of them."""

    policy: Policy = POLICY
    now: float = 0.0
    state: State = field(default_factory=lambda: initial(POLICY, at(0)))
    changes: list[Change] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def do(self, *events: Event) -> Decision:
        """Everything at this very moment; the last decision."""
        decision = Decision(self.state)
        for event in events:
            decision = decide(self.state, event, self.policy, at(self.now))
            self.state = decision.state
            self.changes.extend(decision.changes)
            self.actions.extend(decision.actions)
        return decision

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

    def scope(self, name: str = "power") -> ScopeState:
        return self.state.scopes[name]

    def incident(self, name: str = "power") -> Incident:
        """The open incident of a scope; there must be one."""
        incident = self.state.scopes[name].incident
        assert incident is not None
        return incident

    def component(self, name: str) -> ComponentState:
        return self.state.components[name]

    def rows(self, kind: str, subject: str = "power") -> list[tuple[str, str]]:
        """(old, new) of the changes of one kind and subject."""
        return [(row.old, row.new) for row in self.changes if (row.kind, row.subject) == (kind, subject)]

    def flags(self, scope: str = "power") -> list[WantFlag]:
        return [a for a in self.actions if isinstance(a, WantFlag) and a.scope == scope]

    def told(self, scope: str = "power") -> list[tuple[Text, str]]:
        return [(a.text_id, a.detail) for a in self.actions if isinstance(a, TellStaff) and a.scope == scope]


def well(policy: Policy = POLICY) -> Story:
    """A site that has been well for an hour; what led there is forgotten."""
    story = Story(policy=policy, now=-3600.0, state=initial(policy, at(-3600)))
    story.do(snapshot())
    story.wait(3600)
    story.changes.clear()
    story.actions.clear()
    assert story.scope().effective is Mode.NORMAL
    return story


def with_times(**times: float) -> Policy:
    """The policy with other times for trunks and pools."""
    changed = replace(TIMES, **times)  # type: ignore[arg-type]  # counts are given as whole numbers
    return replace(
        POLICY,
        trunks={name: replace(trunk, times=changed) for name, trunk in POLICY.trunks.items()},
        pools={name: replace(pool, times=changed) for name, pool in POLICY.pools.items()},
    )
