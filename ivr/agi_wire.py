"""AGI as bytes: commands out, header and replies in. Pure.

panoramisk's parser reads what is not an ordinary success; ordinary successes are read here, because its patterns lose
``200 result= (timeout)`` and cost a multiple. It is loaded when it is needed: the local script uses this module without it.
"""

from dataclasses import dataclass

LONGEST_COMMAND = 1999  # Asterisk reads a command into 2,048 bytes
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})


class BadCommand(ValueError):
    """A command that cannot be said in AGI."""


class BadReply(ValueError):
    """A line that is no AGI reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of Asterisk. result: as sent, -1 means failed or gone; data: what stands in brackets, or ""."""

    code: int
    result: str
    data: str = ""

    @property
    def failed(self) -> bool:
        return self.code != 200 or self.result.startswith("-")


def quote(text: str) -> str:
    """An argument in quotes. Raises BadCommand for a line break, which AGI cannot carry."""
    if "\n" in text or "\r" in text or "\0" in text:
        raise BadCommand("an AGI argument cannot hold a line break")
    return f'"{text.translate(_ESCAPES)}"'


def command(verb: str, *arguments: str) -> bytes:
    """One command line. Raises BadCommand for a line break or more than 1,999 bytes."""
    line = " ".join((verb, *map(quote, arguments))).encode()
    if len(line) > LONGEST_COMMAND:
        raise BadCommand(f"{verb}: {len(line)} bytes are too long for AGI")
    return line + b"\n"


def parse_reply(line: str) -> Reply:
    """The reply in a line without its newline. Raises BadReply for anything else (HANGUP is handled before)."""
    if line.startswith("200 result="):
        result, _, rest = line[11:].partition(" ")
        if rest.startswith("(") and ")" in rest:
            return Reply(200, result, rest[1 : rest.rindex(")")])
        return Reply(200, result, "")
    from panoramisk.utils import parse_agi_result  # 60 ms that the local script does not have

    try:
        parsed = parse_agi_result(line)
    except ValueError:
        raise BadReply("not an AGI reply") from None
    code = parsed.get("status_code", 0)
    if not isinstance(code, int) or not 100 <= code <= 599:
        raise BadReply("not an AGI reply")
    return Reply(code, "-1", str(parsed.get("error", "")))


def parse_header(block: bytes) -> dict[str, str]:
    """The ``agi_…: value`` lines that open a connection, whatever else stands between them is dropped."""
    header = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        name, separator, value = line.partition(": ")
        if separator and name.startswith("agi_"):
            header[name] = value.rstrip("\r")
    return header
