"""False alarms of the silence test on simulated traffic, against its budget; and how soon it notices a real silence.

The traffic is not made by the test's own model. Every day is busier or quieter by a lognormal factor, every hour again by a
factor of its own, one day in sixty is a storm, some callers dial again at once, nights are all but quiet, and hours ramp
from one to the next. Eight weeks are learned from; then the weeks are counted in which it goes on learning.
"""

import argparse
import copy
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ami_bridge.sources.trunk_silence import WEEK, SilenceTest
from bench.report import Figure, show
from config.sources import SilenceRule

LEARN = 8  # weeks
MORNING = (0.02, 0.01, 0.01, 0.01, 0.01, 0.03, 0.1, 0.3, 0.8, 1.0, 1.0, 0.9)
DAY = (*MORNING, 0.6, 0.7, 0.9, 0.95, 0.9, 0.7, 0.4, 0.3, 0.25, 0.2, 0.1, 0.05)
WEEKEND = 0.45
AGAIN = 0.15  # share of callers who dial again within minutes
DAY_SIGMA, HOUR_SIGMA = 0.3, 0.2  # of the logarithms of the factors
STORM_SHARE, STORM = 1 / 60, 5.0
RATES = (5.0, 20.0, 80.0, 300.0)  # calls an hour at the busiest
LIMIT = 3 * 24 * 60  # minutes after which a silence counts as not noticed


@dataclass(slots=True)
class Traffic:
    """Calls of one trunk, minute by minute. busiest: calls an hour at the top of a working day. uneven: by how much more
    than usual days and hours differ from their like.
    """

    busiest: float
    dice: random.Random
    uneven: float = 1.0

    def week(self) -> Iterator[int]:
        """Calls in each minute of one week."""
        again = [0.0] * (WEEK + 10)
        for day in range(7):
            factor = self._factor(DAY_SIGMA) * (STORM if self.dice.random() < STORM_SHARE else 1.0)
            for hour in range(24):
                of_hour = factor * self._factor(HOUR_SIGMA)
                for minute in range(60):
                    place = day * 1440 + hour * 60 + minute
                    calls = self._poisson(self.rate(place) * of_hour) + int(again[place])
                    for _ in range(calls):
                        if self.dice.random() < AGAIN:
                            again[place + 1 + int(self.dice.random() * 4)] += 1
                    yield calls

    def rate(self, place: int) -> float:
        """Calls a minute that are usual, without those who dial again; straight lines between the middles of hours."""
        day, minute = divmod(place, 1440)
        hour, past = divmod(minute - 30, 60)
        share = DAY[hour % 24] + (DAY[(hour + 1) % 24] - DAY[hour % 24]) * past / 60
        return self.busiest / 60 * share * (WEEKEND if day >= 5 else 1.0)

    def _factor(self, sigma: float) -> float:
        """By which a day or an hour differs from its like; 1 in the mean."""
        sigma *= self.uneven
        return self.dice.lognormvariate(-(sigma**2) / 2, sigma)

    def _poisson(self, mean: float) -> int:
        """Knuth's way, which is quick for small means."""
        limit, calls, product = math.exp(-mean), 0, self.dice.random()
        while product > limit:
            calls += 1
            product *= self.dice.random()
        return calls


@dataclass(slots=True)
class Run:
    """One trunk over many weeks, under several tests at once. alarms: false ones, of each test."""

    tests: tuple[SilenceTest, ...]
    traffic: Traffic
    alarms: list[int] = field(default_factory=list)

    def weeks(self, count: int) -> None:
        """Normal traffic; every silence that is told is a false one."""
        self.alarms = self.alarms or [0] * len(self.tests)
        for _ in range(count):
            for minute, calls in enumerate(self.traffic.week()):
                for place, test in enumerate(self.tests):
                    for _ in range(calls):
                        test.call(minute)
                    self.alarms[place] += test.minute(minute)

    def noticed_after(self, place: int, minute: int) -> int:
        """Minutes from the last call, at this minute of the week, until a test tells silence; LIMIT: not at all."""
        test = copy.deepcopy(self.tests[place])
        test.silent = False
        test.call(minute)
        for past in range(1, LIMIT):
            if test.minute((minute + past) % WEEK):
                return past
        return LIMIT


def run_at(traffic: Traffic, rules: Sequence[SilenceRule], weeks: int) -> Run:
    """Learned, and counted over so many weeks."""
    run = Run(tuple(SilenceTest(rule) for rule in rules), traffic)
    run.weeks(LEARN)
    run.alarms = [0] * len(rules)
    run.weeks(weeks)
    return run


def false_alarms(name: str, alarms: int, weeks: int, budget: float) -> Figure:
    """The rate of false alarms a week against its budget."""
    rate = alarms / weeks
    return Figure(name, rate, "a week", budget, rate / budget, "<= the budget", rate <= budget, weeks)


def detection(run: Run, rule: SilenceRule) -> Figure:
    """Mean minutes until a silence that begins in working hours is noticed, by the first test.

    Floor: what a test needs that knows the rate of the hour beforehand, when calls are independent of each other.
    """
    starts = [start for start in range(0, 5 * 1440, 97) if 9 * 60 <= start % 1440 < 17 * 60]
    taken = [run.noticed_after(0, start) for start in starts]
    trials = sum(run.traffic.rate(minute) for minute in range(WEEK)) * (1 + AGAIN)
    floors = []
    for start in starts:
        needed, past = math.log(trials / rule.false_alarms), 0
        while needed > 0 and past < LIMIT:
            needed -= run.traffic.rate((start + past) % WEEK) * (1 + AGAIN)
            past += 1
        floors.append(max(past, rule.least / 60))
    mean, floor = sum(taken) / len(taken), sum(floors) / len(floors)
    name = f"silence noticed {run.traffic.busiest:.0f}/h"
    return Figure(name, mean, "minutes", floor, mean / floor, "told only", True, len(taken))


def measure(weeks: int, seed: int, uneven: float) -> list[Figure]:
    """Both, at every size of trunk; and with a budget of ten times as much, where there is more to count."""
    rule = SilenceRule()
    loose = SilenceRule(false_alarms=10 * rule.false_alarms)
    figures, total, total_loose = [], 0, 0
    for busiest in RATES:
        run = run_at(Traffic(busiest, random.Random(seed), uneven), (rule, loose), weeks)
        total, total_loose = total + run.alarms[0], total_loose + run.alarms[1]
        figures.append(
            false_alarms(f"silence false {busiest:.0f}/h", run.alarms[0], weeks, rule.false_alarms)
        )
        figures.append(detection(run, rule))
    weeks *= len(RATES)
    figures.append(false_alarms("silence loose", total_loose, weeks, loose.false_alarms))
    figures.append(false_alarms("silence", total, weeks, rule.false_alarms))
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.quiet_trunks", description=__doc__)
    parser.add_argument("--weeks", type=int, default=260)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--uneven", type=float, default=1.0, help="how much more days and hours differ")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.weeks, options.seed, options.uneven), options.json)


if __name__ == "__main__":
    sys.exit(main())
