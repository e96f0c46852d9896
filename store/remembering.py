"""Figures that take long to count are counted once for many who look."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

FRESH = timedelta(seconds=5)
USABLE = timedelta(seconds=30)  # while somebody else counts at this moment

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """The newest count of something, for a few seconds, if it is large: small ones are counted anew for everybody.

    One counts at a time; whoever comes meanwhile is given what is remembered. Thread-safe.
    """

    def __init__(self, is_large: Callable[[_T], bool]) -> None:
        self._is_large = is_large
        self._turn = Lock()
        self._last: tuple[Hashable, datetime, _T] | None = None

    def get(self, key: Hashable, now: datetime, count: Callable[[], _T]) -> _T:
        """What ``count`` gives, or gave for the same key at most ``FRESH`` before ``now``."""
        found = self._found(key, now, FRESH)
        if found is not None:
            return found
        if not self._turn.acquire(blocking=False):
            found = self._found(key, now, USABLE)
            if found is not None:
                return found
            self._turn.acquire()
        try:
            counted = count()
            self._last = (key, now, counted) if self._is_large(counted) else None
            return counted
        finally:
            self._turn.release()

    def _found(self, key: Hashable, now: datetime, most: timedelta) -> _T | None:
        last = self._last
        if last is None or last[0] != key or not timedelta(0) <= now - last[1] <= most:
            return None
        return last[2]
