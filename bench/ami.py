"""A bare, blocking manager client: the least that any client must do. Times are the caller's to take."""

import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from lab.lab import Lab


class BareClient:
    """One connection, one action at a time."""

    def __init__(self, lab: Lab, events: bool = False) -> None:
        """events: listen by Holdfast's own account, with its filters; else act by the lab's."""
        facts = lab.facts
        username, secret = ("holdfast", facts.holdfast_secret) if events else ("lab", facts.lab_secret)
        source = None if events else (facts.addresses.control, 0)
        address = facts.ami_host, facts.ami_port
        self._socket = socket.create_connection(address, timeout=10, source_address=source)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._file.readline()
        answer = self.action(
            Action="Login", Username=username, Secret=secret, Events="on" if events else "off"
        )
        if answer.get("Response") != "Success":
            raise ConnectionError(f"login refused: {answer.get('Message')}")

    def action(self, **headers: str) -> dict[str, str]:
        """Sends an action and returns the first message that answers it."""
        text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"{text}ActionID: bench\r\n\r\n".encode())
        while True:
            message = self.message()
            if message.get("ActionID") == "bench" and "Response" in message:
                return message

    def value(self, family: str, key: str) -> str:
        """An AstDB value, "" when there is none."""
        if self.action(Action="DBGet", Family=family, Key=key).get("Response") != "Success":
            return ""
        while True:
            message = self.message()
            if message.get("Event") == "DBGetResponse":
                value = message.get("Val", "")
            if message.get("Event") == "DBGetComplete":
                return value

    def message(self) -> dict[str, str]:
        """The next message, whatever it is."""
        found: dict[str, str] = {}
        while True:
            line = self._file.readline()
            if not line:
                raise ConnectionError("Asterisk closed the manager connection")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text and found:
                return found
            name, _, value = text.partition(": ")
            found[name] = value

    def packets(self) -> Iterator[bytes]:
        """What comes from now on, undivided, for as long as Asterisk speaks."""
        self._socket.settimeout(None)
        while packet := self._file.read1(65_536):
            yield packet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()
