"""The supervisor's process: its door (a unix socket), its owner, and its end."""

import argparse
import asyncio
import ctypes
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

from lab import facts as known
from lab.addresses import claim_block
from lab.errors import LabError
from lab.facts import Facts, Options
from lab.programs import Programs
from lab.runs import ALIVE
from lab.supervisor import Supervisor

CLONE_NEWUTS = 0x04000000
LONGEST_ORDER = 16 * 2**20  # bytes: a load names every caller


def main(arguments: list[str]) -> int:
    """`python -m lab serve`: not for people. The parent reads one JSON line from stdout: ready, or the error."""
    parser = argparse.ArgumentParser(prog="lab serve")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--owner-fd", type=int, required=True)
    parser.add_argument("--plan", type=json.loads, required=True)
    given = parser.parse_args(arguments)
    lock = hold(given.run)
    with lock:
        # after an error that nobody foresaw the folder stays, because the parent reads the reason in it
        asyncio.run(_serve(given.run, given.owner_fd, given.plan))
        shutil.rmtree(given.run, ignore_errors=True)
    return 0


def hold(run_dir: Path) -> TextIO:
    """Marks the run folder as belonging to a living process for as long as the returned file is open."""
    lock = (run_dir / ALIVE).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


async def _serve(run_dir: Path, owner_fd: int, plan: dict[str, Any]) -> None:
    ending = asyncio.Event()
    _end_with(owner_fd, ending)
    _name_this_host()
    addresses, claim = claim_block()
    with claim:
        programs = _programs(plan["programs"])
        facts = _facts(run_dir, addresses.block, programs, Options(**plan["options"]))
        supervisor = Supervisor(facts, programs, bare=plan["bare"])
        await _live(supervisor, ending)


async def _live(supervisor: Supervisor, ending: asyncio.Event) -> None:
    starting = asyncio.create_task(supervisor.start(), name="start")
    end = asyncio.create_task(ending.wait(), name="end")
    server = None
    try:
        await asyncio.wait({starting, end}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        starting.result()
        known.write(supervisor.facts)
        server = await asyncio.start_unix_server(
            _door(supervisor), supervisor.facts.socket, limit=LONGEST_ORDER
        )
        _report({"ready": True})
        stopped = asyncio.create_task(supervisor.stopped.wait(), name="stopped")
        await asyncio.wait({end, stopped}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0.05)  # lets the answer to `down` leave
    except LabError as error:
        _report({"error": str(error)})
    finally:
        if server:
            server.close()
        await supervisor.stop()


def _report(line: dict[str, Any]) -> None:
    """Tells the parent, once; from then on stdout is nobody's."""
    print(json.dumps(line), flush=True)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _end_with(owner_fd: int, ending: asyncio.Event) -> None:
    """Ends on a signal or when the owner's end of the pipe closes; a byte from the owner sets us free of it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ending.set)

    def owner_spoke() -> None:
        loop.remove_reader(owner_fd)
        if not os.read(owner_fd, 1):
            ending.set()

    loop.add_reader(owner_fd, owner_spoke)


def _programs(raw: dict[str, Any]) -> Programs:
    paths = {name: Path(raw[name]) for name in ("module_dir", "data_dir")}
    sounds = Path(raw["sounds"]) if raw["sounds"] else None
    vectors = {name: tuple(raw[name]) for name in ("asterisk", "sipp")}
    return Programs(**{**raw, **paths, **vectors, "sounds": sounds})


def _facts(run_dir: Path, block: str, programs: Programs, options: Options) -> Facts:
    return Facts(
        run_dir=run_dir,
        supervisor=os.getpid(),
        block=block,
        asterisk_version=programs.asterisk_version,
        sipp_version=programs.sipp_version,
        lab_secret=secrets.token_hex(12),
        holdfast_secret=secrets.token_hex(12),
        agent_secret=secrets.token_hex(12),
        holdfast_conf_dir=Path(options.holdfast_conf or run_dir / "holdfast"),
        options=options,
    )


def _door(supervisor: Supervisor) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One JSON object a line: {"verb": …, arguments}; answers one object, with "error" when it cannot."""
        try:
            while line := await reader.readline():
                request = json.loads(line)
                try:
                    reply = await supervisor.do(request.pop("verb"), **request)
                except LabError as error:
                    reply = {"error": str(error)}
                except Exception as error:  # one bad request must not end the lab
                    traceback.print_exc()
                    reply = {"error": f"The lab could not do that ({error!r})."}
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, json.JSONDecodeError):
            pass
        finally:
            writer.close()

    return answer


def _name_this_host() -> None:
    """Sees to it that this host's name needs no DNS: otherwise Asterisk and SIPp wait 5 s in every call.

    As root the lab takes the name localhost in a namespace of its own; else people are told what to do.
    """
    name = socket.gethostname()
    if name == "localhost" or name in Path("/etc/hosts").read_text().split():
        return
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUTS) == 0:
        socket.sethostname("localhost")
        return
    raise LabError(
        f"The name of this host is not in /etc/hosts, so calls would wait for DNS: add the line `127.0.0.1 {name}`."
    )
