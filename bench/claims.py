"""A claim of the next callback with a million open promises, against one with a thousand; and 8 that claim at once.

Both books are of one database server, or two files of one disk, and claims of them take turns, so that whatever else the machine
does falls on both. What was claimed is closed and a new promise opened, outside the time that counts: the books stay as large as
they are. Then 8 processes claim from the large one as fast as they can, and what they took is compared.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from bench.filling import SCOPES, STORES, books, fill, settle
from bench.report import Figure, quantile, show
from callbacks.policy import CallbackPolicy
from callbacks.values import Matter, PromiseState
from store import Store, StoreBusy
from store.tables import promise

FEW, MANY = 1_000, 1_000_000
REACH = 1.5
LEASE = 600.0
CLAIMERS, EACH = 8, 200
WARM = 50  # claims before those that count
HEAD_START = CallbackPolicy().head_start


def _one(store: Store, now: datetime) -> tuple[int, float]:
    began = time.perf_counter()
    (claimed,) = store.claim_due(SCOPES, 1, now, "bench", LEASE, head_start=HEAD_START)
    return claimed.id, time.perf_counter() - began


def _timed(urls: dict[str, str], samples: int, now: datetime) -> dict[str, list[float]]:
    """Seconds of each claim, by book, in turn."""
    taken: dict[str, list[float]] = {name: [] for name in urls}
    stores = {name: Store(url) for name, url in urls.items()}
    places = dict(zip(urls, (FEW, MANY), strict=True))
    gc.disable()
    try:
        for number in range(samples + WARM):
            for name, store in stores.items():
                id_, seconds = _one(store, now)
                store.cancel(id_, now, "bench")
                _again(store, places[name], number, now)
                if number >= WARM:
                    taken[name].append(seconds)
    finally:
        gc.enable()
        for store in stores.values():
            store.close()
    return taken


def _again(store: Store, beyond: int, number: int, now: datetime) -> None:
    """A new caller, at the end of all queues."""
    at = now - timedelta(seconds=1)
    row = {
        "scope": SCOPES[number % len(SCOPES)],
        "number": f"138{beyond + number:08d}",
        "state": PromiseState.OPEN,
        "matter": Matter.BILL,
        "language": "en",
        "captures": 1,
    }
    with store._database.write() as connection:
        connection.execute(
            insert(promise), [{**row, **dict.fromkeys(("created_at", "due_at", "place_at"), at)}]
        )


def claim_many(url: str, name: str, count: int) -> list[int]:
    """What one of several takes: ids, one after the other. Who comes too late on a full machine tries again."""
    now = datetime.now(UTC)
    taken: list[int] = []
    with Store(url) as store:
        while len(taken) < count:
            with suppress(StoreBusy):
                got = store.claim_due(SCOPES, 1, now, name, LEASE, head_start=HEAD_START)
                if not got:
                    break
                taken += [one.id for one in got]
    return taken


def _at_once(url: str, each: int) -> tuple[Counter[int], float]:
    """How often each promise was taken by 8 processes at once, and the seconds that it took from the first go on."""
    command = [sys.executable, "-m", "bench.claims", "--claim", url, "--each", str(each)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(CLAIMERS)
    ]
    for one in children:
        assert one.stdout
        one.stdout.readline()  # it is ready
    began = time.perf_counter()
    for one in children:
        assert one.stdin
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=300)[0] for one in children]
    seconds = time.perf_counter() - began
    if any(one.returncode for one in children):
        raise RuntimeError("a claimer failed")
    return Counter(int(word) for text in said for word in text.split()), seconds


def measure(store: str, folder: Path, samples: int, many: int, each: int) -> list[Figure]:
    """The figures of one kind of database."""
    now = datetime.now(UTC)
    with books(store, folder, ("few", "many")) as urls:
        fill(urls["few"], FEW, now)
        fill(urls["many"], many, now)
        taken = _timed(urls, samples, now)
        settle(urls["many"])
        took, seconds = _at_once(urls["many"], each)
    worst, floor = (quantile(taken[name], 0.99) * 1000 for name in ("many", "few"))
    middle, low = (quantile(taken[name], 0.5) * 1000 for name in ("many", "few"))
    twice, total = sum(count - 1 for count in took.values()), sum(took.values())
    whole = twice == 0 and total == CLAIMERS * each
    rate = total / seconds
    return [
        Figure(
            f"claims.{store}",
            worst,
            "ms p99",
            floor,
            worst / floor,
            f"<= {REACH:g} x that at {FEW}",
            worst / floor <= REACH,
            samples,
        ),
        Figure(f"claims.{store}.median", middle, "ms", low, middle / low, "shown", True, samples),
        Figure(
            f"claims.{store}.twice",
            float(twice),
            "count",
            0.0,
            float(twice),
            "0, and none less",
            whole,
            total,
        ),
        Figure(f"claims.{store}.rate", rate, "a second", CLAIMERS, rate / CLAIMERS, "shown", True, total),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.claims", description=__doc__)
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--open", type=int, default=MANY, help="promises in the large book")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--each", type=int, default=EACH, help="claims of each of the 8")
    parser.add_argument("--claim", default="", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if options.claim:
        print("ready", flush=True)
        sys.stdin.readline()
        print(*claim_many(options.claim, f"bench-{os.getpid()}", options.each))
        return 0
    with tempfile.TemporaryDirectory(prefix="holdfast-claims-") as folder:
        figures = measure(options.store, Path(folder), options.samples, options.open, options.each)
        return show(figures, options.json)


if __name__ == "__main__":
    sys.exit(main())
