"""What reaches us from outside: Twilio's callbacks, which must be signed, and the acknowledgement page, which must be ours."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web
from alert_world import Recording, World, policy_of, rung, running
from twilio_server import SID, TOKEN, TwilioServer, signature

from alerts.links import Links
from alerts.policy import Person, Reach, Way
from alerts.twilio_settings import TwilioSettings
from alerts.twilio_way import TwilioAccount, TwilioSms, TwilioVoice
from alerts.values import Fate, NewsKind
from alerts.web import AlertPages


@dataclass
class Site:
    """Alerts with real Twilio ways, a small Twilio, and our pages on a real port."""

    world: World
    twilio: TwilioServer
    url: str
    http: aiohttp.ClientSession

    def link(self) -> str:
        return self.twilio.messages[0]["Body"].split()[-1]

    async def get(self, url: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(url, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, url: str) -> tuple[int, str]:
        async with self.http.post(url) as answer:
            return answer.status, await answer.text()

    def fates(self) -> list[Fate | None]:
        return [one.fate for one in self.world.told(NewsKind.MESSAGE)]


@asynccontextmanager
async def site(folder: Path, way: Way = Way.SMS) -> AsyncIterator[Site]:
    """One engineer, reached by Twilio and then by a note; a rung was raised."""
    engineer = Person("engineer", "en", (Reach(way, "+8613900000001"), Reach(Way.NOTE, "note")))
    async with TwilioServer() as twilio, aiohttp.ClientSession() as http:
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        links = Links(url, "a secret to sign with")
        account = TwilioAccount(
            TwilioSettings(SID, TOKEN, "+15005550006", "+15005550007", url, twilio.url, 2.0)
        )
        ways = {Way.SMS: TwilioSms(account), Way.VOICE: TwilioVoice(account), Way.NOTE: Recording(Way.NOTE)}
        async with running(folder, policy_of(engineer), ways=ways, links=links) as world:
            app = web.Application()
            app.add_routes(AlertPages(world.alerts, links, TOKEN).routes())
            runner = web.AppRunner(app)
            await runner.setup()
            await web.SockSite(runner, listener).start()
            world.alerts.raise_rung(rung())
            while not world.alerts.figures().sent:
                await world.still()
            try:
                yield Site(world, twilio, url, http)
            finally:
                await runner.cleanup()
                account.close()


async def test_the_page_shows_what_it_is_about_and_one_button_and_looking_acknowledges_nothing(
    tmp_path: Path,
) -> None:
    async with site(tmp_path) as here:
        status, page = await here.get(here.link(), **{"Accept-Language": "en"})
        assert status == 200
        assert page.count("<button>") == 1
        assert "Application fault at power" in page
        assert here.world.told(NewsKind.ACKNOWLEDGED) == []


async def test_the_button_acknowledges_once_and_stops_the_ways_of_that_person(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        assert (await here.post(here.link()))[0] == 200
        status, page = await here.post(here.link())
        assert (status, "<button>" in page) == (200, False)
        [news] = here.world.told(NewsKind.ACKNOWLEDGED)
        assert (news.person, news.how) == ("engineer", "web")
        await here.world.forward(1000)
        assert here.world.sent(Way.NOTE) == []


async def test_a_page_in_chinese_for_a_browser_that_asks_for_it(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        _, page = await here.get(here.link(), **{"Accept-Language": "zh-CN,zh;q=0.9"})
        assert "我来处理" in page


async def test_a_link_that_we_have_not_signed_is_not_found(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        good = here.link()
        forged = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
        assert [(await here.get(forged))[0], (await here.post(forged))[0]] == [404, 404]
        assert here.world.told(NewsKind.ACKNOWLEDGED) == []


async def test_what_is_told_upward_holds_no_link(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        assert all("/ack/" not in one.words for one in here.world.news)
        row = here.world.told(NewsKind.MESSAGE)[-1].row()
        assert (row["key"], row["rung"], row["way"]) == (
            "INC-power-1/a2.engineer/engineer/sms",
            "a2.engineer",
            "sms",
        )


async def test_statuses_move_the_message_and_a_late_earlier_one_does_not(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        sms = here.twilio.messages[0]
        for status in ("delivered", "sent"):
            answer = await here.twilio.call_back(
                sms["StatusCallback"], MessageSid=sms["Sid"], MessageStatus=status
            )
            assert answer == 204
        assert here.fates() == [Fate.INTENDED, Fate.SENT, Fate.DELIVERED]


async def test_an_undelivered_message_brings_the_next_way_at_once(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        sms = here.twilio.messages[0]
        fields = {"MessageSid": sms["Sid"], "MessageStatus": "undelivered", "ErrorCode": "30006"}
        await here.twilio.call_back(sms["StatusCallback"], **fields)
        await here.world.still()
        assert here.world.sent(Way.NOTE) == ["engineer"]


async def test_without_twilios_signature_nothing_is_believed(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        url = here.twilio.messages[0]["StatusCallback"]
        fields = {"MessageStatus": "delivered"}
        wrong = signature(url, fields, token="f" * 32)
        other = signature(url, {"MessageStatus": "failed"})
        answers = [
            (await here.twilio.post(url, fields, signed))[0] for signed in (None, "", wrong, other, "é")
        ]
        assert answers == [403] * 5
        assert here.fates() == [Fate.INTENDED, Fate.SENT]


async def test_a_replayed_callback_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        url = here.twilio.messages[0]["StatusCallback"]
        answers = [await here.twilio.call_back(url, MessageStatus="delivered") for _ in range(3)]
        assert answers == [204, 204, 204]
        assert here.fates() == [Fate.INTENDED, Fate.SENT, Fate.DELIVERED]


async def test_one_on_a_call_acknowledges_and_another_key_does_not(tmp_path: Path) -> None:
    async with site(tmp_path, Way.VOICE) as here:
        call = here.twilio.calls[0]
        status, _ = await here.twilio.press(call, "2")
        assert (status, here.world.told(NewsKind.ACKNOWLEDGED)) == (200, [])
        _, said = await here.twilio.press(call, "1")
        assert "Thank you" in said
        assert [one.how for one in here.world.told(NewsKind.ACKNOWLEDGED)] == ["voice"]


async def test_a_busy_call_brings_the_next_way(tmp_path: Path) -> None:
    async with site(tmp_path, Way.VOICE) as here:
        call = here.twilio.calls[0]
        await here.twilio.call_back(call["StatusCallback"], CallSid=call["Sid"], CallStatus="busy")
        await here.world.still()
        assert here.world.sent(Way.NOTE) == ["engineer"]
