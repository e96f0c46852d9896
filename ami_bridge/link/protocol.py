"""panoramisk's manager protocol, guarded: nothing is sent twice, nothing grows without bound, nobody's
error is ours.

What is kept of panoramisk: actions, messages, and the matching of replies to actions. What is replaced, and
why, is said at each method.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ami_bridge.inbox import AmiEvent
from ami_bridge.link.action import GuardedAction, Headers
from ami_bridge.link.values import LinkSettings, NoReply, NotSent, Reply
from ami_bridge.link.wire import Framer, LazyHeaders, WireError, action_id, event_name

log = structlog.get_logger()

Wanted = frozenset[bytes] | None  # names of events to pass on; None: all


class GuardedProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk ships no types
    """One connection, from its first byte to its last. ``on_event`` and ``on_lost`` are called in the event
    loop.
    """

    def __init__(
        self,
        settings: LinkSettings,
        wanted: Wanted,
        on_event: Callable[[AmiEvent], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._on_event = on_event
        self._on_lost = on_lost
        self._framer = Framer(settings.max_message)
        self.transport: asyncio.Transport | None = None
        self.responses: dict[str, GuardedAction] = {}
        self.closed = False
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.callback_errors = 0

    @property
    def version(self) -> str:
        """Of the manager protocol, "" before the banner."""
        return self._framer.version

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As panoramisk's, but what is needed is there from the start: the banner may come with the
        connection.
        """
        self.transport = cast(asyncio.Transport, transport)

    def send(self, data: Headers, as_list: bool | None = None) -> asyncio.Future[Reply]:
        """Write one action; the future gets a Reply, or NoReply when the connection ends before it.

        panoramisk encodes whatever it is given, without limit. Raises ValueError for headers that cannot be
        sent safely and NotSent when the connection cannot take them.
        """
        action = GuardedAction(data, self._settings.max_list)
        transport = self._ready()
        if action.id in self.responses:
            raise ValueError(f"an action with the ActionID {action.id} is already on its way")
        self.responses[action.id] = action
        transport.write(action.wire)
        return cast("asyncio.Future[Reply]", action.future)

    def _ready(self) -> asyncio.Transport:
        if self.closed or self.transport is None or self.transport.is_closing():
            raise NotSent("the manager link is down")
        if len(self.responses) >= self._settings.max_pending:
            raise NotSent(f"{len(self.responses)} actions wait for their replies")
        if self.transport.get_write_buffer_size() > self._settings.max_unsent:
            raise NotSent("Asterisk does not read what we send")
        return self.transport

    def forget(self, future: asyncio.Future[Reply]) -> None:
        """Stop waiting for a reply (its time is over); a late one is ignored."""
        for key, action in list(self.responses.items()):
            if action.future is future:
                del self.responses[key]

    def data_received(self, data: bytes) -> None:
        """panoramisk decodes each packet by itself and loses a character cut by the packet's edge."""
        try:
            messages = self._framer.feed(data)
        except WireError as error:
            self._end(str(error))
            return
        if self._framer.version and not self.greeted.done():
            self.greeted.set_result(None)
        for message in messages:
            self._take(message)

    def _take(self, message: bytes) -> None:
        """Replies and the items of a list go to their action, all other events on.

        An event may carry the ActionID of an action that waits for its reply: OriginateResponse does.
        """
        name = event_name(message)
        key = action_id(message) if self.responses else ""
        action = self.responses.get(key)
        if action is not None and (action.listing or not name):
            parsed = Message.from_line(message.decode("utf-8", "replace"))
            if parsed is not None and action.add_message(parsed):
                del self.responses[key]
        elif name and (self._wanted is None or name in self._wanted):
            self._pass_on(AmiEvent(name.decode("utf-8", "replace"), LazyHeaders(message)))

    def _pass_on(self, event: AmiEvent) -> None:
        """panoramisk lets a callback's error end the connection and the rest of the packet."""
        try:
            self._on_event(event)
        except Exception:
            self.callback_errors += 1
            log.exception("ami.callback_failed", event_name=event.name)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Called by asyncio once, after the last byte."""
        self._end(str(exc) if exc else "Asterisk closed the connection")

    def close(self) -> None:
        """End the connection ourselves. Final, and may be called again."""
        self._end("closed by us")

    def abandon(self, reason: str) -> None:
        """End a connection that does not answer."""
        self._end(reason)

    def _end(self, reason: str) -> None:
        """Fail what waits and let go. panoramisk queues it here, to be sent again: a person would be called
        twice.
        """
        if self.closed:
            return
        self.closed = True
        pending, self.responses = self.responses, {}
        for action in pending.values():
            if not action.future.done():
                action.future.set_exception(NoReply(reason))
                action.future.exception()  # looked at: nobody need wait for it
        if not self.greeted.done():
            self.greeted.set_exception(NoReply(reason))
            self.greeted.exception()
        if self.transport is not None:
            self.transport.abort()
        self._on_lost(reason)
