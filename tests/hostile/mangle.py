"""Real conversations, cut and mangled: fast, and the same for the same dice. Pure."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

CAPTURES = Path(__file__).parents[1] / "captures"
SESSIONS = Path(__file__).parent / "sessions"
WORDS = (
    *(
        b"HANGUP\n",
        b"200 result=0\n",
        b"200 result=-1\n",
        b"510 Invalid or unknown command\n",
        b"511 Command Not Permitted\n",
    ),
    *(b"520-Invalid command syntax.\n", b"520 End of proper usage.\n", b"100 result=0 Trying...\n"),
    *(
        b"200 result=1 (",
        b"200 result=",
        b"agi_uniqueid: \n",
        b"agi_arg_1: scope=\n",
        b"agi_arg_99999: x=y\n",
        b"\n\n",
    ),
    *(
        b"Event: QueueMemberStatus\r\n",
        b"Event: \r\n",
        b"Response: Success\r\n",
        b"ActionID: \r\n",
        b"\r\n\r\n",
        b"\r\n",
    ),
    *(
        b"Event: Hangup\r\nEvent: Newchannel\r\n",
        b"Channel: \r\n",
        b"Uniqueid: \r\n",
        b"Status: 99999999999999999999\r\n",
    ),
    *(
        b"\xff\xfe\xfd",
        b"\x00",
        b"\xe5\xbc",
        b"-1",
        b"1e999",
        b"nan",
        b"%s%n",
        b"${SHELL(id)}",
        b"'; --",
        b"\x1b[2J",
    ),
    *("٣".encode(), "²".encode(), b"1" * 400, b"A" * 5000, b": : : ", b"(", b")", b'"', b"\\"),
)
Change = Callable[[bytearray, random.Random], None]


def sources(folder: Path, pattern: str) -> list[bytes]:
    """The recorded conversations."""
    return [path.read_bytes() for path in sorted(folder.glob(pattern))]


def mangled(data: bytes, dice: random.Random) -> bytes:
    """The same with one to six things done to it."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        dice.choice(CHANGES)(changed, dice)
    return bytes(changed)


def window(data: bytes, separator: bytes, dice: random.Random) -> bytes:
    """Some messages in a row out of a long conversation."""
    parts = data.split(separator)
    first = dice.randrange(len(parts))
    return separator.join(parts[first : first + dice.randint(1, 6)]) + separator


def pieces(data: bytes, dice: random.Random) -> Sequence[bytes]:
    """As packets: whole, or cut at one to four places."""
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randint(0, 4)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def _span(data: bytearray, dice: random.Random) -> slice:
    first = dice.randrange(len(data) + 1)
    return slice(first, first + dice.randint(1, 60))


def _drop(data: bytearray, dice: random.Random) -> None:
    del data[_span(data, dice)]


def _twice(data: bytearray, dice: random.Random) -> None:
    span = _span(data, dice)
    data[span.start : span.start] = data[span]


def _say(data: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(data) + 1)
    data[at:at] = dice.choice(WORDS)


def _flip(data: bytearray, dice: random.Random) -> None:
    if data:
        data[dice.randrange(len(data))] = dice.randrange(256)


def _noise(data: bytearray, dice: random.Random) -> None:
    data[_span(data, dice)] = dice.randbytes(dice.randint(0, 40))


def _end(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data) + 1) :]


def _swap(data: bytearray, dice: random.Random) -> None:
    lines = data.split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


CHANGES: tuple[Change, ...] = (_drop, _twice, _say, _say, _flip, _noise, _end, _swap)
