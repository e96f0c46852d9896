"""Refused callers when 180 people call within five minutes and redial: the dialogue that adapts beside one that does not.

A call's time is what the real dialogue takes with the prompts as they are built, and with people whose delays stand in
bench/talk.py. Erlang B checks the simulation where it may: a long run without redials and with one length.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from bench import busy_page
from bench.report import Figure, show
from bench.talk import KINDS, Prompts, seconds_of
from ivr.lengths import Length, LengthRules, next_length

CALLS, WINDOW = 180, 300.0  # people, and seconds in which they call first
SIZES = (8, 16, 30, 60)
REDIALS, AGAIN_FIRST, AGAIN_MEAN, MOST = 0.85, 3.0, 20.0, 10
"""Share of refused people who dial again, seconds until they do (the least, and the mean of what comes on top), times."""
LAG = 1.0  # seconds until a new length reaches the dial plan
TRIED = 4000  # calls of each length, whose times are drawn from
CHECK_CALLS = 40_000
TOLERANCE = 0.02  # by which the check may be off, as a share of all calls
Talk = Callable[[Length, random.Random], float]


@dataclass(slots=True)
class Counts:
    """attempts: calls placed, redials too; refused: those that found no line. people: callers; never: who never got through."""

    attempts: int = 0
    refused: int = 0
    people: int = 0
    never: int = 0
    lengths: dict[Length, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of attempts that were refused."""
        return self.refused / max(1, self.attempts)

    def add(self, other: "Counts") -> None:
        self.attempts += other.attempts
        self.refused += other.refused
        self.people += other.people
        self.never += other.never
        for length, count in other.lengths.items():
            self.lengths[length] = self.lengths.get(length, 0) + count


class Hotline:
    """So many lines, and a length for new calls that follows how many of them are in use. fixed: it never changes."""

    def __init__(self, lines: int, talk: Talk, dice: random.Random, fixed: Length | None = None) -> None:
        self.counts = Counts()
        self._lines, self._talk, self._dice, self._fixed = lines, talk, dice, fixed
        self._used = 0
        self._length = self._told = fixed or Length.FULL
        self._rules = LengthRules()
        self._events: list[tuple[float, int, str, int]] = []
        self._number = 0

    def run(self, starts: Sequence[float], redials: bool) -> Counts:
        """Everybody calls, and calls again, until it is over."""
        for at in starts:
            self._put(at, "call", 0)
        self.counts.people = len(starts)
        while self._events:
            at, _, what, tries = heapq.heappop(self._events)
            if what == "call":
                self._call(at, tries, redials)
            elif what == "end":
                self._used -= 1
                self._decide(at)
            else:
                self._told = Length(what)
        return self.counts

    def _call(self, at: float, tries: int, redials: bool) -> None:
        self.counts.attempts += 1
        if self._used >= self._lines:
            self.counts.refused += 1
            if redials and tries < MOST and self._dice.random() < REDIALS:
                again = at + AGAIN_FIRST + self._dice.expovariate(1 / AGAIN_MEAN)
                self._put(again, "call", tries + 1)
            else:
                self.counts.never += 1
            return
        self.counts.lengths[self._told] = self.counts.lengths.get(self._told, 0) + 1
        self._used += 1
        self._put(at + self._talk(self._told, self._dice), "end", 0)
        self._decide(at)

    def _decide(self, at: float) -> None:
        if self._fixed is None:
            length = next_length(self._length, self._used / self._lines, self._rules)
            if length is not self._length:
                self._length = length
                self._put(at + LAG, length, 0)

    def _put(self, at: float, what: str, tries: int) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, self._number, what, tries))


def erlang_b(lines: int, load: float) -> float:
    """Share of calls that are refused when they come at random and nobody calls again."""
    share = 1.0
    for line in range(1, lines + 1):
        share = load * share / (line + load * share)
    return share


def talk_of(prompts: Prompts, seed: int = 1) -> Talk:
    """Seconds of one call of a random kind, drawn from as many calls as were tried of each length."""
    shares = [kind.share for kind in KINDS]
    tried: dict[Length, list[float]] = {}
    for length in Length:
        dice = random.Random(f"{seed} talk {length}")
        tried[length] = [
            seconds_of(prompts, length, dice.choices(KINDS, shares)[0], dice) for _ in range(TRIED)
        ]
    return lambda length, dice: dice.choice(tried[length])


