"""Sets right, now and then, how many lines are in use: an event that was lost would be counted wrongly for ever."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ami_bridge.link import LinkDown, Reply
from ami_bridge.readings import Memory
from ami_bridge.site import Site
from fallback.events import Event

log = structlog.get_logger()

EVERY_SECONDS = 60.0
Act = Callable[[dict[str, str]], Awaitable[Reply]]


class TrunkLines:
    """Compares the translator's lines with Asterisk's list; tells LinesSeen where they differ twice in a row.

    Twice, because an event that tells of the difference may already be on its way to the translator.
    """

    def __init__(
        self,
        site: Site,
        memory: Memory,
        act: Act,
        linked: Callable[[], bool],
        put: Callable[[Event], None],
        every: float = EVERY_SECONDS,
    ) -> None:
        self._site = site
        self._memory = memory
        self._act = act
        self._linked = linked
        self._put = put
        self._every = every
        self._odd: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            if self._linked():
                await self.look()

    async def look(self) -> None:
        """Once; what cannot be read is left for the next time."""
        try:
            reply = await self._act({"Action": "CoreShowChannels"})
        except LinkDown as problem:
            log.debug("lines not read", reason=str(problem))
            return
        if not reply.ok or reply.cut:
            return
        lines = self._memory.lines
        odd = lines.differing(reply.events, self._site)
        if odd & self._odd:
            log.warning("lines were counted wrongly", channels=len(odd & self._odd))
            for seen in lines.correct(reply.events, self._site):
                self._put(seen)
            odd = frozenset()
        self._odd = odd
