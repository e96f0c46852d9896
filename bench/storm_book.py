"""The promise book of a storm and who works it off: the real rules, over a centre in fast time."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from bench.storm_centre import Ask, Centre
from bench.storm_people import Person, Reply, reply
from callbacks.policy import CallbackPolicy
from callbacks.rules import (
    CallCalendar,
    LineUse,
    Owed,
    Share,
    after_attempt,
    how_many_to_start,
    lines_to_leave,
    may_call,
    next_call,
    order_key,
    owed,
)
from callbacks.values import CLOSED_STATES, Matter, Outcome, Promise, PromiseState

SCOPE = "power"
DANGER = (Matter.DANGER,)
ROUND, IDLE = 0.5, 5.0  # seconds between two looks of the dispatcher; and while nothing is due
AGENT_RINGS, FAILED_WRAP = (
    3.0,
    5.0,
)  # seconds until an agent takes a call; and after one that was not answered


@dataclass(slots=True)
class Book:
    """Promises by id, in the order in which they were opened. zero: the first day's midnight, aware UTC."""

    policy: CallbackPolicy
    calendar: CallCalendar
    zero: datetime
    promises: dict[int, Promise] = field(default_factory=dict)
    owed: dict[int, Owed] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    adopted: int = 0
    _open: dict[str, int] = field(default_factory=dict)
    _ready: dict[Matter, list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))
    _later: list[tuple[datetime, int]] = field(default_factory=list)

    def time(self, at: float) -> datetime:
        return self.zero + timedelta(seconds=at)

    def capture(self, person: Person, at: float, place: float) -> None:
        """A caller left his number; with a promise open he keeps it and its place (E6)."""
        known = self._open.get(person.number)
        if known is not None:
            one = self.promises[known]
            self.promises[known] = replace(one, captures=one.captures + 1)
            return
        id_, now = len(self.promises) + 1, self.time(at)
        due = self.owed[id_] = owed(person.matter, now, self.policy, self.calendar)
        self._open[person.number], self.people[id_] = id_, person
        self.promises[id_] = Promise(
            *(id_, SCOPE, person.number, PromiseState.OPEN, now, now, 0, 1, person.matter, "zh-CN"),
            place_at=self.time(place),
            first_by=due.first_by,
            answer_by=due.answer_by,
        )
        heapq.heappush(self._later, (now, id_))

    def got_through(self, person: Person, at: float) -> None:
        """An agent has him on the line, and adopts what nobody is calling at this moment (E6)."""
        id_ = self._open.get(person.number)
        if id_ is not None and self.promises[id_].state is PromiseState.OPEN:
            self.adopted += 1
            self._close(id_, PromiseState.DONE, self.time(at), "adopted")

    def has_due(self, at: float, only: Collection[Matter] | None) -> bool:
        """Whether any could be claimed now."""
        self._wake(self.time(at))
        return any(self._head(matter) for matter in self._ready if only is None or matter in only)

    def next_due(self) -> datetime | None:
        """When the next one that waits is due."""
        return self._later[0][0] if self._later else None

    def claim(self, count: int, only: Collection[Matter] | None) -> list[Promise]:
        """The next ones, as the store's claims give them: the first of each matter, merged by the rules' order."""
        found: list[Promise] = []
        matters = [matter for matter in self._ready if only is None or matter in only]
        while len(found) < count:
            heads = [self.promises[id_] for matter in matters if (id_ := self._head(matter))]
            if not heads:
                break
            first = min(heads, key=lambda one: order_key(one, self.policy.head_start))
            heapq.heappop(self._ready[first.matter])
            found.append(first)
        return found

    def dial(self, promise: Promise, at: float) -> Promise:
        """Its next attempt begins."""
        first = promise.first_at or self.time(at)
        begun = replace(promise, state=PromiseState.DIALLING, tries=promise.tries + 1, first_at=first)
        self.promises[promise.id] = begun
        return begun

    def end(self, promise: Promise, outcome: Outcome, at: float) -> None:
        """Its attempt ended."""
        now = self.time(at)
        then = after_attempt(promise, outcome, self.policy, now, self.calendar)
        after = replace(promise, attempts=then.attempts, line_failures=then.line_failures, reason=then.reason)
        self.promises[promise.id] = replace(
            after, state=then.state, due_at=then.due_at, place_at=then.place_at, attention=then.attention
        )
        if then.state in CLOSED_STATES:
            self._close(promise.id, then.state, now, then.reason)
        else:
            heapq.heappush(self._later, (then.due_at, promise.id))

    @property
    def open(self) -> int:
        return len(self._open)

    def _close(self, id_: int, state: PromiseState, now: datetime, reason: str) -> None:
        one = self.promises[id_]
        self.promises[id_] = replace(one, state=state, closed_at=now, reason=reason)
        del self._open[one.number]

    def _wake(self, now: datetime) -> None:
        while self._later and self._later[0][0] <= now:
            one = self.promises[heapq.heappop(self._later)[1]]
            heapq.heappush(self._ready[one.matter], (one.place_at or one.created_at, one.id))

    def _head(self, matter: Matter) -> int | None:
        line = self._ready[matter]
        while line and self.promises[line[0][1]].state is not PromiseState.OPEN:
            heapq.heappop(line)  # adopted meanwhile
        return line[0][1] if line else None


