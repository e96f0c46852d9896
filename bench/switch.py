"""From an event on the manager socket to the flag confirmed in AstDB, against a bare DBPut plus one durable commit.

A queue of its own has one member whose device state we set by hand; the policy has no hold, so each change switches. The event
is timed where a second client of the same account reads it from its socket, the flag when AstDB holds it.

With ``--noise N`` so many other events a second come over the same socket meanwhile: the members of many other queues share
one device state, which a process of its own keeps changing. What came meanwhile is counted, not assumed. Who times the
event is a process of its own too (``bench.ear``), or noise that it has yet to read would make the times too short.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Event, Process
from pathlib import Path
from typing import Any

from bench.ami import BareClient
from bench.ear import Ear
from bench.policy import policy
from bench.report import Figure, quantile, show
from lab.lab import Lab
from lab.site import Site

REACH = 3.0
LOOK_SECONDS = (
    0.0003  # between two looks at AstDB: looking without a pause would take the processor from those at work
)
NOISY = 20  # queues, so as many events for each change; Asterisk tells of one member a queue
NOISE_REACH = 50.0  # ms
QUEUE = """[bench]
strategy = ringall
joinempty = yes
member => Local/1@bench-nowhere,0,Bench,Custom:bench
""" + "".join(
    f"\n[noise-{n}]\nstrategy = ringall\nmember => Local/{n}@bench-nowhere,0,N{n},Custom:noise\n"
    for n in range(NOISY)
)
NOW = {"down_after": "0s", "up_after": "0s", "suspect_count": 1, "good_count": 1, "flap_penalty": "0s"}


def _policy() -> str:
    return policy(
        pools={"power-agents": {"queue": "bench", "minimum": 1}},
        health={"pools": NOW, "trunks": {}},
        scopes={
            "power": {
                "queue": "bench",
                "pools": ["power-agents"],
                "trunks": ["carrier-a", "carrier-b"],
                "recovery_hold": "1s",
            }
        },
    )


def _floor(client: BareClient, rounds: int) -> list[float]:
    """Seconds of a DBPut and a durable commit to SQLite, one after the other."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        book = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        book.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE change (at REAL, what TEXT)"
        )
        for number in range(rounds):
            began = time.perf_counter()
            book.execute("INSERT INTO change VALUES (?, ?)", (began, "NORMAL to OUTAGE"))
            client.action(Action="DBPut", Family="bench", Key="floor", Val=str(number))
            taken.append(time.perf_counter() - began)
            time.sleep(0.005)
        book.close()
    return taken


@dataclass
class Noise:
    """Other events on the manager socket while it is entered, ``rate`` a second."""

    lab: Lab
    rate: int

    def __enter__(self) -> "Noise":
        self._stop = Event()
        self._process = Process(target=_make_noise, args=(self.lab.run_dir, self.rate, self._stop))
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._process.join(10)


def _make_noise(run_dir: Path, rate: int, stop: Any) -> None:
    """Runs in a process of its own: a change every NOISY / rate seconds."""
    with BareClient(Lab.attach(run_dir)) as client:
        began, number = time.monotonic(), 0
        while not stop.is_set():
            state = "NOT_INUSE" if number % 2 else "INUSE"
            client.action(Action="Setvar", Variable="DEVICE_STATE(Custom:noise)", Value=state)
            number += 1
            time.sleep(max(0.0, began + number * NOISY / rate - time.monotonic()))


def _switches(client: BareClient, ear: Ear, rounds: int) -> list[float]:
    """Seconds from the event about the member's state until AstDB holds the other action."""
    taken = []
    pause = random.Random(1)
    for number in range(rounds):
        state, code, wanted = (
            ("UNAVAILABLE", "5", "capture") if number % 2 == 0 else ("NOT_INUSE", "1", "pass")
        )
        client.action(Action="Setvar", Variable="DEVICE_STATE(Custom:bench)", Value=state)
        began = ear.status(code)
        while not client.value("holdfast-scope", "power").startswith(f"{wanted},"):
            if time.perf_counter() - began > 5:
                raise TimeoutError(f"no switch to {wanted} within 5 s")
            time.sleep(LOOK_SECONDS)
        taken.append(time.perf_counter() - began)
        time.sleep(pause.uniform(0.03, 0.12))  # not in step with anything that the bridge does regularly
    return taken


def measure(rounds: int, version: str | None, noise: int = 0) -> list[Figure]:
    """Floor and figure in one run, on one Asterisk. noise: other events a second, for a second figure."""
    with Lab.start(version) as lab, Site(lab, _policy()) as site:
        (lab.holdfast_conf_dir / "queues_bench.conf").write_text(QUEUE)
        lab.cli("module reload app_queue.so")
        site.install()
        with BareClient(lab) as client, Ear(lab, "bench", "noise-") as ear:
            client.action(Action="Setvar", Variable="DEVICE_STATE(Custom:bench)", Value="NOT_INUSE")
            site.start_bridge()
            time.sleep(4)  # the boot grace of the policy
            _switches(client, ear, 20)
            floor = _floor(client, rounds)
            taken = _switches(client, ear, rounds)
            noisy = _under_noise(lab, client, ear, rounds, noise) if noise else []
    ms, least = quantile(taken, 0.99) * 1000, quantile(floor, 0.99) * 1000
    middle, least_middle = quantile(taken, 0.5) * 1000, quantile(floor, 0.5) * 1000
    reach = f"<= {REACH:g} x the floor"
    return [
        Figure("switch p50", middle, "ms", least_middle, middle / least_middle, "told only", True, rounds),
        Figure("switch", ms, "ms", least, ms / least, reach, ms / least <= REACH, rounds),
        *(_noisy_figure(noisy, least, noise) if noise else ()),
    ]


def _under_noise(lab: Lab, client: BareClient, ear: Ear, rounds: int, noise: int) -> list[float]:
    """The same switches while other events come; the first element is how many came a second, over all of it."""
    with Noise(lab, noise):
        time.sleep(1)
        before, began = ear.heard, time.perf_counter()
        taken = _switches(client, ear, rounds)
        return [(ear.heard - before) / (time.perf_counter() - began), *taken]


def _noisy_figure(samples: list[float], least: float, noise: int) -> tuple[Figure, ...]:
    heard, *taken = samples
    ms = quantile(taken, 0.99) * 1000
    ok = ms <= NOISE_REACH and heard >= 0.95 * noise
    reach = f"<= {NOISE_REACH:g} ms with {noise} events/s; {heard:.0f} came"
    return (Figure("switch noise", ms, "ms", least, ms / least, reach, ok, len(taken)),)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.switch", description=__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--noise", type=int, default=0, help="other manager events a second")
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(measure(options.rounds, options.asterisk, options.noise), options.json)


if __name__ == "__main__":
    sys.exit(main())
