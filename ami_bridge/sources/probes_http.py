"""Asking one part over HTTP. Loaded with the first such probe: no start waits for it."""

import asyncio

import aiohttp
from aiohttp.abc import AbstractResolver

from ami_bridge.sources.probes_failed import Failed
from ami_bridge.sources.probes_thread import Lane
from ami_bridge.sources.probes_where import Addresses, resolve
from config.sources import Probe

MOST_READ = 64 * 1024  # bytes of an answer in which the expected text is looked for


async def get(probe: Probe, lane: Lane) -> None:
    """Raises Failed, OSError or ValueError when it does not work."""
    try:
        await _get(probe, lane)
    except aiohttp.ClientConnectorError as problem:
        raise problem.os_error from None
    except aiohttp.ClientError as problem:
        if isinstance(problem, OSError):
            raise
        raise Failed(type(problem).__name__) from None  # its text repeats addresses


async def _get(probe: Probe, lane: Lane) -> None:
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
