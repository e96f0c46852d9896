"""What is owed to a caller and until when (requirements E2, E3), and when the leader is told that it is near or over. Pure.

The theory. A first attempt is owed within some working days, an answer within some days for some matters. Both are written on
the promise when it opens; they stand until the attempt was begun, or until the promise is closed. The leader is told of each
``warn_before`` it is over, and when it is over, and again every ``warn_repeat`` as long as it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callbacks.policy import CallbackPolicy
from callbacks.rules.hours import CallCalendar, last_call, working_days_after
from callbacks.values import CLOSED_STATES, Matter, Promise


@dataclass(frozen=True, slots=True)
class Owed:
    """first_by: the first attempt; answer_by: the answer; None where nothing is owed. give_up_at: from then on a caller who was
    tried often enough and not reached is given up; None: only the number of attempts decides.
    """

    first_by: datetime | None = None
    answer_by: datetime | None = None
    give_up_at: datetime | None = None


class Duty(StrEnum):
    """What a deadline is about."""

    FIRST = "first"  # the first attempt
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One that still stands. by: aware UTC."""

    duty: Duty
    by: datetime


def owed(matter: Matter, created_at: datetime, policy: CallbackPolicy, calendar: CallCalendar) -> Owed:
    """What is owed to somebody who left this matter then.

    Each ends when people may be called for the last time before it would be over, because nobody can keep it later, and a warning
    in the night helps nobody; not so for danger, which is called at any hour.
    """

    def callable_by(end: datetime) -> datetime:
        last = end if matter is Matter.DANGER else last_call(calendar, end)
        return last if last > created_at else end

    def within(days: int) -> datetime | None:
        return callable_by(working_days_after(calendar, created_at, days)) if days > 0 else None

    answer = policy.answer_days.get(matter, 0.0)
    return Owed(
        first_by=within(policy.first_days),
        answer_by=callable_by(created_at + timedelta(days=answer)) if answer > 0 else None,
        give_up_at=within(policy.try_days),
    )


def standing(promise: Promise) -> Iterator[Deadline]:
    """The deadlines of a promise that still stand, whether over or not."""
    if promise.state in CLOSED_STATES:
        return
    if promise.first_by is not None and promise.first_at is None:
        yield Deadline(Duty.FIRST, promise.first_by)
    if promise.answer_by is not None:
        yield Deadline(Duty.ANSWER, promise.answer_by)


def next_deadline(promise: Promise) -> Deadline | None:
    """The one that is over first; None when nothing is owed, or no more."""
    return min(standing(promise), key=lambda one: one.by, default=None)


def is_late(promise: Promise, now: datetime) -> bool:
    """Whether something that is owed was not kept in time, and still stands."""
    return any(one.by <= now for one in standing(promise))


def is_near(promise: Promise, policy: CallbackPolicy, now: datetime) -> bool:
    """Whether something is owed within ``warn_before`` from now, and nothing is late yet."""
    soonest = next_deadline(promise)
    return soonest is not None and timedelta(0) < soonest.by - now <= timedelta(seconds=policy.warn_before)


def is_to_warn(promise: Promise, policy: CallbackPolicy, now: datetime) -> bool:
    """Whether the leader is to be told of it now: something came near or was over since he last was, or ``warn_repeat`` has
    gone by. A time in the future is what a clock that was set back leaves behind: it counts as long ago.
    """
    before = timedelta(seconds=policy.warn_before)
    passed = [at for one in standing(promise) for at in (one.by - before, one.by) if at <= now]
    if not passed:
        return False
    told = promise.warned_at
    if told is None or told > now or told < max(passed):
        return True
    return policy.warn_repeat > 0 and now - told >= timedelta(seconds=policy.warn_repeat)
