"""One dialogue, three drivers: the same caller leaves the same, whoever speaks with him."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from agi_caller import AgiCaller, header, run_local
from caller_table import NOW, TABLE, Row
from twilio_caller import run_twiml

from callbacks.spool_line import decode
from callbacks.values import Capture
from ivr import book_file
from ivr.book_file import DialogueBook
from ivr.fastagi import FastAgiServer
from ivr.values import Left


def script(row: Row) -> "Script":
    return Script(list(row.says))


@dataclass
class Script:
    """A caller with a plan; what he heard when he was asked."""

    left: list[tuple[str, str | None]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, heard: Sequence[str]) -> str | None:
        self.asked += heard
        for place, (prompt, keys) in enumerate(self.left):
            if prompt in heard:
                del self.left[place]
                return keys
        return ""


def essence(line: Left | Capture) -> str:
    """What a line says, without what each tier may word in its own way (who wrote it, when, and for what reference)."""
    if line.asks:
        about = f"{line.about} of {line.owner}" if line.about else f"{line.number} {line.source}"
        return f"{line.asks} {about}"
    language = "" if line.language == "zh-CN" else line.language
    recorded = "recorded" if line.recording else ""
    words = (line.number or "-", str(line.source), str(line.matter), line.region, language, recorded)
    return " ".join(word for word in words if word)


def told(lines: Sequence[Left | Capture]) -> list[str]:
    """What the book would make of them: missed calls are listed elsewhere."""
    return [essence(line) for line in lines if line.wanted or line.asks]


async def fastagi(row: Row) -> tuple[AgiCaller, list[Left]]:
    """The first driver."""
    kept: list[Left] = []

    async def keep(left: Left) -> None:
        kept.append(left)

    server = FastAgiServer(row.policy, keep, lambda: NOW, Path("/prompts"), outages=lambda now: row.outages)
    await server.start("127.0.0.1", 0)
    caller = AgiCaller(row.call, script(row))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(header(row.call, 1).encode())
    while line := await asyncio.wait_for(reader.readline(), 10):
        if not (answer := caller.reply(line.decode().rstrip("\n"))):
            writer.write(b"HANGUP\n")
            break
        writer.write(answer.encode())
    writer.close()
    await server.close()
    return caller, kept


@pytest.fixture
def hangups() -> Iterator[None]:
    """pyst2 listens for SIGHUP."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def local(row: Row, folder: Path) -> tuple[AgiCaller, list[Capture]]:
    """The second driver, and what lies in the spool after it."""
    (folder / "spool").mkdir()
    book = DialogueBook(
        row.policy, row.outages, "pbx1", folder / "spool", folder / "recordings", Path("/prompts"), NOW
    )
    book_file.write(folder / "dialogue.json", book)
    caller = AgiCaller(row.call, script(row))
    assert run_local(caller, folder / "dialogue.json", NOW) == 0
    lines = [line for file in sorted((folder / "spool").iterdir()) for line in file.read_bytes().splitlines()]
    return caller, [decode(line) for line in lines]


def twiml(row: Row) -> list[Left]:
    """The third driver. A provider gives every number with its country."""
    own = f"+86{row.call.own}" if row.call.own else ""
    return run_twiml(replace(row.call, own=own), script(row), row.policy, row.outages, NOW)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_each_driver_leaves_the_same(row: Row, tmp_path: Path, hangups: None) -> None:
    first, kept = await fastagi(row)
    second, spooled = local(row, tmp_path)
    assert told([*kept, *first.left_by_the_dialplan()]) == list(row.leaves)
    assert told([*spooled, *second.left_by_the_dialplan()]) == list(row.leaves)
    assert {one.tier for one in spooled} <= {2}
    assert first.heard == second.heard
    assert set(row.hears) <= set(first.prompts)
    if not row.asterisk_only:
        assert told(twiml(row)) == list(row.leaves)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_is_promised_is_durable_before(row: Row, tmp_path: Path, hangups: None) -> None:
    """Tier 2, at every step of every row: no word of a promise without its line on the disk."""
    lines_then: list[int] = []
    spool = tmp_path / "spool"

    class Watching(AgiCaller):
        def reply(self, line: str) -> str:
            promised = any(
                f"/{word}" in line
                for word in ("promise&", 'promise"', "promise-soon", "promise-short", "request-taken")
            )
            if promised and "GOSUB" in line:
                lines_then.append(sum(len(file.read_bytes().splitlines()) for file in spool.iterdir()))
            return super().reply(line)

    spool.mkdir()
    book = DialogueBook(row.policy, row.outages, "pbx1", spool, tmp_path, Path("/prompts"), NOW)
    book_file.write(tmp_path / "dialogue.json", book)
    caller = Watching(row.call, script(row))
    run_local(caller, tmp_path / "dialogue.json", NOW)
    assert all(lines_then)
    assert bool(lines_then) == bool({"promise", "promise-short", "request-taken"} & set(caller.prompts))
