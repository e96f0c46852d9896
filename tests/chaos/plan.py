"""What will happen in a run: faults and callers, drawn from the seed alone. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from bench.callers.person import Person, Way, number


class Kind(StrEnum):
    """What can be done to us."""

    BRIDGE_KILL = "bridge-kill"
    BRIDGE_FREEZE = "bridge-freeze"
    ASTERISK_KILL = "asterisk-kill"
    SCRIPT_KILL = "script-kill"
    CONSOLE_KILL = "console-kill"
    LINK_CUT = "link-cut"
    LINK_RESET = "link-reset"
    LINK_HALF_OPEN = "link-half-open"
    LINK_DELAY = "link-delay"
    STORE_LOCKED = "store-locked"
    STORE_GONE = "store-gone"
    STORE_OLDER = "store-older"
    POSTGRESQL_KILL = "postgresql-kill"
    DISK_FULL = "disk-full"
    CLOCK_STEP = "clock-step"
    POWER_CUT = "power-cut"


@dataclass(frozen=True, slots=True)
class Habit:
    """How often a kind comes in one round, and for how many seconds at least and at most."""

    share: int
    least: float
    most: float


HABITS = {
    Kind.BRIDGE_KILL: Habit(5, 0.0, 1.5),
    Kind.BRIDGE_FREEZE: Habit(4, 0.3, 5.5),
    Kind.ASTERISK_KILL: Habit(2, 0.0, 0.5),
    Kind.SCRIPT_KILL: Habit(2, 0.2, 1.0),
    Kind.CONSOLE_KILL: Habit(1, 0.0, 0.5),
    Kind.LINK_CUT: Habit(2, 0.3, 4.0),
    Kind.LINK_RESET: Habit(2, 0.0, 0.2),
    Kind.LINK_HALF_OPEN: Habit(2, 0.5, 4.0),
    Kind.LINK_DELAY: Habit(2, 0.5, 4.0),
    Kind.STORE_LOCKED: Habit(2, 0.5, 4.0),
    Kind.STORE_GONE: Habit(1, 0.5, 3.0),
    Kind.STORE_OLDER: Habit(1, 0.0, 0.3),
    Kind.POSTGRESQL_KILL: Habit(4, 0.3, 5.0),
    Kind.DISK_FULL: Habit(2, 0.3, 3.0),
    Kind.CLOCK_STEP: Habit(2, 0.3, 3.0),
    Kind.POWER_CUT: Habit(2, 0.0, 0.5),
}
REST = 0.8  # seconds between two faults at most
STORE = frozenset(
    {Kind.STORE_LOCKED, Kind.STORE_GONE, Kind.STORE_OLDER}
)  # what can be done to a book in a file
NOT_ON = {
    "sqlite": frozenset({Kind.POSTGRESQL_KILL}),
    "postgresql": STORE,
}  # kinds that a store does not have
OVERLAPS = 0.2  # share of faults that come while the one before still lasts
STEADY = 0.8  # share of the others that wait for a bridge which takes callers
FULL_EVERY, FULL_LONG, FULL_TIMES = 15, 5, 4.0  # of 15 faults, the last 5 come under four times the load


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. overlaps: it comes while the one before still lasts; else, steady: wait first until the bridge takes
    callers, and rest: seconds after that. hold: seconds for which it lasts; dice: 0 to 1, for what the kind itself leaves
    open; load: by how much more callers call meanwhile.
    """

    number: int
    kind: Kind
    overlaps: bool
    rest: float
    steady: bool
    hold: float
    dice: float
    load: float


def faults(count: int, seed: int, without: frozenset[Kind] = frozenset()) -> list[Fault]:
    """The faults of a run in their order. Every kind comes in every round. without: kinds that cannot be had here."""
    dice = random.Random(f"faults {seed}")
    drawn: list[Fault] = []
    while len(drawn) < count:
        deck = [kind for kind, habit in HABITS.items() if kind not in without for _ in range(habit.share)]
        dice.shuffle(deck)
        drawn += [_fault(len(drawn) + place, kind, dice) for place, kind in enumerate(deck)]
    return _apart(drawn[:count])


def _apart(drawn: list[Fault]) -> list[Fault]:
    """No two things are done to the book's files at once: they would wait for each other, not for us."""
    kept: list[Fault] = []
    touched = False
    for fault in drawn:
        overlaps = fault.overlaps and not (touched and fault.kind in STORE)
        touched = fault.kind in STORE or (touched and overlaps)
        kept.append(replace(fault, overlaps=overlaps))
    return kept


def _fault(number: int, kind: Kind, dice: random.Random) -> Fault:
    habit = HABITS[kind]
    full = number % FULL_EVERY >= FULL_EVERY - FULL_LONG
    return Fault(
        number,
        kind,
        overlaps=dice.random() < OVERLAPS,
        rest=REST * dice.random(),
        steady=dice.random() < STEADY,
        hold=habit.least + (habit.most - habit.least) * dice.random() ** 2,
        dice=dice.random(),
        load=FULL_TIMES if full else 1.0,
    )


WAYS = {Way.STAYS: 30, Way.LEAVES: 25, Way.KEYS: 13, Way.KEYS_LEAVES: 7, Way.SILENT: 10, Way.EARLY: 15}


def people(seed: int, rate: float) -> Iterator[Person]:
    """Callers without end. rate: calls a second."""
    for index in range(10**7):
        yield _person(index, random.Random(f"{seed} caller {index}"), rate)


def _person(index: int, dice: random.Random, rate: float) -> Person:
    way = dice.choices(list(WAYS), list(WAYS.values()))[0]
    longest = {Way.LEAVES: 4.5, Way.KEYS_LEAVES: 9.0, Way.EARLY: 1.3}.get(way)
    return Person(
        index,
        way,
        own=number("139", index),
        other=number("138", index) if way in (Way.KEYS, Way.KEYS_LEAVES) else "",
        carrier=dice.choice("ab"),
        delay=0.1 + dice.random() ** 2 * 1.2,
        leaves=None if longest is None else 0.1 + dice.random() * longest,
        matter=dice.choice(("1", "1", "2", "")),
        gap=dice.expovariate(rate),
    )
