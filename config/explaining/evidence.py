"""What the core is told of a component that is lost, and of one that is back: what its own source would say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from config.policy import SitePolicy
from fallback.events import (
    CallerLeft,
    CallerWaits,
    Event,
    Evidence,
    LinkLost,
    MemberSeen,
    PartSeen,
    Presence,
    SnapshotTaken,
    TrunkSeen,
)
from fallback.policy import PartKind

BOOTED = timedelta(days=7)  # how long Asterisk has been up in the story
LINK = "link"  # our own part whose loss makes all behind it UNKNOWN
PERSON = "policy explain"


@dataclass(frozen=True, slots=True)
class Round:
    """A probe that says the same in every round. every: seconds; rounds lie at its multiples in the story's time."""

    every: float
    event: PartSeen

    def next_after(self, mono: float) -> float:
        """The first round that is later than this."""
        return (floor(mono / self.every + 1e-9) + 1) * self.every


class Unknown(LookupError):
    """A name that the policy does not hold. what: the word for it; known: those that it does."""

    def __init__(self, what: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{what}: {name}")
        self.what, self.name, self.known = what, name, known


def snapshot(site: SitePolicy, at: datetime) -> SnapshotTaken:
    """All is well: every carrier answers, and every queue has agents."""
    return SnapshotTaken(
        booted_at=at - BOOTED,
        trunks=tuple(TrunkSeen(name, Evidence.CONTACT, True) for name in site.fallback.trunks),
        members=tuple(
            member for pool in site.fallback.pools for member in _members(site, pool, Presence.FREE)
        ),
        queues=(),
    )


def blows(site: SitePolicy, lost: tuple[str, ...]) -> Iterator[Event]:
    """What is heard when these are lost. Raises Unknown."""
    for name in lost:
        yield from _heard(site, name, good=False)
    if LINK in lost:
        yield LinkLost("lost")


def mends(
    site: SitePolicy, lost: tuple[str, ...], waiting: Mapping[str, int], at: datetime
) -> Iterator[Event]:
    """What is heard when they are back, and the queues are empty."""
    if LINK in lost:
        yield snapshot(site, at)
    for name in lost:
        yield from _heard(site, name, good=True)
    for event in callers(site, waiting):
        yield CallerLeft(event.queue, event.channel)


def callers(site: SitePolicy, waiting: Mapping[str, int]) -> Iterator[CallerWaits]:
    """So many callers join the queue of a scope at once. Raises Unknown."""
    for name, count in waiting.items():
        if name not in site.fallback.scopes:
            raise Unknown("waiting", name, tuple(site.fallback.scopes))
        for number in range(count):
            yield CallerWaits(site.fallback.scopes[name].queue, f"caller-{name}-{number + 1}")


def probed(site: SitePolicy, lost: tuple[str, ...], *, good: bool) -> tuple[Round, ...]:
    """The rounds of every probe that asks one of these."""
    return tuple(
        Round(probe.every, PartSeen(probe.component, Evidence.PROBE, good, "" if good else "lost"))
        for probe in site.sources.probes
        if probe.component in lost and evidence_of(site, probe.component) is Evidence.PROBE
    )


def evidence_of(site: SitePolicy, name: str) -> Evidence:
    """By what the policy's sources would tell of a part: a person's word where nothing watches it."""
    part = site.fallback.parts[name]
    if part.kind is PartKind.OWN:
        return Evidence.OWN
    if any(name in (ups.component, ups.low_component) for ups in site.sources.nut):
        return Evidence.POWER
    if any(probe.component == name for probe in site.sources.probes):
        return Evidence.PROBE
    if any(rule.component == name for rule in site.sources.webhooks.alerts):
        return Evidence.ALERT
    return Evidence.REPORT


def _heard(site: SitePolicy, name: str, *, good: bool) -> Iterator[Event]:
    policy = site.fallback
    if name in policy.trunks:
        yield TrunkSeen(name, Evidence.CONTACT, good, "" if good else "does not answer")
    elif name in policy.pools:
        yield from _members(site, name, Presence.FREE if good else Presence.UNREACHABLE)
    elif name in policy.parts:
        yield PartSeen(name, evidence_of(site, name), good, "" if good else "lost", PERSON)
    else:
        raise Unknown("lost", name, (*policy.trunks, *policy.pools, *policy.parts))


def _members(site: SitePolicy, pool: str, presence: Presence) -> tuple[MemberSeen, ...]:
    """Agents enough for the pool's minimum and for a mass sign-out to be one."""
    rules = site.fallback.pools[pool]
    count = max(rules.minimum, site.fallback.agents.mass_least)
    return tuple(MemberSeen(rules.queue, f"agent-{n + 1}", presence, f"agent {n + 1}") for n in range(count))
