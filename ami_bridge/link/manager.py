"""panoramisk's Manager cut down to one connection: greeted, logged in, pinged; it never connects or sends
by itself.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from panoramisk.manager import Manager

from ami_bridge.inbox import AmiEvent
from ami_bridge.link.action import Headers
from ami_bridge.link.protocol import GuardedProtocol, Wanted
from ami_bridge.link.values import LinkSettings, LoginRefused, NoReply, NotSent, Reply

_BOOTED = "FullyBooted"
_PING_PATIENCE = 0.9  # of an interval: with the interval before it, less than two


@dataclass(frozen=True, slots=True)
class Hooks:
    """Called in the event loop, in the order in which things came over the wire.

    booted: seconds since Asterisk's boot, None when not told; events before it are not passed on, because the
    snapshot that follows shows what they said.
    """

    event: Callable[[AmiEvent], None]
    booted: Callable[[float | None], None]
    lost: Callable[[str], None]


class GuardedManager(Manager):  # type: ignore[misc]  # panoramisk ships no types
    """One connection to one Asterisk, used once. Needs a running event loop."""

    def __init__(self, settings: LinkSettings, hooks: Hooks, wanted: Wanted = None) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(host=settings.host, port=settings.port, loop=loop)
        self._settings = settings
        self._hooks = hooks
        self._wanted = None if wanted is None else wanted | {_BOOTED.encode()}
        self._ended: asyncio.Future[str] = loop.create_future()
        self._booted = asyncio.Event()
        self.protocol: GuardedProtocol | None = None
        # what panoramisk would send again after a reconnect is dropped here
        self.awaiting_actions: deque[object] = deque(maxlen=0)

    @property
    def version(self) -> str:
        """Of the manager protocol, as the banner said it; "" before."""
        return self.protocol.version if self.protocol is not None else ""

    async def open(self) -> None:
        """Connect and log in.

        Raises LoginRefused, NoReply, TimeoutError or OSError; call close() after either.
        """
        factory = partial(GuardedProtocol, self._settings, self._wanted, self.dispatch, self._lost)
        async with asyncio.timeout(self._settings.connect_timeout):
            _, protocol = await self.loop.create_connection(
                factory, self._settings.host, self._settings.port, ssl=self._settings.tls
            )
            self.protocol = protocol
            await protocol.greeted
        await self._log_in()

    async def _log_in(self) -> None:
        """panoramisk keeps quiet about a refused login and tries again for ever."""
        login = {"Action": "Login", "Username": self._settings.username, "Secret": self._settings.secret}
        reply = await self.request({**login, "Events": "on"}, self._settings.action_timeout)
        if not reply.ok:
            raise LoginRefused(reply.message or "no reason given")
        self.authenticated = True

    async def stay(self) -> str:
        """Ping until the connection ends; returns why."""
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._keep_alive()), group.create_task(self._await_boot())]
            reason = await self._ended
            for helper in helpers:
                helper.cancel()
        return reason

    async def _keep_alive(self) -> None:
        """panoramisk never looks for the answers to its pings."""
        interval = self._settings.ping_interval
        while True:
            await asyncio.sleep(interval)
            try:
                await self.request({"Action": "Ping"}, interval * _PING_PATIENCE)
            except (NoReply, NotSent) as error:
                self._end(f"the ping was not answered: {error}")

    async def _await_boot(self) -> None:
        """An account without read=system never hears FullyBooted; go on without it in the end."""
        try:
            async with asyncio.timeout(self._settings.boot_wait):
                await self._booted.wait()
        except TimeoutError:
            self._boot(None)

    async def request(self, headers: Headers, patience: float) -> Reply:
        """Send one action and wait for its whole reply. Raises NotSent, NoReply, ValueError."""
        if self.protocol is None:
            raise NotSent("the manager link is down")
        future = self.protocol.send(headers)
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise NoReply(f"nothing within {patience:g} s") from None
        finally:
            if future.cancelled():
                self.protocol.forget(future)

    def dispatch(self, event: AmiEvent) -> None:
        """One synchronous callback; panoramisk's patterns and unordered coroutine callbacks are not used."""
        if event.name == _BOOTED:
            self._boot(_seconds(event.headers.get("Uptime", "")))
        elif self._booted.is_set():
            self._hooks.event(event)

    def _boot(self, uptime: float | None) -> None:
        if not self._booted.is_set() and not self._ended.done():
            self._booted.set()
            self._hooks.booted(uptime)

    def _lost(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)
            self._hooks.lost(reason)

    def _end(self, reason: str) -> None:
        if self.protocol is not None:
            self.protocol.abandon(reason)
        self._lost(reason)

    def close(self) -> None:
        """End the connection. Final: panoramisk's close is undone by a reconnect that is already on its
        way.
        """
        self._end("closed by us")


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
