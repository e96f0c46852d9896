"""An Asterisk's bridge is killed, frozen or cut off while callbacks are being made: how soon another one holds it, and whom the
carriers saw called twice.

The carriers' own record decides, not the book: every number is due once, and nothing that has rung is due again within the run.
Floor: the length of the lease, which must pass before anybody else may hold.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from ami_bridge.holding import LEASE
from bench.callers import sound
from bench.report import Figure, show
from callbacks.values import CLOSED_STATES, Capture, Matter, NumberSource
from config.prompts import catalogue
from lab import Lab
from lab.errors import LabError
from lab.pair import BOOK, PBXS, Pair, Seat, policy_for
from lab.postgres import Postgres
from lab.site import Site
from store import Store, StoreProblem

REACH = 5.0  # seconds
DEMO = Path(__file__).parents[1] / "lab/demo_policy.yaml"
KINDS = ("kill", "freeze", "cut off", "cut off from Asterisk", "cut off from the store")
DUE = 12  # promises that are open at any time, for each Asterisk
STANDBY_LIMIT = 120.0  # seconds for a killed bridge to come up again on a busy machine
LAST = 25.0  # seconds after the last fault in which calls under way end


def policy(**callbacks: Any) -> str:
    """The demo's site; whoever was rung, or may have been, is not due again within the run."""
    document: dict[str, Any] = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    document["scopes"]["power"]["recovery_hold"] = "1s"
    document["site"]["languages"] = ["en"]
    quick = {"down_after": "1s", "up_after": "1s", "flap_penalty": "0s", "flap_penalty_max": "0s"}
    document["health"] = {"trunks": quick, "pools": dict(quick)}
    waits = dict.fromkeys(document["callbacks"]["retry_after"], "8h") | {
        "no_agent": "2s",
        "not_dialled": "0s",
    }
    ours = {
        "retry_after": waits,
        "ramp": 10,
        "ramp_every": "1s",
        "claim_lease": "8s",
        "disposition_wait": "2s",
    }
    document["callbacks"] |= {**ours, **callbacks}
    return yaml.safe_dump(document, allow_unicode=True)


def install(site: Site) -> None:
    """As an admin does it, with prompts that nobody has to build."""
    sound.write(
        Path(site.environment["HOLDFAST_PROMPTS_DIR"]), [one for one in catalogue() if one[0] == "en"]
    )
    site.run("db", "migrate")
    site.run("asterisk", "render", "--out", str(site.lab.holdfast_conf_dir))
    site.lab.reload()


