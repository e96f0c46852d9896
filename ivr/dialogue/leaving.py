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
    """What he asks of the book, as a further part. A change names the number that is to be called from now on."""
    call = dialogue.call
    number, source, about, owner = dialogue.owner, dialogue.owner_source, dialogue.about, dialogue.owner
    if dialogue.asks in (Asks.NOTICE, Asks.CHANGE):
        number, source = dialogue.keyed or dialogue.own, "keyed" if dialogue.keyed else "own"
    if dialogue.asks is Asks.NOTICE:
        about = owner = ""
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
        about=about,
        owner=owner,
        part=2 + dialogue.parts,
    )
