"""Which function answers which event of this room; each is filed under the one type that it takes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fallback.cases.drills import drill_ended, drill_started
from fallback.cases.leaving import leave_granted
from fallback.cases.people import acknowledged, closed, declared, handed_over, split
from fallback.cases.seats import seat_silent
from fallback.decision import Decision
from fallback.events import (
    Acknowledged,
    Closed,
    Declared,
    DrillEnded,
    DrillStarted,
    HandedOver,
    LeaveGranted,
    SeatSilent,
    Split,
)
from fallback.policy import Policy
from fallback.state import State
from fallback.time import Now

HANDLERS: Mapping[type, Callable[[State, Any, Policy, Now], Decision]] = MappingProxyType(
    {
        Declared: declared,
        Closed: closed,
        Split: split,
        Acknowledged: acknowledged,
        HandedOver: handed_over,
        DrillStarted: drill_started,
        DrillEnded: drill_ended,
        SeatSilent: seat_silent,
        LeaveGranted: leave_granted,
    }
)
"""A refused event changes nothing; a handler raises what is due of the case that it opens."""
