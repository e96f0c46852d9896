"""Stands between Asterisk and our FastAGI, in a process of its own, and takes the time of every reply of ours."""

import asyncio
import contextlib
import multiprocessing
import time
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

DURABLE = b"HF_SPOOLED=1"  # what a reply says that had to wait for the disk
START_LIMIT, END_LIMIT = 10.0, 10.0


class Tap:
    """Listens while it is entered. port: where. replies(): seconds of each reply so far, and of those that waited for the
    disk (a caller is promised nothing before his line is durable, so the spool's time is in them).
    """

    def __init__(self, host: str, port: int) -> None:
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_serve, args=(host, port, theirs), daemon=True)
        self.port = 0

    def replies(self) -> tuple[list[float], list[float]]:
        """(plain, durable); forgets them."""
        self._ours.send("tell")
        plain, durable = self._ours.recv()
        return plain, durable

    def __enter__(self) -> Self:
        self._process.start()
        if not self._ours.poll(START_LIMIT):
            raise TimeoutError("the tap does not listen")
        self.port = self._ours.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join(END_LIMIT)


def _serve(host: str, port: int, tell: Connection) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(host, port, tell))


async def _run(host: str, port: int, tell: Connection) -> None:
    plain: list[float] = []
    durable: list[float] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = [0.0]
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            _up(reader, far_writer, asked), _down(far_reader, writer, asked), return_exceptions=True
        )

    async def _up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[float]) -> None:
        while data := await reader.read(65536):
            asked[0] = time.perf_counter()
            writer.write(data)
        writer.close()

    async def _down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[float]) -> None:
        while data := await reader.read(65536):
            if asked[0]:
                (durable if DURABLE in data else plain).append(time.perf_counter() - asked[0])
                asked[0] = 0.0
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(one, host, 0, backlog=1024)
    tell.send(server.sockets[0].getsockname()[1])
    asyncio.get_running_loop().add_reader(tell.fileno(), _told, tell, plain, durable)
    await server.serve_forever()


def _told(tell: Connection, plain: list[float], durable: list[float]) -> None:
    tell.recv()
    tell.send((list(plain), list(durable)))
    plain.clear()
    durable.clear()
