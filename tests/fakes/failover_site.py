"""The app of tier 4 with its own folder, in this process or under gunicorn, and a book into which its lines are brought."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from twilio_caller import PUBLIC, SECRET
from twilio_server import SID, TOKEN

from callbacks.importer import Importer
from callbacks.spool_line import decode
from callbacks.values import Capture
from ivr import book_file
from ivr.numbers import check
from ivr.policy import CallerPolicy
from ivr.twiml.assembly import Site
from ivr.twiml.settings import load_settings
from store import Store, migrate

POLICY = CallerPolicy(area_code="0571", dialogue="short")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The settings as variables."""
    given = {
        "DATA_DIR": str(folder),
        "PUBLIC_URL": PUBLIC,
        "SECRET": SECRET,
        "ACCOUNT_SID": SID,
        "AUTH_TOKEN": TOKEN,
    }
    return {f"HOLDFAST_FAILOVER_{name.upper()}": value for name, value in (given | more).items()}


def furnish(folder: Path, policy: CallerPolicy = POLICY) -> Path:
    """What is copied there from the hotline's own site: the policy."""
    book_file.write(folder / "ivr" / "dialogue.json", book_file.DialogueBook(policy, pbx_id="pbx1"))
    return folder


def site(folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC), **more: str) -> Site:
    """A process' worth of it."""
    given = {
        name.removeprefix("HOLDFAST_FAILOVER_").lower(): text
        for name, text in environment(folder, **more).items()
    }
    return Site(load_settings(**given), clock)


def lines(folder: Path) -> list[Capture]:
    """All that stands in the spool there, in order."""
    files = sorted((folder / "spool").glob("*.jsonl"))
    return [decode(line) for file in files for line in file.read_bytes().splitlines()]


@contextmanager
def book_of(folder: Path) -> Iterator[tuple[Store, Callable[[Path], None]]]:
    """A book, and what brings another spool's lines into it."""
    url = f"sqlite:///{folder / 'book.db'}"
    migrate(url)
    with Store(url) as store:

        def take(spool: Path) -> None:
            tier3 = folder / "tier3"
            tier3.mkdir(exist_ok=True)
            dialled = lambda number: check(number, POLICY).number or number  # noqa: E731 - one expression
            Importer(store, spool, tier3, "pbx1", dialled=dialled).run_once(datetime.now(UTC))

        yield store, take


class Gunicorn:
    """The app as a site runs it. Whatever asks through ``post`` reaches one of its workers."""

    def __init__(self, folder: Path, workers: int = 2, **more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._env = {name: text for name, text in os.environ.items() if not name.startswith("HOLDFAST")}
        self._env |= environment(folder, **more)
        self._workers = workers
        self._log = folder / "gunicorn.log"
        self.start()

    def start(self) -> None:
        """Up, and answering."""
        options = [
            "-b",
            f"127.0.0.1:{self.port}",
            "-w",
            str(self._workers),
            "-k",
            "gthread",
            "--threads",
            "4",
        ]
        command = [sys.executable, "-m", "gunicorn", *options, "ivr.twiml.wsgi:app"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if len(self.pids()) >= self._workers and self.alive():
                return
            time.sleep(0.05)
        raise AssertionError(self._log.read_text()[-2000:])

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            self.get("/health")
        except OSError:
            return False
        return True

    def pids(self) -> list[int]:
        """Of the workers."""
        master = self._process.pid
        try:
            return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
        except OSError:
            return []

    def kill_workers(self) -> None:
        """Every worker dies where it stands."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """All of it dies where it stands."""
        workers = self.pids()
        self._process.kill()
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        self._process.wait(10)

    def close(self) -> None:
        """Down in order."""
        self._process.terminate()
        self._process.wait(15)

    def get(self, path: str) -> tuple[int, bytes]:
        """Raises OSError when nobody answers."""
        return self._open(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        """As a proxy passes a provider's request on. Raises OSError when nobody answers."""
        parts = urlsplit(url)
        here = f"http://127.0.0.1:{self.port}{parts.path}{'?' if parts.query else ''}{parts.query}"
        status, body = self._open(urllib.request.Request(here, urlencode(fields).encode(), dict(headers)))
        return status, body.decode()

    def _open(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own address
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except urllib.error.URLError as error:
            raise ConnectionError(str(error.reason)) from None
