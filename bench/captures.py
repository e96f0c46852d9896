"""Express captures on a real Asterisk with RTP digits: every caller in the book once, and what each costs us.

Callers press 1 during the phrase and hang up after 2.5 s, in the middle of the promise. ``cpu`` is our CPU for a captured
call against Asterisk's own for it, over the same calls; ``exchange`` is python -m bench.exchange in the same run.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench import exchange
from bench.cpu import cpu_seconds
from bench.policy import policy
from bench.report import Figure, show
from lab.facts import Options
from lab.lab import Lab
from lab.site import Site, prompt_cache

PRESS_AFTER, HANG_UP_AFTER = 0.8, 2.5
SETTLE_SECONDS = 3.0
CPU_REACH = {60: 0.35, 100: 0.25}


@dataclass(frozen=True, slots=True)
class Run:
    """answered: callers whose call stood to its end; numbers: promise count by number; seconds of CPU."""

    placed: int
    answered: frozenset[str]
    numbers: Counter[str]
    ours: float
    asterisks: float


def run(rate: float, seconds: float, version: str | None) -> Run:
    """Starts lab and bridge, plays the callers, and counts the book by the command line."""
    callers = [f"139{n:08d}" for n in range(10_000_000, 10_000_000 + int(rate * seconds))]
    scopes = {"power": {**_scope(), "recovery_hold": "60s"}}
    text = policy(caller={"dialogue": "express"}, scopes=scopes)
    with Lab.start(version, options=Options(log_steps=False)) as lab, Site(lab, text) as site:
        site.install()
        site.start_bridge()
        site.run(
            "override", "set", "power", "OUTAGE", "--why", "benchmark", "--for", "30min", "--who", "bench"
        )
        time.sleep(SETTLE_SECONDS)
        assert site.bridge is not None
        pids = site.bridge.pid, lab.status()["pids"]["asterisk"]
        before = [cpu_seconds(pid) for pid in pids]
        print(f"{len(callers)} callers at {rate:g}/s", file=sys.stderr, flush=True)
        load = lab.load(callers, rate, keys=[(PRESS_AFTER, "1")], hangup_after=HANG_UP_AFTER)
        results = load.results(seconds * 3 + 60)
        ends = Counter(f"{one.outcome} {one.sip_code or ''}".strip() for one in results)
        print(
            "at the carrier: " + ", ".join(f"{count} {end}" for end, count in ends.items()), file=sys.stderr
        )
        said = [
            line for line in lab.log.read_text().splitlines() if "] WARNING[" in line or "] ERROR[" in line
        ]
        print("\n".join([f"Asterisk warned {len(said)} times", *said[:3]]), file=sys.stderr)
        time.sleep(SETTLE_SECONDS)
        ours, asterisks = (cpu_seconds(pid) - used for pid, used in zip(pids, before, strict=True))
        book = json.loads(site.run("callbacks", "list", "--all", "--full", "--json", "--limit", "10000"))
    answered = frozenset(result.caller_id for result in results if result.answered)
    return Run(len(callers), answered, Counter(one["number"] for one in book), ours, asterisks)


def _scope() -> dict[str, object]:
    names: dict[str, object] = {
        "queue": "power",
        "pools": ["power-agents"],
        "trunks": ["carrier-a", "carrier-b"],
    }
    return names


def figures(done: Run, rate: float) -> list[Figure]:
    """What the run says."""
    once = sum(done.numbers[number] == 1 for number in done.answered)
    strangers = len(done.numbers.keys() - done.answered)
    whole = once == done.placed == len(done.numbers) and not strangers
    reach = CPU_REACH.get(round(rate), 0.35)
    each, floor = done.ours / max(1, once) * 1000, done.asterisks / max(1, once) * 1000
    return [
        Figure(
            "captures",
            once,
            "calls",
            done.placed,
            once / done.placed,
            f"every call in the book once; {len(done.answered)} were answered",
            whole,
            done.placed,
        ),
        Figure(
            "cpu",
            each,
            "ms/call",
            floor,
            each / floor,
            f"<= {reach} of Asterisk's",
            each / floor <= reach,
            once,
        ),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.captures", description=__doc__)
    parser.add_argument("--rate", type=float, default=60, help="calls a second")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    done = run(options.rate, options.seconds, options.asterisk)
    return show([*figures(done, options.rate), exchange.measure(3000, prompt_cache())], options.json)


if __name__ == "__main__":
    sys.exit(main())
