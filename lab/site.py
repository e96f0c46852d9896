"""Holdfast beside a lab, used as a stranger would use it: by its commands, its environment and its files only."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, Self

from lab.caches import cache
from lab.children import dying_with_us
from lab.errors import LabError
from lab.lab import Lab

START_LIMIT = 60.0  # seconds; a few are enough on a machine that does nothing else
Runner = Callable[[Sequence[str], Mapping[str, str], Path], "subprocess.CompletedProcess[str]"]


def run_program(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Runs it in that folder, and returns what it said, whatever its exit code."""
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


class Site:
    """One site: policy, rendered dial plan, prompts, bridge and console, in the lab's run folder.

    As a context manager it ends its processes on leaving; they also end when this process dies.
    policy: the text of the policy file. beat_every: seconds. runner: runs a command.
    """

    runner: ClassVar[Runner] = staticmethod(run_program)

    def __init__(self, lab: Lab, policy: str, *, name: str = "site", beat_every: float = 1.0) -> None:
        self.lab = lab
        self.folder = lab.run_dir / name
        self.folder.mkdir(exist_ok=True)
        self.tier3_dir = (
            self.folder / "tier3"
        )  # its own: a site must not find what callers of another one left
        self.tier3_dir.mkdir(exist_ok=True)
        self.policy_file = self.folder / "policy.yaml"
        self.policy_file.write_text(policy, encoding="utf-8")
        self.password = secrets.token_urlsafe(9)
        self.console_url = ""
        self.bridge: subprocess.Popen[bytes] | None = None
        self._console: subprocess.Popen[bytes] | None = None
        self._logs: list[IO[bytes]] = []
        self.environment = as_installed(os.environ) | {
            "HOLDFAST_DATA_DIR": str(self.folder),
            "HOLDFAST_POLICY_FILE": str(self.policy_file),
            "HOLDFAST_PROMPTS_DIR": str(prompt_cache()),
            "HOLDFAST_TIER3_DIR": str(self.tier3_dir),
            "HOLDFAST_AMI_HOST": lab.ami_host,
            "HOLDFAST_AMI_PORT": str(lab.ami_port),
            "HOLDFAST_AMI_SECRET": lab.holdfast_secret,
            "HOLDFAST_AGI_HOST": lab.agi_host,
            "HOLDFAST_AGI_PORT": str(lab.agi_port),
            "HOLDFAST_CONSOLE_PASSWORD": self.password,
            "HOLDFAST_CONSOLE_SECRET_KEY": secrets.token_hex(32),
            "HOLDFAST_BEAT_EVERY": str(beat_every),
        }

    @property
    def bridge_log(self) -> Path:
        """The bridge's structured log: one JSON object a line, over all its runs."""
        return self.folder / "bridge.log"

    def install(self, say: Callable[[str], None] = lambda _: None) -> None:
        """What an admin does once: prompts, database, dial plan into Asterisk. Raises LabError with what a command said."""
        say("building the prompts")
        self.run("prompts", "build")
        self.run("db", "migrate")
        self.run("asterisk", "render", "--out", str(self.lab.holdfast_conf_dir))
        self.lab.reload()

    # -- the command line

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Runs ``holdfast …`` and returns what it said, whatever its exit code."""
        return type(self).runner([holdfast(), *words], self.environment, self.folder)

    def run(self, *words: str) -> str:
        """The same, for what must work: its standard output. Raises LabError with what it said otherwise."""
        done = self.command(*words)
        if done.returncode:
            raise LabError(f"holdfast {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def status(self) -> dict[str, Any]:
        """What ``holdfast status --json`` says."""
        said: dict[str, Any] = json.loads(self.run("status", "--json"))
        return said

    # -- the bridge

    def start_bridge(self, wait: bool = True) -> None:
        """Starts the bridge; with ``wait`` until it has linked, decided and raised its fence."""
        before = self.bridge_log.stat().st_size if self.bridge_log.exists() else 0
        self.bridge = self._start("bridge", "bridge.log")
        if wait:
            self.wait_log("ready", since=before)

    def kill_bridge(self) -> None:
        """kill -9: nothing of the bridge runs another line."""
        if self.bridge is not None:
            self.bridge.kill()
            self.bridge.wait()

    def stop_bridge(self) -> int:
        """SIGTERM; returns its exit code."""
        if self.bridge is None:
            return 0
        self.bridge.send_signal(signal.SIGTERM)
        return self.bridge.wait(START_LIMIT)

    def log_lines(self, event: str, since: int = 0) -> list[dict[str, Any]]:
        """The bridge's log lines with this event, from a byte offset on."""
        if not self.bridge_log.exists():
            return []
        with self.bridge_log.open("rb") as file:
            file.seek(since)
            lines = [_json(line) for line in file]
        return [line for line in lines if line.get("event") == event]

    def wait_log(self, event: str, since: int = 0, timeout: float = START_LIMIT) -> dict[str, Any]:
        """Waits for a line of the bridge's log; raises LabError when the bridge ends before, or after the time."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = self.log_lines(event, since)
            if found:
                return found[0]
            if self.bridge is not None and self.bridge.poll() is not None:
                raise LabError(f"the bridge ended with {self.bridge.returncode}:\n{self._tail()}")
            time.sleep(0.05)
        raise LabError(f"the bridge did not say {event!r} within {timeout:g} s:\n{self._tail()}")

    # -- the console

    def start_console(self) -> str:
        """Starts the console on a free port; returns its address."""
        port = _free_port()
        self.environment |= {"HOLDFAST_CONSOLE_HOST": "127.0.0.1", "HOLDFAST_CONSOLE_PORT": str(port)}
        self._console = self._start("console", "console.log")
        self.console_url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.console_url}/healthz", timeout=2):  # noqa: S310  # our own, http
                    return self.console_url
            except OSError:
                if self._console.poll() is not None:
                    break
                time.sleep(0.1)
        raise LabError(f"the console does not answer:\n{(self.folder / 'console.log').read_text()[-2000:]}")

    # -- beginning and end

    def close(self) -> None:
        """Ends bridge and console."""
        for process in (self.bridge, self._console):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for log in self._logs:
            log.close()
        self._logs.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, command: str, log: str) -> "subprocess.Popen[bytes]":
        file = (self.folder / log).open("ab")
        self._logs.append(file)
        return subprocess.Popen(
            dying_with_us([holdfast(), command]),
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )

    def _tail(self) -> str:
        return (
            self.bridge_log.read_text(encoding="utf-8", errors="replace")[-2000:]
            if self.bridge_log.exists()
            else ""
        )


def holdfast() -> str:
    """The installed command, beside this Python."""
    program = Path(sys.executable).with_name("holdfast")
    if not program.exists():
        raise LabError("The command `holdfast` is not installed beside this Python: make setup")
    return str(program)


def prompt_cache() -> Path:
    """Where built prompts are kept between runs: $XDG_CACHE_HOME/holdfast/prompts."""
    folder = cache("prompts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def as_installed(environment: Mapping[str, str]) -> dict[str, str]:
    """Without settings of another site, and with modules that are compiled, as an installed Holdfast has them: a clone has none
    where Python may not write beside its sources, and then each start compiles all of them.
    """
    ours = {
        name: value
        for name, value in environment.items()
        if not name.startswith("HOLDFAST_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {"PYTHONPYCACHEPREFIX": str(cache("bytecode")), **ours}


def _json(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
