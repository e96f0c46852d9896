"""What is to be done next for one person and one rung. Pure; times are aware and of one clock that never steps.

The theory. A person's ways stand in an order. The first is used at once. The next one follows at once when the way before
failed or nobody can say what became of it, and after ``confirm_within`` when it was sent and not confirmed: silence is
worse than twice. On one way nobody is told twice of one rung; the one exception is a way that surely reached nobody
(``untouched``), which is tried again, ever more rarely, when all others are through. Over a person's limit on a way nothing
is dropped: it waits until there is room, meanwhile the next way's time comes, and what has waited goes as one message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from alerts.book import Errand, Try
from alerts.policy import Way
from alerts.values import Fate

AGAIN_FIRST = 15.0  # seconds until an untouched way is used again; doubled each time
AGAIN_MOST = 300.0
END_PATIENCE = timedelta(hours=1)  # for an end message, after which nobody needs to hear it any more
UNREACHED = "unreached"
TOLD = "told"
DAY = timedelta(days=1)

RoomAt = Callable[[Way], datetime]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Now, on this way. number: 1, or higher for a way that surely reached nobody before."""

    way: Way
    number: int = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing before then, unless there is news."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Over:
    """Nothing more will be sent. why: ``told`` or ``unreached``."""

    why: str


Step = Send | Wait | Over


def next_step(
    errand: Errand,
    ways: Sequence[Way],
    patience: Mapping[Way, float],
    now: datetime,
    room_at: RoomAt,
) -> Step:
    """What to do for an open errand. ways: of the person as the roster has him now, in order. patience: seconds, by way.

    room_at: from when on the person's limit leaves room on a way.
    """
    order = tuple(dict.fromkeys((*(way for way in errand.first if way in ways), *ways)))
    last = errand.tries[-1] if errand.tries else None
    if last is not None and last.fate is Fate.INTENDED:
        return Wait(last.at + DAY)  # it is being sent: its receipt, or its time-out, is news
    if last is not None and not errand.needs_confirming and last.fate in (Fate.SENT, Fate.DELIVERED):
        return Over(TOLD)
    used = {one.way for one in errand.tries}
    fresh = [way for way in order if way not in used]
    wanted = errand.rung.raised_at if last is None else _follows(last, patience)
    if now < wanted:
        return Wait(wanted)
    if fresh:
        return _first_with_room(fresh, wanted, patience, now, room_at)
    return _again(errand, order, now, room_at)


def _follows(last: Try, patience: Mapping[Way, float]) -> datetime:
    """When the way after this one is wanted."""
    if last.fate in (Fate.SENT, Fate.DELIVERED):
        return (last.sent_at or last.at) + timedelta(seconds=patience.get(last.way, 0.0))
    return last.at


def _first_with_room(
    fresh: Sequence[Way], wanted: datetime, patience: Mapping[Way, float], now: datetime, room_at: RoomAt
) -> Step:
    """The first way that has room; a way without room is given the time that it would have had to be confirmed."""
    waits: list[datetime] = []
    for way in fresh:
        if now < wanted:
            waits.append(wanted)
            break
        free = room_at(way)
        if free <= now:
            return Send(way)
        waits.append(free)
        wanted += timedelta(seconds=patience.get(way, 0.0))
    return Wait(min(waits))


def _again(errand: Errand, order: Sequence[Way], now: datetime, room_at: RoomAt) -> Step:
    """A way that surely reached nobody, once more; else it is over."""
    if not errand.needs_confirming and now - errand.rung.raised_at > END_PATIENCE:
        return Over(UNREACHED)
    due: list[tuple[datetime, int, Way, int]] = []
    for place, way in enumerate(order):
        tries = [one for one in errand.tries if one.way is way]
        if tries and all(one.fate is Fate.FAILED and one.untouched for one in tries):
            if tries[-1].permanent:
                continue
            pause = min(AGAIN_MOST, AGAIN_FIRST * 2.0 ** min(len(tries) - 1, 10))
            due.append(
                (max(tries[-1].at + timedelta(seconds=pause), room_at(way)), place, way, len(tries) + 1)
            )
    if not due:
        return Over(UNREACHED)
    at, _, way, number = min(due)
    return Send(way, number) if at <= now else Wait(at)


def room(sent: Sequence[datetime], limit: int, window: float, now: datetime) -> tuple[int, datetime]:
    """How many messages a person may still get by one way now, and from when on there is room for one.

    sent: when earlier ones went to him that way, in order.
    """
    span = timedelta(seconds=window)
    inside = [at for at in sent if at > now - span]
    free = max(0, limit - len(inside))
    return free, now if free else inside[-limit] + span


def share_out(wanting: Sequence[T], free: int) -> list[list[T]]:
    """Messages for one person on one way, into as many as he may get: single ones first, all that is over in the last."""
    if len(wanting) <= free:
        return [[one] for one in wanting]
    alone = max(0, free - 1)
    return [*([one] for one in wanting[:alone]), list(wanting[alone:])]
