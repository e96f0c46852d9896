"""What became of an attempt that was in flight when we lost sight of it.

Raise the fence first and ask afterwards: only then is "no key in AstDB" final, because whatever is still
in a pipe is refused by the guarded context.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from callbacks.policy import CallbackPolicy
from callbacks.rules.outcomes import line_outcome
from callbacks.values import Outcome

# Stages of a customer who was rung first (docs/reference/astdb-and-variables.md): his phone has rung in all of them, so nothing
# that ends without a word is called again at once.
_RUNG = {
    "dial": "dialled, and its end was not recorded",
    "ring": "the customer was rung first, and its end was not recorded",
    "ask": "the customer answered, and what he pressed was not recorded",
    "wait": "the customer pressed 1 and waited for an agent, and its end was not recorded",
    "talk": "customer and agent were connected, and its end was not recorded",
}
# How a customer ended who was rung first: neither is a success, whoever or whatever answered.
_UNPRESSED = {
    "NOPRESS": Outcome.VOICEMAIL,  # a machine, or silence
    "HUNGUP": Outcome.NO_ANSWER,  # before he pressed anything
}


class Finding(StrEnum):
    """ADOPT: the call lives, follow it. ENDED: the outcome is known, or known to be unknown."""

    ADOPT = "adopt"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. outcome and answered_seconds hold for ENDED only. status: DIALSTATUS as the dial plan
    wrote it, upper case; "" where it wrote none.
    """

    finding: Finding
    outcome: Outcome | None = None
    answered_seconds: float = 0.0
    reason: str = ""
    status: str = ""


def answered_at_all(found: Found) -> bool:
    """Whether somebody or something took the call, however briefly: then the agent's word is worth waiting for,
    because a caller who says no and hangs up within two seconds was reached all the same. A customer who was rung first and
    pressed nothing spoke with no agent.
    """
    return found.finding is Finding.ENDED and found.status == "ANSWER"


def reconcile(
    stage: str | None, live_channel: bool, asterisk_restarted: bool, policy: CallbackPolicy
) -> Found:
    """Decide from AstDB's ``holdfast-attempt/<key>`` (None: no such key), the channels, and Asterisk's
    boot time.

    asterisk_restarted: since the attempt was started. AstDB may have lost its last second then, so a
    missing or early stage proves nothing and the outcome is UNKNOWN; it is never dialled again at once.
    """
    if live_channel:
        return Found(Finding.ADOPT, reason="its channel is alive")
    name, _, rest = (stage or "").partition(",")
    if name == "end":
        return _ended(rest, policy)
    if name in _RUNG:
        return Found(Finding.ENDED, Outcome.UNKNOWN, reason=_RUNG[name])
    if asterisk_restarted:
        return Found(Finding.ENDED, Outcome.UNKNOWN, reason="Asterisk restarted while it was in flight")
    if name == "queue":
        return Found(Finding.ENDED, Outcome.NO_AGENT, reason="it waited for an agent and was never dialled")
    if name == "":
        return Found(Finding.ENDED, Outcome.NOT_DIALLED, reason="Asterisk ran on and never saw it")
    return Found(Finding.ENDED, Outcome.UNKNOWN, reason="AstDB holds a stage that is not known")


def _ended(rest: str, policy: CallbackPolicy) -> Found:
    """``<DIALSTATUS>,<answered seconds>,<epoch>[,<Q.850 cause>]``; a part that cannot be read is never read as a
    success.
    """
    parts = rest.split(",")
    status, seconds = parts[0].strip().upper(), float(_figure(parts, 1) or 0)
    unpressed = _UNPRESSED.get(status)
    return Found(
        Finding.ENDED,
        unpressed or line_outcome(status, seconds, policy, cause=_figure(parts, 3)),
        seconds,
        "recorded by the dial plan",
        status,
    )


def _figure(parts: Sequence[str], place: int) -> int | None:
    """The whole number at this place; None when there is none that can be read."""
    text = parts[place].strip() if place < len(parts) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
