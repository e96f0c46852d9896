"""A small upsd: speaks the documented lines GET VAR and LOGOUT, and the errors that go with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FakeUpsd:
    """status: of every UPS by name; raw: an answer to give instead, or None. silent: take questions, answer none."""

    def __init__(self, status: dict[str, str]) -> None:
        self.status = status
        self.raw: bytes | None = None
        self.silent = False
        self.port = 0
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.asked.append(line.decode().rstrip("\n"))
            if self.silent:
                continue
            writer.write(self._answer(line.decode().split()))
            if line == b"LOGOUT\n":
                break
        writer.close()

    def _answer(self, words: list[str]) -> bytes:
        if self.raw is not None:
            return self.raw
        match words:
            case ["LOGOUT"]:
                return b"OK Goodbye\n"
            case ["GET", "VAR", ups, "ups.status"]:
                status = self.status.get(ups)
                if status is None:
                    return b"ERR UNKNOWN-UPS\n"
                return f'VAR {ups} ups.status "{status}"\n'.encode() if status else b"ERR DATA-STALE\n"
            case ["GET", "VAR", _, _]:
                return b"ERR VAR-NOT-SUPPORTED\n"
        return b"ERR UNKNOWN-COMMAND\n"


@asynccontextmanager
async def upsd(**status: str) -> AsyncIterator[FakeUpsd]:
    """One that runs, knowing these UPSes."""
    fake = FakeUpsd(status)
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
