"""How long the dialogue of new calls may be, by the share of lines in use: kept in AstDB, level-triggered like the flags."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ami_bridge.capacity import usable
from ami_bridge.link import LinkDown, Reply
from fallback.policy import Policy
from fallback.state import State
from ivr.lengths import Length, LengthRules, next_length
from ivr.policy import CallerPolicy

Act = Callable[[dict[str, str | list[str]]], Awaitable[Reply]]
log = structlog.get_logger()

FAMILY, KEY = "holdfast", "length"
LOOK_SECONDS = 0.5
ADAPTIVE = "adaptive"


class Lengths:
    """now: the length of new calls; share: of the lines that work, 0 to 1. A length that the policy fixes stands as it is."""

    def __init__(
        self,
        act: Act,
        caller: CallerPolicy,
        rules: LengthRules,
        linked: Callable[[], bool],
        seen: Callable[[], tuple[State, Policy]],
    ) -> None:
        self._act, self._linked, self._seen = act, linked, seen
        self._confirmed = ""
        self.share = 0.0
        self.now = Length.FULL
        self.use(caller, rules)

    def use(self, caller: CallerPolicy, rules: LengthRules) -> None:
        """A new policy, from the next look on."""
        self._fixed = None if caller.dialogue == ADAPTIVE else Length(caller.dialogue)
        self._rules = rules

    def connected(self) -> None:
        """Asterisk may have lost its last second, or be another one."""
        self._confirmed = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if self._linked():
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One look at the lines; writes what is not confirmed."""
        state, policy = self._seen()
        self.share = share_in_use(state, policy)
        length = self._fixed or next_length(self.now, self.share, self._rules)
        if length is not self.now:
            log.info(
                "length of dialogues", now=length.value, before=self.now.value, share=round(self.share, 2)
            )
        self.now = length
        if self._confirmed != length:
            await self._write(length)

    async def _write(self, length: Length) -> None:
        put: dict[str, str | list[str]] = {
            "Action": "DBPut",
            "Family": FAMILY,
            "Key": KEY,
            "Val": length.value,
        }
        try:
            reply = await self._act(put)
        except LinkDown as problem:
            log.warning("length not written", reason=str(problem))
            return
        if reply.ok:
            self._confirmed = length
        else:
            log.error("length refused by Asterisk", reason=reply.message)


def share_in_use(state: State, policy: Policy) -> float:
    """Channels in use out of those of the trunks that work, 0 to 1; 1 when none works. Pure."""
    working = [trunk for trunk in policy.trunks.values() if usable(state.components.get(trunk.name))]
    channels = sum(trunk.channels for trunk in working)
    if channels <= 0:
        return 1.0
    return min(1.0, sum(state.in_use.get(trunk.name, 0) for trunk in working) / channels)
