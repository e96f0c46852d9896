"""Blocking calls that may hang for ever: each caller has a lane of its own, with one thread at a time.

The event loop's shared threads are few. One database driver, name server or disk that hangs would take them all, and
what has nothing to do with it would wait. A thread of a lane is a daemon: it keeps nobody from ending.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class StillHangs(Exception):
    """The lane's last call, given up long ago, has not come back; no second one is started."""


class Lane:
    """One blocking call at a time. Who gives up waiting leaves the call behind, and the lane is closed until it ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: Thread | None = None

    async def __call__(self, call: Callable[[], T]) -> T:
        """What the call returns or raises. Raises StillHangs when an earlier one still runs."""
        if self._thread is not None and self._thread.is_alive():
            raise StillHangs("the last try has not come back yet")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._thread = Thread(target=_run, args=(loop, answer, call), name=self._name, daemon=True)
        self._thread.start()
        try:
            return await answer
        finally:
            if answer.done() and not answer.cancelled():
                self._thread.join()  # it has nothing left to do; a call right after must not find it alive


def _run(loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]", call: Callable[[], T]) -> None:
    try:
        result = call()
    except BaseException as error:  # whoever waits must hear of it, whatever it is
        _tell(loop, answer, partial(answer.set_exception, error))
    else:
        _tell(loop, answer, partial(answer.set_result, result))


def _tell(loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]", settle: Callable[[], None]) -> None:
    def if_awaited() -> None:
        if not answer.done():
            settle()

    try:
        loop.call_soon_threadsafe(if_awaited)
    except RuntimeError:  # the loop has ended meanwhile; nobody waits any more
        return
