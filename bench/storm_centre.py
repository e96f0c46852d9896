"""A call centre in fast time: lines for both ways, one queue, agents by the half hour, an outage with its dialogue.

Seconds count from the first day's midnight. Live callers come first; a callback that waits for an agent waits behind them.
"""

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.storm_people import Draw, Person
from ivr.lengths import Length, LengthRules, next_length

ANSWERED_IN = 20.0  # seconds, of the service level
LAG = 1.0  # seconds until a new length reaches the dial plan
HALF_HOUR = 1800.0
DialogueSeconds = Callable[[Length, int, random.Random], float]
LEAVES = 3  # the kind of caller who leaves during the phrase: a missed call


class Clockwork:
    """What happens, in order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def at(self, when: float, do: Callable[..., None], *given: Any) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, do, given))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, do, given = heapq.heappop(self._events)
            do(*given)


@dataclass(slots=True)
class Tally:
    """Live calls. refused: found no line. captured: met the dialogue. abandoned: gave up waiting. within: answered in 20 s.
    waited: seconds until the answer, of all that were answered. lost: people who did not dial again.
    """

    calls: int = 0
    refused: int = 0
    captured: int = 0
    abandoned: int = 0
    answered: int = 0
    within: int = 0
    waited: float = 0.0
    lost: int = 0

    def add(self, other: "Tally") -> None:
        for name in Tally.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True, eq=False)
class Call:
    """A live caller who waits, or talks. until: the end of the talk is not this call's any more once it was cut."""

    person: Person
    turn: int
    since: float
    draw: Draw
    waits: bool = True
    cut: bool = False


@dataclass(slots=True, eq=False)
class Ask:
    """A callback that wants an agent. before: it goes before live callers. got: told when one is his."""

    got: Callable[[], None]
    before: bool = False
    waits: bool = True


