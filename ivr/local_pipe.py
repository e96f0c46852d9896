"""pyst2's AGI on the pipes that Asterisk gives a script, guarded.

pyst2 takes an in-line HANGUP and the end of input for a broken answer, waits for ever for the end of a usage text that was
cut off, knows no ``100 Trying``, escapes nothing and writes the caller's keys to stderr. So it reads and writes through
objects of ours, which deal with all of that before it sees a line, and gets its commands quoted.
"""

import os
import select

from asterisk.agi import AGI, AGIAppError, AGIError, AGIHangup

from ivr.agi_wire import Reply

LINE_BYTES = 8_192
ANSWER_BYTES = 65_536  # of a header, or of one answer with all its lines
ANSWER_SECONDS = 240.0  # longest prompts and slowest fingers; a guard against scripts that stay for ever


class Gone(Exception):
    """The caller hung up, or Asterisk let go of us; nothing more can be said."""


class Channel:
    """One call. header: what Asterisk said of it. Must be made in the main thread, because pyst2 listens for SIGHUP.

    given, taken: file descriptors to read from and to write to. Raises Gone when there is no header.
    """

    def __init__(self, given: int, taken: int) -> None:
        self._lines = _Lines(given)
        try:
            self._agi = AGI(stdin=self._lines, stdout=_Out(taken, self._lines), stderr=_Nowhere())
        except AGIHangup as reason:
            raise Gone(str(reason)) from None
        self.header: dict[str, str] = self._agi.env
        if not self.header.get("agi_uniqueid"):
            raise Gone("no AGI header")

    def say(self, line: bytes) -> Reply:
        """Send one command line and wait for its answer. Raises Gone."""
        try:
            result = self._agi.execute(line.decode().rstrip("\n"))
        except (AGIHangup, OSError) as reason:
            raise Gone(str(reason)) from None
        except AGIAppError:
            return Reply(200, "-1")
        except (AGIError, ValueError) as reason:  # a ValueError is pyst2's word for a line that is no answer
            return Reply(500, "-1", str(reason))
        value, data = result["result"]
        return Reply(200, value, data)


class _Lines:
    """What pyst2 reads from: answers only, each bounded in bytes and in time. Raises AGIHangup where they end."""

    def __init__(self, given: int) -> None:
        self._given = given
        self._buffer = b""
        self._left = ANSWER_BYTES

    def begin(self) -> None:
        """A command goes out; what comes from here on is its answer."""
        self._left = ANSWER_BYTES

    def readline(self) -> str:
        while True:
            line = self._line()
            if line == "HANGUP":
                raise AGIHangup("hung up")
            if not line.startswith("100"):
                return line

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE_BYTES or self._left <= 0:
                raise AGIHangup("an answer without end")
            self._read()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def _read(self) -> None:
        if not select.select([self._given], [], [], ANSWER_SECONDS)[0]:
            raise AGIHangup("Asterisk does not answer")
        data = os.read(self._given, LINE_BYTES)
        if not data:
            raise AGIHangup("Asterisk let go of us")
        self._left -= len(data)
        self._buffer += data


class _Out:
    """What pyst2 writes to: nothing of it stays in a buffer, where it would break on leaving."""

    def __init__(self, taken: int, lines: _Lines) -> None:
        self._taken, self._lines = taken, lines

    def write(self, text: str) -> None:
        self._lines.begin()
        rest = memoryview(text.encode())
        while rest:
            rest = rest[os.write(self._taken, rest) :]

    def flush(self) -> None:
        """Everything went out already."""


class _Nowhere:
    """pyst2 tells all that it hears, the caller's keys among it."""

    def write(self, text: str) -> None:
        """Forget it."""
