"""The days of a storm, played in fast time with callbacks and without."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bench.storm_book import Book, Dispatcher
from bench.storm_centre import Centre, Clockwork, DialogueSeconds
from bench.storm_people import CALLS, DAY, HOUR, Days, Person, everybody
from bench.storm_staff import roster
from bench.talk import KINDS, Prompts, seconds_of
from callbacks.policy import CallbackPolicy
from config.call_hours import call_calendar
from config.policy import SitePolicy
from ivr.lengths import Length

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = datetime(2026, 7, 9, tzinfo=ZONE)  # a Thursday: two rest days lie in the days that are allowed
DAYS, REST_DAYS = 7, frozenset({2, 3})
STORM_AT, OUTAGE = 10 * HOUR, 1.0 * HOUR
LINES, RESERVE = (
    60,
    0.3,
)  # lines for both ways; reserve staff as a share of the usual: what the plans of A8 call in
TRIED = 500  # dialogues of each length and kind, whose times are drawn from
SAMPLES = 300.0  # seconds between two points of the curve


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of the curve."""

    at: float
    open: int
    staff: int
    live: int
    calling: int


@dataclass(frozen=True, slots=True)
class Played:
    """The days, played once. last: seconds, when the last promise was closed."""

    centre: Centre
    book: Book
    dispatcher: Dispatcher | None
    curve: tuple[Moment, ...]

    @property
    def last(self) -> float:
        closed = [one.closed_at for one in self.book.promises.values() if one.closed_at]
        return (max(closed) - self.book.zero).total_seconds() if closed else 0.0


@dataclass(frozen=True, slots=True)
class World:
    """What a run is made of. recovery_hold: seconds for which the scope is stable before callbacks start."""

    site: SitePolicy
    policy: CallbackPolicy
    dialogue: DialogueSeconds
    lines: int = LINES
    reserve: float = RESERVE
    recovery_hold: float = 60.0
    calls: float = CALLS


def dialogues(prompts: Prompts, seed: int) -> DialogueSeconds:
    """Seconds of a call of one length by a caller of one kind, drawn from as many as were tried."""
    tried: dict[tuple[Length, int], list[float]] = {}
    for length in Length:
        for place, kind in enumerate(KINDS):
            dice = random.Random(f"{seed} dialogue {length} {place}")
            tried[length, place] = [seconds_of(prompts, length, kind, dice) for _ in range(TRIED)]
    return lambda length, kind, dice: dice.choice(tried[length, kind])


def play(world: World, seed: int, callbacks: bool) -> Played:
    """The storm and the days after it; without callbacks the same people call, and nobody is called."""
    clock, end = Clockwork(), STORM_AT + OUTAGE
    zero = FIRST_DAY.astimezone(UTC)
    book = Book(world.policy, call_calendar(world.site, zero), zero)
    days = Days(DAYS, REST_DAYS, STORM_AT, world.calls)
    staff = roster(days, STORM_AT, world.reserve)
    centre = Centre(
        *(clock, world.lines, staff),
        outage=(STORM_AT, end),
        dialogue=world.dialogue,
        kept=lambda person, since: kept(person, since),
        reached=lambda person: book.got_through(person, clock.now),
        seed=seed,
    )

    def kept(person: Person, since: float) -> None:
        book.capture(person, clock.now, since)
        if person.asks_again is not None:
            clock.at(clock.now + person.asks_again, centre.call, replace_asker(person), 0)

    dispatcher = Dispatcher(centre, book, seed, end + world.recovery_hold, DAYS * DAY)
    if callbacks:
        dispatcher.begin()
    for one in everybody(seed, days):
        clock.at(one.at, centre.call, one)
    curve: list[Moment] = []
    _sample(clock, centre, book, dispatcher, curve)
    clock.run(DAYS * DAY)
    return Played(centre, book, dispatcher if callbacks else None, tuple(curve))


def replace_asker(person: Person) -> Person:
    """He asks once how it stands, whatever becomes of it: in both runs, so that callbacks gain nothing by it."""
    person.asks_again = None
    return person


def _sample(
    clock: Clockwork, centre: Centre, book: Book, dispatcher: Dispatcher, curve: list[Moment]
) -> None:
    calling = dispatcher.in_flight
    staff, busy = (0, 0) if centre.is_out else (centre.staff(clock.now), centre.busy)
    curve.append(Moment(clock.now, book.open, staff, max(0, busy - calling), calling))
    clock.at(clock.now + SAMPLES, _sample, clock, centre, book, dispatcher, curve)
