"""The modes a scope can be in, how they rank, how they follow each other, and what each makes the dialplan
do.

The theory. A scope has a *computed* mode, which follows from its components alone, and an *effective* mode,
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
    """Mode of a scope. CLOSED, SURGE and PLANNED come with their own kinds of failure later."""

    NORMAL = "NORMAL"
    RECOVERING = "RECOVERING"
    DEGRADED = "DEGRADED"
    OUTAGE = "OUTAGE"
    EVACUATED = "EVACUATED"


class DialplanAction(StrEnum):
    """What ``Gosub(holdfast,enter,1(scope))`` does with a caller."""

    PASS = "pass"  # noqa: S105 - what the dialplan calls it, not a password
    CAPTURE = "capture"


class Condition(StrEnum):
    """What the components of a scope say, taken together."""

    LOST = "lost"  # a pool is DOWN, or every trunk is
    UNSURE = "unsure"  # something that is needed is neither surely lost nor surely well
    RETURNING = "returning"  # all that is needed is well; the recovery hold still runs
    SOUND = "sound"  # all that is needed has been well for the whole recovery hold
    RELEASED = "released"  # a manual mode graver than RECOVERING has just been ended


class TransitionError(LookupError):
    """A pair that its table does not hold; names both."""


RANK: Mapping[Mode, int] = MappingProxyType({mode: rank for rank, mode in enumerate(Mode)})
"""Total order: a higher rank is graver."""

COMPUTED: Mapping[Mode, Mapping[Condition, Mode]] = MappingProxyType(
    {
        Mode.NORMAL: {
            Condition.LOST: Mode.OUTAGE,
            Condition.UNSURE: Mode.NORMAL,
            Condition.RETURNING: Mode.NORMAL,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.RECOVERING,
        },
        Mode.RECOVERING: {
            Condition.LOST: Mode.OUTAGE,
            Condition.UNSURE: Mode.RECOVERING,
            Condition.RETURNING: Mode.RECOVERING,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.RECOVERING,
        },
        Mode.DEGRADED: {
            Condition.LOST: Mode.OUTAGE,
            Condition.UNSURE: Mode.DEGRADED,
            Condition.RETURNING: Mode.RECOVERING,
            Condition.SOUND: Mode.NORMAL,
            Condition.RELEASED: Mode.DEGRADED,
        },
        Mode.OUTAGE: {
            Condition.LOST: Mode.OUTAGE,
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
        Mode.DEGRADED: DialplanAction.PASS,
        Mode.OUTAGE: DialplanAction.CAPTURE,
        Mode.EVACUATED: DialplanAction.CAPTURE,
    }
)


def next_mode(computed: Mode, condition: Condition) -> Mode:
    """The computed mode that follows. Raises TransitionError for a pair that the table does not hold."""
    try:
        return COMPUTED[computed][condition]
    except KeyError:
        raise TransitionError(f"no transition from mode {computed} on condition {condition}") from None


def worst(modes: Iterable[Mode]) -> Mode:
    """The gravest of some modes; NORMAL when there are none."""
    return max(modes, key=RANK.__getitem__, default=Mode.NORMAL)
