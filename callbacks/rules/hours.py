"""When people may be called, and what a working day is (requirement E4). Pure: the calendar comes as plain spans of aware UTC.

Danger is called at any hour; whoever asks here decides that first.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

DAY = timedelta(days=1)
_LONGEST_DAY = timedelta(hours=25)  # one on which clocks are set back


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From start (included) to end (excluded), aware UTC. Raises ValueError when they are not in this order, or naive."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs aware UTC")
        if self.end <= self.start:
            raise ValueError(f"a span must end after it starts, not {self.start} to {self.end}")

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies inside."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class CallCalendar:
    """What is known around a moment; each tuple is in order and overlaps nowhere.

    working: working days, from local midnight to local midnight. calling: when people may be called. unconfirmed: years whose
    working days are a guess. midnights: local ones, of every day that is known; where there are none, those of ``working`` serve.
    """

    working: tuple[Span, ...]
    calling: tuple[Span, ...]
    unconfirmed: tuple[int, ...] = ()
    midnights: tuple[datetime, ...] = ()


def may_call(calendar: CallCalendar, now: datetime) -> bool:
    """Whether people may be called at this moment; False outside what the calendar knows."""
    place = _begun(calendar.calling, now) - 1
    return place >= 0 and calendar.calling[place].holds(now)


def next_call(calendar: CallCalendar, at: datetime) -> datetime:
    """The first moment from ``at`` on at which people may be called.

    Beyond what the calendar knows it is ``at`` itself: whoever calls asks again when that time has come.
    """
    if may_call(calendar, at):
        return at
    place = _begun(calendar.calling, at)
    return calendar.calling[place].start if place < len(calendar.calling) else at


def last_call(calendar: CallCalendar, before: datetime) -> datetime:
    """The end of the time in which people may be called, not later than ``before``; that itself where nothing is known."""
    if calendar.midnights and before > calendar.midnights[-1]:
        return before
    place = bisect_left(calendar.calling, before, key=_start) - 1
    return min(before, calendar.calling[place].end) if place >= 0 else before


def day_of(calendar: CallCalendar, at: datetime) -> Span:
    """The local day in which a moment lies. Beyond what is known, days have 24 hours."""
    midnights = calendar.midnights or tuple(sorted({at for span in calendar.working for at in _ends(span)}))
    place = bisect_right(midnights, at)
    if 0 < place < len(midnights) and midnights[place] - midnights[place - 1] <= _LONGEST_DAY:
        return Span(midnights[place - 1], midnights[place])
    start = midnights[max(0, place - 1)] if midnights else datetime.combine(at.astimezone(UTC), time(0), UTC)
    start += DAY * ((at - start) // DAY)
    return Span(start, start + DAY)


def working_days_after(calendar: CallCalendar, at: datetime, count: int) -> datetime:
    """The end of the ``count``-th working day that begins after a moment; with 0 the end of the day in which it lies.

    As the law counts days: the one on which something happens is not the first. Beyond what the calendar knows, every day
    counts as a working day.
    """
    if count <= 0:
        return day_of(calendar, at).end
    later = calendar.working[_begun(calendar.working, at) :]
    if len(later) >= count:
        return later[count - 1].end
    known = later[-1].end if later else day_of(calendar, at).end
    return known + DAY * (count - len(later))


def _begun(spans: Sequence[Span], at: datetime) -> int:
    """How many of them have begun."""
    return bisect_right(spans, at, key=_start)


def _start(span: Span) -> datetime:
    return span.start


def _ends(span: Span) -> tuple[datetime, datetime]:
    return span.start, span.end
