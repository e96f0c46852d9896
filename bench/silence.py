"""Silence on the line when the bridge dies or freezes in the middle of a dialogue, heard by the caller himself.

Callers keep calling; again and again the bridge is killed, or stopped for longer than anybody waits for it. Of everybody
who was in the dialogue at such a moment counts the longest time without a sound while it was not his turn to press.
"""

import argparse
import itertools
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence

from bench.callers.crowd import Crowd
from bench.callers.person import Person, Way, number
from bench.callers.site import PATIENCE, audible
from bench.callers.story import Story, silence
from bench.report import Figure, quantile, show
from lab.lab import Lab
from lab.site import Site

REACH = 5.0  # seconds
FROZEN = 8.0  # seconds: longer than the dial plan waits
APART = (2.0, 5.0)  # seconds between the return of the bridge and the next strike
READY = 30.0


def comers(seed: int, rate: float, first: int = 0) -> Iterator[Person]:
    """People who take all of the dialogue; every third keys another number. first: of their own numbers."""
    dice = random.Random(seed)
    for index in itertools.count(first):
        other = number("138", index) if index % 3 == 2 else ""
        yield Person(
            index,
            Way.KEYS if other else Way.STAYS,
            own=number("139", index),
            other=other,
            carrier=dice.choice("ab"),
            delay=0.1 + dice.random(),
            leaves=None,
            matter="1",
            gap=dice.expovariate(rate),
        )


def struck(site: Site, crowd: Crowd, kind: str, dice: random.Random) -> list[Story]:
    """One strike; returns who was in the dialogue then."""
    time.sleep(dice.uniform(*APART))
    assert site.bridge is not None
    hit = [story for story in crowd.stories if story.answered is not None and story.ended is None]
    since = site.bridge_log.stat().st_size
    if kind == "kill":
        site.kill_bridge()
        time.sleep(FROZEN / 2)
        site.start_bridge(wait=False)
        site.wait_log("ready", since, READY)
    else:
        site.bridge.send_signal(signal.SIGSTOP)
        time.sleep(FROZEN)
        site.bridge.send_signal(signal.SIGCONT)
    return hit


def measure(times: int, seed: int, rate: float, version: str | None) -> list[Figure]:
    """p99 of both kinds."""
    dice = random.Random(seed)
    hit: dict[str, list[Story]] = {"kill": [], "freeze": []}
    with Lab.start(version) as lab, audible(lab) as site:
        crowd = Crowd(lab.facts, comers(seed, rate))
        try:
            crowd.start()
            for at in range(times):
                for kind, stories in hit.items():
                    stories += struck(site, crowd, kind, dice)
                print(f"{at + 1} of {times}", file=sys.stderr, flush=True)
            crowd.drain()
        finally:
            crowd.close()
    return [_figure(kind, stories) for kind, stories in hit.items()]


def _figure(kind: str, stories: Sequence[Story]) -> Figure:
    quiet = [one for story in stories if (one := silence(story, PATIENCE)) is not None]
    p99, worst = quantile(quiet, 0.99), max(quiet)
    last = max(stories, key=lambda story: silence(story, PATIENCE) or 0.0)
    heard = " ".join(f"{run.sound}@{run.begun:.2f}-{run.ended:.2f}" for run in last.runs)
    keys = " ".join(f"{digits}@{at:.2f}" for at, digits in last.keys)
    print(f"{kind}, the worst: {heard}; pressed {keys}; ended {last.ended:.2f}", file=sys.stderr)
    print(f"{kind}: p50 {quantile(quiet, 0.5):.2f} s, p99 {p99:.2f} s, worst {worst:.2f} s", file=sys.stderr)
    return Figure(
        f"silence {kind}", p99, "s", REACH, p99 / REACH, f"<= {REACH:g} s", p99 <= REACH, len(quiet)
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.silence", description=__doc__)
    parser.add_argument("--times", type=int, default=8, help="how often it is killed, and frozen")
    parser.add_argument("--rate", type=float, default=4.0, help="calls a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.times, options.seed, options.rate, options.asterisk), options.json)


if __name__ == "__main__":
    sys.exit(main())
