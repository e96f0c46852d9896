"""Takes over what people key by phone (A6): the dial plan keeps a code in AstDB until we have decided on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from ami_bridge.clock import Clock
from ami_bridge.codes import FAMILY, CodeKeyed, event_of, pending
from ami_bridge.link import Link, LinkDown
from fallback.decision import Decision
from fallback.events import Event

log = structlog.get_logger()

LOOK_SECONDS = 2.0  # a UserEvent wakes us at once; this finds what was keyed while we were away


class CodeDesk:
    """ask: what the core decides on an event. scopes: of the policy in force. lasts: seconds an override by code may last."""

    def __init__(
        self,
        link: Link,
        ask: Callable[[Event], Awaitable[Decision]],
        scopes: Callable[[], Iterable[str]],
        lasts: Callable[[], float],
        clock: Clock,
    ) -> None:
        self._link, self._ask, self._scopes, self._lasts, self._clock = link, ask, scopes, lasts, clock
        self._wake = asyncio.Event()

    def heard(self, code: CodeKeyed) -> None:
        """A code was keyed just now."""
        if not code.scope:
            log.warning("the dial plan was switched by phone code", mode=code.mode, who=code.who)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled: each code once, deleted only when it was decided on."""
        while True:
            if self._link.connected:
                try:
                    for scope in tuple(self._scopes()):
                        await self._look(scope)
                except LinkDown as problem:
                    log.warning("phone codes wait", reason=str(problem))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def _look(self, scope: str) -> None:
        reply = await self._link.action({"Action": "DBGet", "Family": FAMILY, "Key": scope})
        values = [item.get("Val", "") for item in reply.events if item.get("Event") == "DBGetResponse"]
        code = pending(scope, values[0]) if reply.ok and values else None
        if code is None:
            return
        event = event_of(code, self._clock().wall, self._lasts())
        if event is not None:
            decision = await self._ask(event)
            refused = [one.reason for one in decision.changes if one.kind == "refused"]
            say = log.error if refused else log.warning
            say("phone code", scope=scope, mode=code.mode, who=code.who, refused=refused)
        await self._link.action({"Action": "DBDel", "Family": FAMILY, "Key": scope})
