"""Mangled streams, and real ones cut everywhere: no crash, no hang, no growth. The million is ``python -m tests.hostile``."""

import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_bridge.link.wire import LazyHeaders, parse

from .caller_side import CallerEnd, hushed, lines
from .manager import ManagerEnd
from .mangle import CAPTURES, SESSIONS, WORDS, sources
from .run import split_everywhere, streams

SHARE = 6_000  # streams: some seconds
GROWTH = 3_000_000  # bytes that two thousand more streams may leave behind

messy = st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=40)), max_size=12).map(b"".join)


@pytest.fixture(autouse=True)
def _hushed() -> Iterator[None]:
    hushed()
    yield
    structlog.reset_defaults()


@pytest.mark.slow
def test_thousands_of_mangled_streams_neither_crash_nor_hang_nor_leave_a_call_behind() -> None:
    done = asyncio.run(streams(SHARE, 7, lambda _: None))
    assert done.agi + done.ami == SHARE
    assert done.messages > SHARE / 2, "the streams are so broken that nothing of them is read"
    assert done.kept > SHARE / 50, "the streams are so broken that no dialogue comes to its end"


@pytest.mark.slow
def test_recorded_conversations_say_the_same_wherever_their_packets_are_cut() -> None:
    assert asyncio.run(split_everywhere(step=41)) > 500


@pytest.mark.slow
def test_what_strangers_send_leaves_nothing_behind_in_memory() -> None:
    async def twice() -> int:
        await streams(1000, 1, lambda _: None)
        tracemalloc.start()
        try:
            await streams(1000, 2, lambda _: None)
            before = tracemalloc.get_traced_memory()[0]
            await streams(1000, 3, lambda _: None)
            return tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()

    assert asyncio.run(twice()) < GROWTH


@given(messy)
@settings(max_examples=150)
def test_whatever_follows_a_banner_is_read_or_refused(data: bytes) -> None:
    ManagerEnd().hear([data, b"\r\n\r\n"])


@given(messy)
@settings(max_examples=150)
def test_headers_looked_for_and_headers_read_are_the_same(message: bytes) -> None:
    block = message.partition(b"\r\n\r\n")[0]
    assert dict(LazyHeaders(block)) == dict(parse(block))


@given(messy, st.integers(0, 30))
@settings(max_examples=150)
def test_whatever_asterisk_answers_the_call_ends_with_its_connection(data: bytes, after: int) -> None:
    session = lines(sources(SESSIONS, "22-1.agi")[0])
    asyncio.run(CallerEnd().hear([*session[: after + 1], data]))


def test_there_is_something_to_mangle() -> None:
    assert len(sources(SESSIONS, "*.agi")) >= 8
    assert len(sources(CAPTURES, "*/*.ami")) >= 30
