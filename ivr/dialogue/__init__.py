"""The dialogue with a caller: a pure state machine.

Theory. A call is in one stage at a time. Each stage but the last puts one question, to the caller or to those who answer for the
machine; what comes back is read as one of a few answers (a key, silence, a number, kept …) and the pair (stage, answer) is a row
of ``TABLE``. A pair without a row is a mistake of the driver and raises. Every question is put at most ``max_tries`` times,
counted anew only where a question above it has spent a try of its own, so every call ends; whoever runs out of tries is still
taken down as well as is possible. What a caller has confirmed is never asked again: it goes out as a ``SetFacts`` before
anything else is played, and another tier goes on from there. Nothing is promised before its line is durable. The phrase itself
is played by the dialplan before this begins.
"""

from ivr.dialogue.moving import UnknownAnswer, advance, start
from ivr.dialogue.promising import PROMISES
from ivr.dialogue.reading import MATTERS
from ivr.dialogue.stages import Answer, Stage
from ivr.dialogue.state import Dialogue, Move
from ivr.dialogue.table import PASS, SETTLE, TABLE, Row

__all__ = [
    "MATTERS",
    "PASS",
    "PROMISES",
    "SETTLE",
    "TABLE",
    "Answer",
    "Dialogue",
    "Move",
    "Row",
    "Stage",
    "UnknownAnswer",
    "advance",
    "start",
]
