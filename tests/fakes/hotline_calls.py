"""Callers on the bare lab, driven by what Asterisk reports of their calls."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Self

from lab import Lab

SECRET = "test-callers"
Event = dict[str, str]


class Events:
    """A manager connection that remembers every event."""

    def __init__(self, lab: Lab) -> None:
        self._socket = socket.create_connection((lab.ami_host, lab.ami_port), 10)
        self._socket.settimeout(None)
        self._changed = threading.Condition()
        self._number = 0
        self.replies: dict[str, Event] = {}
        self.seen: list[Event] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self.act(Action="Login", Username="testcallers", Secret=SECRET)["Response"] == "Success"

    def _read(self) -> None:
        stream = self._socket.makefile("rb")
        block: Event = {}
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\r\n")
            if line:
                name, _, value = line.partition(": ")
                block.setdefault(name, value)
                continue
            with self._changed:
                if "Response" in block:
                    self.replies[block.get("ActionID", "")] = block
                else:
                    block["at"] = str(time.monotonic())
                    self.seen.append(block)
                self._changed.notify_all()
            block = {}
        stream.close()

    def act(self, **headers: str) -> Event:
        self._number += 1
        key = str(self._number)
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "ActionID": key}.items())
        self._socket.sendall(lines.encode() + b"\r\n")
        with self._changed:
            assert self._changed.wait_for(lambda: key in self.replies, 10), f"no reply to {headers['Action']}"
            return self.replies.pop(key)

    def wait(self, wanted: Callable[[Event], bool], since: int, timeout: float) -> int | None:
        """Index of the first such event from ``since`` on, or None in time."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [n for n in range(since, len(self.seen)) if wanted(self.seen[n])][:1]
            return bool(found)

        with self._changed:
            self._changed.wait_for(look, timeout)
        return found[0] if found else None

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


class Call:
    """One caller, from outside."""

    def __init__(
        self, events: Events, caller_id: str, to: str = "95598@from-carrier", who: str = "test-caller"
    ) -> None:
        self._events = events
        self._since = len(events.seen)
        self._place = self._since
        events.act(
            Action="Originate",
            Channel=f"Local/{to}/n",
            Context=who,
            Exten="s",
            Priority="1",
            Async="true",
            CallerID=caller_id,
        )
        found = events.wait(
            lambda e: e.get("Event") == "Newchannel" and e["Channel"].endswith(";2"), self._since, 5
        )
        assert found is not None, "the call did not begin"
        self.channel, self.unique_id = events.seen[found]["Channel"], events.seen[found]["Uniqueid"]

    def runs(self, application: str, data: str = "", timeout: float = 15) -> Self:
        """Waits until the call's dialplan next runs this."""
        at = self._next(application, data, timeout)
        assert at is not None, f"never ran {application}({data}); it ran {self.history()}"
        self._place = at + 1
        return self

    def asked(self, *parts: str, timeout: float = 15) -> Self:
        """Waits until the bridge next has Asterisk do a command that holds all of these."""
        found = self._events.wait(lambda e: self._commands(e, parts), self._place, timeout)
        assert found is not None, f"the bridge never asked for {parts}"
        self._place = found + 1
        return self

    def was_asked(self, *parts: str) -> bool:
        """Whether the bridge has had Asterisk do such a command at any time."""
        return self._events.wait(lambda e: self._commands(e, parts), self._since, 0) is not None

    def _commands(self, event: Event, parts: tuple[str, ...]) -> bool:
        if event.get("Event") != "AGIExecStart" or event["Channel"] != self.channel:
            return False
        return all(part in event["Command"] for part in parts)

    def ran(self, application: str, data: str = "") -> bool:
        """Whether it has run this at any time."""
        place, self._place = self._place, self._since
        found = self._next(application, data, 0)
        self._place = place
        return found is not None

    def heard_after(self, application: str, data: str = "") -> float:
        """Seconds from the call's first moment to the start of this, when it has run it."""
        begun = next(e for e in self._events.seen[self._since :] if e.get("Channel") == self.channel)
        place, self._place = self._place, self._since
        found = self._next(application, data, 0)
        self._place = place
        assert found is not None, f"never ran {application}({data})"
        return float(self._events.seen[found]["at"]) - float(begun["at"])

    def history(self) -> list[str]:
        return [
            f"{e['Application']}({e.get('AppData', '')})"
            for e in self._events.seen[self._since :]
            if e.get("Event") == "Newexten" and e["Channel"] == self.channel
        ]

    def keys(self, keys: str) -> Self:
        time.sleep(0.2)  # the application reads from its first frame on, a little after it is reported
        for key in keys:
            self._events.act(Action="PlayDTMF", Channel=self.channel[:-1] + "1", Digit=key)
            time.sleep(0.12)
        return self

    def hang_up(self) -> Self:
        self._events.act(Action="Hangup", Channel=self.channel[:-1] + "1")
        return self.ended()

    def ended(self, timeout: float = 30) -> Self:
        at = self._events.wait(
            lambda e: e.get("Event") == "Hangup" and e["Channel"] == self.channel, self._since, timeout
        )
        assert at is not None, f"the call never ended; it ran {self.history()}"
        return self

    def _next(self, application: str, data: str, timeout: float) -> int | None:
        def wanted(event: Event) -> bool:
            return (
                event.get("Event") == "Newexten"
                and event["Channel"] == self.channel
                and event["Application"] == application
                and data in event.get("AppData", "")
            )

        return self._events.wait(wanted, self._place, timeout)