class Callers(threading.Thread):
    """Leave numbers as they are needed: so many are due at any time."""

    def __init__(self, url: str, most: int) -> None:
        super().__init__(name="callers", daemon=True)
        self._url, self._most = url, most
        self.left = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Until ``over``."""
        with Store(self._url) as store:
            while not self.over.wait(0.5):
                try:
                    missing = self._most - len(store.open_promises(self._most))
                    if missing > 0:
                        self._leave(store, missing)
                except StoreProblem:
                    continue

    def _leave(self, store: Store, count: int) -> None:
        now = datetime.now(UTC)
        lines = [_capture(self.left + number, now) for number in range(count)]
        self.left += count
        store.import_captures(lines, "bench", self.left, now)


def _capture(index: int, now: datetime) -> Capture:
    number = f"138{index:07d}1"
    at = now - timedelta(minutes=5)
    text = (number, NumberSource.OWN, Matter.BILL, "en", 1, True, True)
    return Capture(f"bench:{index}", at, "power", number, *text)


@dataclass
class Faults(threading.Thread):
    """What is done to the bridges of one Asterisk. took: seconds to the next holder, by kind."""

    pair: Pair
    pbx: str
    count: int
    chance: random.Random
    kinds: Sequence[str] = KINDS
    took: dict[str, list[float]] = field(default_factory=dict)
    problem: Exception | None = None

    def __post_init__(self) -> None:
        super().__init__(name=f"faults of {self.pbx}", daemon=True)
        self._since: dict[str, int] = {}

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """All of them, one after another."""
        try:
            for number in range(self.count):
                kind = self.kinds[number % len(self.kinds)]
                self.took.setdefault(kind, []).append(self._one(kind))
        except Exception as problem:  # told by whoever started us
            self.problem = problem

    def _one(self, kind: str) -> float:
        seat = self.pair.wait_held(self.pbx, timeout=STANDBY_LIMIT)
        other = next(one for one in self.pair.seats.values() if one.pbx == self.pbx and one is not seat)
        _wait_ready(other, self._since.get(other.machine, 0))
        time.sleep(self.chance.uniform(0.5, 4.0))
        fence = self._fence()
        began = time.monotonic()
        _do(seat, kind)
        while self._fence() <= fence or self.pair.seat_of(self.pbx) is not other:
            if time.monotonic() - began > STANDBY_LIMIT:
                raise LabError(f"nobody took {self.pbx} over after: {kind}")
            time.sleep(0.02)
        took = time.monotonic() - began
        time.sleep(self.chance.uniform(0.0, 3.0))
        log = seat.bridge_log
        self._since[seat.machine] = log.stat().st_size if log.exists() else 0
        _undo(seat, kind)
        return took

    def _fence(self) -> int:
        """As it stands in Asterisk."""
        said = self.pair.labs[self.pbx].cli("database get holdfast fence")
        return int(said.rsplit(":", 1)[-1].strip() or 0) if "Value" in said else 0


def _wait_ready(seat: Seat, since: int) -> None:
    """Until it has said that it stands by."""
    end = time.monotonic() + STANDBY_LIMIT
    while not seat.log_lines("standing by", since):
        if time.monotonic() > end or not seat.alive:
            raise LabError(
                f"{seat.machine} does not stand by for {seat.pbx}: {seat.bridge_log.read_text()[-2000:]}"
            )
        time.sleep(0.1)


def _do(seat: Seat, kind: str) -> None:
    match kind:
        case "kill":
            seat.kill_bridge()
        case "freeze":
            seat.freeze()
        case "cut off":
            seat.cut_off()
        case "cut off from Asterisk":
            seat.cut_off(store=False)
        case _:
            seat.cut_off(asterisk=False)


def _undo(seat: Seat, kind: str) -> None:
    match kind:
        case "kill":
            seat.start_bridge(wait=False)
        case "freeze":
            seat.freeze(False)
        case _:
            seat.mend()


def rung(labs: Iterable[Lab]) -> Counter[str]:
    """How often each number rang at any carrier."""
    return Counter(call.number for lab in labs for call in lab.carrier_log())


def measure(
    labs: Mapping[str, Lab],
    postgres: Postgres,
    folder: Path,
    faults: int,
    seed: int,
    kinds: Sequence[str] = KINDS,
) -> list[Figure]:
    """Both Asterisks at once, where there are two. kinds: done in turn."""
    before = rung(labs.values())
    policies = {pbx: policy_for(policy(), pbx) for pbx in labs}
    environment = {"HOLDFAST_PROMPTS_DIR": str(folder / "prompts")}
    with Pair(labs, postgres, policies, install=install, environment=environment) as pair:
        callers = Callers(postgres.url(BOOK), DUE * len(labs))
        callers.start()
        share = [faults // len(labs) + (number < faults % len(labs)) for number in range(len(labs))]
        runs = [
            Faults(pair, pbx, count, random.Random(f"{seed}-{pbx}"), kinds)
            for pbx, count in zip(labs, share, strict=True)
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        callers.over.set()
        _let_end(postgres, len([run for run in runs if run.problem]))
        for run in runs:
            if run.problem is not None:
                raise run.problem
        calls = rung(labs.values()) - before
    return _figures(runs, calls)


def _let_end(postgres: Postgres, broken: int) -> None:
    """Calls under way end; nothing new is due."""
    end = time.monotonic() + (0 if broken else LAST)
    with Store(postgres.url(BOOK)) as store:
        while time.monotonic() < end and any(one.state not in CLOSED_STATES for one in store.in_flight()):
            time.sleep(0.5)


def _figures(runs: Sequence[Faults], calls: Counter[str]) -> list[Figure]:
    took: dict[str, list[float]] = {}
    for run in runs:
        for kind, seconds in run.took.items():
            took.setdefault(kind, []).extend(seconds)
    everything = [one for seconds in took.values() for one in seconds]
    twice = sum(count - 1 for count in calls.values())
    called = sum(calls.values())
    shown = {"takeover": everything, **{f"takeover {kind}": seconds for kind, seconds in took.items()}}
    figures = [
        Figure(
            name, max(all_), "s", LEASE, max(all_) / LEASE, f"<= {REACH:g} s", max(all_) <= REACH, len(all_)
        )
        for name, all_ in shown.items()
    ]
    return [
        *figures,
        Figure("takeover.twice", float(twice), "people", 0.0, float(twice), "0", twice == 0, called),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.takeover", description=__doc__)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--asterisks", type=int, choices=[1, 2], default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-takeover-")))
        postgres = stack.enter_context(Postgres())
        labs = {pbx: stack.enter_context(Lab.start("22")) for pbx in PBXS[: given.asterisks]}
        return show(measure(labs, postgres, folder, given.faults, given.seed), given.json)


if __name__ == "__main__":
    sys.exit(main())
