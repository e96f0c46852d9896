"""Notes through Apprise, over HTTP against a server of ours."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from alert_world import AT

from alerts.apprise_way import AppriseNote
from alerts.policy import Way
from alerts.values import Fate, Message


class Chat:
    """Takes Apprise's ``json://``; answers with ``status`` after ``slow`` seconds."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.status, self.slow, self.address = 200, 0.0, ""

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(await request.json())
        await asyncio.sleep(self.slow)
        return web.Response(status=self.status)


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    made = Chat()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"json://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


def message(address: str) -> Message:
    return Message(
        "k",
        "INC-1",
        "INC-1/a2.engineer",
        "engineer",
        "engineer",
        Way.NOTE,
        address,
        "系统故障",
        "zh-CN",
        "123456",
        AT,
    )


async def test_a_note_carries_words_and_reference(chat: Chat) -> None:
    receipt = await AppriseNote().send(message(chat.address))
    assert receipt.fate is Fate.SENT
    assert (chat.got[0]["message"], chat.got[0]["title"]) == ("系统故障", "Holdfast 123456")


async def test_a_service_that_refuses_is_failed(chat: Chat) -> None:
    chat.status = 500
    receipt = await AppriseNote().send(message(chat.address))
    assert (receipt.fate, receipt.untouched) == (Fate.FAILED, False)
    assert len(chat.got) == 1


async def test_a_service_that_does_not_answer_is_unknown_in_time(chat: Chat) -> None:
    chat.slow = 0.6
    assert (await AppriseNote(timeout=0.1).send(message(chat.address))).fate is Fate.UNKNOWN


async def test_an_address_that_is_none_is_permanent_and_not_repeated_in_words() -> None:
    receipt = await AppriseNote().send(message("nonsense-secret"))
    assert receipt.permanent
    assert "secret" not in receipt.detail
