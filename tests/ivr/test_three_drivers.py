"""One dialogue, three drivers: the same caller leaves the same, whoever speaks with him."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from agi_caller import AgiCaller, header, run_local
from twilio_caller import run_twiml

from callbacks.spool_line import decode
from callbacks.values import Capture
from ivr import book_file
from ivr.book_file import DialogueBook
from ivr.fastagi import FastAgiServer
from ivr.policy import CallerPolicy, Region
from ivr.values import CallFacts, Left, Outage

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
HANG_UP = None
POLICY = CallerPolicy(
    area_code="0571",
    dialogue="full",
    regions=(Region("north", "1"), Region("south", "22")),
    own_lines=("057188880000",),
)
SHORT = replace(POLICY, dialogue="short")
ADAPTIVE = replace(POLICY, dialogue="adaptive")
OUTAGES = (Outage("north", NOW + timedelta(hours=2), NOW + timedelta(hours=4)),)
CALL = CallFacts(
    "1795304898.1", "power", "zh-CN", "fault", caller_id="13912345678", own="13912345678", reference="123456"
)
WITHHELD = replace(CALL, caller_id="", own="")
OTHER = "13800000000"
Says = Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class Row:
    """says: (a prompt that he hears when he is asked, what he keys), each used once, in any order; silence at any other.

    leaves: number, source and matter of what is left, or what is asked of the book. asterisk_only: means something else at a
    provider, where nobody can be reached by key 0.
    """

    name: str
    says: Says
    leaves: tuple[str, ...]
    call: CallFacts = CALL
    policy: CallerPolicy = POLICY
    outages: tuple[Outage, ...] = ()
    asterisk_only: bool = False
    hears: tuple[str, ...] = field(default=())


ALL = (("offer", "1"), ("matter", "2"), ("region-intro", "22"), ("ask-message", "2"))
KEYED = (("offer", "2"), ("enter-number", OTHER), ("confirm", "1"), ("matter", "3"), ("region-intro", "1"))
MINE = (("offer", "3"), ("more-menu", "1"), ("enter-reference", "654321"))
OWN = "13912345678"
TABLE = (
    Row("own number, matter and region", ALL, (f"{OWN} own bill south",)),
    Row("own number by a key in the phrase", ALL[1:], (f"{OWN} own bill south",), replace(CALL, key="1")),
    Row(
        "another number by a key in the phrase",
        KEYED[1:],
        (f"{OTHER} keyed complaint north",),
        replace(CALL, key="2"),
    ),
    Row("another number", KEYED, (f"{OTHER} keyed complaint north",)),
    Row(
        "another number with #",
        (*KEYED[:1], ("enter-number", f"{OTHER}#"), *KEYED[2:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "a local number gets its area code",
        (("offer", "2"), ("enter-number", "88112233"), *KEYED[2:]),
        ("057188112233 keyed complaint north",),
    ),
    Row(
        "a number that was mistyped is keyed again",
        (("offer", "2"), ("enter-number", "13800000001"), ("confirm", "2"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row("silence at the read-back lets it stand", KEYED[:2], (f"{OTHER} keyed unstated",)),
    Row(
        "a premium number is refused and another one taken",
        (("offer", "2"), ("enter-number", "16812345"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
        hears=("number-refused",),
    ),
    Row(
        "an emergency number is refused",
        (("offer", "2"), ("enter-number", "110"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "the hotline's own number is refused",
        (("offer", "2"), ("enter-number", "057188880000"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "an international number is refused",
        (("offer", "2"), ("enter-number", "0014155550100"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "half a number is refused",
        (("offer", "2"), ("enter-number", "138000"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
    ),
    Row(
        "nothing but refused numbers: the own one stands",
        (("offer", "2"), *[("enter-number", "110")] * 3),
        (f"{OWN} own unstated",),
    ),
    Row(
        "wrong keys, then the right one",
        (("offer", "7"), ("offer", "6"), *ALL),
        (f"{OWN} own bill south",),
        hears=("wrong-key",),
    ),
    Row("nothing but wrong keys: the own number", [("offer", "7")] * 3, (f"{OWN} own unstated",)),
    Row("silence to the end: the own number", (), (f"{OWN} own unstated",), hears=("own-number",)),
    Row("the star repeats", (("offer", "*"), *ALL), (f"{OWN} own bill south",)),
    Row(
        "the matter is not insisted on",
        (("offer", "1"), ("region-intro", "1")),
        (f"{OWN} own unstated north",),
    ),
    Row(
        "a wrong region, then none",
        (
            ("offer", "1"),
            ("matter", "1"),
            ("region-intro", "9"),
            ("region-intro", "9"),
            ("region-intro", "9"),
        ),
        (f"{OWN} own fault",),
    ),
    Row("in the other language", (("offer", "9"), *ALL), (f"{OWN} own bill south en",)),
    Row("there and back again", (("offer", "9"), ("offer", "9"), *ALL), (f"{OWN} own bill south",)),
    Row(
        "a message",
        (*ALL[:3], ("ask-message", "1"), ("leave-message", "7")),
        (f"{OWN} own bill south recorded",),
        hears=("message-kept",),
    ),
    Row(
        "a message of nothing",
        (*ALL[:3], ("ask-message", "1"), ("leave-message", "")),
        (f"{OWN} own bill south",),
    ),
    Row(
        "withheld: a number is asked for",
        (("offer-keyed", "1"), *KEYED[1:]),
        (f"{OTHER} keyed complaint north",),
        WITHHELD,
    ),
    Row("withheld and silent: nothing can be promised", (), (), WITHHELD, hears=("no-number",)),
    Row(
        "withheld, and nothing but refused numbers",
        (("offer-keyed", "2"), *[("enter-number", "110")] * 3),
        ("- none unstated",),
        WITHHELD,
    ),
    Row("short", ALL[:2], (f"{OWN} own bill",), policy=SHORT),
    Row(
        "express",
        (("offer-short", "1"),),
        (f"{OWN} own unstated",),
        policy=replace(POLICY, dialogue="express"),
    ),
    Row(
        "express with another number",
        (("offer-short", "2"), *KEYED[1:3]),
        (f"{OTHER} keyed unstated",),
        policy=replace(POLICY, dialogue="express"),
    ),
    Row("message only", (), (f"{OWN} own unstated",), replace(CALL, length="message"), ADAPTIVE),
    Row(
        "message only, withheld",
        (("offer-short-keyed", "2"), *KEYED[1:3]),
        (f"{OTHER} keyed unstated",),
        replace(WITHHELD, length="message"),
        ADAPTIVE,
    ),
    Row("a notice when it is over", (("offer", "3"), ("more-menu", "3")), (f"notice {OWN} own",)),
    Row(
        "a notice on another number",
        (("offer-keyed", "3"), ("more-menu", "3"), ("enter-number", OTHER), ("confirm", "1")),
        (f"notice {OTHER} keyed",),
        WITHHELD,
    ),
    Row(
        "my promise: cancelled",
        (*MINE, ("promise-menu", "3")),
        (f"cancel 654321 of {OWN}",),
        hears=("no-lookup",),
    ),
    Row(
        "my promise: cancelled and taken back",
        (*MINE, ("promise-menu", "3"), ("undo", "1")),
        (f"cancel 654321 of {OWN}", f"undo 654321 of {OWN}"),
    ),
    Row(
        "my promise: another number",
        (*MINE, ("promise-menu", "2"), ("enter-number", OTHER), ("confirm", "1")),
        (f"change 654321 of {OWN}",),
    ),
    Row("my promise: it stays", (*MINE, ("promise-menu", "1")), ()),
    Row(
        "my promise: a reference that is none",
        (("offer", "3"), ("more-menu", "1"), *[("enter-reference", "12")] * 3),
        (f"{OWN} own unstated",),
    ),
    Row(
        "planned outages, then called back",
        (("offer", "3"), ("more-menu", "2"), ("region-intro", "1"), *ALL),
        (f"{OWN} own bill south",),
        outages=OUTAGES,
        hears=("outage-from", "outage-until"),
    ),
    Row(
        "no planned outage",
        (("offer", "3"), ("more-menu", "2"), *ALL),
        (f"{OWN} own bill south",),
        hears=("outage-none",),
    ),
    Row("back from the menu", (("offer", "3"), ("more-menu", "*"), *ALL), (f"{OWN} own bill south",)),
    Row("danger, later on", (("offer", "1"), ("matter", "8")), (f"{OWN} own danger",)),
    Row("danger with a number keyed before", (*KEYED[:3], ("matter", "8")), (f"{OTHER} keyed danger",)),
    Row("a person, where one is left", (("offer", "0"),), (), replace(CALL, person=True), asterisk_only=True),
    Row(
        "no person is left: a wrong key",
        (("offer", "0"), *ALL),
        (f"{OWN} own bill south",),
        hears=("wrong-key",),
    ),
    Row("hangs up at the offer", (("offer", HANG_UP),), ()),
    Row(
        "hangs up after key 1 in the phrase",
        (("matter", HANG_UP),),
        (f"{OWN} own unstated",),
        replace(CALL, key="1"),
    ),
    Row("hangs up while he keys", (("offer", "2"), ("enter-number", HANG_UP)), ("- none unstated",)),
    Row("hangs up at the read-back", (*KEYED[:2], ("confirm", HANG_UP)), ("- none unstated",)),
    Row("hangs up at the matter", (("offer", "1"), ("matter", HANG_UP)), (f"{OWN} own unstated",)),
    Row("hangs up at the region", (*ALL[:2], ("region-intro", HANG_UP)), (f"{OWN} own bill",)),
    Row("hangs up at the message", (*ALL[:3], ("ask-message", HANG_UP)), (f"{OWN} own bill south",)),
    Row("hangs up at the reference", (*ALL, ("reference-is", HANG_UP)), (f"{OWN} own bill south",)),
    Row("hangs up in the menu", (("offer", "3"), ("more-menu", HANG_UP)), ()),
    Row(
        "hangs up after the cancel",
        (*MINE, ("promise-menu", "3"), ("undo", HANG_UP)),
        (f"cancel 654321 of {OWN}",),
    ),
)


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
                f"/{word}" in line for word in ("promise&", 'promise"', "promise-soon", "request-taken")
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
    assert bool(lines_then) == bool({"promise", "request-taken"} & set(caller.prompts))
