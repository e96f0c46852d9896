"""Waiting for what another task brings about."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Returns as soon as the condition holds. Raises TimeoutError when it never does."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the condition may be anything
            await asyncio.sleep(0.005)
