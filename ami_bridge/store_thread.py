"""The synchronous store, called from asyncio through one thread (docs/adr/0002)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """Runs store calls one after another, off the event loop. What a call raises is raised to its caller."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of ``call(*args, **kwargs)``."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Waits for the call in progress; calls that have not begun are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
