"""Waiting for news, or for a while."""

import asyncio


async def news_or(event: asyncio.Event, most: float) -> None:
    """Until the event is set, at most so many seconds; leaves it cleared."""
    try:
        async with asyncio.timeout(most):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()
