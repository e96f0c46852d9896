"""AGI as bytes."""

import pytest

from ivr.agi_wire import BadCommand, BadReply, Reply, command, parse_header, parse_reply, quote


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", Reply(200, "0")),
        ("200 result=-1", Reply(200, "-1")),
        ("200 result= (timeout)", Reply(200, "", "timeout")),
        ("200 result=139 (timeout)", Reply(200, "139", "timeout")),
        ("200 result=*", Reply(200, "*")),
        ("200 result=0 endpos=16000", Reply(200, "0")),
        ("200 result=1 (a (b) c)", Reply(200, "1", "a (b) c")),
        ("510 Invalid or unknown command", Reply(510, "-1", "AGIInvalidCommand")),
        ("511 Command Not Permitted on a dead channel", Reply(511, "-1", "AGIUnknownError")),
        ("520 End of proper usage.", Reply(520, "-1", "AGIUsageError")),
    ],
)
def test_every_reply_that_asterisk_gives_is_read(line: str, reply: Reply) -> None:
    assert parse_reply(line) == reply


def test_only_a_200_that_is_not_negative_is_a_success() -> None:
    assert not parse_reply("200 result=1").failed
    assert parse_reply("200 result=-2").failed
    assert parse_reply("510 Invalid").failed


@pytest.mark.parametrize("line", ["", "x", "HANGUP", "200", "99 result=1", "HTTP/1.1 400"])
def test_what_is_no_reply_is_refused(line: str) -> None:
    if line == "200":
        assert parse_reply(line).failed
    else:
        with pytest.raises(BadReply):
            parse_reply(line)


def test_arguments_are_quoted_and_cannot_break_out() -> None:
    assert command("EXEC", "Read", 'a"b\\c') == b'EXEC "Read" "a\\"b\\\\c"\n'


@pytest.mark.parametrize("text", ["a\nHANGUP", "a\rb", "a\0b"])
def test_a_line_break_is_refused(text: str) -> None:
    with pytest.raises(BadCommand):
        quote(text)


def test_a_command_longer_than_asterisk_reads_is_refused() -> None:
    assert len(command("X", "y" * 1995)) == 2000
    with pytest.raises(BadCommand):
        command("X", "y" * 1996)


def test_a_header_is_read_and_strange_lines_are_dropped() -> None:
    block = b"agi_uniqueid: 1.1\r\nagi_arg_1: a: b\nnonsense\nx: y\nagi_empty: \n\xff"
    assert parse_header(block) == {"agi_uniqueid": "1.1", "agi_arg_1": "a: b", "agi_empty": ""}
