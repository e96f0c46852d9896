"""What a caller left, as the capture that the spool keeps. A seam: the one module here that knows ``callbacks``."""

from callbacks.values import Asks, Capture, Matter, NumberSource, capture_key, held
from ivr.values import Left


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
        owner=left.owner,
    )
    return held(capture, left.waited_since)
