"""The lab as other programs see it: start one, or attach to one, and do things to it."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab import facts as known
from lab import ledger, manager
from lab.addresses import AGENTS, CARRIERS
from lab.errors import LabError
from lab.facts import Facts, Options
from lab.provision import Say, provide, say_on_stderr
from lab.results import CallHandle
from lab.runs import last_error, running, runs_dir, sweep, wait_gone
from lab.scripts import Script

VERB_LIMIT = 60.0  # seconds


class Lab:
    """A running lab. As a context manager it ends on leaving; it ends too when this process dies."""

    def __init__(
        self, facts: Facts, owner_pipe: int | None = None, process: "subprocess.Popen[str] | None" = None
    ) -> None:
        self.facts = facts
        self._owner_pipe = owner_pipe
        self._process = process

    # -- beginning and end

    @classmethod
    def start(
        cls,
        version: str | None = None,
        *,
        options: Options | None = None,
        bare: bool = False,
        say: Say = say_on_stderr,
    ) -> Self:
        """Starts a lab that this process owns; returns when Asterisk, carriers and agents are up.

        version: "22", "16" or None for whatever is at hand. bare: Asterisk alone. Raises LabError with the remedy.
        """
        programs = provide(version, say)
        base = runs_dir()
        sweep(base)
        run_dir = base / secrets.token_hex(4)
        run_dir.mkdir(mode=0o700)
        plan = {"programs": asdict(programs), "options": asdict(options or Options()), "bare": bare}
        read_end, write_end = os.pipe()
        try:
            with (run_dir / "supervisor.err").open("w") as errors:
                process = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "lab",
                        "serve",
                        "--run",
                        str(run_dir),
                        "--owner-fd",
                        str(read_end),
                        "--plan",
                        json.dumps(plan, default=str),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    pass_fds=(read_end,),
                    start_new_session=True,  # a Ctrl-C in the terminal is the owner's to handle
                    cwd=Path(__file__).parent.parent,
                    text=True,
                )
        finally:
            os.close(read_end)
        return cls._await_ready(run_dir, write_end, process)

    @classmethod
    def _await_ready(cls, run_dir: Path, write_end: int, process: "subprocess.Popen[str]") -> Self:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            line = process.stdout.readline()
            report = json.loads(line) if line else {"error": last_error(run_dir)}
            if "error" in report:
                raise LabError(report["error"])
            return cls(known.read(run_dir), write_end, process)
        except BaseException:
            os.close(write_end)  # ends the supervisor, whatever it is doing
            process.wait(VERB_LIMIT)
            shutil.rmtree(run_dir, ignore_errors=True)
            raise
        finally:
            process.stdout.close()

    @classmethod
    def attach(cls, run_dir: Path | None = None) -> Self:
        """A lab that somebody else owns: the one in `run_dir`, or the only one there is. Raises LabError."""
        if run_dir is None:
            living = running()
            if len(living) != 1:
                raise LabError(
                    f"{len(living)} labs run ({', '.join(map(str, living))}): name one with --run."
                    if living
                    else "No lab runs: start one with `python -m lab up`."
                )
            run_dir = living[0]
        return cls(known.read(run_dir))

    def release(self) -> None:
        """Lets the lab live on without this process, until `down`."""
        if self._owner_pipe is not None:
            os.write(self._owner_pipe, b"r")
            os.close(self._owner_pipe)
            self._owner_pipe = None

    def down(self) -> None:
        """Ends the lab; returns when no process of it is left. Does nothing when it has ended already."""
        with contextlib.suppress(LabError):
            self._ask("down")
        if self._owner_pipe is not None:
            os.close(self._owner_pipe)
            self._owner_pipe = None
        if self._process is not None:
            self._process.wait(VERB_LIMIT)
        wait_gone(self.facts.run_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    # -- what others need to know

    @property
    def run_dir(self) -> Path:
        return self.facts.run_dir

    @property
    def ami_host(self) -> str:
        return self.facts.ami_host

    @property
    def ami_port(self) -> int:
        return self.facts.ami_port

    @property
    def holdfast_secret(self) -> str:
        """For the manager account that Holdfast renders; the lab only makes it up."""
        return self.facts.holdfast_secret

    @property
    def agi_host(self) -> str:
        return self.facts.agi_host

    @property
    def agi_port(self) -> int:
        """Free, and kept for the bridge."""
        return self.facts.agi_port

    @property
    def tier3_dir(self) -> Path:
        return self.facts.tier3_dir

    @property
    def prompts_dir(self) -> Path:
        return self.facts.prompts_dir

    @property
    def holdfast_conf_dir(self) -> Path:
        """Render Holdfast's files into it, then reload()."""
        return self.facts.holdfast_conf_dir

    @property
    def asterisk_version(self) -> str:
        return self.facts.asterisk_version

    @property
    def log(self) -> Path:
        """Asterisk's full log."""
        return self.run_dir / "asterisk/log/full"

    # -- verbs

    def status(self) -> dict[str, Any]:
        """What runs (by name), with pids, what is dropped, and how many callers are under way."""
        return self._ask("status")

    def cut(self, target: str) -> None:
        """carrier-a|b, agent-1…4, agents, asterisk: killed. network, manager, path-a|b: packets dropped (root)."""
        self._ask("cut", target=target)

    def restore(self, target: str) -> None:
        """Undoes a cut. Asterisk is ready, and phones have registered, when this returns."""
        self._ask("restore", target=target)

    def call(
        self,
        caller_id: str = "13800000001",
        did: str = known.DID,
        carrier: str = "a",
        keys: Sequence[tuple[float, str]] = (),
        *,
        hangup_after: float | None = None,
        give_up_after: float = 60.0,
        max_seconds: float = 120.0,
        withheld: bool = False,
    ) -> CallHandle:
        """Places one call from a carrier and returns at once. Seconds count from the answer (see scripts.Script)."""
        script = Script(tuple(keys), hangup_after, give_up_after, max_seconds)
        return self._call([caller_id], did, carrier, script, listen_to=True, withheld=withheld)

    def load(
        self,
        caller_ids: Sequence[str],
        rate: float,
        did: str = known.DID,
        carrier: str = "a",
        keys: Sequence[tuple[float, str]] = (),
        *,
        hangup_after: float | None = None,
        give_up_after: float = 60.0,
        max_seconds: float = 120.0,
    ) -> CallHandle:
        """Places one call per caller id, `rate` calls a second, all with the same keys, out of a single SIPp."""
        script = Script(tuple(keys), hangup_after, give_up_after, max_seconds)
        return self._call(list(caller_ids), did, carrier, script, rate=rate)

    def _call(self, caller_ids: list[str], did: str, carrier: str, script: Script, **more: Any) -> CallHandle:
        begun = self._ask(
            "call", caller_ids=caller_ids, did=did, carrier=carrier, script=asdict(script), **more
        )
        return CallHandle(self._ask, begun["name"], Path(begun["folder"]), caller_ids[0])

    def reload(self) -> None:
        """Makes Asterisk read its files again: dial plan, manager accounts, queues, PJSIP."""
        for path in (self.run_dir / "asterisk/etc").glob("*.conf"):
            path.touch()  # Asterisk skips files that look unchanged, and a new file in an included folder does not show
        for module in ("pbx_config.so", "manager", "app_queue.so", "res_pjsip.so"):
            self.cli(f"module reload {module}")

    def cli(self, line: str) -> str:
        """What Asterisk's command line answers. Raises LabError when Asterisk is away."""
        return manager.command(self.facts, line)

    def action(self, **headers: str) -> dict[str, str]:
        """One manager action by the lab's own account, for tests: lab.action(Action="DBGet", Family=…, Key=…)."""
        return manager.ask(self.facts, headers)

    # -- what was seen from outside

    def carrier_log(self) -> list[ledger.CarrierCall]:
        """Every call that reached a carrier, oldest first: who was called, how often, and what became of it."""
        calls = [
            call
            for letter in CARRIERS
            for call in ledger.carrier_calls(letter, self._sipp_log(f"carrier-{letter}"))
        ]
        return sorted(calls, key=lambda call: call.at)

    def agent_log(self) -> list[ledger.AgentCall]:
        """Every call that rang an agent, oldest first."""
        calls = [
            call
            for number in AGENTS
            for call in ledger.agent_calls(number, self._sipp_log(f"agent-{number}"))
        ]
        return sorted(calls, key=lambda call: call.at)

    def reachable(self) -> dict[str, bool]:
        """Carriers and agents as Asterisk's qualify sees them; an agent that is not registered is missing."""
        said = self.cli("pjsip show contacts")
        rows = [line.split() for line in said.splitlines() if "/sip:" in line]
        return {row[1].partition("/")[0]: "Avail" in row for row in rows}

    def wait_reachable(self, name: str, wanted: bool = True, timeout: float = 10.0) -> None:
        """Waits until Asterisk sees `name` as reachable, or as not. Raises LabError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while self.reachable().get(name, False) != wanted:
            if time.monotonic() > end:
                raise LabError(
                    f"Asterisk still sees {name} as {'un' if wanted else ''}reachable after {timeout} s."
                )
            time.sleep(0.05)

    def _sipp_log(self, name: str) -> Path:
        return self.run_dir / "sipp" / name / "calls.log"

    def _ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(VERB_LIMIT)
                door.connect(str(self.facts.socket))
                door.sendall(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
                line = door.makefile().readline()
        except OSError as error:
            raise LabError(
                f"The lab in {self.run_dir} does not answer ({error}): it has probably ended."
            ) from None
        reply: dict[str, Any] = json.loads(line) if line else {"error": f"The lab in {self.run_dir} ended."}
        if "error" in reply:
            raise LabError(reply["error"])
        return reply
