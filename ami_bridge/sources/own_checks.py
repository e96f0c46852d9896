"""The checks that ``OwnWatch`` asks: each is called without arguments and says what is wrong, "" when nothing is."""

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from ami_bridge.clock import Clock
from ami_bridge.sources.probes_thread import Lane, StillHangs

WELL_AGAIN = 1.2  # times the limit that must be free before a disk counts as well again
MIB = 1024 * 1024


class Lately:
    """Something happened: bad for so many seconds after the last time it was said."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._until = float("-inf")
        self._what = ""

    def say(self, what: str) -> None:
        """It happened now."""
        self._what, self._until = what, self._clock().mono + self._seconds

    def __call__(self) -> str:
        """What happened, while it is fresh."""
        return self._what if self._clock().mono < self._until else ""


class Lasting:
    """Bad only when something has been wrong for so many seconds without a break; for what may be missed now and then.

    wrong: what is wrong at this moment, "" nothing, None when nobody can say (which breaks nothing and tells nothing).
    """

    def __init__(self, clock: Clock, seconds: float, wrong: Callable[[], str | None]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._wrong = wrong
        self._since: float | None = None

    def __call__(self) -> str | None:
        """What has been wrong for long enough."""
        said = self._wrong()
        if said is None:
            return None
        now = self._clock().mono
        if not said:
            self._since = None
            return ""
        if self._since is None:
            self._since = now
        return said if now - self._since >= self._seconds else ""


class Disk:
    """Free space where our files are. share: least free share, 0 to 1; least: bytes. Well again only with a fifth more.

    The disk is asked in a thread: one that hangs is told as such and holds nobody up.
    """

    def __init__(self, folder: Path, share: float, least: int = 100 * MIB) -> None:
        self._folder = folder
        self._share = share
        self._least = least
        self._lane = Lane("own-disk")
        self._bad = False

    async def __call__(self) -> str:
        """What is wrong with it."""
        try:
            usage = await self._lane(lambda: shutil.disk_usage(self._folder))
        except StillHangs:
            return f"{self._folder} does not answer"
        except OSError as problem:
            return f"{self._folder} cannot be read: {problem.strerror}"
        return self._judge(usage.free, usage.total)

    def _judge(self, free: int, total: int) -> str:
        wanted = max(self._least, int(total * self._share))
        self._bad = free < (wanted * WELL_AGAIN if self._bad else wanted)
        if not self._bad:
            return ""
        return f"{free // MIB} MiB free at {self._folder}, at least {wanted // MIB} MiB are wanted"


class Writable:
    """Whether a folder is there and we may write in it. what: is kept there, for people."""

    def __init__(self, folder: Path, what: str) -> None:
        self._folder, self._what = folder, what
        self._lane = Lane("own-folder")

    async def __call__(self) -> str:
        """What is wrong with it."""
        try:
            well = await self._lane(
                lambda: self._folder.is_dir() and os.access(self._folder, os.R_OK | os.W_OK | os.X_OK)
            )
        except StillHangs:
            return f"{self._folder} does not answer"
        return "" if well else f"{self._folder}, for {self._what}, is not there or may not be written"


def each_of(*checks: Callable[[], Awaitable[str]]) -> Callable[[], Awaitable[str]]:
    """One check out of several about one part: the first that finds something wrong."""

    async def check() -> str:
        for one in checks:
            if said := await one():
                return said
        return ""

    return check


def older_than(limit: float, age: Callable[[], float | None], what: str) -> Callable[[], str | None]:
    """A check for an age in seconds; None as age: nobody can say. what: e.g. "the beat was last written {age} s ago"."""

    def check() -> str | None:
        seconds = age()
        if seconds is None:
            return None
        return what.format(age=f"{seconds:.0f}") if seconds > limit else ""

    return check


def first_of(*checks: Callable[[], str | None]) -> Callable[[], str | None]:
    """One check out of several about one part: the first that finds something wrong; None when none can say."""

    def check() -> str | None:
        said = [check() for check in checks]
        return next((one for one in said if one), "" if any(one is not None for one in said) else None)

    return check


def answers(ask: Callable[[], Awaitable[object]], problems: type[Exception]) -> Callable[[], Awaitable[str]]:
    """A check for what is well when it answers, such as the store: ``problems`` tell what is wrong in their own words."""

    async def check() -> str:
        try:
            await ask()
        except problems as problem:
            return str(problem)
        return ""

    return check
