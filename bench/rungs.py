"""Rungs over kills: sent on time, none left out, none twice on one way, and stopped by an acknowledgement.

A process that tells staff is killed with SIGKILL at random moments, and at lines of its journal, while rungs fall due.
Floor: a bare durable append of one journal line, the least that must happen before anything is sent.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alerts.journal import FileJournal
from bench.report import Figure, quantile, show
from bench.rungs_child import ORDERS, PATIENCE, PEOPLE, READY, SENT, WAYS

REACH = 1.0  # seconds
START_LIMIT = 20.0
STOPPING, GOING_ON = "a2.engineer", "a2.managers"
HOW = ("before", "torn", "after")


@dataclass
class Trial:
    """One folder, one process after the other. errands: (rung key, person) → due, wall seconds; stops: incident → when."""

    folder: Path
    chance: random.Random
    errands: dict[tuple[str, str], float] = field(default_factory=dict)
    stops: dict[str, float] = field(default_factory=dict)
    deaths: list[float] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        (self.folder / ORDERS).touch()

    def order(self, **order: Any) -> None:
        """What the core says from now on."""
        with (self.folder / ORDERS).open("a") as file:
            file.write(json.dumps(order) + "\n")

    def incident(self, within: float) -> None:
        """A new incident: two rungs that fall due soon, for one to three people each; half of them are acknowledged."""
        self._number += 1
        name = f"INC-{self._number}"
        now = time.time()
        for rung in (STOPPING, GOING_ON):
            due = now + self.chance.uniform(0.05, within)
            roles = self.chance.sample(PEOPLE, self.chance.randint(1, len(PEOPLE)))
            self.order(do="raise", incident=name, rung=rung, roles=roles, at=due)
            self.errands |= {(f"{name}/{rung}", role): due for role in roles}
        if self.chance.random() < 0.5:
            self.stops[name] = now + within + self.chance.uniform(0, PATIENCE)
            self.order(do="stop", incident=name, rungs=[STOPPING], at=self.stops[name])

    def run(self, lives: float, die_at: int = 0) -> None:
        """A process from its start to its death: after so many seconds of readiness, or at a line of its journal before."""
        how = self.chance.choice(HOW)
        command = [sys.executable, "-m", "bench.rungs_child", str(self.folder)]
        child = subprocess.Popen([*command, "--die-at", str(die_at), "--die-how", how])
        try:
            self._wait_ready(child)
            self.incident(min(lives, 0.6))
            time.sleep(lives)
        finally:
            child.kill()
            child.wait()
            self.deaths.append(time.time())

    def _wait_ready(self, child: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + START_LIMIT
        while child.poll() is None and not any(one["pid"] == child.pid for one in self.lines(READY)):
            if time.monotonic() > end:
                raise RuntimeError("the process that tells staff did not become ready")
            time.sleep(0.005)

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of one of its files."""
        path = self.folder / name
        return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []


@dataclass(frozen=True, slots=True)
class Result:
    """on_time: seconds after the due time; restarted: after the readiness of the run that sent it; of every errand.

    stopped: seconds after an acknowledgement at which something was still sent, 0 for none; of every acknowledgement.
    """

    on_time: list[float]
    restarted: list[float]
    stopped: list[float]
    omitted: int
    doubled: int
    messages: int
    errands: int


def judge(trial: Trial) -> Result:
    """Compares what was asked with what left."""
    sent = trial.lines(SENT)
    ready = sorted(one["at"] for one in trial.lines(READY))
    first: dict[tuple[str, str], float] = {}
    ways: Counter[tuple[str, str, str]] = Counter()
    stopped = dict.fromkeys(trial.stops, 0.0)
    for one in sent:
        errand = (one["rung"], one["person"])
        first[errand] = min(one["at"], first.get(errand, one["at"]))
        ways[(*errand, one["way"])] += 1
        incident, _, rung = one["rung"].partition("/")
        if rung == STOPPING and incident in stopped:
            stopped[incident] = max(
                stopped[incident], one["at"] - _since(ready, one["at"], trial.stops[incident])
            )
    on_time: list[float] = []
    restarted: list[float] = []
    for errand, due in trial.errands.items():
        if errand not in first:
            continue
        since = _since(ready, first[errand], due)
        (on_time if since == due else restarted).append(first[errand] - since)
    return Result(
        on_time,
        restarted,
        list(stopped.values()),
        omitted=_omitted(trial),
        doubled=sum(count - 1 for count in ways.values()),
        messages=len(sent),
        errands=len(trial.errands),
    )


