"""A bridge's restart with 100,000 open promises in its book, beside one with an empty book: the seconds until it is ready.

Ready is when it has linked, looked at Asterisk, decided and raised its fence. Both sites are beside the same Asterisk and take
turns, so that whatever else the machine does falls on both.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.filling import STORES, books, fill
from bench.policy import policy
from bench.report import Figure, quantile, show
from lab.lab import Lab
from lab.site import Site

OPEN = 100_000
REACH = 2.0  # seconds


@contextmanager
def _sites(lab: Lab, urls: dict[str, str]) -> Iterator[dict[str, Site]]:
    """One for each book. They call nobody: what is measured is their start."""
    text = policy(callbacks={"agent_reserve": 1000})
    sites = {name: Site(lab, text, name=name) for name in urls}
    try:
        for name, site in sites.items():
            site.environment["HOLDFAST_DATABASE_URL"] = urls[name]
            site.install()
        yield sites
    finally:
        for site in sites.values():
            site.close()


def _restart(site: Site) -> float:
    """Seconds from the start of its process until it says that it is ready; then it is ended politely."""
    began = time.perf_counter()
    site.start_bridge()
    seconds = time.perf_counter() - began
    if code := site.stop_bridge():
        raise RuntimeError(f"the bridge ended with {code}")
    return seconds


def measure(store: str, folder: Path, rounds: int, many: int, version: str | None) -> list[Figure]:
    """The middle of all rounds, which is to be reached; of the worst, what the book adds."""
    taken: dict[str, list[float]] = {"empty": [], "full": []}
    with (
        books(store, folder, ("empty", "full")) as urls,
        Lab.start(version) as lab,
        _sites(lab, urls) as sites,
    ):
        fill(urls["full"], many, datetime.now(UTC), scopes=("power",))
        for number in range(rounds + 1):
            for name, site in sites.items():
                seconds = _restart(site)
                if number:  # the first start of each is no restart
                    taken[name].append(seconds)
    full, empty = (quantile(taken[name], 0.5) for name in ("full", "empty"))
    worst, low = max(taken["full"]), max(taken["empty"])
    more = f"<= {REACH:g} s more than with an empty book"
    return [
        Figure(f"restart.{store}", full, "s", empty, full / empty, f"<= {REACH:g} s", full <= REACH, rounds),
        Figure(f"restart.{store}.worst", worst, "s", low, worst / low, more, worst - low <= REACH, rounds),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.restart", description=__doc__)
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--open", type=int, default=OPEN, help="promises in the full book")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--asterisk", default=None, help="22 or 16")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="holdfast-restart-") as folder:
        figures = measure(options.store, Path(folder), options.rounds, options.open, options.asterisk)
        return show(figures, options.json)


if __name__ == "__main__":
    sys.exit(main())
