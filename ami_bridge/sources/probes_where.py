"""Where a probe goes: ``host:port`` read, and names looked up without holding anybody else up."""

import os
import socket
from typing import Any

from ami_bridge.sources.probes_thread import Lane

Addresses = list[dict[str, Any]]


def host_and_port(target: str) -> tuple[str, int]:
    """``host:port``, ``[::1]:port``. Raises ValueError for anything else."""
    host, colon, port = target.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("host:port is wanted")
    return host, int(port)


async def resolve(lane: Lane, host: str, port: int) -> Addresses:
    """The addresses of a host, in the system's order, as aiohttp takes them. Raises OSError, or StillHangs."""
    found = await lane(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return [
        {
            "hostname": host,
            "host": str(address[0]),
            "port": port,
            "family": family,
            "proto": proto,
            "flags": socket.AI_NUMERICHOST,
        }
        for family, _, proto, _, address in found
    ]


def in_words(problem: OSError) -> str:
    """What the system calls it, without the address that Python's own texts repeat."""
    if isinstance(problem, socket.gaierror):
        return "the host's name is not known"
    return os.strerror(problem.errno) if problem.errno else type(problem).__name__
