"""Figures that take long to count are counted once for many who look, and nobody waits for it but the first."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Generic, TypeVar

from store.errors import StoreProblem

FRESH = timedelta(seconds=3)
USABLE = timedelta(seconds=30)  # while it is counted anew beside whoever looks

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """The newest count of something, if it is large, for a few seconds; small ones are counted anew for everybody.

    Whoever finds it no longer fresh is given it all the same, and it is counted anew in a thread: a page that looks every few
    seconds never waits. Who finds none waits for the one who counts. Thread-safe.
    """

    def __init__(self, is_large: Callable[[_T], bool]) -> None:
        self._is_large = is_large
        self._turn = Lock()
        self._last: tuple[Hashable, datetime, _T] | None = None

    def get(self, key: Hashable, now: datetime, count: Callable[[], _T]) -> _T:
        """What ``count`` gives, or gave for the same key at most ``USABLE`` before ``now``."""
        found = self._found(key, now, FRESH)
        if found is not None:
            return found
        found = self._found(key, now, USABLE)
        if found is not None:
            if self._turn.acquire(blocking=False):
                Thread(target=self._again, args=(key, now, count), daemon=True, name="counting").start()
            return found
        with self._turn:
            found = self._found(key, now, FRESH)  # somebody may have counted meanwhile
            return self._count(key, now, count) if found is None else found

    def _again(self, key: Hashable, now: datetime, count: Callable[[], _T]) -> None:
        try:
            with suppress(StoreProblem):  # whoever finds nothing usable counts himself, and hears of it
                self._count(key, now, count)
        finally:
            self._turn.release()

    def _count(self, key: Hashable, now: datetime, count: Callable[[], _T]) -> _T:
        counted = count()
        self._last = (key, now, counted) if self._is_large(counted) else None
        return counted

    def _found(self, key: Hashable, now: datetime, most: timedelta) -> _T | None:
        last = self._last
        if last is None or last[0] != key or not timedelta(0) <= now - last[1] <= most:
            return None
        return last[2]
