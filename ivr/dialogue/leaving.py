"""What a caller leaves behind, as lines of the spool."""

from datetime import datetime

from ivr.dialogue.state import Dialogue
from ivr.values import Asks, Left


def left(dialogue: Dialogue, now: datetime) -> Left:
    """The one capture of the call: its first part, whatever else was asked for."""
    call = dialogue.call
    return Left(
        unique_id=call.unique_id,
        at=now,
        scope=call.scope,
        caller_id=call.caller_id,
        number=dialogue.number,
        source=dialogue.source,
        matter=dialogue.matter or "unstated",
        language=dialogue.language,
        tier=call.tier,
        wanted=dialogue.wanted,
        promised=bool(dialogue.number),
        incident=call.incident,
        waited_since=call.waited_since,
        reference=call.reference,
        region=dialogue.region,
        recording=dialogue.recording,
    )


def request(dialogue: Dialogue, now: datetime) -> Left:
    """What he asks of the book, as a further part. Cancel and undo name the promise's number, a change the new one."""
    call = dialogue.call
    number, source = dialogue.owner, dialogue.owner_source
    if dialogue.asks in (Asks.NOTICE, Asks.CHANGE):
        number, source = dialogue.keyed or dialogue.own, "keyed" if dialogue.keyed else "own"
    return Left(
        unique_id=call.unique_id,
        at=now,
        scope=call.scope,
        caller_id=call.caller_id,
        number=number,
        source=source,
        matter="unstated",
        language=dialogue.language,
        tier=call.tier,
        wanted=False,
        promised=False,
        incident=call.incident,
        asks=dialogue.asks,
        about=dialogue.about,
        part=2 + dialogue.parts,
    )
