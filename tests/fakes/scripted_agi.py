"""An AGI peer that does as it is told: on a port, as a bridge would be, or as a script that Asterisk starts."""

import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lab import Lab

HANG = "hang"  # in place of a command: say nothing any more
ASK = 'GOSUB "holdfast-step" "ask" "1" "{prompts}/zh-CN/matter,1,1"'
SCRIPT = """#!{python} -ES
import sys, time
with open({seen!r}, "a") as seen:
    for line in iter(sys.stdin.readline, "\\n"):
        seen.write(line)
time.sleep({before})
for command in {commands!r}:
    if command == {hang!r}:
        time.sleep(20)
    print(command, flush=True)
    reply = sys.stdin.readline()
    while reply.startswith("100"):
        reply = sys.stdin.readline()
    if not reply.startswith("200"):
        break
"""


def done(**facts: str) -> str:
    """The command that ends a dialogue as a good one."""
    pairs = ",".join(f"{name}={value}" for name, value in {**facts, "HF_DONE": "1"}.items())
    return f'EXEC "MSet" "{pairs}"'


def script(path: Path, commands: Sequence[str], seen: Path, before: float = 0.0) -> Path:
    """An executable that says these commands to Asterisk. seen: gets the header; before: seconds until the first."""
    text = SCRIPT.format(
        python=sys.executable, commands=list(commands), hang=HANG, seen=str(seen), before=before
    )
    path.write_text(text)
    path.chmod(0o755)
    return path


class ScriptedAgi:
    """Listens where the bridge would, while it is entered; says these commands to each call and then closes.

    headers: of the calls so far. HANG ends the talk but keeps the line.
    """

    def __init__(self, lab: Lab, *commands: str) -> None:
        self._address = (lab.agi_host, lab.agi_port)
        self._commands = commands
        self._lines: list[socket.socket] = []
        self.headers: list[dict[str, str]] = []
        self.replies: list[str] = []

    def __enter__(self) -> Self:
        self._socket = socket.create_server(self._address)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for line in self._lines:
            line.close()
        self._thread.join(5)

    @property
    def arguments(self) -> dict[str, str]:
        """Of the last call, by name."""
        given = (text for name, text in self.headers[-1].items() if name.startswith("agi_arg_"))
        return dict(text.split("=", 1) for text in given)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self._lines.append(line)
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        stream = line.makefile("rw", newline="\n")
        try:
            header = iter(stream.readline, "\n")
            self.headers.append(dict(one.rstrip("\n").split(": ", 1) for one in header if ": " in one))
            for command in self._commands:
                if command == HANG:
                    return
                stream.write(f"{command}\n")
                stream.flush()
                reply = stream.readline()
                while reply.startswith("100"):  # GOSUB says first that it tries
                    reply = stream.readline()
                self.replies.append(reply.strip())
        except (OSError, ValueError):
            return
        line.shutdown(socket.SHUT_RDWR)


class DeafPort:
    """Listens where the bridge would, with its backlog full: a SYN is never answered, as behind a dropping filter."""

    def __init__(self, lab: Lab) -> None:
        self._address = (lab.agi_host, lab.agi_port)

    def __enter__(self) -> Self:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(self._address)
        self._socket.listen(0)
        self._fillers: list[socket.socket] = []
        for _ in range(8):
            filler = socket.socket()
            self._fillers.append(filler)
            filler.settimeout(0.3)
            try:
                filler.connect(self._address)
            except TimeoutError:
                return self
        raise AssertionError("the backlog was never full")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (*self._fillers, self._socket):
            one.close()
