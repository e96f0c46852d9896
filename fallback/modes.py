"""The modes a scope can be in, how they rank, how they follow each other, and what each makes the dialplan
do.

The theory. A scope has a *computed* mode, which follows from its components, its hours, planned windows and
queue figures, and an *effective* mode,
which is the mode of its manual override if it has one, else the computed one. Only the effective mode reaches
callers.

Before each step the components of a scope are summed up in one ``Condition``. Whoever is not sure changes
nothing: SUSPECT, MENDING and UNKNOWN components give UNSURE, and every mode answers UNSURE with itself. That
one column is why a lost manager link, a restart or a contact that flips for one reading never switches a
caller. The way down leads straight to OUTAGE; the way back leads through RECOVERING, in which callers reach
agents again while callbacks still wait (requirement E1).

EVACUATED has no row: it is a person's word (A6) and no component can lead into it or out of it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Mode(StrEnum):
    """Mode of a scope, in the order of their gravity."""

    NORMAL = "NORMAL"
    RECOVERING = "RECOVERING"
    SURGE = "SURGE"  # A8
    PLANNED = "PLANNED"  # A10
    DEGRADED = "DEGRADED"  # A2, A5
    CLOSED = "CLOSED"  # outside opening hours
    OUTAGE = "OUTAGE"  # A3, all of A4
    EVACUATED = "EVACUATED"  # A6


class DialplanAction(StrEnum):
    """What ``Gosub(holdfast,enter,1(scope))`` does with a caller.

    pass: returns at once. notice: the phrase, then back to the site's queue. offer: the phrase, then the queue with
    an exit key to leave a number. capture: the phrase and the dialogue, nobody is queued. evacuate: capture with the
    evacuation's own wording; no silence of the bridge takes it back.
    """

    PASS = "pass"  # noqa: S105 - what the dialplan calls it, not a password
    NOTICE = "notice"
    OFFER = "offer"
    CAPTURE = "capture"
    EVACUATE = "evacuate"


class Condition(StrEnum):
    """What components, hours, windows and queues of a scope say, taken together; the first that holds."""

    LOST = "lost"  # a pool is DOWN, or every trunk, or a part whose loss is an OUTAGE
    CLOSED = "closed"  # outside opening hours
    IMPAIRED = "impaired"  # a part whose loss makes work slower is DOWN (A2, A5)
    PLANNED = "planned"  # inside a planned window (A10)
    SURGE = "surge"  # more callers than the policy's figures (A8)
    UNSURE = "unsure"  # something that is needed is neither surely lost nor surely well
    RETURNING = "returning"  # all that is needed is well; the recovery hold still runs
    SOUND = "sound"  # all that is needed has been well for the whole recovery hold
    RELEASED = "released"  # a manual DEGRADED, OUTAGE or EVACUATED has just been ended


class TransitionError(LookupError):
    """A pair that its table does not hold; names both."""


RANK: Mapping[Mode, int] = MappingProxyType({mode: rank for rank, mode in enumerate(Mode)})
"""Total order: a higher rank is graver."""

_FAULTS = {
    Condition.LOST: Mode.OUTAGE,
    Condition.CLOSED: Mode.CLOSED,
    Condition.IMPAIRED: Mode.DEGRADED,
    Condition.PLANNED: Mode.PLANNED,
    Condition.SURGE: Mode.SURGE,
}

COMPUTED: Mapping[Mode, Mapping[Condition, Mode]] = MappingProxyType(
    {
        Mode.NORMAL: {
            **_FAULTS,
            Condition.UNSURE: Mode.NORMAL,
            Condition.RETURNING: Mode.NORMAL,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.RECOVERING,
        },
        Mode.RECOVERING: {
            **_FAULTS,
            Condition.UNSURE: Mode.RECOVERING,
            Condition.RETURNING: Mode.RECOVERING,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.RECOVERING,
        },
        Mode.SURGE: {
            **_FAULTS,
            Condition.UNSURE: Mode.SURGE,
            Condition.RETURNING: Mode.NORMAL,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.SURGE,
        },
        Mode.PLANNED: {
            **_FAULTS,
            Condition.UNSURE: Mode.RECOVERING,  # its end is definite, whatever is not yet sure
            Condition.RETURNING: Mode.RECOVERING,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.PLANNED,
        },
        Mode.DEGRADED: {
            **_FAULTS,
            Condition.UNSURE: Mode.DEGRADED,
            Condition.RETURNING: Mode.RECOVERING,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.DEGRADED,
        },
        Mode.CLOSED: {
            **_FAULTS,
            Condition.UNSURE: Mode.NORMAL,  # it opens when it is time to
            Condition.RETURNING: Mode.NORMAL,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.CLOSED,
        },
        Mode.OUTAGE: {
            **_FAULTS,
            Condition.UNSURE: Mode.OUTAGE,
            Condition.RETURNING: Mode.RECOVERING,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.OUTAGE,
        },
        Mode.EVACUATED: {},
    }
)

ACTION: Mapping[Mode, DialplanAction] = MappingProxyType(
    {
        Mode.NORMAL: DialplanAction.PASS,
        Mode.RECOVERING: DialplanAction.PASS,
        Mode.SURGE: DialplanAction.OFFER,
        Mode.PLANNED: DialplanAction.NOTICE,
        Mode.DEGRADED: DialplanAction.OFFER,
        Mode.CLOSED: DialplanAction.CAPTURE,
        Mode.OUTAGE: DialplanAction.CAPTURE,
        Mode.EVACUATED: DialplanAction.EVACUATE,
    }
)
"""The defaults; a scope of the policy may say otherwise (``Scope.actions``)."""

TAKES_DOWN = frozenset({DialplanAction.CAPTURE, DialplanAction.EVACUATE})
"""Actions in which nobody is queued, so whoever waits already is brought to the phrase and the offer."""


def next_mode(computed: Mode, condition: Condition) -> Mode:
    """The computed mode that follows. Raises TransitionError for a pair that the table does not hold."""
    try:
        return COMPUTED[computed][condition]
    except KeyError:
        raise TransitionError(f"no transition from mode {computed} on condition {condition}") from None


def worst(modes: Iterable[Mode]) -> Mode:
    """The gravest of some modes; NORMAL when there are none."""
    return max(modes, key=RANK.__getitem__, default=Mode.NORMAL)
