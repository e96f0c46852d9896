"""The way in: what a caller left becomes durable in the spool, and then rows in the book."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from callbacks.spool import Spool
from callbacks.values import Asks, Capture, Matter, NumberSource, capture_key, held
from ivr.values import Left

log = structlog.get_logger()


def to_capture(left: Left, pbx_id: str) -> Capture:
    """The same facts under the key of this PBX: one call, one capture, with the place of one who had been waiting."""
    capture = Capture(
        key=capture_key(pbx_id, left.unique_id, Asks(left.asks), left.part),
        at=left.at,
        scope=left.scope,
        caller_id=left.caller_id,
        number=left.number,
        source=NumberSource(left.source),
        matter=Matter(left.matter),
        language=left.language,
        tier=left.tier,
        wanted=left.wanted,
        promised=left.promised,
        incident=left.incident,
        reference=left.reference,
        region=left.region,
        recording=left.recording,
        asks=Asks(left.asks),
        about=left.about,
    )
    return held(capture, left.waited_since)


def keeper(spool: Spool, pbx_id: str, on_kept: Callable[[], None]) -> Callable[[Left], Awaitable[None]]:
    """What the dialogue calls before it promises: returns when the line is on disk, raises when it is not."""

    async def keep(left: Left) -> None:
        await asyncio.wrap_future(spool.submit(to_capture(left, pbx_id)))
        on_kept()

    return keep
