"""Sends the digits of calls whose SIPp may not: SIPp plays captures through raw sockets, which only root may open.

SIPp still decides when; it writes "pressed|<digits>|<port of Asterisk>" into its log, which is read here every few ms.
"""

import asyncio
import socket
import time
from pathlib import Path

from lab.addresses import Addresses
from lab.digits import packets

LOOK_EVERY = 0.02  # seconds
CAP_NET_RAW = 13  # number of the capability's bit


def may_open_raw_sockets() -> bool:
    """True for root, and for whoever has the capability."""
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(effective, 16) >> CAP_NET_RAW & 1)


class Presser:
    """Watches SIPp's logs and sends what they ask for. Without start() it does nothing."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._read_to: dict[Path, int] = {}
        self._looking: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Begins to look."""
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((self._addresses.control, 0))
        self._looking = asyncio.create_task(self._look(), name="presser")

    def watch(self, log: Path) -> None:
        """Adds a log; what is in it already has been sent."""
        self._read_to[log] = log.stat().st_size if log.exists() else 0

    def close(self) -> None:
        """Stops, in the middle of a digit if need be."""
        for task in (self._looking, *self._sending):
            if task:
                task.cancel()
        if self._socket:
            self._socket.close()

    async def _look(self) -> None:
        while True:
            for log in list(self._read_to):
                for digits, port in self._new_presses(log):
                    task = asyncio.create_task(self._send(digits, port))
                    self._sending.add(task)
                    task.add_done_callback(self._sending.discard)
            await asyncio.sleep(LOOK_EVERY)

    def _new_presses(self, log: Path) -> list[tuple[str, int]]:
        if not log.exists() or log.stat().st_size == self._read_to[log]:
            return []
        with log.open("rb") as file:
            file.seek(self._read_to[log])
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read_to[log] += len(whole)
        asked = [line.split("|") for line in whole.decode(errors="replace").splitlines()]
        return [(parts[3], int(parts[4])) for parts in asked if len(parts) == 5 and parts[2] == "pressed"]

    async def _send(self, digits: str, port: int) -> None:
        begun = time.monotonic()
        for ms, packet in packets(digits, since_answer=begun % 10_000):
            await asyncio.sleep(max(0.0, begun + ms / 1000 - time.monotonic()))
            if self._socket:
                self._socket.sendto(packet, (self._addresses.asterisk, port))
