"""Switches where there must be none: 24 hours of a restless day through the pure core, with the shipped policy's times.

What happens that day: contacts of both carriers and the phones of single agents are away for moments shorter than
``down_after``, again and again; both shifts change, all of one leaving within minutes while the other comes; Asterisk
is restarted three times, and its phones register again one by one within ``boot_grace``; our own link is lost for
moments. Counted is every mode but NORMAL that becomes a scope's, and every trunk or pool that counts as DOWN. So that silence
is no proof of deafness, the day ends with a real loss, which must switch after exactly ``down_after``.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import yaml

from bench.detect_site import SHIPPED
from bench.report import Figure, show
from config.calendar import calendar_for
from config.policy import SitePolicy, parse_policy
from fallback.decide import decide, initial, next_deadline
from fallback.decision import Change
from fallback.events import (
    CalendarTold,
    Event,
    Evidence,
    LinkLost,
    MemberGone,
    MemberSeen,
    Presence,
    SnapshotTaken,
    Tick,
    TrunkSeen,
)
from fallback.modes import Mode
from fallback.policy import Policy
from fallback.state import Health, State
from fallback.time import Now

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, 08:00 in Shanghai
DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0
SEATS = 6
QUEUE = "power"
SHIFTS = [{"days": ["daily"], "hours": ["08:00-20:00", "20:00-08:00"]}]
CHANGES = (12 * HOUR, 23.999 * HOUR)  # seconds into the day; the first is 20:00
RESTARTS = (3.3 * HOUR, 9.1 * HOUR, 17.7 * HOUR)
LINK_LOSSES = (1.2 * HOUR, 14.6 * HOUR)


def shipped(text: str | None = None) -> SitePolicy:
    """The shipped policy with two shifts a day; or the one of this text, as it is."""
    if text is None:
        document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        document["hours"]["scopes"] = {"power": {"shifts": SHIFTS}}
        text = yaml.safe_dump(document, allow_unicode=True)
    return parse_policy(text, "bench.detect")


@dataclass
class Story:
    """What happens, in the order of its time. Moments are seconds into the day."""

    policy: Policy
    dice: random.Random
    _queue: list[tuple[float, int, Event]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def add(self, at: float, event: Event) -> None:
        """One event."""
        heapq.heappush(self._queue, (at, next(self._number), event))

    def in_order(self) -> Iterator[tuple[float, Event]]:
        """All of them, once."""
        while self._queue:
            at, _, event = heapq.heappop(self._queue)
            yield at, event

    def flap_trunk(self, trunk: str, times: int) -> None:
        """Its contact is away for moments shorter than down_after; two of them never touch."""
        limit = self.policy.trunks[trunk].times.down_after
        for at, lasts in self._moments(times, limit):
            self.add(at, TrunkSeen(trunk, Evidence.CONTACT, False, "contact unreachable"))
            self.add(at + lasts, TrunkSeen(trunk, Evidence.CONTACT, True))

    def flap_seats(self, pool: str, times: int) -> None:
        """All phones of a pool are away for moments shorter than down_after: an access switch that restarts."""
        limit = self.policy.pools[pool].times.down_after
        for at, lasts in self._moments(times, limit):
            if not self._near_change(at):
                for number in range(SEATS):
                    self.add(at, MemberSeen(QUEUE, _seat(at, number), Presence.UNREACHABLE))
                    self.add(at + lasts, MemberSeen(QUEUE, _seat(at, number), Presence.FREE))

    def flap_one(self, times: int) -> None:
        """A single phone after the other is away for up to two minutes."""
        for at, lasts in self._moments(times, 2 * MINUTE):
            if not self._near_change(at):
                seat = _seat(at, self.dice.randrange(SEATS))
                self.add(at, MemberSeen(QUEUE, seat, Presence.UNREACHABLE))
                self.add(at + lasts, MemberSeen(QUEUE, seat, Presence.FREE))

    def change_shift(self, at: float) -> None:
        """Everybody leaves within three minutes, and the others come in the three minutes after."""
        for number in range(SEATS):
            self.add(at - self.dice.uniform(0, 3 * MINUTE), MemberGone(QUEUE, _seat(at - HOUR, number)))
            self.add(
                at + self.dice.uniform(0, 3 * MINUTE),
                MemberSeen(QUEUE, _seat(at + HOUR, number), Presence.FREE),
            )

    def restart(self, at: float) -> None:
        """Asterisk is away for eight seconds; after that phones and carriers come back one by one within the grace."""
        up = at + 8.0
        self.add(at, LinkLost("Asterisk restarts"))
        self.add(up + 2.0, _snapshot(START + timedelta(seconds=up), up, Presence.UNREACHABLE, good=False))
        for number in range(SEATS):
            back = up + self.dice.uniform(3, self.policy.boot_grace - 1)
            self.add(back, MemberSeen(QUEUE, _seat(up, number), Presence.FREE))
        for trunk in self.policy.trunks:
            back = up + self.dice.uniform(3, self.policy.boot_grace - 1)
            self.add(back, TrunkSeen(trunk, Evidence.CONTACT, True))

    def lose_link(self, at: float) -> None:
        """Our own link is lost for half a minute, and nothing else."""
        self.add(at, LinkLost("benchmark"))
        self.add(at + 30, _snapshot(START - timedelta(days=1), at, Presence.FREE, good=True))

    def _moments(self, times: int, limit: float) -> Iterator[tuple[float, float]]:
        """Beginning and length of so many moments; not while Asterisk or our link is away."""
        apart = DAY / times
        for number in range(times):
            lasts = self.dice.uniform(0.1, 0.95) * min(limit, apart / 2)
            at = number * apart + self.dice.uniform(MINUTE / 100, apart - lasts - MINUTE / 100)
            if all(at + lasts < away - 1 or at > away + 2 * MINUTE for away in (*RESTARTS, *LINK_LOSSES)):
                yield at, lasts

    @staticmethod
    def _near_change(at: float) -> bool:
        return any(abs(at - change) < 10 * MINUTE for change in (0.0, *CHANGES))


def _seat(at: float, number: int) -> str:
    """Two shifts have phones of their own."""
    return f"PJSIP/{'day' if at < CHANGES[0] or at > CHANGES[1] else 'night'}-{number}"


def _snapshot(booted: datetime, at: float, presence: Presence, good: bool) -> SnapshotTaken:
    trunks = tuple(TrunkSeen(f"carrier-{letter}", Evidence.CONTACT, good) for letter in "ab")
    members = tuple(MemberSeen(QUEUE, _seat(at, number), presence) for number in range(SEATS))
    return SnapshotTaken(booted, trunks, members, ())


def story(policy: Policy, seed: int) -> Story:
    """The restless day."""
    told = Story(policy, random.Random(seed))
    for trunk in policy.trunks:
        told.flap_trunk(trunk, 4000)
    for pool in policy.pools:
        told.flap_seats(pool, 500)
    told.flap_one(300)
    for at in CHANGES:
        told.change_shift(at)
    for at in RESTARTS:
        told.restart(at)
    for at in LINK_LOSSES:
        told.lose_link(at)
    return told


@dataclass
class Day:
    """The core as the hours pass: ticks when they are due, and no earlier."""

    policy: Policy
    state: State
    changes: list[Change] = field(default_factory=list)
    events: int = 0

    def go_on(self, until: float) -> None:
        """Lets time pass."""
        while (due := next_deadline(self.state, self.policy)) is not None and due < until:
            self._step(Tick(), due)

    def tell(self, at: float, event: Event) -> None:
        """Time passes up to the event, and it happens."""
        self.go_on(at)
        self._step(event, at)
        self.events += 1

    def _step(self, event: Event, at: float) -> None:
        decision = decide(self.state, event, self.policy, Now(START + timedelta(seconds=at), at))
        self.state = decision.state
        self.changes.extend(decision.changes)


def measure(seed: int = 1) -> list[Figure]:
    """The day, and the real loss at its end."""
    site = shipped()
    day = Day(site.fallback, initial(site.fallback, Now(START, 0.0)))
    day.tell(0.001, CalendarTold(calendar_for(site, START)))
    day.tell(0.002, _snapshot(START - timedelta(days=1), 0.0, Presence.FREE, good=True))
    day.go_on(10 * MINUTE)  # the shift that has just begun has settled
    day.changes.clear()
    for at, event in story(site.fallback, seed).in_order():
        if at > 10 * MINUTE:
            day.tell(at, event)
    day.go_on(DAY)
    switches, down = _switches(day.changes), _lost(day.changes)
    return [
        Figure(
            "detect false switches",
            switches,
            "switches",
            0.0,
            switches,
            "0 in 24 h",
            not switches,
            day.events,
        ),
        Figure("detect false losses", down, "losses", 0.0, down, "0 in 24 h", not down, day.events),
        _real_loss(day),
    ]


def _real_loss(day: Day) -> Figure:
    """All seats are lost in earnest, well after the last change of shifts."""
    at, times = DAY + HOUR, day.policy.pools["power-agents"].times
    for number in range(SEATS):
        day.tell(at, MemberSeen(QUEUE, _seat(at, number), Presence.UNREACHABLE))
    day.changes.clear()
    day.go_on(at + MINUTE)
    switched = [one.at for one in day.changes if one.kind == "mode" and one.new == Mode.OUTAGE]
    after = (switched[0] - START).total_seconds() - at if switched else float("inf")
    ok = abs(after - times.down_after) < 0.01
    return Figure(
        "detect real loss", after, "s", times.down_after, after / times.down_after, "= down_after", ok, 1
    )


def _switches(changes: Sequence[Change]) -> float:
    return float(sum(one.kind == "mode" and one.new != Mode.NORMAL for one in changes))


def _lost(changes: Sequence[Change]) -> float:
    return float(sum(one.kind == "component" and one.new == Health.DOWN for one in changes))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.detect_false", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.seed), options.json)


if __name__ == "__main__":
    sys.exit(main())
