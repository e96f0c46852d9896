"""Who is told that the service is back (requirement B8): how many at a time, by which way, and what an outcome leads to. Pure.

The theory. A notice is one message, ever. It is written down as intended before anything leaves; what then may have reached the
caller is never sent again. Only what surely did not leave waits for another time, and only what surely was not heard is
followed by the next way. Live callers and callbacks come first: a line beyond the reserve, and so many a minute.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from callbacks.policy import NoticePolicy
from callbacks.values import NoticeState

SMS, CALL = "sms", "call"
AGAIN_AFTER = 60.0  # seconds until what surely did not leave is tried again


@dataclass(frozen=True, slots=True)
class Notice:
    """One caller who asked to be told. key: of his capture; way: the last one that was used, "" none. Aware UTC.

    at: when its state last changed; None: never, since he asked. detail: why it is in that state, "" when nobody said.
    """

    key: str
    scope: str
    number: str
    language: str
    asked_at: datetime
    state: NoticeState = NoticeState.WAITING
    way: str = ""
    at: datetime | None = None
    detail: str = ""


class Told(StrEnum):
    """What one way came to."""

    HEARD = "heard"  # a text message that was taken, or a call that was answered and spoken to its end
    NOT_HEARD = "not_heard"  # it left, and surely did not reach him: busy, no answer, refused
    NOT_SENT = "not_sent"  # surely nothing left
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class After:
    """What follows: a final state, or the next way, or (neither) another try later."""

    state: NoticeState | None = None
    way: str = ""


def first_way(policy: NoticePolicy, possible: Collection[str]) -> str:
    """The policy's first way that can be used for this caller; "" for none."""
    return next((way for way in policy.ways if way in possible), "")


def after(told: Told, way: str, policy: NoticePolicy, possible: Collection[str]) -> After:
    """What one way's outcome leads to. possible: ways that can be used for this caller at all."""
    if told is Told.HEARD:
        return After(NoticeState.SENT)
    if told is Told.UNKNOWN:
        return After(NoticeState.UNKNOWN)
    later = policy.ways[policy.ways.index(way) + 1 :] if way in policy.ways else ()
    follows = next((one for one in later if one in possible), "")
    if follows:
        return After(way=follows)
    return After() if told is Told.NOT_SENT else After(NoticeState.FAILED)


def is_expired(notice: Notice, policy: NoticePolicy, now: datetime) -> bool:
    """Too late to be of use."""
    return now - notice.asked_at > timedelta(seconds=policy.expires)


def how_many(begun: Sequence[datetime], policy: NoticePolicy, every: float, now: datetime) -> int:
    """How many may be begun now: at most ``per_minute`` in any minute, and spread over it.

    begun: when earlier ones were; times to come are what a clock that was set back leaves behind, and say nothing. every:
    seconds between two looks.
    """
    recent = sum(now - timedelta(minutes=1) < at <= now for at in begun)
    return max(0, min(policy.per_minute - recent, ceil(policy.per_minute * every / 60)))
