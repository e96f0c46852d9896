"""The simulator where it can be checked, and the day on which callers always wait."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from bench.busy import erlang_b
from bench.report import Figure
from bench.storm_book import Book, Dispatcher
from bench.storm_centre import Centre, Clockwork, Tally
from bench.storm_people import HOUR, Draw, Person
from bench.storm_play import FIRST_DAY, World
from bench.storm_staff import within
from callbacks.values import Matter
from config.call_hours import call_calendar

CHECK_CALLS, TOLERANCE = 40_000, 0.02
FULL_HOURS, OVERLOAD, FULL_AGENTS = 10, 1.5, 20


def full_house(world: World, seed: int) -> Figure:
    """Callers wait all day, half as many again as the agents can carry; callbacks still get their share."""
    clock, site = Clockwork(), world.policy
    zero = FIRST_DAY.astimezone(UTC)
    start, end = 9 * HOUR, (9 + FULL_HOURS) * HOUR
    book = Book(site, call_calendar(world.site, zero), zero)
    centre = Centre(clock, 10 * FULL_AGENTS, lambda at: FULL_AGENTS, seed=seed)
    dispatcher = Dispatcher(centre, book, seed, start + HOUR, end)
    dice, at, number = random.Random(f"{seed} full"), start, 0
    per_second = OVERLOAD * FULL_AGENTS / 164.0
    while (at := at + dice.expovariate(per_second)) < end:
        number += 1
        caller = Person(f"138{number:08d}", at, Matter.BILL, 0, 0.8, None, long_wait(seed, number))
        clock.at(at, centre.call, caller)
        book.capture(replace(caller, number=f"137{number:08d}"), start, start)
    dispatcher.begin()
    clock.run(end)
    share = dispatcher.share.measured or 0.0
    n = dispatcher.share.live + dispatcher.share.callbacks
    ok = abs(share - site.share) <= 0.01
    return Figure(
        "storm share", share, "share", site.share, share / max(site.share, 1e-9), "policy ± 0.01", ok, n
    )


def long_wait(seed: int, number: int) -> Callable[[int], Draw]:
    """A caller of a full house, who waits long."""
    dice = random.Random(f"{seed} full {number}")
    talk, wrap, patience = (dice.expovariate(1 / seconds) for seconds in (144.0, 20.0, 1200.0))
    return always(Draw(talk, wrap, patience, None, None))


def always(draw: Draw) -> Callable[[int], Draw]:
    """The same in every call."""
    return lambda turn: draw


def checks(seed: int, calls: int = CHECK_CALLS) -> list[Figure]:
    """The simulator, where Erlang's formulas hold: callers at random, nobody gives up or dials again."""
    agents, load, seconds = 20, 14.0, 100.0
    waited = _plain(seed, calls, 10_000, agents, load, seconds)
    refusing = _plain(seed, calls, agents, agents, load, seconds)
    quick, wanted = waited.within / waited.answered, within(agents, load, seconds)
    blocked, formula = refusing.refused / refusing.calls, erlang_b(agents, load)
    return [
        _close("storm check in 20 s", quick, wanted, "Erlang C ± 0.02", calls),
        _close("storm check refused", blocked, formula, "Erlang B ± 0.02", calls),
    ]


def _close(name: str, found: float, wanted: float, reach: str, calls: int) -> Figure:
    return Figure(
        name, found, "share", wanted, found / wanted, reach, abs(found - wanted) <= TOLERANCE, calls
    )


def _plain(seed: int, calls: int, lines: int, agents: int, load: float, seconds: float) -> Tally:
    """Calls at random, each of random length; in as many lines, to as many agents."""
    clock, dice, at = Clockwork(), random.Random(f"{seed} plain"), 0.0
    centre = Centre(clock, lines, lambda now: agents, seed=seed)
    for number in range(calls):
        at += dice.expovariate(load / seconds)
        talk = dice.expovariate(1 / seconds)
        draw = Draw(talk, 0.0, 1e9, None, None)
        clock.at(at, centre.call, Person(str(number), at, Matter.BILL, 0, 0.0, None, always(draw)))
    clock.run(at + 1e6)
    return centre.between(0, at + 1e6)
