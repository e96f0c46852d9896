"""Asking one part once: over HTTP, by a TCP connection, with a query, or by a command. Values in, an ``Answer`` out.

Details are for people and go into records and onto screens: they are short and name no URL, no argument and no text of
the other side, because any of them may hold a secret.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from ami_bridge.clock import Clock
from ami_bridge.sources.probes_failed import Failed
from ami_bridge.sources.probes_sql import QueryFailed, query
from ami_bridge.sources.probes_thread import Lane, StillHangs
from ami_bridge.sources.probes_where import host_and_port, in_words, resolve
from config.sources import Probe, ProbeKind

How = Callable[[Probe, Lane], Awaitable[None]]
OWN_PREFIX = "HOLDFAST_"  # our settings hold secrets, and are no business of a command


@dataclass(frozen=True, slots=True)
class Answer:
    """good: it works. seconds: how long it took. detail: for people."""

    good: bool
    seconds: float
    detail: str = ""


async def ask(probe: Probe, lane: Lane, clock: Clock) -> Answer:
    """One round. Never raises for what is outside, and takes ``probe.timeout`` seconds at most (and a moment to clean up)."""
    how = await _how(probe.kind)  # what it takes to load this counts as nobody's answer
    begun = clock().mono
    try:
        async with asyncio.timeout(probe.timeout):
            await how(probe, lane)
    except TimeoutError:
        detail = f"no answer within {probe.timeout:g} s"
    except (Failed, StillHangs, QueryFailed) as problem:
        detail = str(problem)
    except (OSError, ValueError) as problem:
        detail = _why(problem)
    else:
        return Answer(True, clock().mono - begun)
    return Answer(False, clock().mono - begun, detail)


async def _how(kind: ProbeKind) -> How:
    if kind is not ProbeKind.HTTP:
        return _HOW[kind]
    await asyncio.to_thread(import_module, "ami_bridge.sources.probes_http")
    from ami_bridge.sources.probes_http import get  # loaded by now

    return get


def _why(problem: Exception) -> str:
    """A network error in the system's own words; of everything else only its kind, because texts repeat addresses."""
    return in_words(problem) if isinstance(problem, OSError) else type(problem).__name__


async def _tcp(probe: Probe, lane: Lane) -> None:
    host, port = host_and_port(probe.target)
    problem: OSError = OSError("no address")
    for one in await resolve(lane, host, port):
        try:
            _, writer = await asyncio.open_connection(one["host"], port)
        except OSError as error:
            problem = error
            continue
        writer.close()
        return
    raise problem


async def _sql(probe: Probe, lane: Lane) -> None:
    await lane(lambda: query(probe.target, probe.query, probe.timeout))


async def _command(probe: Probe, lane: Lane) -> None:
    """In a process group of its own, so that what it has started ends with it when its time is over."""
    process = await asyncio.create_subprocess_exec(
        *probe.command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(OWN_PREFIX)},
    )
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if code:
        raise Failed(f"exit code {code}" if code > 0 else f"killed by signal {-code}")


_HOW: Mapping[ProbeKind, How] = MappingProxyType(
    {ProbeKind.TCP: _tcp, ProbeKind.SQL: _sql, ProbeKind.COMMAND: _command}
)