@dataclass(frozen=True, slots=True)
class Dial:
    """An outgoing call, as the carrier saw it."""

    promise: int
    start: float
    end: float
    outcome: Outcome


@dataclass(slots=True)
class Dispatcher:
    """Starts callbacks as the bridge does: rounds, and no more than the rules let it. ready_at: seconds, when the scope was
    stable. dials: every call that left. with_credit: callbacks started while callers waited.
    """

    centre: Centre
    book: Book
    seed: int
    ready_at: float
    stop_at: float
    dials: list[Dial] = field(default_factory=list)
    share: Share = field(default_factory=Share)
    use: LineUse = field(default_factory=LineUse)
    in_flight: int = 0
    with_agent: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    answer: Callable[[int, Person, int, float], Reply] = reply

    def begin(self) -> None:
        """From the moment at which callbacks are allowed."""
        self.centre.taken = self._taken
        self.centre.clock.at(self.ready_at, self._round)

    def _taken(self, waiting: int) -> None:
        self.share = self.share.answered(waiting, self.book.policy.share)

    def _round(self) -> None:
        now, centre = self.centre.clock.now, self.centre
        moment, least = self.book.time(now), self.book.policy.line_reserve
        self.use = self.use.seen(centre.used - self.with_agent, now)
        only = None if may_call(self.book.calendar, moment) else DANGER
        if self.book.has_due(now, only):
            room_for = partial(
                how_many_to_start,
                *(
                    centre.free_agents,
                    centre.lines - centre.used,
                    centre.waiting,
                    self.in_flight,
                    now - self.ready_at,
                ),
                self.book.policy,
                with_agent=self.with_agent,
                credit=self.share.credit,
            )
            count = room_for(left=lines_to_leave(centre.lines, self.use.mean, least))
            for promise in self.book.claim(count or room_for(), only if count else DANGER):
                self._start(promise)
            again = now + ROUND
        else:
            again = self._next_look(now, moment, only)
        if again < self.stop_at:
            centre.clock.at(again, self._round)

    def _next_look(self, now: float, moment: datetime, only: Collection[Matter] | None) -> float:
        """When the next promise is due, or people may be called again; but the lines in use are looked at meanwhile."""
        due, looks = self.book.next_due(), [now + IDLE]
        if due is not None:
            looks.append(max(now + ROUND, (due - self.book.zero).total_seconds()))
        if only is not None:
            looks.append(
                max(now + ROUND, (next_call(self.book.calendar, moment) - self.book.zero).total_seconds())
            )
        return min(looks)

    def _start(self, promise: Promise) -> None:
        waiting, now = self.centre.waiting, self.centre.clock.now
        self.share = self.share.started(waiting)
        begun = self.book.dial(promise, now)
        self.in_flight += 1
        ask = Ask(lambda: self._agent_rings(begun), before=waiting > 0)
        self.centre.ask(ask)
        self.centre.clock.at(now + self.book.policy.agent_patience, self._no_agent, begun, ask)

    def _no_agent(self, promise: Promise, ask: Ask) -> None:
        if ask.waits:
            ask.waits = False
            self.in_flight -= 1
            self._finish(promise, Outcome.NO_AGENT)

    def _agent_rings(self, promise: Promise) -> None:
        self.centre.clock.at(self.centre.clock.now + AGENT_RINGS, self._dial, promise)

    def _dial(self, promise: Promise) -> None:
        """The agent is on the line; now the caller's phone."""
        now, centre, person = self.centre.clock.now, self.centre, self.book.people[promise.id]
        self.with_agent += 1
        if centre.used >= centre.lines:
            self._hang_up(promise, Outcome.CONGESTION, 0.0, carried=False)
            return
        centre.used += 1
        said = self.answer(self.seed, person, promise.tries - 1, self.book.policy.ring_seconds)
        end = now + said.rings + said.talks
        self.dials.append(Dial(promise.id, now, end, said.outcome))
        centre.clock.at(end, self._hang_up, promise, said.outcome, said.talks)

    def _hang_up(self, promise: Promise, outcome: Outcome, talked: float, carried: bool = True) -> None:
        centre = self.centre
        self.in_flight -= 1
        self.with_agent -= 1
        centre.used -= carried
        wrap = self.book.people[promise.id].draw(0).wrap if talked else FAILED_WRAP
        centre.clock.at(centre.clock.now + wrap, centre.release)
        self._finish(promise, outcome)

    def _finish(self, promise: Promise, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1
        self.book.end(promise, outcome, self.centre.clock.now)
