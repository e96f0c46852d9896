"""An Asterisk as a FastAGI server sees it: sends a header, takes commands one by one, answers as a channel would."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self

HEADER = {
    "agi_network": "yes",
    "agi_network_script": "capture",
    "agi_request": "agi://127.0.0.1:4573/capture",
    "agi_channel": "PJSIP/carrier-a-00000001",
    "agi_uniqueid": "1795304898.1",
    "agi_version": "22.10.1",
    "agi_callerid": "13912345678",
    "agi_calleridname": "unknown",
    "agi_arg_1": "power",
    "agi_arg_2": "zh-CN",
    "agi_arg_3": "fault",
    "agi_arg_4": "",
    "agi_arg_5": "INC-1",
    "agi_arg_6": "1",
    "agi_arg_7": "13912345678",
}
Answer = Callable[[str], str]


class AgiPeer:
    """One call. ``variables`` is what the server has set; ``commands`` what it has sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.commands: list[str] = []
        self.variables: dict[str, str] = {}

    @classmethod
    async def connect(cls, port: int, **header: str) -> Self:
        peer = cls(*await asyncio.open_connection("127.0.0.1", port))
        lines = "".join(f"{name}: {value}\n" for name, value in (HEADER | header).items())
        await peer.send(lines + "\n")
        return peer

    async def send(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def command(self) -> str:
        """The next command; "" when the server has closed."""
        try:
            line = (await asyncio.wait_for(self.reader.readline(), 5)).decode().rstrip("\n")
        except ConnectionError:
            return ""
        if line:
            self.commands.append(line)
        if line.startswith('EXEC "MSet"'):
            pairs = line.split('"')[3].split(",")
            self.variables |= dict(pair.split("=", 1) for pair in pairs)
        return line

    async def play(self, keys: dict[str, str], until: str = "") -> str:
        """Answers every command, questions by the first entry of ``keys`` whose name is in them, until it is over.

        Stops before answering a command that holds ``until`` and returns it.
        """
        pressed = ""
        while line := await self.command():
            if until and until in line:
                return line
            if line.startswith("GET VARIABLE"):
                await self.send(f"200 result=1 ({'OK' if pressed else 'TIMEOUT'}:{pressed})\n")
            elif line.startswith("GOSUB"):
                pressed = next((text for part, text in keys.items() if part in line), "")
                await self.send("100 result=0 Trying...\n200 result=0 Gosub complete\n")
            else:
                await self.send("200 result=0\n")
        return ""

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
