"""The manager link that stands as long as it can: connect, log in, wait for the boot, stay, and again after
a loss.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import structlog

from ami_bridge.inbox import Inbox, LinkTrouble, LinkUp
from ami_bridge.link.action import Headers
from ami_bridge.link.manager import GuardedManager, Hooks
from ami_bridge.link.protocol import Wanted
from ami_bridge.link.tls import explain
from ami_bridge.link.values import LinkSettings, LinkState, LoginRefused, NoReply, NotSent, Reply
from fallback.events import LinkLost

log = structlog.get_logger()


class Link:
    """One Asterisk's manager link. Its events, and its own ups and downs, go into the inbox in order.

    After each LinkUp, and after each Overflow, the consumer takes a snapshot before it decides anything.
    wanted: names of events worth passing on (``translate.WANTED``); None passes all. sleep: the waits between
    connections, replaceable in tests.
    """

    def __init__(
        self,
        settings: LinkSettings,
        inbox: Inbox,
        wanted: Wanted = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._wanted = wanted
        self._sleep = sleep
        self._manager: GuardedManager | None = None
        self._life: asyncio.Task[None] | None = None
        self._closed = False
        self._up_since = 0.0  # loop time
        self._boot_time: float | None = None  # loop time of Asterisk's boot
        self._retry = self._refused = 0  # failures in a row
        self.state = LinkState.DOWN
        self.trouble = ""  # why the link is not up, for people; "" when it is
        self.gate: Callable[[Headers], Awaitable[None]] | None = (
            None  # asked before each action; may raise NotSent
        )

    @property
    def connected(self) -> bool:
        """Whether an action can be sent now."""
        return self.state is LinkState.UP

    def uptime(self) -> float | None:
        """Seconds since Asterisk's boot, free of time zones; None when down or when Asterisk did not say."""
        if not self.connected or self._boot_time is None:
            return None
        return asyncio.get_running_loop().time() - self._boot_time

    async def action(
        self,
        headers: Headers,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # each action has its own
    ) -> Reply:
        """Send one action, once, and wait for its whole reply (with the items of a list).

        timeout: seconds, default from the settings. Raises NotSent (certainly not done), NoReply (nobody
        knows), ValueError (headers that Asterisk would misread). An Error reply is returned, with ok=False.
        """
        if not self.connected or self._manager is None:
            raise NotSent(f"the manager link is {self.state}: {self.trouble}")
        if self.gate is not None:
            await self.gate(headers)
        return await self._manager.request(headers, timeout or self._settings.action_timeout)

    async def run(self) -> None:
        """Hold the link until close(). Run it as one task; cancelling it closes the link too."""
        if self._closed:
            return
        self._life = asyncio.create_task(self._live(), name="ami-link")
        try:
            await self._life
        except asyncio.CancelledError:
            if not self._closed:
                raise
        finally:
            self.close()

    def close(self) -> None:
        """Let go for good: pending actions end with NoReply, a reconnect on its way is stopped."""
        if self._closed:
            return
        self._closed = True
        if self._manager is not None:
            self._manager.close()
        self.state, self.trouble = LinkState.CLOSED, "closed by us"
        if self._life is not None:
            self._life.cancel()

    async def _live(self) -> None:
        while True:
            await self._sleep(await self._once())

    async def _once(self) -> float:
        """One connection from beginning to end; returns how long to wait before the next."""
        hooks = Hooks(self._inbox.put_nowait, self._came_up, self._went_down)
        manager = self._manager = GuardedManager(self._settings, hooks, self._wanted)
        self.state = LinkState.CONNECTING
        try:
            await manager.open()
            if not self.connected:  # FullyBooted may have come with the answer to the login
                self.state = LinkState.BOOTING
            await manager.stay()
        except LoginRefused as error:
            self._refused += 1
            self._explain(_refusal(self._settings, error), refused=True)
            return _doubled(self._settings.refused_first, self._refused, self._settings.refused_max)
        except (OSError, NoReply, NotSent, TimeoutError) as error:
            self._explain(_failure(self._settings, error), refused=False)
        finally:
            manager.close()
            self._manager = None
        self._refused = 0
        self._retry += 1
        return _doubled(self._settings.retry_first, self._retry, self._settings.retry_max)

    def _came_up(self, uptime: float | None) -> None:
        now = asyncio.get_running_loop().time()
        self._up_since, self._boot_time = now, None if uptime is None else now - uptime
        self.state, self.trouble = LinkState.UP, ""
        version = self._manager.version if self._manager is not None else ""
        if uptime is None:
            log.warning("ami.no_fully_booted", remedy="give the manager account read=system")
        log.info("ami.up", version=version, uptime=uptime)
        self._inbox.put_nowait(LinkUp(version=version, uptime=uptime))

    def _went_down(self, reason: str) -> None:
        was_up, self.state = self.connected, LinkState.DOWN
        if not was_up:
            return
        self.trouble = reason
        if asyncio.get_running_loop().time() - self._up_since >= self._settings.steady_after:
            self._retry = self._refused = 0
        log.warning("ami.lost", reason=reason)
        self._inbox.put_nowait(LinkLost(reason))

    def _explain(self, reason: str, refused: bool) -> None:
        """Say a new reason once; the same one again only in the debug log."""
        if reason == self.trouble:
            log.debug("ami.still_down", reason=reason)
            return
        self.trouble = reason
        log.error("ami.cannot_connect", reason=reason)
        self._inbox.put_nowait(LinkTrouble(reason=reason, refused=refused))


def _doubled(first: float, times: int, most: float) -> float:
    return min(most, first * 2.0 ** min(times - 1, 30))


def _refusal(settings: LinkSettings, error: LoginRefused) -> str:
    return (
        f"Asterisk at {settings.host}:{settings.port} refused the manager login of {settings.username!r} "
        f"({error}): compare secret and permit of [{settings.username}] in manager.conf with our settings"
    )


def _failure(settings: LinkSettings, error: Exception) -> str:
    if isinstance(error, TimeoutError):
        what = f"no answer within {settings.connect_timeout:g} s"
    elif isinstance(error, ssl.SSLError):
        what = explain(error, settings.host)
    elif isinstance(error, OSError):
        what = error.strerror or str(error)
    else:
        what = str(error)
    return (
        f"no manager link to Asterisk at {settings.host}:{settings.port} ({what}): "
        "is Asterisk running, with enabled=yes, this port and this address in manager.conf?"
    )
