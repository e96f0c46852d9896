"""An Asterisk as a FastAGI server sees it: sends a header, takes commands one by one, answers as a channel would."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
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
}
SAID = {
    "scope": "power",
    "lang": "zh-CN",
    "message": "fault",
    "incident": "INC-1",
    "key": "1",
    "own": "13912345678",
    "number": "13912345678",
    "source": "own",
    "wanted": "1",
}
"""What the dial plan says of a caller who has pressed 1 in the phrase."""
Answer = Callable[[str], str]


def header(said: Mapping[str, str]) -> str:
    """What a connection begins with."""
    named = [f"{name}={value}" for name, value in said.items() if value]
    arguments = {f"agi_arg_{place}": text for place, text in enumerate(named, 1)}
    return "".join(f"{name}: {value}\n" for name, value in (HEADER | arguments).items()) + "\n"


class AgiPeer:
    """One call. ``variables`` is what the server has set; ``commands`` what it has sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.commands: list[str] = []
        self.variables: dict[str, str] = {}

    @classmethod
    async def connect(cls, port: int, **said: str) -> Self:
        """A call that the dial plan hands over. said: named arguments; those that are empty are left out, as it does."""
        peer = cls(*await asyncio.open_connection("127.0.0.1", port))
        await peer.send(header(SAID | said))
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

        A recording lasts as many seconds as its entry says. Stops before answering a command that holds ``until`` and returns it.
        """
        pressed, records = "", False
        while line := await self.command():
            if until and until in line:
                return line
            if line.startswith("GET VARIABLE"):
                heard = f"{'OK' if pressed else 'TIMEOUT'}:{pressed}"
                await self.send(f"200 result=1 ({(pressed or '0') if records else heard})\n")
            elif line.startswith("GOSUB"):
                records = '"record"' in line
                pressed = next((text for part, text in keys.items() if part in line), "")
                await self.send("100 result=0 Trying...\n200 result=0 Gosub complete\n")
            else:
                await self.send("200 result=0\n")
        return ""

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