class Centre:
    """staff: agents at a time. outage: from, until; agents cannot be reached then. dialogue: seconds of a call in the outage.
    kept: told of every caller who left his number, with the time from which he has his place. reached: told of every live caller
    whom an agent takes. taken (set later): told then how many wait on.
    """

    def __init__(
        self,
        clock: Clockwork,
        lines: int,
        staff: Callable[[float], int],
        *,
        outage: tuple[float, float] | None = None,
        dialogue: DialogueSeconds | None = None,
        kept: Callable[[Person, float], None] = lambda person, since: None,
        reached: Callable[[Person], None] = lambda person: None,
        seed: int = 1,
    ) -> None:
        self.clock, self.lines, self.staff, self.outage = clock, lines, staff, outage
        self.used = self.busy = self.waiting = 0  # lines; agents; live callers in the queue
        self.by_half_hour: dict[int, Tally] = defaultdict(Tally)
        self.queue: deque[Call] = deque()
        self.asks: deque[Ask] = deque()  # callbacks that wait for an agent
        self.taken: Callable[[int], None] = lambda waiting: None
        self._dialogue, self._kept, self._reached, self._seed = dialogue, kept, reached, seed
        self._talking: set[Call] = set()
        self._length = self._told = Length.FULL
        self._rules = LengthRules()
        if outage:
            clock.at(outage[0], self._break)
            clock.at(outage[1], self._mend)

    @property
    def is_out(self) -> bool:
        return self.outage is not None and self.outage[0] <= self.clock.now < self.outage[1]

    @property
    def free_agents(self) -> int:
        return 0 if self.is_out else max(0, self.staff(self.clock.now) - self.busy)

    @property
    def tally(self) -> Tally:
        return self.by_half_hour[int(self.clock.now // HALF_HOUR)]

    def between(self, start: float, end: float) -> Tally:
        """The sum of the half hours from one time to another."""
        total = Tally()
        for slot, tally in self.by_half_hour.items():
            if start <= slot * HALF_HOUR < end:
                total.add(tally)
        return total

    def call(self, person: Person, turn: int = 0) -> None:
        """A live caller dials."""
        if person.on_line:
            return
        draw = person.draw(turn)
        self.tally.calls += 1
        if self.used >= self.lines:
            self.tally.refused += 1
            self._later(person, turn, draw.redial)
            return
        self.used += 1
        person.on_line = True
        one = Call(person, turn, self.clock.now, draw)
        if self.is_out:
            self._capture(one)
        elif self.free_agents and not self.waiting:
            self._answer(one)
        else:
            self.waiting += 1
            self.queue.append(one)
            self.clock.at(self.clock.now + draw.patience, self._give_up, one)

    def ask(self, one: "Ask") -> None:
        """A callback waits for an agent; one that may go before live callers goes first."""
        if one.before:
            self.asks.appendleft(one)
        else:
            self.asks.append(one)
        self.serve()

    def serve(self) -> None:
        """Agents who are free take who waits: a callback whose turn was put by, then callers, then callbacks."""
        while self.free_agents and (self.asks or self.waiting):
            if self.asks and (self.asks[0].before or not self.waiting):
                self._give_agent(self.asks.popleft())
            else:
                self._answer(self._next())

    def _give_agent(self, one: "Ask") -> None:
        if one.waits:
            one.waits = False
            self.busy += 1
            one.got()

    def _next(self) -> Call:
        while not self.queue[0].waits:
            self.queue.popleft()
        one = self.queue.popleft()
        self.waiting -= 1
        return one

    def release(self) -> None:
        """An agent is free again."""
        if self.busy:  # an outage may have freed him before
            self.busy -= 1
        self.serve()

    def _answer(self, one: Call) -> None:
        waited = self.clock.now - one.since
        self.taken(self.waiting)  # how many wait on
        one.waits = False
        self.busy += 1
        self._talking.add(one)
        self.tally.answered += 1
        self.tally.waited += waited
        self.tally.within += waited <= ANSWERED_IN
        self._reached(one.person)
        self.clock.at(self.clock.now + one.draw.talk, self._hang_up, one)

    def _hang_up(self, one: Call) -> None:
        if one.cut:
            return
        self._talking.discard(one)
        self._leave(one.person)
        self.clock.at(self.clock.now + one.draw.wrap, self.release)

    def _give_up(self, one: Call) -> None:
        if not one.waits:
            return
        one.waits = False
        self.waiting -= 1
        self.tally.abandoned += 1
        self._leave(one.person)
        self._later(one.person, one.turn, one.draw.back)

    def _leave(self, person: Person) -> None:
        self.used -= 1
        person.on_line = False
        self._decide()

    def _later(self, person: Person, turn: int, after: float | None) -> None:
        if after is None:
            self.tally.lost += 1
        else:
            self.clock.at(self.clock.now + after, self.call, person, turn + 1)

    def _break(self) -> None:
        """Who waits is brought to the offer, with his place; who talks is cut off, and dials again."""
        for one in [call for call in self.queue if call.waits]:
            one.waits = False
            self._capture(one)
        self.queue.clear()
        self.waiting = 0
        for one in list(self._talking):
            one.cut = True
            self._leave(one.person)
            self._later(one.person, one.turn, one.draw.redial)
        self._talking.clear()

    def _mend(self) -> None:
        self.busy = 0
        self._length = self._told = Length.FULL

    def _capture(self, one: Call) -> None:
        assert self._dialogue is not None
        self.tally.captured += 1
        dice = random.Random(f"{self._seed} dialogue {one.person.number} {one.turn}")
        took = self._dialogue(self._told, one.person.kind, dice)
        self._decide()
        self.clock.at(self.clock.now + took, self._end_dialogue, one)

    def _end_dialogue(self, one: Call) -> None:
        self._leave(one.person)
        if one.person.kind != LEAVES:
            self._kept(one.person, one.since)

    def _decide(self) -> None:
        if self.is_out:
            length = next_length(self._length, self.used / self.lines, self._rules)
            if length is not self._length:
                self._length = length
                self.clock.at(self.clock.now + LAG, self._tell, length)

    def _tell(self, length: Length) -> None:
        self._told = length
