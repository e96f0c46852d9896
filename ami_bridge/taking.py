"""What follows when this Asterisk becomes ours, or another bridge's: what was decided is read, a look around follows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from ami_bridge.brain import TakenOver
from ami_bridge.holding import Holding
from ami_bridge.kept import KeptState
from ami_bridge.policies import catch_up
from fallback.decide import restore
from fallback.state import Case, SavedScope, State
from store import StoreProblem
from store.holders import Hold

if TYPE_CHECKING:
    from ami_bridge.assembly import Parts

log = structlog.get_logger()


def holding_of(parts: "Parts") -> "tuple[Holding, KeptState]":
    """Who holds this Asterisk, for a bridge that is being put together."""
    kept = KeptState(parts.settings.data_dir / "decided.json")
    taking = Taking(parts, kept)
    holding = Holding(
        parts.policy.pbx_id,
        parts.holder,
        parts.store,
        parts.link,
        parts.clock,
        lambda: parts.heart.fence,
        taking.taken,
        taking.lost,
        parts.prepared,
    )
    parts.link.gate = holding.gate
    return holding, kept


class Taking:
    """What ``Holding`` calls. kept: the decisions as this machine last saw them, for a start while the store is away."""

    def __init__(self, parts: "Parts", kept: KeptState) -> None:
        self._parts, self._kept = parts, kept
        self._by_ourselves = False  # decided without the store, which is younger than what lies in it

    async def taken(self, hold: Hold | None) -> Callable[[], None]:
        """Reads what was decided; what it returns lets us decide, from the next look around on."""
        parts = self._parts
        if hold is not None:
            parts.store.speak_for(parts.policy.pbx_id, first=hold.first)
        state = await self._state(hold)
        if state is not None:
            parts.brain.take_over(state)
        self._by_ourselves = hold is None
        return lambda: self._begin(hold)

    def _begin(self, hold: Hold | None) -> None:
        parts = self._parts
        parts.listener.take_over()
        parts.staff.resume()
        parts.duty.take_over()
        parts.tell_again()
        parts.inbox.put_nowait(TakenOver())
        if hold is not None:
            parts.beside.start(catch_up(parts))
        fence = hold.fence if hold else None
        log.warning("this Asterisk is held by this bridge", pbx=parts.policy.pbx_id, fence=fence)

    def lost(self, _reason: str) -> None:
        """Nothing more is written, dialled or told."""
        parts = self._parts
        parts.brain.give_over()
        parts.listener.on_lost()
        parts.staff.rest()

    async def _state(self, hold: Hold | None) -> State | None:
        """What was decided before; None: what we have decided meanwhile is the newest."""
        parts = self._parts
        if hold is None:
            saved, cases = await parts.thread(self._kept.load)
        elif self._by_ourselves:
            return None
        else:
            try:
                saved, cases = await self._saved()
            except StoreProblem as problem:
                log.error("what was decided before cannot be read", reason=str(problem))
                return None
        parts.flags.let_go({one.name for one in saved} - parts.policy.fallback.scopes.keys())
        return restore(parts.policy.fallback, saved, parts.clock(), cases)

    async def _saved(self) -> tuple[list[SavedScope], list[Case]]:
        """Past what stands in the queue to the store, which may wait for rows that a frozen holder keeps; where that way is too
        slow, behind it.
        """
        parts = self._parts
        try:
            return await parts.holding.read(lambda store: (store.load_saved(), store.load_cases()))
        except StoreProblem as problem:
            log.warning("what was decided before is not read at once", reason=str(problem))
        return await parts.thread(parts.store.load_saved), await parts.thread(parts.store.load_cases)
