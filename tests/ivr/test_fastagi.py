"""The FastAGI server against a channel's words, and against everything else that can reach its port."""

import asyncio
import contextlib
import gc
import random
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from agi_peer import AgiPeer

from ivr.fastagi import MOST_SILENT, CannotListen, FastAgiServer
from ivr.numbers import check
from ivr.policy import CallerPolicy
from ivr.values import Left

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


class Keeper:
    """Stands for the spool."""

    def __init__(self) -> None:
        self.kept: list[Left] = []
        self.error: Exception | None = None
        self.wait = 0.0

    async def __call__(self, left: Left) -> None:
        await asyncio.sleep(self.wait)
        if self.error:
            raise self.error
        self.kept.append(left)


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
async def server(keeper: Keeper, tmp_path: Path) -> AsyncIterator[FastAgiServer]:
    running = FastAgiServer(CallerPolicy(keep_seconds=0.2), keeper, lambda: NOW, tmp_path, header_seconds=0.4)
    await running.start("127.0.0.1", 0)
    yield running
    await running.close()


async def test_no_caller_waits_for_the_numbering_plan(keeper: Keeper, tmp_path: Path) -> None:
    """It is loaded when the first number is judged, which takes tens of milliseconds."""
    check.cache_clear()
    server = FastAgiServer(CallerPolicy(), keeper, lambda: NOW, tmp_path)
    await server.start("127.0.0.1", 0)
    try:
        assert check.cache_info().currsize > 0
        assert keeper.kept == [], "and nobody rang"
    finally:
        await server.close()


async def good_call(server: FastAgiServer, keeper: Keeper) -> AgiPeer:
    """A whole call goes as it should: the measure of whether anything was harmed."""
    before = len(keeper.kept)
    peer = await AgiPeer.connect(server.port)
    await asyncio.wait_for(peer.play({"/matter": "2"}), 5)
    assert peer.variables["HF_DONE"] == "1"
    assert len(keeper.kept) == before + 1
    await peer.close()
    return peer


async def closed(reader: asyncio.StreamReader, within: float) -> bool:
    try:
        return await asyncio.wait_for(reader.read(), within) == b""
    except ConnectionError:
        return True


async def test_a_call_is_kept_before_it_is_promised_and_done_comes_last(
    server: FastAgiServer, keeper: Keeper
) -> None:
    peer = await AgiPeer.connect(server.port)
    await peer.play({"/matter": "2"}, until="promise")
    (left,) = keeper.kept
    assert (left.number, left.matter, left.incident, left.at) == ("13912345678", "bill", "INC-1", NOW)
    assert peer.variables["HF_SPOOLED"] == "1"
    assert "HF_DONE" not in peer.variables
    await peer.send("100 result=0 Trying...\n200 result=0 Gosub complete\n")
    await peer.play({})
    assert peer.commands[-1].endswith('HF_DONE=1"')
    await peer.close()


async def test_every_step_runs_in_the_dialplan_which_limits_the_silence_after_it(
    server: FastAgiServer, keeper: Keeper
) -> None:
    peer = await good_call(server, keeper)
    verbs = {line.split('"')[0].strip() for line in peer.commands}
    assert verbs == {
        "GOSUB",
        "EXEC",
        "GET VARIABLE",
    }  # EXEC is MSet alone; nothing plays outside of the fence
    assert all('"holdfast-step"' in line for line in peer.commands if line.startswith("GOSUB"))
    assert all('"MSet"' in line for line in peer.commands if line.startswith("EXEC"))


async def test_an_express_capture_takes_three_exchanges(keeper: Keeper, tmp_path: Path) -> None:
    server = FastAgiServer(CallerPolicy(dialogue="express"), keeper, lambda: NOW, tmp_path)
    await server.start("127.0.0.1", 0)
    peer = await AgiPeer.connect(server.port)
    await peer.play({})
    assert len(peer.commands) == 3
    await peer.close()
    await server.close()


async def test_an_older_dialplan_without_the_seventh_argument_still_gets_the_caller_id(
    server: FastAgiServer, keeper: Keeper
) -> None:
    peer = AgiPeer(*await asyncio.open_connection("127.0.0.1", server.port))
    await peer.send("agi_uniqueid: 1.1\nagi_callerid: 13912345678\nagi_arg_1: power\nagi_arg_6: 1\n\n")
    await peer.play({"/matter": "1"})
    assert [left.number for left in keeper.kept] == ["13912345678"]
    await peer.close()


@pytest.mark.parametrize("step", range(8))
async def test_a_hang_up_at_any_step_ends_our_part_quietly(
    server: FastAgiServer, keeper: Keeper, step: int
) -> None:
    peer = await AgiPeer.connect(server.port, key="2", number="", source="")
    for _ in range(step):
        await peer.command()
        await peer.send("200 result=1 (OK:1)\n")
    await peer.command()
    await peer.send("HANGUP\n200 result=-1\n")
    assert await closed(peer.reader, 2)
    assert server.calls == 0
    await peer.close()
    await good_call(server, keeper)


async def test_a_hangup_line_is_not_an_answer(server: FastAgiServer) -> None:
    peer = await AgiPeer.connect(server.port)
    await peer.command()
    await peer.send("HANGUP\n")
    assert await peer.command() == ""
    await peer.close()


