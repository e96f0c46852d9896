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
from types import MappingProxyType

import aiohttp
from aiohttp.abc import AbstractResolver

from ami_bridge.clock import Clock
from ami_bridge.sources.probes_sql import QueryFailed, query
from ami_bridge.sources.probes_thread import Lane, StillHangs
from ami_bridge.sources.probes_where import Addresses, host_and_port, in_words, resolve
from config.sources import Probe, ProbeKind

MOST_READ = 64 * 1024  # bytes of an answer in which the expected text is looked for
OWN_PREFIX = "HOLDFAST_"  # our settings hold secrets, and are no business of a command


@dataclass(frozen=True, slots=True)
class Answer:
    """good: it works. seconds: how long it took. detail: for people."""

    good: bool
    seconds: float
    detail: str = ""


class Failed(Exception):
    """It does not work; the text says why in some words."""


async def ask(probe: Probe, lane: Lane, clock: Clock) -> Answer:
    """One round. Never raises for what is outside, and takes ``probe.timeout`` seconds at most (and a moment to clean up)."""
    begun = clock().mono
    try:
        async with asyncio.timeout(probe.timeout):
            await _HOW[probe.kind](probe, lane)
    except TimeoutError:
        detail = f"no answer within {probe.timeout:g} s"
    except (Failed, StillHangs, QueryFailed) as problem:
        detail = str(problem)
    except (aiohttp.ClientError, OSError, ValueError) as problem:
        detail = _why(problem)
    else:
        return Answer(True, clock().mono - begun)
    return Answer(False, clock().mono - begun, detail)


def _why(problem: Exception) -> str:
    """A network error in the system's own words; of everything else only its kind, because texts repeat addresses."""
    cause = problem.os_error if isinstance(problem, aiohttp.ClientConnectorError) else problem
    return in_words(cause) if isinstance(cause, OSError) else type(problem).__name__


async def _http(probe: Probe, lane: Lane) -> None:
    connector = aiohttp.TCPConnector(resolver=_InLane(lane), force_close=True, use_dns_cache=False)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(probe.target, allow_redirects=False) as response,
    ):
        _look_at(probe, response.status)
        if probe.expect_text and probe.expect_text.encode() not in await _start_of(response.content):
            raise Failed(f"status {response.status}, but the expected text is missing")
        if not probe.expect_text:
            await _start_of(response.content)


def _look_at(probe: Probe, status: int) -> None:
    wanted = status in probe.expect_status if probe.expect_status else 200 <= status < 400
    if not wanted:
        raise Failed(f"status {status}")


async def _start_of(content: aiohttp.StreamReader | asyncio.StreamReader) -> bytes:
    """At most MOST_READ bytes."""
    read = bytearray()
    while len(read) < MOST_READ and (more := await content.read(MOST_READ - len(read))):
        read += more
    return bytes(read)


class _InLane(AbstractResolver):
    """Looks names up in the probe's own lane, so that a name server that hangs delays this probe alone."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> Addresses:  # type: ignore[override]  # a list of aiohttp's TypedDict, spelt as a plain one
        return await resolve(self._lane, host, port)

    async def close(self) -> None:
        """Nothing is held open."""


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


_HOW: Mapping[ProbeKind, Callable[[Probe, Lane], Awaitable[None]]] = MappingProxyType(
    {ProbeKind.HTTP: _http, ProbeKind.TCP: _tcp, ProbeKind.SQL: _sql, ProbeKind.COMMAND: _command}
)
