"""Takes over what people key by phone (A6): the dial plan keeps a code in AstDB until we have decided on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import structlog

from ami_bridge.clock import Clock
from ami_bridge.codes import FAMILY, CodeKeyed, event_of, pending
from ami_bridge.link import Link, LinkDown
from ami_bridge.pause import news_or
from fallback.decision import Decision
from fallback.events import Event

log = structlog.get_logger()

SAME_MOMENT = timedelta(seconds=5)  # a code's time has whole seconds, and what it set was recorded soon after
LOOK_SECONDS = 2.0  # a UserEvent wakes us at once; this finds what was missed

Decide = Callable[[Event], Awaitable[Decision]]


class CodeDesk:
    """scopes: of the policy in force. lasts: seconds an override by code may last. changed: when a scope's manual mode was
    last changed, None never or not known: AstDB forgets its last second when Asterisk is killed, so a code that we deleted
    may stand there again, and must not be taken twice.
    """

    def __init__(
        self,
        link: Link,
        scopes: Callable[[], Iterable[str]],
        lasts: Callable[[], float],
        changed: Callable[[str], Awaitable[datetime | None]],
        clock: Clock,
    ) -> None:
        self._link, self._scopes, self._lasts = link, scopes, lasts
        self._changed, self._clock = changed, clock
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()

    def heard(self, code: CodeKeyed) -> None:
        """A code was keyed just now."""
        if not code.scope:
            log.error("the dial plan was switched by phone code", mode=code.mode, who=code.who)
        self._wake.set()

    async def run(self, decide: Decide) -> None:
        """Until cancelled. decide: what the core decides on an event, in its turn."""
        while True:
            if self._link.connected:
                try:
                    await self.take(decide)
                except LinkDown as problem:
                    log.warning("phone codes wait", reason=str(problem))
            await news_or(self._wake, LOOK_SECONDS)

    async def take(self, decide: Decide) -> None:
        """Decides on every code that stands, and deletes each after that. Raises LinkDown."""
        async with self._turn:
            for scope in tuple(self._scopes()):
                await self._look(scope, decide)

    async def _look(self, scope: str, decide: Decide) -> None:
        reply = await self._link.action({"Action": "DBGet", "Family": FAMILY, "Key": scope})
        values = [item.get("Val", "") for item in reply.events if item.get("Event") == "DBGetResponse"]
        if not reply.ok or not values:
            return
        code = pending(scope, values[0])
        if code is not None:
            await self._decide(code, decide)
        await self._link.action({"Action": "DBDel", "Family": FAMILY, "Key": scope})

    async def _decide(self, code: CodeKeyed, decide: Decide) -> None:
        changed = await self._changed(code.scope)
        event = event_of(code, self._clock().wall, self._lasts())
        if event is None or (changed is not None and changed > code.at + SAME_MOMENT):
            log.warning("an old phone code is passed over", scope=code.scope, mode=code.mode, at=code.at)
            return
        decision = await decide(event)
        refused = [one.reason for one in decision.changes if one.kind == "refused"]
        say = log.error if refused else log.warning
        say("phone code", scope=code.scope, mode=code.mode, who=code.who, refused=refused)
