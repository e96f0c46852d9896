"""Hears what comes over the manager socket in a process of its own, so that whoever measures is never behind."""

import time
from multiprocessing import Pipe, Process, Value
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.ami import BareClient
from lab.lab import Lab

LIMIT = 10.0  # seconds


class Ear:
    """Listens by Holdfast's own account, with its filters, while it is entered.

    queue: whose member events are passed on. noise: how names of queues begin whose events are only counted.
    """

    def __init__(self, lab: Lab, queue: str, noise: str) -> None:
        self._heard: Any = Value("q", 0)
        self._ours, theirs = Pipe(duplex=False)
        self._process = Process(
            target=_listen, args=(lab.run_dir, queue, noise, theirs, self._heard), daemon=True
        )

    def status(self, code: str) -> float:
        """Waits for an event about a member whose status is this; returns when it was read from the socket, as
        ``time.perf_counter`` counts. Raises TimeoutError.
        """
        end = time.perf_counter() + LIMIT
        while self._ours.poll(max(0.0, end - time.perf_counter())):
            at, status = self._ours.recv()
            if status == code:
                return float(at)
        raise TimeoutError(f"no event with status {code} within {LIMIT:g} s")

    @property
    def heard(self) -> int:
        """How many events of the noise have come so far."""
        return int(self._heard.value)

    def __enter__(self) -> Self:
        self._process.start()
        if not self._ours.poll(LIMIT):
            raise TimeoutError("the listener did not log in")
        self._ours.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join(LIMIT)


def _listen(run_dir: Path, queue: str, noise: str, tell: Connection, heard: Any) -> None:
    ours, others = f"\r\nQueue: {queue}\r\n".encode(), f"\r\nQueue: {noise}".encode()
    with BareClient(Lab.attach(run_dir), events=True) as client:
        tell.send("ready")
        rest = b""
        for packet in client.packets():
            at = time.perf_counter()
            *messages, rest = (rest + packet).split(b"\r\n\r\n")
            heard.value += sum(others in message for message in messages)
            for message in messages:
                if ours in message and message.startswith(b"Event: QueueMemberStatus"):
                    status = message.partition(b"\r\nStatus: ")[2].partition(b"\r\n")[0]
                    tell.send((at, status.decode()))
