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
        self._decided: dict[str, str] = {}  # scope → the value that was decided on last
        self._asked: asyncio.Future[Decision] | None = None  # what waits for its turn in the core
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

    async def take_now(self, step: Callable[[Event], Decision]) -> None:
        """The same in the core's own turn. What waits for a turn is decided here instead: the two must not wait for each
        other. Raises LinkDown.
        """

        async def decide(event: Event) -> Decision:
            return step(event)

        if self._asked is not None:
            self._asked.cancel()
        await self.take(decide)

    async def take(self, decide: Decide) -> None:
        """Decides on every code that stands, and deletes each after that. Raises LinkDown."""
        for scope in tuple(self._scopes()):
            await self._look(scope, decide)

    async def _look(self, scope: str, decide: Decide) -> None:
        value = await self._standing(scope)
        if value is None:
            return
        code = pending(scope, value)
        if code is not None and not await self._decide(code, value, decide):
            return
        if await self._standing(scope) == value:
            await self._link.action({"Action": "DBDel", "Family": FAMILY, "Key": scope})
        else:  # another was keyed meanwhile
            self._wake.set()

    async def _standing(self, scope: str) -> str | None:
        reply = await self._link.action({"Action": "DBGet", "Family": FAMILY, "Key": scope})
        values = [item.get("Val", "") for item in reply.events if item.get("Event") == "DBGetResponse"]
        return values[0] if reply.ok and values else None

    async def _decide(self, code: CodeKeyed, value: str, decide: Decide) -> bool:
        """Whether it was decided on, now or before."""
        changed = await self._changed(code.scope)
        event = event_of(code, self._clock().wall, self._lasts())
        if self._decided.get(code.scope) == value:
            return True
        if event is None or (changed is not None and changed > code.at + SAME_MOMENT):
            log.warning("an old phone code is passed over", scope=code.scope, mode=code.mode, at=code.at)
            return True
        decision = await self._answer(decide(event))
        if decision is None:
            return False
        self._decided[code.scope] = value
        refused = [one.reason for one in decision.changes if one.kind == "refused"]
        say = log.error if refused else log.warning
        say("phone code", scope=code.scope, mode=code.mode, who=code.who, refused=refused)
        return True

    async def _answer(self, asking: Awaitable[Decision]) -> Decision | None:
        """None when ``take_now`` took the question out of the queue."""
        asked = self._asked = asyncio.ensure_future(asking)
        try:
            await asyncio.wait([asked])
        finally:
            asked.cancel()
            if self._asked is asked:
                self._asked = None
        return None if asked.cancelled() else asked.result()
