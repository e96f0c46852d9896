"""What the driver does beside speaking: recordings, the book's desk, limits, the proof of a call, and long questions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from agi_caller import AgiCaller, header
from agi_peer import HEADER, AgiPeer

from ivr.agi_call import DESK_SECONDS
from ivr.fastagi import FastAgiServer
from ivr.mac import mac_of
from ivr.policy import CallerPolicy, Region
from ivr.values import Asks, CallFacts, Left, Outage, PromiseSeen

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
POLICY = CallerPolicy(keep_seconds=0.2)
OWN = "13912345678"
MENU = {"key": "3", "number": "", "source": "", "wanted": ""}


class House:
    """Stands for spool, book and calendar."""

    def __init__(self) -> None:
        self.kept: list[Left] = []
        self.promise: PromiseSeen | None = PromiseSeen(OWN, known=True, state="open")
        self.looked: list[tuple[str, str]] = []
        self.admits = True
        self.error: Exception | None = None
        self.wait = 0.0
        self.planned: Sequence[Outage] = ()

    async def keep(self, left: Left) -> None:
        self.kept.append(left)

    async def look(self, number: str, reference: str) -> PromiseSeen | None:
        self.looked.append((number, reference))
        await self._work()
        return self.promise

    async def admit(self, number: str, caller_id: str) -> bool:
        assert caller_id == OWN
        await self._work()
        return self.admits

    async def _work(self) -> None:
        await asyncio.sleep(self.wait)
        if self.error:
            raise self.error

    def outages(self, now: datetime) -> Sequence[Outage]:
        assert now == NOW
        return self.planned


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def server(house: House, tmp_path: Path) -> AsyncIterator[FastAgiServer]:
    running = FastAgiServer(POLICY, house.keep, lambda: NOW, tmp_path, desk=house, outages=house.outages)
    await running.start("127.0.0.1", 0)
    yield running
    await running.close()


async def played(server: FastAgiServer, keys: dict[str, str], **said: str) -> AgiPeer:
    peer = await AgiPeer.connect(server.port, **said)
    await asyncio.wait_for(peer.play(keys), 8)
    await peer.close()
    return peer


def asked(peer: AgiPeer, part: str) -> list[str]:
    return [line for line in peer.commands if line.startswith("GOSUB") and part in line]


async def test_a_message_is_recorded_in_the_dial_plan_and_named_in_the_line(
    server: FastAgiServer, house: House
) -> None:
    peer = await played(server, {"/matter": "2", "/ask-message": "1", "/leave-message": "7"})
    (step,) = asked(peer, '"record"')
    assert step.endswith('leave-message,1795304898-1,60,4"')
    assert [left.recording for left in house.kept] == ["1795304898-1.wav"]
    assert asked(peer, "/message-kept&")


async def test_a_recording_of_nothing_is_no_message(server: FastAgiServer, house: House) -> None:
    await played(server, {"/matter": "2", "/ask-message": "1"})
    assert [left.recording for left in house.kept] == [""]


async def test_the_book_is_asked_for_an_open_promise_and_a_cancel_is_spooled(
    server: FastAgiServer, house: House
) -> None:
    keys = {"/more-menu": "1", "/enter-reference": "402913", "/promise-menu": "3"}
    peer = await played(server, keys, **MENU)
    assert house.looked == [(OWN, ""), (OWN, "402913")]
    assert [(left.asks, left.about, left.part) for left in house.kept] == [(Asks.CANCEL, "402913", 2)]
    assert asked(peer, "/promise-cancelled&")
    assert peer.variables["HF_DONE"] == "1"


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["error", "slow"])
async def test_a_book_that_fails_or_is_slow_is_away_and_the_request_is_taken_down(
    server: FastAgiServer, house: House, fault: str
) -> None:
    house.error, house.wait = (OSError("gone"), 0.0) if fault == "error" else (None, DESK_SECONDS + 2)
    keys = {"/more-menu": "1", "/enter-reference": "402913", "/promise-menu": "3"}
    peer = await played(server, keys, **MENU)
    assert asked(peer, "/no-lookup&")
    assert asked(peer, "/request-taken&")
    assert [left.asks for left in house.kept] == [Asks.CANCEL]


async def test_without_a_desk_nobody_can_look_and_every_number_is_admitted(
    house: House, tmp_path: Path
) -> None:
    server = FastAgiServer(POLICY, house.keep, lambda: NOW, tmp_path)
    await server.start("127.0.0.1", 0)
    assert asked(await played(server, {"/more-menu": "1"}, **MENU), "/no-lookup&")
    house.kept.clear()
    keys = {"/enter-number": "13800001111", "/confirm": "1", "/matter": "2"}
    await played(server, keys, key="2", number="", source="")
    assert [left.number for left in house.kept] == ["13800001111"]
    await server.close()


async def test_a_keyed_number_over_a_limit_is_refused_with_a_word(
    server: FastAgiServer, house: House
) -> None:
    house.admits = False
    peer = await played(server, {"/enter-number": "13800001111"}, key="2", number="", source="")
    assert asked(peer, "/number-refused&")
    assert not asked(peer, "/confirm")
    assert [left.number for left in house.kept] == [OWN]  # he stayed: called on the number he is calling from


async def test_limits_that_nobody_can_look_up_keep_nobody_from_leaving_a_number(
    server: FastAgiServer, house: House
) -> None:
    house.error = OSError("gone")
    keys = {"/enter-number": "13800001111", "/confirm": "1", "/matter": "2"}
    await played(server, keys, key="2", number="", source="")
    assert [left.number for left in house.kept] == ["13800001111"]


async def test_planned_outages_are_those_of_the_moment(server: FastAgiServer, house: House) -> None:
    house.planned = (Outage("", NOW + timedelta(hours=1), NOW + timedelta(hours=2)),)
    peer = await played(server, {"/more-menu": "2"}, **MENU)
    assert asked(peer, "/outage-from&")


@pytest.mark.parametrize(("key", "word"), [("8", "danger"), ("0", "person")])
async def test_who_goes_on_is_set_before_we_let_go(
    server: FastAgiServer, house: House, key: str, word: str
) -> None:
    peer = await played(server, {"/offer": key}, key="", number="", source="", wanted="", person="1")
    assert peer.commands[-1] == f'EXEC "MSet" "HF_NEXT={word}"'
    assert "HF_DONE" not in peer.variables
    assert house.kept == []


async def test_a_call_that_another_tier_began_goes_on_where_it_was(
    server: FastAgiServer, house: House
) -> None:
    peer = await played(server, {"/ask-message": "2"}, matter="bill", ref="402913", tier="2")
    assert not asked(peer, "/matter")
    (left,) = house.kept
    assert (left.matter, left.reference, left.tier) == ("bill", "402913", 2)
    assert asked(peer, "/reference-is&")


@pytest.mark.parametrize("said", ["{prompts}/en/message-fault@power", "{prompts}/en/message-fault", ""])
async def test_the_phrase_in_the_other_language_is_the_file_that_the_dial_plan_names(
    server: FastAgiServer, tmp_path: Path, said: str
) -> None:
    """B3: only Asterisk sees whether the scope has words of its own; an older dial plan says nothing."""
    call = CallFacts("1.1", "power", "zh-CN", "fault", own=OWN)
    first = iter("9")
    caller = AgiCaller(call, lambda heard: next(first, None), phrase=said.format(prompts=tmp_path))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(header(call, 1).encode())
    while line := await asyncio.wait_for(reader.readline(), 10):
        if not (answer := caller.reply(line.decode().rstrip("\n"))):
            break
        writer.write(answer.encode())
    writer.close()
    spoken = Path(said).name or "message-fault"
    assert ("en", spoken) in caller.heard
    assert sum('"message"' in one for one in caller.commands) == 1


async def test_an_express_call_takes_three_exchanges_whatever_the_dial_plan_says_beside(
    server: FastAgiServer,
) -> None:
    peer = await played(server, {}, length="express", ref="402913", tier="1", person="1")
    assert len(peer.commands) == 3
    assert len((await played(server, {}, length="message", key="")).commands) == 3


async def test_with_a_secret_only_a_call_that_proves_itself_is_served(house: House, tmp_path: Path) -> None:
    server = FastAgiServer(POLICY, house.keep, lambda: NOW, tmp_path, secret="of this site")
    await server.start("127.0.0.1", 0)
    right = mac_of("of this site", HEADER["agi_uniqueid"])
    for wrong in ("", "x", mac_of("another", HEADER["agi_uniqueid"]), mac_of("of this site", "1.2")):
        peer = await AgiPeer.connect(server.port, mac=wrong)
        assert await peer.command() == ""
        await peer.close()
    assert house.kept == []
    assert (await played(server, {"/matter": "2"}, mac=right)).variables["HF_DONE"] == "1"
    assert len(house.kept) == 1
    await server.close()


async def test_a_header_of_no_scope_is_left_to_the_dial_plan(server: FastAgiServer, house: House) -> None:
    peer = await AgiPeer.connect(server.port, scope="")
    assert await peer.command() == ""
    await peer.close()
    assert house.kept == []


async def test_a_question_too_long_for_one_command_is_put_in_pieces_and_answered_in_any_of_them(
    house: House, tmp_path: Path
) -> None:
    many = tuple(Region(f"district-number-{n}", f"{n}") for n in range(10, 40))
    policy = replace(POLICY, regions=many, ask_message=False)
    server = FastAgiServer(policy, house.keep, lambda: NOW, tmp_path)
    await server.start("127.0.0.1", 0)
    early = await played(
        server, {"/matter": "1", "/district-number-10&": "12", "region-district-number-10": "12"}
    )
    assert [left.region for left in house.kept] == ["district-number-12"]
    assert len(asked(early, "/region-")) == 1
    late = await played(server, {"/matter": "1", "region-district-number-39": "39"})
    assert [left.region for left in house.kept] == ["district-number-12", "district-number-39"]
    assert len(asked(late, "/region-")) > 1
    assert all(len(line.encode()) < 2000 for line in late.commands)
    await server.close()
