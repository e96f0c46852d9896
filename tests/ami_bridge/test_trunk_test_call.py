"""When a test call is made, whom it speaks against, and that it is never made twice (D1)."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ami_bridge.events import TrunkCallEnded, TrunkRang
from ami_bridge.link import Headers, Link, NoReply, Reply
from ami_bridge.originate import Guard, attempt_of
from ami_bridge.sources import trunk_test_call
from ami_bridge.sources.trunk_test_call import (
    LEAST_EVERY,
    TestCallBook,
    TrunkTestCall,
    originate,
    whom_to_blame,
)
from config.sources import TestCall
from fallback.events import Event, TrunkSeen
from fallback.time import Now

TEST = TestCall("loop", "a", "b", "95599", timeout=0.05)
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Line:
    """A link that takes everything; AstDB says ``stage``. lost: what an originate raises."""

    def __init__(self, stage: str | None = None, lost: Exception | None = None) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.stage = stage
        self.lost = lost
        self.dialled = asyncio.Event()

    async def action(self, headers: Headers) -> Reply:
        self.asked.append(headers)
        if headers["Action"] == "Originate":
            self.dialled.set()
        if headers["Action"] == "Originate" and self.lost:
            raise self.lost
        if headers["Action"] != "DBGet":
            return Reply(True, "", {})
        if self.stage is None:
            return Reply(False, "Database entry not found", {})
        return Reply(True, "", {}, ({"Event": "DBGetResponse", "Val": self.stage},))

    def names(self) -> list[str]:
        return [str(headers["Action"]) for headers in self.asked]


class World:
    """A source with everything around it, and a clock that is set by hand."""

    def __init__(self, folder: Path, line: Line, test: TestCall = TEST) -> None:
        self.told: list[Event] = []
        self.line = line
        self.at = START
        self.busy: set[str] = set()
        self.fenced = True
        self.book = TestCallBook(folder / "test_calls.json")
        self.source = TrunkTestCall(
            test,
            "PJSIP/{number}@carrier-a",
            cast(Link, line),
            self,
            self.book,
            self.told.append,
            lambda: Now(self.at, 0.0),
        )

    def guard(self) -> Guard | None:
        return Guard(7, 1_000) if self.fenced else None

    def plenty(self, trunk: str) -> bool:
        return trunk not in self.busy

    def trunks(self) -> list[tuple[str, bool]]:
        return [(seen.trunk, seen.good) for seen in self.told if isinstance(seen, TrunkSeen)]

    def nonce(self) -> str:
        return str(next(h for h in self.line.asked if h["Action"] == "Originate")["CallerID"])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_test_call, "SETTLE", 0.0)


async def ring(world: World, trunk: str, caller: str, called: str) -> None:
    making = asyncio.create_task(world.source.make())
    await world.line.dialled.wait()
    caller = caller.replace("NONCE", world.nonce())
    world.source.heard(TrunkRang(trunk, "in-1", caller, called))
    assert await making


@pytest.mark.parametrize(
    ("trunk", "caller", "called", "by_number", "arrived"),
    [
        ("b", "NONCE", "1", False, True),
        ("b", "+86NONCE", "1", False, True),
        ("b", "13900000001", "95599", False, False),
        ("b", "13900000001", "95599", True, True),
        ("b", "13900000001", "95598", True, False),
        ("b", "", "", True, False),
        ("a", "NONCE", "95599", True, False),
    ],
)
async def test_it_is_recognised_by_caller_id_or_by_number_and_on_its_own_trunk_only(
    tmp_path: Path, trunk: str, caller: str, called: str, by_number: bool, arrived: bool
) -> None:
    test = TestCall("loop", "a", "b", "95599", timeout=0.05, by_number=by_number)
    world = World(tmp_path, Line("end,NOANSWER,0,1,19"), test)
    await ring(world, trunk, caller, called)
    assert world.trunks() == [("a", arrived), ("b", arrived)]
    hung_up = [headers["Channel"] for headers in world.line.asked if headers["Action"] == "Hangup"]
    assert hung_up == (["in-1"] if arrived else []) + [f"hft-{world.nonce()}"]
    assert "DBDel" in world.line.names()


@pytest.mark.parametrize(
    ("stage", "rang", "blamed"),
    [
        (None, False, ()),
        ("dial,1", False, ("a", "b")),
        ("dial,1", True, ("b",)),
        ("end,NOANSWER,0,1,19", False, ("a", "b")),
        ("end,NOANSWER,0,1,19", True, ("b",)),
        ("end,CANCEL,0,1,0", False, ("a", "b")),
        ("end,ANSWER,3,1,16", False, ("b",)),
        ("end,CONGESTION,0,1,34", False, ("a",)),
        ("end,CHANUNAVAIL,0,1,3", False, ("a",)),
        ("end,CHANUNAVAIL,0,1,21", False, ()),
        ("end,BUSY,0,1,17", False, ()),
    ],
)
def test_a_call_that_does_not_arrive_speaks_against_whom_its_end_names(
    stage: str | None, rang: bool, blamed: tuple[str, ...]
) -> None:
    assert whom_to_blame(TEST, stage, rang) == blamed


@pytest.mark.parametrize(("linked", "blamed"), [("ours", ["b"]), ("hft-other", ["a", "b"])])
async def test_one_that_rang_elsewhere_speaks_against_the_trunk_it_did_not_come_in_on(
    tmp_path: Path, linked: str, blamed: list[str]
) -> None:
    world = World(tmp_path, Line("end,CANCEL,0,1,0"))
    making = asyncio.create_task(world.source.make())
    await world.line.dialled.wait()
    linked = f"hft-{world.nonce()}" if linked == "ours" else linked
    world.source.heard(TrunkCallEnded("a", "1.1", outgoing=True, heard_of=True, cause=0, linked_id=linked))
    assert await making
    assert world.trunks() == [(trunk, False) for trunk in blamed]


async def test_it_is_written_down_before_it_is_made(tmp_path: Path) -> None:
    world = World(tmp_path, Line(lost=NoReply("gone")))
    assert await world.source.make()
    assert json.loads((tmp_path / "test_calls.json").read_text()) == {"loop": START.isoformat()}
    assert world.line.names() == ["Originate"]  # nobody knows what became of it: it is not made again
    assert world.trunks() == []
    assert TestCallBook(tmp_path / "test_calls.json").last("loop") == START


async def test_what_cannot_be_written_down_is_not_made(tmp_path: Path) -> None:
    world = World(tmp_path / "missing", Line())
    assert not await world.source.make()
    assert world.line.asked == []


@pytest.mark.parametrize("short", ["a", "b", "fence"])
async def test_it_waits_while_lines_are_scarce_or_nothing_may_be_dialled(tmp_path: Path, short: str) -> None:
    """E5: it never takes a line that a caller needs."""
    world = World(tmp_path, Line())
    world.busy, world.fenced = {short}, short != "fence"
    assert not await world.source.make()
    assert world.line.asked == []
    assert world.book.last("loop") is None


async def test_it_is_made_at_intervals_that_a_restart_does_not_shorten(tmp_path: Path) -> None:
    eager = TestCall("loop", "a", "b", "95599", every=1.0, timeout=0.05)
    world = World(tmp_path, Line(), eager)
    assert world.source._wait() == 0.0
    await world.source.make()
    again = World(tmp_path, Line(), eager)
    again.at = START + timedelta(seconds=10)
    assert LEAST_EVERY * 0.9 - 10 <= again.source._wait() <= LEAST_EVERY * 1.1 - 10
    again.at = START - timedelta(days=1)  # the clock was set back
    assert LEAST_EVERY * 0.9 <= again.source._wait() <= LEAST_EVERY * 1.1


def test_a_book_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "test_calls.json").write_text("[1")
    assert TestCallBook(tmp_path / "test_calls.json").last("loop") is None


def test_the_originate_goes_through_the_guarded_context_and_is_no_callback() -> None:
    headers = originate(TEST, "PJSIP/{number}@carrier-a", "123456789", Guard(7, 1_000))
    assert headers["Channel"] == "Local/test123456789@holdfast-dial/n"
    assert set(headers["Variable"]) >= {
        "HF_DIAL=PJSIP/95599@carrier-a",
        "HF_SHOWN=123456789",
        "HF_FENCE=7",
        "HF_NOT_AFTER=1005",
        "HF_DIRECT=1",
    }
    assert attempt_of(str(headers["ChannelId"])) is None
