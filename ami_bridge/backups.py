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
    """policy: the one in force. folder: of the copies. Of several bridges on one database each makes its own, on its own disk;
    those that share a folder make one together.
    """

    url: str = field(repr=False)
    folder: Path
    policy: Callable[[], KeepPolicy]
    clock: Clock
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
        """Make a copy if one is due. Whatever goes wrong stops nothing else."""
        try:
            copies = await self._lane(lambda: good(self.folder))
            self._last = copies[0].at if copies else None
            if self._is_due():
                await self._make()
        except StillHangs:
            self.problem = f"the last copy into {self.folder} has not come to an end"
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

    def _copy(self, now: datetime) -> Backup:
        done = make(self.url, self.folder, now)
        thin(self.folder)
        return done


def backups_of(parts: "Parts") -> Backups:
    """For one bridge."""
    return Backups(
        url=parts.settings.database_url,
        folder=parts.settings.data_dir / FOLDER,
        policy=lambda: parts.policy.keep,
        clock=parts.clock,
    )
