"""The console's pages over a book of 100,000 open promises, beside the same over 100: board, leader's book, agent's desk.

Two consoles run as ``holdfast console`` runs one, each over its own book, and are asked in turn by a leader who is signed in, at
the pace of a page that polls. Time is from the request to the last byte, on loopback.
"""

import argparse
import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench.page_book import AGENT, book
from bench.policy import policy
from bench.report import Figure, quantile, show
from lab.postgres import Postgres

FEW, MANY = 100, 100_000
REACH, RATIO = 0.150, 2.0  # seconds; times the page with few
PAGES = {
    "board": "/",
    "board live": "/live",
    "book": "/book/",
    "book rows": "/book/rows",
    "book filtered": "/book/?matter=complaint&scope=power",
    "book late": "/book/?when=late",
    "agent": "/work/",
    "agent panel": "/work/panel",
}
PACE = 0.2  # seconds between two requests to one console
LEASE = "2h"  # the agent's card stays open: one that lapsed would leave an empty desk to be timed
START_LIMIT = 30.0
HOW = ("--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket")
STORES = ("sqlite", "postgresql")


class Reader:
    """A browser that has signed in."""

    def __init__(self, port: int, password: str) -> None:
        self._at = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookie = ""
        self.post("/login", "/login", who="leader", password=password)
        self.post("/work/", "/work/telephone", member=AGENT)
        self.post("/work/", "/work/next")

    def get(self, path: str) -> str:
        """The page. Raises RuntimeError for anything but a page."""
        return self._ask("GET", path, None, (200,))

    def post(self, page: str, path: str, **fields: str) -> None:
        """Sends a form as the page shows it."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page))
        body = urlencode(fields | {"csrf_token": token.group(1) if token else ""})
        self._ask("POST", path, body, (302, 303))

    def _ask(self, method: str, path: str, body: str | None, wanted: tuple[int, ...]) -> str:
        headers = {"Cookie": self._cookie, "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._at.request(method, path, body, headers)
        answer = self._at.getresponse()
        text = answer.read().decode()
        self._at.close()  # a server closes what is idle for two seconds, and a page polls less often
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("holdfast="):
                self._cookie = value.partition(";")[0]
        if answer.status not in wanted:
            raise RuntimeError(f"{method} {path} gave {answer.status}: {text[:300]}")
        return text


@contextmanager
def console(url: str, folder: Path) -> Iterator[Reader]:
    """The console as shipped, over this book, with a leader who is signed in and an agent's card that is open."""
    folder.mkdir(exist_ok=True)
    (folder / "policy.yaml").write_text(policy(callbacks={"claim_lease": LEASE}), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    password = secrets.token_hex(8)
    settings = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": url,
        "POLICY_FILE": str(folder / "policy.yaml"),
        "AMI_SECRET": "unused",
        "CONSOLE_PASSWORD": password,
        "CONSOLE_SECRET_KEY": secrets.token_hex(32),
    }
    environment = os.environ | {f"HOLDFAST_{name}": value for name, value in settings.items()}
    with (folder / "console.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *HOW, "--bind", f"127.0.0.1:{port}", "console.wsgi:build()"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _until_up(server, port, folder / "console.log")
            yield Reader(port, password)
        finally:
            server.terminate()
            server.wait(10)


def _until_up(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the console did not start: {log.read_text()[-1000:]}")


def measured(few: Reader, many: Reader, rounds: int) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds of every page from both, one after the other; the first round warms up and is left out."""
    took: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for number in range(rounds + 1):
        for name, path in PAGES.items():
            for place, reader in enumerate((few, many)):
                start = time.perf_counter()
                reader.get(path)
                seconds = time.perf_counter() - start
                if number:
                    took[name][place].append(seconds)
            time.sleep(PACE)
    return took


def figures(store: str, took: dict[str, tuple[list[float], list[float]]]) -> list[Figure]:
    """p95 of each page; the floor is the same page over the small book."""
    made = []
    for name, (few, many) in took.items():
        floor, p95 = quantile(few, 0.95), quantile(many, 0.95)
        good = p95 <= REACH and p95 <= RATIO * floor
        made.append(
            Figure(
                *(f"page {store} {name}", p95 * 1000, "ms", floor * 1000, p95 / floor),
                *("≤ 150 ms, ≤ 2 ×", good, len(many)),
            )
        )
    return made


@contextmanager
def books(store: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Two empty books of this kind."""
    if store == "sqlite":
        yield f"sqlite:///{folder / 'few.db'}", f"sqlite:///{folder / 'many.db'}"
        return
    with Postgres() as server:
        yield server.create("few"), server.create("many")


def run(store: str, open_: int, rounds: int) -> list[Figure]:
    """Both books of one kind of store, filled, shown and gone again."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-page-")))
        urls = stack.enter_context(books(store, folder))
        for url, count in zip(urls, (FEW, open_), strict=True):
            stack.enter_context(book(url, count))
        few, many = (
            stack.enter_context(console(url, folder / name))
            for name, url in zip(("few", "many"), urls, strict=True)
        )
        return figures(store, measured(few, many, rounds))


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--store", choices=STORES, nargs="*", default=list(STORES))
    parser.add_argument("--open", type=int, default=MANY, help="open promises of the large book")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    return show(
        [one for store in options.store for one in run(store, options.open, options.rounds)], options.json
    )


if __name__ == "__main__":
    sys.exit(main())
