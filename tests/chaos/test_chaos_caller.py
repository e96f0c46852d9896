"""The harness's caller has one hand: he keys one answer after the other, however the questions come."""

import asyncio

from bench.callers import sound
from bench.callers.caller import Call
from bench.callers.person import Person, Way
from bench.callers.sip import Leg

OWN, OTHER = "13900000001", "13801010101"


def caller() -> Call:
    person = Person(1, Way.KEYS, OWN, OTHER, "a", 0.1, None, "1", 1.0)
    leg = Leg(OWN, "95598", "127.0.0.1:9", "127.0.0.1:9", "1")
    return Call(person, leg, lambda _: None, asyncio.get_running_loop().time)


async def test_a_digit_with_a_gap_in_it_is_heard_once() -> None:
    """A busy Asterisk stops in the middle of a prompt and goes on."""
    call = caller()
    for heard in (sound.READ_BACK, *OTHER[:6], OTHER[5], *OTHER[6:], OTHER[-1], sound.CONFIRM):
        call._begins(heard)
    assert call.story.read_back == OTHER
    call.end("us")


async def test_a_question_that_comes_again_while_he_keys_is_not_answered_twice_at_once() -> None:
    loop = asyncio.get_running_loop()
    call = caller()
    call._audio, _ = await loop.create_datagram_endpoint(lambda: call, local_addr=("127.0.0.1", 0))
    call._port = 9
    try:
        call._begins(sound.ENTER)
        for _ in range(20):
            await asyncio.sleep(0.05)
            call._begins(sound.ENTER)
        assert len(call.story.keys) == 1
        await asyncio.gather(*call._pressing)
        await asyncio.sleep(0.5)
        call._begins(sound.ENTER)
        await asyncio.sleep(0.2)
        assert len(call.story.keys) == 2, "and again when his hand is free"
    finally:
        call.end("us")
        await asyncio.gather(*call._pressing)
        call._audio.close()
