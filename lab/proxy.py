"""Stands between two programs, such as a bridge and Asterisk's manager or the store, and does to their link what networks do."""

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Any

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time: closing sends RST


class Proxy:
    """A listener on a port of 127.0.0.1 that passes everything on, until it is told not to."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self._target = host, port
        self._delay = 0.0
        self._refusing = False
        self._flowing = threading.Event()  # looked at only; never waited for in the loop
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    # -- what can be done to the link

    def cut(self) -> None:
        """Both sides are closed, and whoever connects is closed at once, until ``mend``."""
        self._refusing = True
        self._loop.call_soon_threadsafe(self._close_all, False)

    def reset(self) -> None:
        """Both sides get a RST."""
        self._loop.call_soon_threadsafe(self._close_all, True)

    def half_open(self) -> None:
        """Nothing passes any more in either direction, and nobody is told. What was held up is lost with the link."""
        self._flowing.clear()

    def delay(self, seconds: float) -> None:
        """Everything comes later by this."""
        self._delay = seconds

    def mend(self) -> None:
        """Passes everything on again. A link that was half open is reset: what was swallowed is gone for good."""
        if not self._flowing.is_set():
            self.reset()
        self._delay, self._refusing = 0.0, False
        self._flowing.set()

    def close(self) -> None:
        """Ends it."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._loop.close()

    # -- in the thread

    async def _listen(self) -> int:
        server = self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        self._close_all(True)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._writers -= both
            for one in both:
                one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if self._flowing.is_set():  # else swallowed
                    writer.write(data)
                    await writer.drain()
        writer.close()

    def _close_all(self, hard: bool) -> None:
        for writer in list(self._writers):
            if hard:
                sock: socket.socket = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort() if hard else writer.close()
