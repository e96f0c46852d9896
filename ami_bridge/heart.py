"""The beat and the fence: how the dial plan knows, without us, that tier 1 is worth trying and which originate is old."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ami_bridge.clock import Clock
from ami_bridge.link import LinkDown, Reply

Act = Callable[[dict[str, str | list[str]]], Awaitable[Reply]]
Number = Callable[[int, int], Awaitable[int]]
log = structlog.get_logger()

LIFE = "HF_LIFE"  # a global variable of Asterisk's dial plan


class Heart:
    """Writes a beat each ``every`` seconds, and a higher fence at each connect. Keeps Asterisk's clock beside ours."""

    def __init__(self, act: Act, every: float, clock: Clock, number: Number | None = None) -> None:
        """number: the next fence for (standing in Asterisk, our own last one); by default one of our clock."""
        self._number = number or self._by_clock
        self._act = act
        self._every = every
        self._clock = clock
        self._ahead = 0.0  # Asterisk's clock minus our wall clock, seconds
        self._was_able = True
        self.trouble = ""  # why no beat is written, while none is
        self.life = 0
        self.fence = 0

    def epoch(self) -> int:
        """Now on Asterisk's clock, seconds since 1970, as the last beat told."""
        return int(self._clock().wall.timestamp() + self._ahead)

    async def run(self, linked: Callable[[], bool], able: Callable[[], bool]) -> None:
        """Until cancelled: a beat whenever the link stands and we are able to take a caller.

        able: False while captures cannot be made durable or decisions stand still; then no beat is written and callers
        go to tier 3 within seconds, which is where they are safe.
        """
        while True:
            if linked():
                await self._try_beat(able())
            await asyncio.sleep(self._every)

    async def _try_beat(self, able: bool) -> None:
        if able is not self._was_able:
            self._was_able = able
            say = log.info if able else log.error
            say("beating again" if able else "no beat: what a caller leaves could not be kept")
        if not able:
            self.trouble = "what a caller leaves could not be kept, so callers go to tier 3"
            return
        try:
            await self.beat()
        except LinkDown as problem:
            self.trouble = str(problem)
            log.warning("beat not written", reason=str(problem))
        else:
            self.trouble = ""

    async def beat(self) -> None:
        """Writes one beat, in Asterisk's own time; raises LinkDown."""
        epoch = await self._asterisk_epoch()
        self._ahead = epoch - self._clock().wall.timestamp()
        await self._put("beat", epoch)

    async def raise_fence(self) -> None:
        """Makes every originate refused that was sent before now; raises LinkDown when Asterisk did not take it.

        Always above the last one. Where several bridges may hold this Asterisk it is the number of the lease.
        """
        reply = await self._act({"Action": "DBGet", "Family": "holdfast", "Key": "fence"})
        standing = [item.get("Val", "") for item in reply.events if item.get("Event") == "DBGetResponse"]
        before = max([0, *(int(text) for text in standing if text.isascii() and text.isdigit())])
        self.fence = await self._number(before, self.fence)
        await self._put("fence", self.fence)
        await self._mark_life()

    async def _by_clock(self, standing: int, own: int) -> int:
        """Milliseconds of our wall clock, and above both, also when the clock was set back."""
        return max(standing + 1, own + 1, int(self._clock().wall.timestamp() * 1000))

    async def _mark_life(self) -> None:
        """life: the first fence that was raised since Asterisk started. A global variable dies with Asterisk, so no clock is
        asked whether it was restarted; whatever was sent under a lower fence was sent to an earlier life.
        """
        reply = await self._act({"Action": "Getvar", "Variable": LIFE})
        known = reply.headers.get("Value", "")
        if not (known.isascii() and known.isdigit()):
            known = str(self.fence)
            reply = await self._act({"Action": "Setvar", "Variable": LIFE, "Value": known})
            if not reply.ok:
                raise LinkDown(f"Asterisk refused to keep {LIFE}: {reply.message}")
        self.life = int(known)

    async def _put(self, key: str, value: int) -> None:
        reply = await self._act({"Action": "DBPut", "Family": "holdfast", "Key": key, "Val": str(value)})
        if not reply.ok:
            raise LinkDown(f"Asterisk refused to keep holdfast/{key}: {reply.message}")

    async def _asterisk_epoch(self) -> int:
        reply = await self._act({"Action": "Getvar", "Variable": "EPOCH"})
        try:
            return int(reply.headers.get("Value", ""))
        except ValueError:
            raise LinkDown(f"Asterisk did not tell its time: {reply.message}") from None
