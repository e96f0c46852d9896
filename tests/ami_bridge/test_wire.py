"""Bytes into messages: however packets are cut, nothing is lost, and nothing grows without bound."""

from pathlib import Path

import pytest
from ami_server import CAPTURES

from ami_bridge.link.wire import END, Framer, LazyHeaders, WireError, action_id, event_name, parse

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
SMALL = sorted(path for path in CAPTURES.glob("*/*.ami") if path.stat().st_size < 12_000)


def framer() -> Framer:
    ready = Framer(100_000)
    ready.feed(BANNER)
    return ready


@pytest.mark.parametrize("path", SMALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_real_conversation_gives_the_same_messages_wherever_its_packets_are_cut(path: Path) -> None:
    data = path.read_bytes().removeprefix(BANNER)
    whole = framer().feed(data)
    assert len(whole) == len([m for m in data.split(END) if m.strip()])
    for cut in range(1, len(data)):
        divided = framer()
        assert divided.feed(data[:cut]) + divided.feed(data[cut:]) == whole


@pytest.mark.parametrize("path", SMALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_real_conversation_arrives_whole_byte_by_byte(path: Path) -> None:
    data = path.read_bytes().removeprefix(BANNER)
    slow = framer()
    assert [m for i in range(len(data)) for m in slow.feed(data[i : i + 1])] == framer().feed(data)


def test_the_banner_may_come_in_pieces_and_together_with_the_first_message() -> None:
    for cut in range(1, len(BANNER)):
        fresh = Framer(1000)
        got = fresh.feed(BANNER[:cut]) + fresh.feed(BANNER[cut:] + b"Response: Success\r\n\r\n")
        assert (fresh.version, got) == ("11.0.0", [b"Response: Success"])


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\r\n", b"Asterisk Call Manager/\r\n", b"A" * 300]
)
def test_another_service_on_the_port_is_named_as_such(greeting: bytes) -> None:
    with pytest.raises(WireError, match="not an Asterisk manager port"):
        Framer(1000).feed(greeting)


def test_a_line_without_end_is_given_up_at_the_limit() -> None:
    bounded = Framer(1000)
    bounded.feed(BANNER)
    bounded.feed(b"Event: X\r\nA: " + b"x" * 900)
    with pytest.raises(WireError, match="longer than 1000 bytes"):
        bounded.feed(b"x" * 100)


def test_blank_lines_between_messages_mean_nothing() -> None:
    assert framer().feed(b"\r\n\r\n\r\nEvent: A\r\n\r\n\r\n\r\n\r\nEvent: B\r\n\r\n") == [
        b"Event: A",
        b"Event: B",
    ]


def test_chinese_text_is_whole_when_a_packet_ends_inside_a_character() -> None:
    data = "Event: X\r\nCallerIDName: 张三丰\r\n\r\n".encode()
    for cut in range(1, len(data)):
        divided = framer()
        (message,) = divided.feed(data[:cut]) + divided.feed(data[cut:])
        assert parse(message)["CallerIDName"] == "张三丰"


def test_headers_with_empty_values_colons_and_bad_bytes_are_read() -> None:
    message = b"Event: X\r\nPausedReason: \r\nURI: sip:a@b:1\r\nno header\r\nName: \xff"
    assert parse(message) == {"Event": "X", "PausedReason": "", "URI": "sip:a@b:1", "Name": "�"}


@pytest.mark.parametrize("path", SMALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_headers_that_are_looked_up_one_by_one_are_those_of_the_whole_message(path: Path) -> None:
    for message in framer().feed(path.read_bytes().removeprefix(BANNER)):
        headers = parse(message)
        assert {name: LazyHeaders(message)[name] for name in headers} == headers == LazyHeaders(message)


@pytest.mark.parametrize(
    "line", ["Name: a\r", "Name: a\nOther: b", "Name: ", "Name:", "Na", "", "Name: Other: b"]
)
def test_odd_lines_mean_the_same_to_both_ways_of_reading(line: str) -> None:
    """Also a header that comes twice, of which the last one counts, and names that are part of others."""
    message = f"Event: X\r\nName: first\r\n{line}\r\nMyName: c\r\nOther: ".encode() + b"\xff"
    for name in ("Event", "Name", "MyName", "Other", "ame", ""):
        assert LazyHeaders(message).get(name, "none") == parse(message).get(name, "none")


def test_name_and_action_id_are_found_without_reading_the_rest() -> None:
    assert event_name(b"Event: Hangup\r\nActionID: no") == b"Hangup"
    assert event_name(b"Response: Success\r\nEvent: Hangup") == b""
    assert action_id(b"Event: A\r\nActionID: x/1\r\nB: c") == "x/1"
    assert action_id(b"Event: A\r\nB: c\r\nActionID: x/2") == "x/2"
    assert action_id(b"Event: A\r\nDestActionID: y") == ""
