"""Copies of the store by themselves (requirement A9), off the event loop; and a word when the last good one is too old."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ami_bridge.clock import Clock
from ami_bridge.sources.probes_thread import Lane, StillHangs
from callbacks.policy import KeepPolicy
from store import Store, StoreProblem
from store.backups import Backup, BackupProblem, good, make, thin

if TYPE_CHECKING:
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

LOOK_SECONDS = 60.0
FIRST_SECONDS = 20.0  # after the start callers come first
AGAIN_SECONDS = 900.0  # after one that failed
FOLDER = "backups"


@dataclass
class Backups:
    """policy: the one in force. folder: of the copies, on this bridge's disk. book: the store, where several machines share it;
    then one of its bridges makes a copy that is due, and all of them see in the book that it is made. ours: whether that is us.
    """

    url: str = field(repr=False)
    folder: Path
    policy: Callable[[], KeepPolicy]
    clock: Clock
    book: Store | None = None
    ours: Callable[[], bool] = lambda: True
    problem: str = ""
    _last: datetime | None = None
    _tried: float | None = None
    _lane: Lane = field(default_factory=lambda: Lane("backups"))

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Make a copy if one is due and it is ours to make. Whatever goes wrong stops nothing else."""
        try:
            self._last = await self._lane(self._newest)
            if not self.ours():
                self._tried, self.problem = None, ""
            elif self._is_due():
                await self._make()
        except StillHangs:
            self.problem = f"the last copy into {self.folder} has not come to an end"
        except StoreProblem as problem:  # nor could it be copied now; what we know goes on to hold
            log.warning("nobody knows when the store was copied last", reason=str(problem))
        except Exception as error:
            self.problem = str(error)
            log.exception("no copy of the store", folder=str(self.folder))

    def late(self) -> str:
        """What is wrong: the last good copy is older than it may be. "" nothing is, or none are wished."""
        keep, now = self.policy(), self.clock().wall
        if not keep.backup_every or not keep.backup_late:
            return ""
        why = f": {self.problem}" if self.problem else ""
        if self._last is None:  # none since we looked first: one that is not even tried yet is no trouble
            return f"there is no good copy of the store in {self.folder}{why}" if why else ""
        age = now - self._last
        if age <= timedelta(seconds=keep.backup_late):
            return ""
        days = age.total_seconds() / 86_400
        return f"the last good copy of the store is {days:.0f} days old{why}"

    def _is_due(self) -> bool:
        every, now = self.policy().backup_every, self.clock()
        if not every:
            return False
        if self._last is not None and timedelta(0) <= now.wall - self._last < timedelta(seconds=every):
            return False
        return self._tried is None or now.mono - self._tried >= AGAIN_SECONDS

    async def _make(self) -> None:
        began = self.clock()
        self._tried = began.mono
        try:
            done = await self._lane(lambda: self._copy(began.wall))
        except BackupProblem as problem:
            self.problem = str(problem)
            log.error("no copy of the store", problem=self.problem)
            return
        self._last, self._tried, self.problem = done.at, None, ""
        seconds = round(self.clock().mono - began.mono, 1)
        log.info("store copied", file=done.path.name, rows=done.rows, size=done.size, seconds=seconds)

    def _newest(self) -> datetime | None:
        """When the last good copy was made: here, also by hand, or by whichever bridge of the book."""
        known = [copy.at for copy in good(self.folder)[:1]]
        if self.book is not None and (noted := self.book.last_copy()) is not None:
            known.append(noted)
        return max(known, default=None)

    def _copy(self, now: datetime) -> Backup:
        done = make(self.url, self.folder, now)
        if self.book is not None:
            self.book.note_copy(done.at)
        thin(self.folder)
        return done


def backups_of(parts: "Parts") -> Backups:
    """For one bridge."""
    return Backups(
        url=parts.settings.database_url,
        folder=parts.settings.data_dir / FOLDER,
        policy=lambda: parts.policy.keep,
        clock=parts.clock,
        book=parts.store if parts.store.is_shared else None,
        ours=lambda: parts.holding.site,
    )