def many(lines: int, talk: Talk, seed: int, runs: int, fixed: Length | None) -> Counts:
    """The five minutes, so many times, with the same callers whatever the dialogue."""
    total = Counts()
    for number in range(runs):
        starts = random.Random(f"{seed} starts {number}")
        dice = random.Random(f"{seed} people {number}")
        total.add(
            Hotline(lines, talk, dice, fixed).run([starts.uniform(0, WINDOW) for _ in range(CALLS)], True)
        )
    return total


def checked(lines: int, talk: Talk, seed: int, mean: float) -> Figure:
    """A long run without redials and with the full dialogue, against Erlang B."""
    dice, at, starts = random.Random(seed), 0.0, []
    for _ in range(CHECK_CALLS):
        at += dice.expovariate(CALLS / WINDOW)
        starts.append(at)
    share = Hotline(lines, talk, dice, Length.FULL).run(starts, False).share
    wanted = erlang_b(lines, CALLS / WINDOW * mean)
    ok = abs(share - wanted) <= TOLERANCE
    return Figure(
        f"busy check {lines}",
        share,
        "share",
        wanted,
        share / max(wanted, 1e-9),
        "Erlang B ± 0.02",
        ok,
        CHECK_CALLS,
    )


def means(talk: Talk, seed: int, n: int = 4000) -> dict[str, float]:
    """Mean seconds of a call of each length."""
    return {length: fmean(talk(length, random.Random(f"{seed} {n}")) for n in range(n)) for length in Length}


REACH = {16: 0.30, 30: 0.01}


@dataclass(frozen=True, slots=True)
class Point:
    """One number of lines: our dialogue, the fixed one, and what Erlang B says of that without redials."""

    lines: int
    ours: Counts
    fixed: Counts
    erlang: float


def points(sizes: Sequence[int], talk: Talk, seed: int, runs: int) -> list[Point]:
    """The same callers on each of these sizes."""
    load = CALLS / WINDOW * means(talk, seed)[Length.FULL]
    found = []
    for lines in sizes:
        ours, fixed = (many(lines, talk, seed, runs, how) for how in (None, Length.FULL))
        found.append(Point(lines, ours, fixed, erlang_b(lines, load)))
    return found


def figures(found: Sequence[Point], runs: int) -> list[Figure]:
    """Of calls, redials too; and of people who never got through. The floor is the dialogue that never changes."""
    made = []
    for one in found:
        limit = REACH.get(one.lines)
        reach = f"< {limit:.0%}" if limit else "told only"
        never, never_fixed = (counts.never / counts.people for counts in (one.ours, one.fixed))
        for name, share, floor in (
            ("busy", one.ours.share, one.fixed.share),
            ("busy never", never, never_fixed),
        ):
            ratio, good = share / floor if floor else 0.0, limit is None or share < limit
            made.append(
                Figure(f"{name} {one.lines}", share, "share", floor, ratio, reach, good, runs * CALLS)
            )
    return made


def row(one: Point) -> list[str]:
    """One line of the table: shares of calls, of people, and how long the dialogues were."""
    total = max(1, sum(one.ours.lengths.values()))
    lengths = ", ".join(f"{length} {one.ours.lengths.get(length, 0) / total:.0%}" for length in Length)
    shares = (
        *(one.ours.share, one.ours.never / one.ours.people),
        *(one.fixed.share, one.fixed.never / one.fixed.people, one.erlang),
    )
    return [str(one.lines), *(f"{share:.1%}" for share in shares), lengths]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.busy", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=200, help="times the five minutes are played")
    parser.add_argument("--lines", type=int, nargs="*", default=list(SIZES))
    parser.add_argument(
        "--docs", type=Path, metavar="FOLDER", help="draw busy-lines.svg and its tables there"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    talk = talk_of(Prompts.built(), options.seed)
    took = means(talk, options.seed)
    print("mean call: " + ", ".join(f"{name} {took[name]:.1f} s" for name in took), file=sys.stderr)
    found = points(options.lines, talk, options.seed, options.runs)
    print(
        "lines, ours: calls refused, people never through; fixed: the same; Erlang B; lengths",
        file=sys.stderr,
    )
    for one in found:
        print("  ".join(row(one)), file=sys.stderr)
    if options.docs:
        curve = points(range(6, 61, 2), talk, options.seed, max(1, options.runs // 4))
        busy_page.write(options.docs, [row(one) for one in found], took, curve)
    checks = [checked(lines, talk, options.seed, took[Length.FULL]) for lines in options.lines]
    return show([*figures(found, options.runs), *checks], options.json)


if __name__ == "__main__":
    sys.exit(main())
