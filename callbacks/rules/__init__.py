"""The pure rules of calling back: what two lines of a call mean, whose turn it is, and what an outcome
leads to.
"""

from callbacks.rules.deadlines import Deadline, Owed, is_late, is_near, is_to_warn, next_deadline, owed
from callbacks.rules.grouping import fault_key
from callbacks.rules.hours import (
    CallCalendar,
    Span,
    day_of,
    may_call,
    next_call,
    working_days_after,
)
from callbacks.rules.merging import merge
from callbacks.rules.outcomes import Next, after_attempt, attempt_key, line_outcome, with_disposition
from callbacks.rules.pacing import how_many_to_start, order_key
from callbacks.rules.reconciling import Finding, Found, answered_at_all, reconcile
from callbacks.rules.sharing import Share
from callbacks.rules.sparing import LineUse, lines_to_leave
from callbacks.rules.states import Move, WrongMove, ending, moved, sources, target

__all__ = [
    "CallCalendar",
    "Deadline",
    "Finding",
    "Found",
    "LineUse",
    "Move",
    "Next",
    "Owed",
    "Share",
    "Span",
    "WrongMove",
    "after_attempt",
    "answered_at_all",
    "attempt_key",
    "day_of",
    "ending",
    "fault_key",
    "how_many_to_start",
    "is_late",
    "is_near",
    "is_to_warn",
    "line_outcome",
    "lines_to_leave",
    "may_call",
    "merge",
    "moved",
    "next_call",
    "next_deadline",
    "order_key",
    "owed",
    "reconcile",
    "sources",
    "target",
    "with_disposition",
    "working_days_after",
]
