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
from dataclasses import dataclass

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
    """Calls of one trunk, minute by minute. busiest: calls an hour at the top of a working day."""

    busiest: float
    dice: random.Random

    def week(self) -> Iterator[int]:
        """Calls in each minute of one week."""
        again = [0.0] * (WEEK + 10)
        for day in range(7):
            factor = self.dice.lognormvariate(-(DAY_SIGMA**2) / 2, DAY_SIGMA)
            factor *= STORM if self.dice.random() < STORM_SHARE else 1.0
            for hour in range(24):
                of_hour = factor * self.dice.lognormvariate(-(HOUR_SIGMA**2) / 2, HOUR_SIGMA)
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

    def _poisson(self, mean: float) -> int:
        """Knuth's way, which is quick for small means."""
        limit, calls, product = math.exp(-mean), 0, self.dice.random()
        while product > limit:
            calls += 1
            product *= self.dice.random()
        return calls


@dataclass(slots=True)
class Run:
    """One trunk over many weeks. alarms: false ones. calls: in the weeks counted."""

    test: SilenceTest
    traffic: Traffic
    alarms: int = 0
    calls: int = 0

    def weeks(self, count: int) -> None:
        """Normal traffic; every silence that is told is a false one."""
        for _ in range(count):
            for minute, calls in enumerate(self.traffic.week()):
                for _ in range(calls):
                    self.test.call(minute)
                self.calls += calls
                self.alarms += self.test.minute(minute)

    def noticed_after(self, minute: int) -> int:
        """Minutes from the last call, at this minute of the week, until silence is told; LIMIT: not at all."""
        test = copy.deepcopy(self.test)
        test.call(minute)
        test.silent = False
        for past in range(1, LIMIT):
            if test.minute((minute + past) % WEEK):
                return past
        return LIMIT


def false_alarms(rule: SilenceRule, busiest: float, weeks: int, seed: int) -> tuple[Run, Figure]:
    """The rate of false alarms a week at one size of trunk."""
    run = Run(SilenceTest(rule), Traffic(busiest, random.Random(seed)))
    run.weeks(LEARN)
    run.alarms = run.calls = 0
    run.weeks(weeks)
    rate, budget = run.alarms / weeks, rule.false_alarms
    name = f"silence false {busiest:.0f}/h"
    return run, Figure(name, rate, "a week", budget, rate / budget, "<= the budget", rate <= budget, weeks)


def detection(run: Run, rule: SilenceRule) -> Figure:
    """Mean minutes until a silence that begins in working hours is noticed.

    Floor: what a test needs that knows the rate of the hour beforehand, when calls are independent of each other.
    """
    starts = [start for start in range(0, 5 * 1440, 97) if 9 * 60 <= start % 1440 < 17 * 60]
    taken, floors = [], []
    week = run.test.custom.week
    for start in starts:
        taken.append(run.noticed_after(start))
        needed, past = math.log(week / rule.false_alarms), 0
        while needed > 0 and past < LIMIT:
            needed -= run.traffic.rate((start + past) % WEEK) * (1 + AGAIN)
            past += 1
        floors.append(max(past, rule.least / 60))
    mean, floor = sum(taken) / len(taken), sum(floors) / len(floors)
    name = f"silence noticed {run.traffic.busiest:.0f}/h"
    return Figure(name, mean, "minutes", floor, mean / floor, "told only", True, len(taken))


def measure(weeks: int, seed: int) -> list[Figure]:
    """Both, at every size of trunk."""
    rule, figures = SilenceRule(), []
    for busiest in RATES:
        run, figure = false_alarms(rule, busiest, weeks, seed)
        figures += [figure, detection(run, rule)]
    of_all = sum(figure.figure for figure in figures[::2]) / len(RATES)
    budget = rule.false_alarms
    n = weeks * len(RATES)
    figures.append(
        Figure("silence", of_all, "a week", budget, of_all / budget, "<= the budget", of_all <= budget, n)
    )
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.silence", description=__doc__)
    parser.add_argument("--weeks", type=int, default=520)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.weeks, options.seed), options.json)


if __name__ == "__main__":
    sys.exit(main())
