"""One manager action: checked before it is sent, complete when its reply is whole."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from panoramisk.actions import Action
from panoramisk.message import Message

from ami_bridge.link.values import Reply

Headers = Mapping[str, str | Sequence[str]]

MAX_LINE = 1_024  # Asterisk throws a longer line away, and does the rest of the action without it
MAX_LINES = 100  # Asterisk ignores headers past the 128th
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_END = b"\r\n"


class GuardedAction(Action):  # type: ignore[misc]  # panoramisk ships no types
    """panoramisk's action with its own idea of when a reply is whole. Needs a running event loop.

    Raises ValueError for headers that Asterisk would misread: a line break would be a second action, a line
    over MAX_LINE bytes would be thrown away.
    """

    def __init__(self, headers: Headers, max_list: int) -> None:
        super().__init__({name: _plain(value) for name, value in headers.items()})
        if not self.get("action"):
            raise ValueError("an action needs the header Action")
        self._max_list = max_list
        self._reply = Message({})
        self._items: list[Mapping[str, str]] = []
        self._cut = False
        self.listing = False  # whether the items of a list are coming
        self.wire = _encode(self)

    def add_message(self, message: Message) -> bool:
        """Take one message that carries our ActionID; True when the reply is whole. Never raises."""
        if not self.listing:
            self._reply = message
            self.listing = _opens_list(message)
            if self.listing:
                return False
        elif not _closes_list(message):
            self._keep(message)
            return False
        if not self.future.done():
            self.future.set_result(self._result())
        return True

    def _keep(self, message: Message) -> None:
        if len(self._items) < self._max_list:
            self._items.append(_flat(message))
        else:
            self._cut = True

    def _result(self) -> Reply:
        reply = self._reply
        return Reply(
            ok=bool(reply.success),
            message=str(reply.get("message", "")).strip(),
            headers=_flat(reply),
            events=tuple(self._items),
            cut=self._cut,
        )


def _plain(value: str | Sequence[str]) -> str | list[str]:
    return list(value) if isinstance(value, (list, tuple)) else value  # type: ignore[return-value]  # checked next


def _encode(action: Action) -> bytes:
    lines = [f"{name}: {one}" for name, value in action.items() for one in _each(name, value)]
    lines.sort(key=lambda line: not line.lower().startswith("action:"))
    if len(lines) > MAX_LINES:
        raise ValueError(f"an action of {len(lines)} lines; Asterisk takes {MAX_LINES}")
    encoded = [line.encode("utf-8") for line in lines]
    for line in encoded:
        if len(line) + len(_END) > MAX_LINE:
            raise ValueError(
                f"a manager line of {len(line)} bytes; Asterisk takes {MAX_LINE}: {line[:40]!r}…"
            )
    return _END.join([*encoded, b"", b""])


def _each(name: str, value: Any) -> list[str]:
    """The values of one header. Raises ValueError for what is no text or would end the line."""
    values: list[str] = value if isinstance(value, list) else [value]
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a header name: {name!r}")
    for one in values:
        if not isinstance(one, str):
            raise ValueError(f"header {name} must be text, not {type(one).__name__}")
        if _FORBIDDEN.search(one):
            raise ValueError(f"header {name} must not contain a line break or NUL")
    return values


def _opens_list(message: Message) -> bool:
    return bool(message.success) and str(message.get("eventlist", "")).lower() == "start"


def _closes_list(message: Message) -> bool:
    """Complete or cancelled; by name where an event says no EventList."""
    return "eventlist" in message or str(message.get("event", "")).endswith("Complete")


def _flat(message: Message) -> Mapping[str, str]:
    """Without panoramisk's own ``content``, the body of an answer that none of our actions has."""
    return {n: "\n".join(v) if isinstance(v, list) else str(v) for n, v in message.items() if n != "content"}
