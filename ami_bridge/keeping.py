"""Once a day, what is over for longer than the policy keeps it is deleted, a little at a time, beside everything else."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from ami_bridge.clock import Clock
from ami_bridge.store_thread import StoreThread
from callbacks.policy import KeepPolicy
from store import Store, StoreProblem
from store.keeping import Kind, cuts

if TYPE_CHECKING:
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

EVERY_SECONDS = 86_400.0
FIRST_SECONDS = 300.0  # after the start callers come first
AGAIN_SECONDS = 3_600.0  # after the store was away
PAUSE_SECONDS = 0.2  # between two batches: captures and claims go before


@dataclass
class Keeping:
    """policy: the one in force. pause: seconds between two batches."""

    policy: Callable[[], KeepPolicy]
    store: Store
    thread: StoreThread
    clock: Clock
    pause: float = PAUSE_SECONDS

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.go_through()
            except StoreProblem as problem:
                log.error("nothing old was deleted", reason=str(problem))
                await asyncio.sleep(AGAIN_SECONDS)
            except Exception:  # a day's deleting is worth no bridge
                log.exception("nothing old was deleted")
                await asyncio.sleep(EVERY_SECONDS)
            else:
                await asyncio.sleep(EVERY_SECONDS)

    async def go_through(self) -> dict[Kind, int]:
        """Delete everything that is over for long enough; how many of each kind. Raises StoreProblem."""
        gone: dict[Kind, int] = {}
        for kind, before in cuts(self.policy(), self.clock().wall).items():
            while count := await self.thread(self.store.forget_old, kind, before):
                gone[kind] = gone.get(kind, 0) + count
                await asyncio.sleep(self.pause)
        if gone:
            log.info(
                "deleted what is over for long enough", **{kind.value: count for kind, count in gone.items()}
            )
        return gone


def keeping_of(parts: "Parts") -> Keeping:
    """For one bridge."""
    return Keeping(lambda: parts.policy.keep, parts.store, parts.thread, parts.clock)
