"""Everything that a run is done to: a lab, a site whose bridge hangs on a proxy, its book, and its callers."""

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import yaml

from bench.callers import sound
from config.asterisk import LOCAL
from config.prompts import catalogue
from lab.children import dying_with_us
from lab.errors import LabError
from lab.facts import Options
from lab.lab import Lab
from lab.postgres import Postgres
from lab.proxy import Proxy
from lab.site import Site, holdfast

from . import power

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "lab/demo_policy.yaml"
PATIENCE = 1.0  # seconds of silence that end a question
LANGUAGE = "en"
SCOPE = "power"
DB = "holdfast.db"
LAUNCHER, CLOCK, DURABLE = "tests.chaos.launch", "CHAOS_CLOCK", "CHAOS_DURABLE"  # as launch.py has them
SCRIPT = "tests.chaos.launch_script"  # as it stands in a command line


def policy() -> str:
    """The demo's site with one language and short waits."""
    document: dict[str, Any] = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    document["site"]["languages"] = [LANGUAGE]
    document["caller"] = {"max_tries": 2, "choice_seconds": "1s", "digit_seconds": "1s"}
    return yaml.safe_dump(document, allow_unicode=True)


class ChaosSite(Site):
    """A site whose bridge is started with a clock that can be stepped, and with its syncs noted."""

    def __init__(self, lab: Lab, proxy: Proxy) -> None:
        super().__init__(lab, policy(), name="chaos")
        self.clock_file, self.durable = self.folder / "clock", self.folder / "durable"
        self.prompts = self.folder / "prompts"
        self.console: subprocess.Popen[bytes] | None = None
        self.started_at = 0  # where the log stood when the bridge was last started
        self._opened: list[IO[bytes]] = []
        self.environment |= {
            "HOLDFAST_PROMPTS_DIR": str(self.prompts),
            "HOLDFAST_AMI_HOST": "127.0.0.1",
            "HOLDFAST_AMI_PORT": str(proxy.port),
            CLOCK: str(self.clock_file),
            DURABLE: str(self.durable),
            "HOLDFAST_LOCAL_AGI": "true",
            "PYTHONPATH": str(ROOT),
        }

    def install(self, say: Any = None) -> None:
        """Prompts of our own, then as an admin does it."""
        sound.write(self.prompts, [name for name in catalogue() if name[0] == LANGUAGE])
        self.run("db", "migrate")
        self.run("asterisk", "render", "--out", str(self.lab.holdfast_conf_dir))
        self._watch_script()
        self.lab.reload()

    def _watch_script(self) -> None:
        """The script of tier 2 notes its syncs too. Raises LabError where it is not started by this Python's own program: a power
        cut would drop all that it wrote.
        """
        script = self.lab.holdfast_conf_dir / LOCAL
        environment = f"{DURABLE}={self.durable} PYTHONPATH={ROOT}"
        started = f"env {environment} {sys.executable} -m {SCRIPT}"
        program, text = str(Path(sys.executable).with_name("holdfast-local-agi")), script.read_text()
        if program not in text:
            raise LabError(
                f"{script} does not start {program}: make setup in this clone, or use its own Python"
            )
        script.write_text(text.replace(program, started))

    def _start(self, command: str, log: str) -> "subprocess.Popen[bytes]":
        program = [holdfast(), command]
        if command == "bridge":
            self.started_at = self.bridge_log.stat().st_size if self.bridge_log.exists() else 0
            program = [sys.executable, "-m", LAUNCHER]
        file = (self.folder / log).open("ab")
        self._opened.append(file)
        started = subprocess.Popen(
            dying_with_us(program),
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        if command == "console":
            self.console = started
        return started

    def close(self) -> None:
        super().close()
        for file in self._opened:
            file.close()


class World:
    """One site that things are done to. As a context manager it ends on leaving."""

    def __init__(self, asterisk: str | None, store: str = "sqlite") -> None:
        """store: sqlite or postgresql."""
        self._stack = contextlib.ExitStack()
        try:
            tools = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
            self._synced = tools / "synced"
            self._stack.enter_context(power.noting_sync(tools, self._synced))
            self.lab = self._stack.enter_context(Lab.start(asterisk, options=Options(), say=lambda _: None))
            self.proxy = Proxy(self.lab.ami_host, self.lab.ami_port)
            self._stack.callback(self.proxy.close)
            self.proxy.start()
            self.postgres = self._stack.enter_context(Postgres(lambda _: None)) if store != "sqlite" else None
            self.site = self._stack.enter_context(ChaosSite(self.lab, self.proxy))
            if self.postgres is not None:
                self.site.environment["HOLDFAST_DATABASE_URL"] = self.postgres.create("chaos")
            self.site.install()
            self.site.start_bridge()
            self.site.start_console()
            self._take_down_callers()
            self.keep_copy()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _take_down_callers(self) -> None:
        self.site.run("override", "set", SCOPE, "OUTAGE", "--why", "chaos", "--for", "12h", "--who", "chaos")
        end = time.monotonic() + 20
        while "capture" not in self.lab.cli(f"database get holdfast-scope {SCOPE}"):
            if time.monotonic() > end:
                raise LabError("the flag of an override did not reach Asterisk within 20 s")
            time.sleep(0.1)

    # -- the bridge

    def bridge_takes_callers(self) -> bool:
        """Whether the bridge has said that it is ready since it was last started."""
        bridge = self.site.bridge
        alive = bridge is not None and bridge.poll() is None
        return alive and bool(self.site.log_lines("ready", self.site.started_at))

    def wait_bridge(self, limit: float) -> bool:
        """Waits until the bridge takes callers; returns whether it does."""
        end = time.monotonic() + limit
        while not self.bridge_takes_callers():
            if time.monotonic() > end:
                return False
            self.raise_bridge()
            time.sleep(0.05)
        return True

    def raise_bridge(self) -> None:
        """Starts the bridge when it does not run, as a service manager would. Does not wait for it."""
        if self.site.bridge is None or self.site.bridge.poll() is not None:
            self.site.start_bridge(wait=False)

    def kill_bridge(self) -> None:
        self.site.kill_bridge()

    def signal_bridge(self, number: signal.Signals) -> None:
        if self.site.bridge is not None and self.site.bridge.poll() is None:
            self.site.bridge.send_signal(number)

    @property
    def bridge_pid(self) -> int | None:
        bridge = self.site.bridge
        return bridge.pid if bridge is not None and bridge.poll() is None else None

    # -- the console

    def kill_console(self) -> None:
        if self.site.console is not None:
            self.site.console.kill()
            self.site.console.wait()

    def raise_console(self) -> None:
        if self.site.console is None or self.site.console.poll() is not None:
            self.site._start("console", "console.log")

    # -- the book

    @property
    def database(self) -> Path:
        return self.site.folder / DB

    @property
    def copy(self) -> Path:
        return self.site.folder / "older.db"

    def keep_copy(self) -> None:
        """A copy of the book as it is now, for a fail-over later. Of a file."""
        if self.postgres is None:
            self._pour(self.database, self.copy)

    def pour_back(self) -> None:
        """The book as it was in the copy. No bridge may run."""
        self._pour(self.copy, self.database)

    @staticmethod
    def _pour(source: Path, target: Path) -> None:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=20)) as full,
            contextlib.closing(sqlite3.connect(target, timeout=20)) as empty,
        ):
            full.backup(empty)

    def kill_postgres(self) -> None:
        if self.postgres is not None:
            self.postgres.kill()

    def raise_postgres(self) -> None:
        """Another fault's end may have started it already."""
        if self.postgres is not None and not self.postgres.alive:
            self.postgres.start()

    def book(self) -> list[dict[str, Any]]:
        """Every promise with its captures, as the command line tells them."""
        said = self.site.run("callbacks", "list", "--all", "--full", "--json", "--limit", "1000000")
        rows: list[dict[str, Any]] = json.loads(said)
        return rows

    def keep_logs(self, folder: Path) -> None:
        """Copies of what bridge and Asterisk logged."""
        folder.mkdir(parents=True, exist_ok=True)
        for log in (self.site.bridge_log, self.lab.log):
            if log.exists():
                shutil.copyfile(log, folder / f"{log.stem}.log")

    # -- power

    def drop_unsynced(self, dice: Any) -> int:
        """What was not synced of spool and tier 3 files is gone; how many bytes. Nobody may write to them any more."""
        dropped = power.cut(self.site.folder / "spool", ".jsonl", self.site.durable, dice)
        if self._synced.exists():  # else the dial plan syncs nothing, and nobody knows what a cut would leave
            dropped += power.cut(self.site.tier3_dir, ".txt", self._synced, dice)
        return dropped

    @property
    def asterisk_runs(self) -> bool:
        return "asterisk" in self.lab.status()["pids"]

    def asterisk_children(self, mark: str) -> list[int]:
        """Pids of programs that the lab's Asterisk has started and whose command line holds the mark."""
        asterisk = self.lab.status()["pids"].get("asterisk")
        return [pid for pid in _pids() if asterisk and mark in _command(pid) and asterisk in _above(pid)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _above(pid: int) -> list[int]:
    """Its parent, the parent's parent, and so on."""
    found: list[int] = []
    while pid > 1 and len(found) < 10:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            break
        pid = int(stat.rpartition(")")[2].split()[1])
        found.append(pid)
    return found
