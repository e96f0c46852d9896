"""Listens to what a caller would hear: counts RTP packets, because Asterisk sends none while nothing is played."""

import asyncio
import time
from typing import Any


class AudioListener(asyncio.DatagramProtocol):
    """Counts the packets that reach one caller. first: epoch seconds of the first one."""

    def __init__(self) -> None:
        self.packets = 0
        self.first: float | None = None
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if len(data) > 12:  # an RTP header alone carries no sound
            self.packets += 1
            self.first = self.first or time.time()

    @property
    def listening(self) -> bool:
        """False for the stand-in of callers to whom nobody listens."""
        return self._transport is not None

    @property
    def port(self) -> int:
        assert self._transport is not None  # noqa: S101 - made by listen()
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def close(self) -> None:
        if self._transport:
            self._transport.close()


async def listen(host: str) -> AudioListener:
    """A listener on a free port of `host`."""
    _, listener = await asyncio.get_running_loop().create_datagram_endpoint(
        AudioListener, local_addr=(host, 0)
    )
    return listener