async def test_a_usage_text_of_many_lines_is_one_answer(server: FastAgiServer, keeper: Keeper) -> None:
    peer = await AgiPeer.connect(server.port)
    await peer.command()
    await peer.send(
        "520-Invalid command syntax.  Proper usage follows:\nSets a variable\n200 result=1\n520 End\n"
    )
    assert await closed(peer.reader, 2)  # refused, so the call is left to the dialplan
    await peer.close()
    await good_call(server, keeper)


@pytest.mark.parametrize(
    "reply",
    ["200 result=-1\n", "510 Invalid or unknown command\n", "nonsense\n", "200 result=0\n200 result=0\n"],
)
async def test_a_step_that_fails_leaves_the_call_to_the_dialplan(
    server: FastAgiServer, keeper: Keeper, reply: str
) -> None:
    peer = await AgiPeer.connect(server.port)
    await peer.play({}, until="matter")
    await peer.send(reply)
    if reply.count("\n") == 1:
        assert await closed(peer.reader, 2)
    assert "HF_DONE" not in peer.variables
    await peer.close()
    await good_call(server, keeper)


async def test_a_prompt_that_cannot_be_played_is_no_silent_caller(server: FastAgiServer) -> None:
    peer = await AgiPeer.connect(
        server.port, recovery=str(int(NOW.timestamp()) + 3600), key="", number="", wanted=""
    )
    await peer.play({}, until="GET VARIABLE")
    await peer.send("200 result=1 (ERROR:)\n")
    assert await closed(peer.reader, 2)
    await peer.close()


@pytest.mark.parametrize("fault", ["error", "slow"])
async def test_what_is_not_durable_is_never_promised(
    server: FastAgiServer, keeper: Keeper, fault: str
) -> None:
    keeper.error, keeper.wait = (OSError("disk full"), 0.0) if fault == "error" else (None, 9.0)
    peer = await AgiPeer.connect(server.port)
    await peer.play({"/matter": "2"})
    assert not any("promise" in line for line in peer.commands)
    assert "HF_SPOOLED" not in peer.variables
    assert peer.variables["HF_MATTER"] == "bill"
    await peer.close()


async def test_connect_and_close_harms_nobody(server: FastAgiServer, keeper: Keeper) -> None:
    for _ in range(50):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.close()
    await good_call(server, keeper)


async def test_two_hundred_idle_connections_leave_calls_unharmed_and_go_away(
    server: FastAgiServer, keeper: Keeper
) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(200)]
    await good_call(server, keeper)
    gone = await asyncio.gather(*(closed(reader, 3) for reader, _ in idle))
    assert all(gone)
    assert len(idle) > MOST_SILENT
    for _, writer in idle:
        writer.close()


@pytest.mark.parametrize("seed", range(5))
async def test_random_bytes_harm_nobody(server: FastAgiServer, keeper: Keeper, seed: int) -> None:
    noise = random.Random(seed)
    for _ in range(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(noise.randbytes(noise.randint(1, 5000)) + b"\n\n" * noise.randint(0, 2))
        assert await closed(reader, 3)
        writer.close()
    await good_call(server, keeper)


async def test_random_bytes_in_mid_dialogue_end_only_that_call(server: FastAgiServer, keeper: Keeper) -> None:
    noise = random.Random(7)
    peer = await AgiPeer.connect(server.port)
    await peer.command()
    await peer.send(noise.randbytes(3000) + b"\n")
    assert await closed(peer.reader, 3)
    await peer.close()
    await good_call(server, keeper)


@pytest.mark.parametrize("filling", [b"agi_x: y\n", b"x"])
async def test_a_header_without_end_is_cut_off(server: FastAgiServer, keeper: Keeper, filling: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for _ in range(160):
            writer.write(filling * (65536 // len(filling)))
            await writer.drain()
    except ConnectionError:
        pass
    assert await closed(reader, 2)
    writer.close()
    await good_call(server, keeper)


async def test_a_header_sent_byte_by_byte_has_three_seconds_in_all(server: FastAgiServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        for _ in range(20):
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.05)
    except ConnectionError:
        pass
    assert await closed(reader, 1)
    writer.close()


async def test_a_port_that_is_taken_is_named_with_the_remedy(server: FastAgiServer, tmp_path: Path) -> None:
    async def keep(left: Left) -> None:
        raise AssertionError("no call comes here")

    second = FastAgiServer(CallerPolicy(), keep, lambda: NOW, tmp_path)
    with pytest.raises(CannotListen, match=f"{server.port}.*HOLDFAST_AGI_PORT"):
        await second.start("127.0.0.1", server.port)


async def test_closing_the_server_ends_calls_under_way(keeper: Keeper, tmp_path: Path) -> None:
    server = FastAgiServer(CallerPolicy(), keeper, lambda: NOW, tmp_path)
    await server.start("127.0.0.1", 0)
    peer = await AgiPeer.connect(server.port)
    await peer.command()
    await server.close()
    assert await closed(peer.reader, 1)
    await peer.close()


@pytest.mark.parametrize("turns", range(6))
async def test_a_call_that_comes_while_the_server_closes_is_let_go_at_once(
    turns: int, keeper: Keeper, tmp_path: Path
) -> None:
    running = FastAgiServer(CallerPolicy(), keeper, lambda: NOW, tmp_path)
    await running.start("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", running.port), 5) as peer:
        for _ in range(turns):  # accepted, or half taken up, when close() begins
            await asyncio.sleep(0)
        await running.close()
        gc.collect()  # a socket that was left open would only be closed, and told of, here
        peer.setblocking(False)
        with contextlib.suppress(ConnectionError):  # let go as well
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(peer, 1), 2) == b""
