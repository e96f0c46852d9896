"""Round trips of OPTIONS (D1), asked now and then: Asterisk tells of a contact only when it comes or goes."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ami_bridge.link import LinkDown, Reply
from ami_bridge.readings import Headers, Memory
from ami_bridge.site import Site
from fallback.events import Event

log = structlog.get_logger()

EVERY_SECONDS = 20.0
Act = Callable[[dict[str, str]], Awaitable[Reply]]


class TrunkRoundTrips:
    """Tells CONTACT of the trunks in ``site.round_trips`` when one has become slow, or quick again.

    memory: the translator's, so that an event that tells of a contact meanwhile does not call a slow one good.
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
        self._limits = {
            endpoint: (name, site.round_trips[name])
            for endpoint, name in site.trunks.items()
            if name in site.round_trips
        }
        self._memory = memory
        self._act = act
        self._linked = linked
        self._put = put
        self._every = every

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            if self._linked():
                for endpoint, (trunk, limit) in self._limits.items():
                    await self._ask(endpoint, trunk, limit)

    async def _ask(self, endpoint: str, trunk: str, limit: float) -> None:
        try:
            reply = await self._act({"Action": "PJSIPShowEndpoint", "Endpoint": endpoint})
        except LinkDown as problem:
            log.debug("round trips not read", trunk=trunk, reason=str(problem))
            return
        changed = [item for item in reply.events if self._note(item, limit)]
        if changed and self._memory.contacts.known(trunk):
            told = ", ".join(f"{item['RoundtripUsec']} µs" for item in changed)
            self._put(self._memory.contacts.reading(trunk, f"round trip {told}, {limit * 1000:g} ms allowed"))

    def _note(self, item: Headers, limit: float) -> bool:
        """Takes one contact; True when it has become slow, or quick again."""
        taken = item.get("RoundtripUsec", "")
        if (
            item.get("Event") != "ContactStatusDetail"
            or item.get("Status") != "Reachable"
            or not taken.isdecimal()
        ):
            return False
        contacts, uri = self._memory.contacts, item.get("URI", "")
        before = contacts.slow(uri)
        contacts.note_round_trip(uri, int(taken) / 1e6, limit)
        return contacts.slow(uri) != before
