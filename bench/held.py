"""Two hundred whole dialogues at once for five minutes: none lost, and how soon we answer a line of AGI.

Callers come as fast as it takes to keep so many on the line; each takes the whole dialogue and hears his promise. A reply is
what we say next after a line from Asterisk, timed in a process between the two. The one reply of a call before which the
line must be durable is shown by itself: it holds the disk's time and the spool's wait for company.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.callers.crowd import Crowd
from bench.callers.owed import Due
from bench.callers.person import Person
from bench.callers.reckoning import LOST, TWICE, reckon
from bench.callers.site import PATIENCE, audible
from bench.report import Figure, quantile, show
from bench.silence import comers
from bench.tap import Tap
from lab.facts import Options
from lab.lab import Lab
from lab.site import Site

REACH = 0.020  # seconds
TIMES = 8  # prompts are so much longer than the shortest that a caller can tell apart
MEAN = (
    30.0  # seconds of a dialogue at that length: people come twice as fast as that, until all lines are taken
)
FLOOR_SECONDS = 60.0
SETTLE = 3.0
BACK = 10  # the callers' own work stands back behind Asterisk's and ours: in earnest they are elsewhere
BOOK_MOST = 10_000
APART = 100_000  # between the numbers of the two parts


@dataclass(frozen=True, slots=True)
class Held:
    """plain, durable: seconds of replies. heard: callers who heard their promise to its end; missing: of them, those who are not
    in the book on the number that was read back to them; twice: callers who are in it more than once.
    """

    plain: list[float]
    durable: list[float]
    most: int
    calls: int
    heard: int
    missing: int
    twice: int


def spaced(people: Iterator[Person], gap: float) -> Iterator[Person]:
    """The same people, evenly; the first one at once."""
    return (replace(person, gap=gap if place else 0.0) for place, person in enumerate(people))


def hold(lab: Lab, site: Site, tap: Tap, calls: int, seconds: float, seed: int, first: int) -> Held:
    """So many calls at once for so long."""
    crowd = Crowd(lab.facts, spaced(comers(seed, 1.0, first), MEAN / calls / 2))
    most = 0
    try:
        tap.replies()
        crowd.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(1.0)
            most = max(most, crowd.under_way)
            crowd.load = 1.0 if crowd.under_way < calls else 0.0
        plain, durable = tap.replies()
        crowd.drain()
    finally:
        crowd.close()
    time.sleep(SETTLE)
    rows = json.loads(site.run("callbacks", "list", "--all", "--full", "--json", "--limit", str(BOOK_MOST)))
    found = reckon(crowd.stories, rows, PATIENCE)
    return Held(
        plain,
        durable,
        most,
        len(crowd.stories),
        found.due[Due.MUST],
        found.count(LOST),
        found.count(TWICE),
    )


def measure(calls: int, seconds: float, seed: int, version: str | None) -> list[Figure]:
    """Floor: one call at a time, in the same run."""
    with Lab.start(version, options=Options(log_steps=False)) as lab, Tap(lab.agi_host, lab.agi_port) as tap:
        whole = {"dialogue": "full"}
        with audible(lab, TIMES, caller=whole, agi_port=tap.port) as site:
            os.nice(BACK)
            alone = hold(lab, site, tap, 1, FLOOR_SECONDS, seed, 0)
            held = hold(lab, site, tap, calls, seconds, seed, APART)
    print(
        f"{held.calls} calls, at most {held.most} at once, {held.heard} promises heard, {held.missing} not in the book, "
        f"{held.twice} twice; {len(held.plain)} replies; a durable one p50 {quantile(held.durable, 0.5) * 1000:.1f} ms, "
        f"p99 {quantile(held.durable, 0.99) * 1000:.1f} ms",
        file=sys.stderr,
    )
    p99, floor = quantile(held.plain, 0.99), quantile(alone.plain, 0.99)
    lost = held.missing + held.twice
    return [
        Figure(
            "held", p99 * 1000, "ms", floor * 1000, p99 / floor, "<= 20 ms", p99 <= REACH, len(held.plain)
        ),
        Figure(
            "held lost", lost, "calls", 0.0, 0.0, "0, of all promised", lost == 0 < held.heard, held.heard
        ),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.held", description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.calls, options.seconds, options.seed, options.asterisk), options.json)


if __name__ == "__main__":
    sys.exit(main())
