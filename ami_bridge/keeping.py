"""Once a day, what is over for longer than the policy keeps it is deleted, a little at a time, beside everything else."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ami_bridge.clock import Clock
from ami_bridge.store_thread import StoreThread
from ami_bridge.told import Told
from callbacks.forgotten import Forgotten, load_key
from callbacks.policy import KeepPolicy
from store import Store, StoreProblem
from store.keeping import Kind, cuts

if TYPE_CHECKING:
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

LOOK_SECONDS = 60.0
EVERY_SECONDS = 86_400.0
FIRST_SECONDS = 300.0  # after the start callers come first
AGAIN_SECONDS = 3_600.0  # after it went wrong
PAUSE_SECONDS = 0.2  # between two batches: captures and claims go before


@dataclass
class Keeping:
    """policy: the one in force. told: what this bridge remembers of whom callers' notices went to. folder: of the site's data.
    pause: seconds between two batches.
    """

    policy: Callable[[], KeepPolicy]
    store: Store
    thread: StoreThread
    clock: Clock
    told: Told
    folder: Path
    pause: float = PAUSE_SECONDS
    _people: int = 0

    async def run(self) -> None:
        """Until cancelled."""
        due = self.clock().mono + FIRST_SECONDS
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.forget_people()
                if self.clock().mono >= due:
                    due = self.clock().mono + AGAIN_SECONDS
                    await self.go_through()
                    due = self.clock().mono + EVERY_SECONDS
            except StoreProblem as problem:
                log.error("nothing old was deleted", reason=str(problem))
            except Exception:  # a day's deleting is worth no bridge
                log.exception("nothing old was deleted")

    async def forget_people(self) -> None:
        """People who were deleted since we began leave our memory too: what is written from it would bring them back."""
        until = await self.thread(self.store.forgotten)
        if len(until) == self._people:
            return
        key = load_key(self.folder)
        if key is not None:
            self.told.forget(Forgotten(key, until).has)
            self._people = len(until)

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
    return Keeping(
        policy=lambda: parts.policy.keep,
        store=parts.store,
        thread=parts.thread,
        clock=parts.clock,
        told=parts.notices.told,
        folder=parts.settings.data_dir,
    )
