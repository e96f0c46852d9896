"""The modes a scope can be in, how they rank, and what each one makes the dialplan do."""

from enum import StrEnum


class Mode(StrEnum):
    """Mode of a scope. CLOSED, SURGE and PLANNED come with their own kinds of failure later."""

    NORMAL = "NORMAL"
    RECOVERING = "RECOVERING"
    DEGRADED = "DEGRADED"
    OUTAGE = "OUTAGE"
    EVACUATED = "EVACUATED"


class DialplanAction(StrEnum):
    """What ``Gosub(holdfast,enter,1(scope))`` does with a caller."""

    PASS = "pass"
    CAPTURE = "capture"
