"""What is owed soon, and what is late, as a mark beside a promise (requirements E2, E3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callbacks.rules.deadlines import Duty, next_deadline
from callbacks.values import Promise


@dataclass(frozen=True, slots=True)
class Mark:
    """The nearest time by which something is owed. at: aware UTC; late: it is over."""

    owing: Duty
    at: datetime
    late: bool


def mark_of(promise: Promise, now: datetime, warn_before: float) -> Mark | None:
    """The mark of a promise; None while nothing is owed within ``warn_before`` seconds. now: aware UTC."""
    owed = next_deadline(promise)
    if owed is None or owed.by - now > timedelta(seconds=warn_before):
        return None
    return Mark(owed.duty, owed.by, owed.by <= now)
