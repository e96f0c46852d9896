"""Who calls on the days of a storm, and what each of them would do. Every draw hangs on the person and on the number of his call
alone, so that the same people come in two runs, whatever happens to the others.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from callbacks.values import Matter, Outcome

HOUR, DAY = 3600.0, 86_400.0
PROFILE = (
    *(12, 8, 6, 5, 6, 10, 22, 48, 82, 98, 96, 80),
    *(58, 62, 78, 82, 78, 66, 50, 44, 40, 32, 22, 16),
)
"""Calls by hour of a working day, as parts of their sum."""
REST_DAY = 0.7  # of a working day's calls come on another day
CALLS = 10_000.0  # on a working day
BURST, BURST_SECONDS = 12.0, 1800.0  # times the hour's own rate, for so long
MATTERS: Mapping[Matter, float] = {
    Matter.DANGER: 0.01,
    Matter.FAULT: 0.62,
    Matter.BILL: 0.1,
    Matter.COMPLAINT: 0.08,
    Matter.TIPOFF: 0.01,
    Matter.QUESTION: 0.1,
    Matter.UNSTATED: 0.08,
}
TALK, TALK_SPREAD, WRAP = (
    120.0,
    0.6,
    20.0,
)  # seconds with an agent: median, sigma of its logarithm; and afterwards
PATIENCE = 240.0  # seconds in the queue until a caller gives up, in the mean
REDIAL, REDIAL_FIRST, REDIAL_MEAN, REDIALS = 0.85, 3.0, 20.0, 10
"""Of refused callers, so many dial again, after so many seconds at least and so many on top in the mean, so many times."""
BACK, BACK_FIRST, BACK_MEAN, BACKS = 0.5, 60.0, 300.0, 3
"""The same of callers who gave up waiting."""
ASKS_AGAIN = 0.1  # of people who were promised a callback, ring again to hear how it stands …
ASKS_FIRST, ASKS_MEAN = 900.0, 3 * HOUR  # … so many seconds after, at least, and so many on top in the mean
REACH = ((0.70, 0.85), (0.20, 0.5), (0.07, 0.15), (0.03, 0.0))
"""Share of people, and how often they take a call: most do, some never."""
MISSED = (
    (0.62, Outcome.NO_ANSWER),
    (0.18, Outcome.BUSY),
    (0.14, Outcome.VOICEMAIL),
    (0.06, Outcome.REJECTED),
)
"""How a call ends that is not taken."""
SPOILED = 0.005  # of outgoing calls that the carrier does not get through
REFUSES, AGAIN = 0.02, 0.03  # of those who take the call, do not want it; ask to be called later


@dataclass(frozen=True, slots=True)
class Draw:
    """One call of a person: seconds with the agent and afterwards, patience, and when he dials again if he is refused, or has
    given up; None: not at all.
    """

    talk: float
    wrap: float
    patience: float
    redial: float | None
    back: float | None


@dataclass(slots=True)
class Person:
    """at: seconds, when he calls first. kind: index of bench.talk.KINDS, what he does with the dialogue. reach: how often he
    takes a call. asks_again: seconds after the promise until he rings to hear how it stands, None: never. on_line: in a call now.
    """

    number: str
    at: float
    matter: Matter
    kind: int
    reach: float
    asks_again: float | None
    draw: Callable[[int], Draw]
    on_line: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of a call to a person: after so many seconds of ringing, then so many of talk."""

    outcome: Outcome
    rings: float
    talks: float


@dataclass(frozen=True, slots=True)
class Days:
    """So many days, from the first one's midnight on. rest: those that are no working days, the first is 0. burst_at: seconds."""

    count: int
    rest: frozenset[int] = frozenset()
    burst_at: float | None = None
    calls: float = CALLS


def rate(at: float, days: Days, burst: bool = True) -> float:
    """Calls a second at this time; 0 is the first day's midnight. Without the burst, as on any day."""
    day, second = divmod(at, DAY)
    usual = days.calls * PROFILE[int(second // HOUR)] / sum(PROFILE) / HOUR
    if burst and days.burst_at is not None and days.burst_at <= at < days.burst_at + BURST_SECONDS:
        return usual * BURST
    return usual * (REST_DAY if int(day) in days.rest else 1.0)


def everybody(seed: int, days: Days) -> Iterator[Person]:
    """First calls of these days, in order; they come at random at the rate of their half hour."""
    dice, count = random.Random(f"{seed} arrivals"), 0
    for start in range(0, int(days.count * DAY), 1800):
        at, per_second = float(start), rate(start, days)
        while (at := at + dice.expovariate(per_second)) < start + 1800:
            count += 1
            yield person(seed, count, at)


def person(seed: int, count: int, at: float) -> Person:
    """The person of this number."""
    dice = random.Random(f"{seed} person {count}")
    matter = dice.choices(tuple(MATTERS), tuple(MATTERS.values()))[0]
    kind, reach = (
        dice.choices(range(4), KIND_SHARES)[0],
        dice.choices(REACH, [share for share, _ in REACH])[0][1],
    )
    asks = ASKS_FIRST + dice.expovariate(1 / ASKS_MEAN)
    again = asks if dice.random() < ASKS_AGAIN else None
    return Person(f"139{count:08d}", at, matter, kind, reach, again, lambda turn: draw(seed, count, turn))


KIND_SHARES = (0.72, 0.12, 0.08, 0.08)  # those of bench.talk.KINDS; a test holds them equal


def draw(seed: int, count: int, turn: int) -> Draw:
    """What the person of this number would do in his call of this turn, from 0."""
    dice = random.Random(f"{seed} call {count} {turn}")
    talk, wrap = dice.lognormvariate(0.0, TALK_SPREAD) * TALK, dice.expovariate(1 / WRAP)
    patience = dice.expovariate(1 / PATIENCE)
    redial, back = (
        REDIAL_FIRST + dice.expovariate(1 / REDIAL_MEAN),
        BACK_FIRST + dice.expovariate(1 / BACK_MEAN),
    )
    dials, returns = dice.random() < REDIAL and turn < REDIALS, dice.random() < BACK and turn < BACKS
    return Draw(talk, wrap, patience, redial if dials else None, back if returns else None)


def reply(seed: int, called: Person, turn: int, ring_seconds: float) -> Reply:
    """What the person does when he is called for the time of this number, from 0. In a call of his own he is busy."""
    dice = random.Random(f"{seed} reply {called.number} {turn}")
    rings, talks = (
        min(ring_seconds, 3.0 + dice.expovariate(1 / 8.0)),
        dice.lognormvariate(0.0, TALK_SPREAD) * TALK,
    )
    spoiled, taken, word = dice.random() < SPOILED, dice.random() < called.reach, dice.random()
    missed = dice.choices(MISSED, [share for share, _ in MISSED])[0][1]
    if spoiled:
        return Reply(Outcome.CONGESTION, 1.0, 0.0)
    if called.on_line:
        return Reply(Outcome.BUSY, 2.0, 0.0)
    if taken and word < REFUSES:
        return Reply(Outcome.REFUSED, rings, 10.0)
    if taken and word < REFUSES + AGAIN:
        return Reply(Outcome.AGAIN, rings, 15.0)
    if taken:
        return Reply(Outcome.ANSWERED, rings, talks)
    return Reply(missed, *_MISSED_SECONDS.get(missed, (ring_seconds, 0.0)))


_MISSED_SECONDS = {Outcome.BUSY: (2.0, 0.0), Outcome.VOICEMAIL: (18.0, 12.0), Outcome.REJECTED: (4.0, 0.0)}
