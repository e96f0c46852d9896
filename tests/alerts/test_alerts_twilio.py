"""Twilio, exercised over HTTP against a server that checks what Twilio documents."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from alert_world import AT
from twilio_server import SID, TOKEN, Refusal, TwilioServer

from alerts.policy import Way
from alerts.twilio_codes import of_call, of_message, refused
from alerts.twilio_settings import TwilioSettings
from alerts.twilio_way import TwilioAccount, TwilioSms, TwilioVoice, twiml_for
from alerts.values import Fate, Message
from alerts.ways import Ways

WORDS = "Application fault at power since 11-23 16:00: billing. Ref. 123456."


def message(way: Way = Way.SMS, **changes: object) -> Message:
    made = Message(
        key="INC-1/a2.engineer/engineer/sms",
        incident="INC-1",
        rung="INC-1/a2.engineer",
        role="engineer",
        person="engineer",
        way=way,
        address="+8613900000001",
        words=WORDS,
        language="en",
        reference="123456",
        due_at=AT,
        token="abc.def",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # any field by name


def settings(server: TwilioServer, **changes: object) -> TwilioSettings:
    made = TwilioSettings(
        account_sid=SID,
        auth_token=TOKEN,
        sender="+15005550006",
        caller="+15005550007",
        public_url="https://hotline.example",
        base_url=server.url,
        timeout=2.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # any field by name


@pytest.fixture
async def server() -> AsyncIterator[TwilioServer]:
    async with TwilioServer() as running:
        yield running


@pytest.fixture
async def account(server: TwilioServer) -> AsyncIterator[TwilioAccount]:
    made = TwilioAccount(settings(server))
    yield made
    made.close()


async def test_a_text_message_goes_out_as_twilio_documents_it(
    server: TwilioServer, account: TwilioAccount
) -> None:
    receipt = await TwilioSms(account).send(message())
    [sent] = server.messages
    assert (sent["To"], sent["From"], sent["Body"]) == ("+8613900000001", "+15005550006", WORDS)
    assert sent["StatusCallback"] == "https://hotline.example/twilio/status?m=abc.def"
    assert (receipt.fate, receipt.provider_id) == (Fate.SENT, sent["Sid"])


async def test_a_messaging_service_takes_the_place_of_a_number(server: TwilioServer) -> None:
    service = TwilioAccount(settings(server, sender="MG" + "a" * 32))
    await TwilioSms(service).send(message())
    service.close()
    assert server.messages[0]["MessagingServiceSid"] == "MG" + "a" * 32
    assert "From" not in server.messages[0]


async def test_a_text_longer_than_twilio_takes_is_cut_and_not_refused(
    server: TwilioServer, account: TwilioAccount
) -> None:
    receipt = await TwilioSms(account).send(message(words="故" * 3000))
    assert receipt.fate is Fate.SENT
    assert len(server.messages[0]["Body"]) == 1600


async def test_a_call_carries_its_words_and_gathers_one(server: TwilioServer, account: TwilioAccount) -> None:
    words = f"{WORDS} Acknowledge: https://hotline.example/ack/x"
    receipt = await TwilioVoice(account).send(message(Way.VOICE, words=words))
    [call] = server.calls
    assert receipt.fate is Fate.SENT
    assert "billing" in call["Twiml"]
    assert "https://hotline.example/ack" not in call["Twiml"]
    assert 'action="https://hotline.example/twilio/voice?m=abc.def"' in call["Twiml"]
    assert (call["From"], call["Timeout"], call["StatusCallbackEvent"]) == ("+15005550007", "30", "completed")


async def test_without_a_public_address_a_call_speaks_and_asks_for_nothing(server: TwilioServer) -> None:
    alone = TwilioAccount(settings(server, public_url=""))
    await TwilioVoice(alone).send(message(Way.VOICE))
    alone.close()
    assert "Gather" not in server.calls[0]["Twiml"]
    assert "StatusCallback" not in server.calls[0]


def test_words_are_escaped_in_twiml() -> None:
    assert "&lt;b&gt; &amp;" in twiml_for(message(words="<b> & c"), None)


@pytest.mark.parametrize(
    ("code", "status", "permanent", "untouched"),
    [
        (21211, 400, True, False),
        (21610, 400, True, False),
        (21614, 400, True, False),
        (20003, 401, True, False),
        (99999, 400, True, False),
        (20429, 429, False, True),
        (20500, 500, False, False),
        (20503, 503, False, True),
    ],
)
async def test_permanent_and_passing_errors_are_told_apart(
    server: TwilioServer, account: TwilioAccount, code: int, status: int, permanent: bool, untouched: bool
) -> None:
    server.refuse = [Refusal(status, code, "said so")]
    receipt = await TwilioSms(account).send(message())
    assert (receipt.fate, receipt.permanent, receipt.untouched) == (Fate.FAILED, permanent, untouched)
    assert str(code) in receipt.detail
    assert server.requests == 1


async def test_what_the_server_itself_finds_wrong_is_permanent(
    server: TwilioServer, account: TwilioAccount
) -> None:
    server.opted_out = {"+8613900000001"}
    opted_out = await TwilioSms(account).send(message())
    no_number = await TwilioVoice(account).send(message(Way.VOICE, address="13900000001"))
    assert (opted_out.permanent, no_number.permanent) == (True, True)
    assert "13900000001" not in no_number.detail
    assert no_number.detail.endswith("…01")


async def test_a_wrong_token_is_permanent(server: TwilioServer) -> None:
    wrong = TwilioAccount(settings(server, auth_token="f" * 32))
    receipt = await TwilioSms(wrong).send(message())
    wrong.close()
    assert (receipt.fate, receipt.permanent) == (Fate.FAILED, True)


async def test_a_time_out_after_the_order_left_is_unknown(server: TwilioServer) -> None:
    impatient = TwilioAccount(settings(server, timeout=0.2))
    server.refuse = [0.5]
    receipt = await TwilioSms(impatient).send(message())
    impatient.close()
    await asyncio.sleep(0.4)
    assert receipt.fate is Fate.UNKNOWN
    assert len(server.messages) == 1  # it had been taken


async def test_a_connection_that_breaks_after_the_order_left_is_unknown(
    server: TwilioServer, account: TwilioAccount
) -> None:
    server.refuse = [ConnectionError]
    assert (await TwilioSms(account).send(message())).fate is Fate.UNKNOWN


async def test_a_refused_connection_has_reached_nobody(server: TwilioServer) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = TwilioAccount(settings(server, base_url=f"http://127.0.0.1:{probe.getsockname()[1]}"))
        receipt = await TwilioSms(nobody).send(message())
        nobody.close()
    assert (receipt.fate, receipt.permanent, receipt.untouched) == (Fate.FAILED, False, True)


async def test_the_loop_goes_on_while_twilio_is_slow(server: TwilioServer, account: TwilioAccount) -> None:
    server.refuse = [0.3]
    sending = asyncio.create_task(TwilioSms(account).send(message()))
    await asyncio.sleep(0.05)
    assert not sending.done()
    assert (await sending).fate is Fate.SENT


def test_statuses_that_come_later_become_fates() -> None:
    assert of_message("delivered") is not None
    assert [found.fate for found in map(of_message, ["sent", "delivered", "undelivered"]) if found] == [
        Fate.SENT,
        Fate.DELIVERED,
        Fate.FAILED,
    ]
    assert [
        found.fate for found in map(of_call, ["in-progress", "completed", "busy", "no-answer"]) if found
    ] == [
        Fate.SENT,
        Fate.DELIVERED,
        Fate.FAILED,
        Fate.FAILED,
    ]
    late = of_message("undelivered", 30006)
    assert late is not None
    assert late.permanent
    assert of_message("some-new-word") is None


def test_an_unlisted_code_is_judged_by_its_http_status() -> None:
    assert refused(400, 64999, "new").permanent
    assert not refused(502, None, "bad gateway").permanent


async def test_a_messaging_service_alone_gives_no_voice_and_what_is_not_set_up_is_no_way(
    server: TwilioServer,
) -> None:
    with_service = Ways(settings(server, sender="MG" + "a" * 32, caller=""), None)
    whole = Ways(settings(server), None)
    alone = Ways(None, None)
    assert set(with_service.senders) == {Way.NOTE, Way.SMS}
    assert set(whole.senders) == {Way.NOTE, Way.SMS, Way.VOICE}
    assert set(alone.senders) == {Way.NOTE}
    for ways in (with_service, whole, alone):
        ways.close()
