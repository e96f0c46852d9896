"""The pure rules of calling back: what two lines of a call mean, whose turn it is, and what an outcome
leads to.
"""

from callbacks.rules.merging import merge
from callbacks.rules.outcomes import Next, after_attempt, attempt_key, line_outcome, with_disposition
from callbacks.rules.pacing import how_many_to_start, order_key
from callbacks.rules.reconciling import Finding, Found, answered_at_all, reconcile
from callbacks.rules.states import Move, WrongMove, ending, moved, sources, target

__all__ = [
    "Finding",
    "Found",
    "Move",
    "Next",
    "WrongMove",
    "after_attempt",
    "answered_at_all",
    "attempt_key",
    "ending",
    "how_many_to_start",
    "line_outcome",
    "merge",
    "moved",
    "order_key",
    "reconcile",
    "sources",
    "target",
    "with_disposition",
]