def _since(ready: Sequence[float], sent: float, due: float) -> float:
    """From when on the run that sent it could have: the due time, or its readiness if that was later."""
    return max(due, max((at for at in ready if at <= sent), default=due))


def _omitted(trial: Trial) -> int:
    """Errands of which nothing has surely left. What left just before a kill counts only when another way followed, because
    nobody could know; what an acknowledgement made needless is none.
    """
    lines = trial.lines(SENT)
    sent, tried = {one["key"] for one in lines}, {(one["rung"], one["person"]) for one in lines}
    surely: defaultdict[tuple[str, str], bool] = defaultdict(bool)
    with FileJournal(trial.folder / "alerts") as journal:
        for entry in journal.load().entries:
            if entry["e"] == "fate" and entry["fate"] == "sent" and entry["key"] in sent:
                rung, person, _ = entry["key"].rsplit("/", 2)
                surely[rung, person] = True
    return sum(
        not surely[errand] and not _needless(trial, errand[0], due, errand in tried)
        for errand, due in trial.errands.items()
    )


def _needless(trial: Trial, rung: str, due: float, tried: bool) -> bool:
    """Whether an acknowledgement came before there was a second in which to send it."""
    incident, _, name = rung.partition("/")
    if name != STOPPING or incident not in trial.stops:
        return False
    stop = trial.stops[incident]
    ready = sorted(one["at"] for one in trial.lines(READY))
    lives = [(at, min((death for death in trial.deaths if death > at), default=stop)) for at in ready]
    return tried or all(min(stop, death) - max(due, at) < REACH for at, death in lives)


def durable_append(folder: Path, times: int = 50) -> float:
    """Median seconds of a bare append of one line with its sync."""
    file = os.open(folder / "floor", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    took = []
    for _ in range(times):
        start = time.perf_counter()
        os.write(file, b"x" * 200)
        os.fdatasync(file)
        took.append(time.perf_counter() - start)
    os.close(file)
    return quantile(took, 0.5)


def play(folder: Path, kills: int, seed: int) -> tuple[Result, int]:
    """Kills, then one run that lives long enough for everything to be over; what was found, and how often it was killed."""
    folder.mkdir()
    trial = Trial(folder, random.Random(seed))
    for number in range(kills):
        die_at = trial.chance.randint(1, 25) if number % 3 == 0 else 0
        trial.run(trial.chance.uniform(0.05, 0.7), die_at)
    trial.run((PATIENCE + 0.2) * len(WAYS) + 2.0)
    return judge(trial), len(trial.deaths)


def measure(kills: int, seed: int, folder: Path) -> list[Figure]:
    """Two sites at once, for the sake of time: most of it is a process starting."""
    with ThreadPoolExecutor(2) as pool:
        halves = [
            pool.submit(play, folder / "a", kills - kills // 2, seed),
            pool.submit(play, folder / "b", kills // 2, seed + 1),
        ]
        (one, deaths), (two, more) = [half.result() for half in halves]
    floor, died, errands = durable_append(folder), deaths + more, one.errands + two.errands
    found = Result(
        one.on_time + two.on_time,
        one.restarted + two.restarted,
        one.stopped + two.stopped,
        one.omitted + two.omitted,
        one.doubled + two.doubled,
        one.messages + two.messages,
        errands,
    )
    return [
        _seconds("rungs", found.on_time, floor, f"<= {REACH:g} s after due"),
        _seconds("rungs.restart", found.restarted, floor, f"<= {REACH:g} s after readiness"),
        _seconds("rungs.stop", found.stopped, floor, f"<= {REACH:g} s after an acknowledgement"),
        _count("rungs.omitted", found.omitted, found.errands),
        _count("rungs.doubled", found.doubled, found.messages),
        Figure(
            "rungs.kills",
            float(died),
            "kills",
            kills,
            1.0,
            f">= {kills}",
            died >= kills,
            died,
        ),
    ]


def _seconds(name: str, samples: list[float], floor: float, reach: str) -> Figure:
    """The worst of all."""
    worst = max(samples, default=float("inf"))
    return Figure(name, worst, "s", floor, worst / floor, reach, worst <= REACH, len(samples))


def _count(name: str, count: int, of: int) -> Figure:
    return Figure(name, float(count), "count", 0.0, float(count), "0", count == 0 and of > 0, of)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.rungs", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="holdfast-rungs-") as folder:
        return show(measure(options.kills, options.seed, Path(folder)), options.json)


if __name__ == "__main__":
    sys.exit(main())
