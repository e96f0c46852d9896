"""The way in: what a caller left becomes durable in the spool, and then rows in the book."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from callbacks.spool import Spool
from ivr.left_line import to_capture
from ivr.values import Left

__all__ = ["keeper", "to_capture"]

log = structlog.get_logger()


def keeper(spool: Spool, pbx_id: str, on_kept: Callable[[], None]) -> Callable[[Left], Awaitable[None]]:
    """What the dialogue calls before it promises: returns when the line is on disk, raises when it is not."""

    async def keep(left: Left) -> None:
        await asyncio.wrap_future(spool.submit(to_capture(left, pbx_id)))
        on_kept()

    return keep
