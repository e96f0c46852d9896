"""Why a promise is where it is, what is owed, and when it is next and why not sooner. Pure: the words belong to whoever shows it.

Every line is a key and its facts: times are aware UTC, lengths of time are timedeltas, and values of the book stand as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callbacks.policy import CallbackPolicy, Way
from callbacks.rules.deadlines import owed
from callbacks.rules.hours import CallCalendar, day_of, may_call, next_call
from callbacks.rules.outcomes import COUNTED, is_day_used_up
from callbacks.values import (
    CLOSED_STATES,
    Attempt,
    Capture,
    Matter,
    Outcome,
    Promise,
    PromiseState,
    Touch,
    Touched,
)

Fact = datetime | timedelta | int | str  # a str may be a value of the book: Matter, Outcome, PromiseState
_FOR_EVER = timedelta(days=365)  # what is put off for longer is held until somebody lets it
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class About(StrEnum):
    """What a line is about; lines come in this order."""

    PLACE = "place"
    OWED = "owed"
    ATTEMPTS = "attempts"
    NEXT = "next"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say. key: of the words' table; facts: what its words leave open."""

    about: About
    key: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Explanation:
    """next_at: when it may be called next, aware UTC, if nothing changes; None when that hangs on a person or on the service,
    or it is closed or being called.
    """

    lines: tuple[Line, ...]
    next_at: datetime | None


def explain(
    promise: Promise,
    captures: Sequence[Capture],
    attempts: Sequence[Attempt],
    ahead: int,
    calendar: CallCalendar,
    policy: CallbackPolicy,
    scope_ready_since: datetime | None,
    paused_why: str,
    now: datetime,
    history: Sequence[Touch] = (),
) -> Explanation:
    """Everything that there is to say of one promise.

    ahead: how many of its scope are called before it. scope_ready_since: since when callbacks of its scope may be made; None:
    they may not, or nobody can say. history: to tell a place that somebody gave it from one that it earned.
    """
    is_open = promise.state is PromiseState.OPEN
    waits = tuple(_waits(promise, calendar, policy, scope_ready_since, paused_why, now)) if is_open else ()
    next_at = (
        _next_at(promise, calendar, now)
        if is_open and not any(one.key in _OPEN_END for one in waits)
        else None
    )
    return Explanation(
        (
            *(
                _place(promise, captures, ahead, policy, history)
                if promise.state not in CLOSED_STATES
                else ()
            ),
            *_owed(promise, calendar, policy, now),
            *_attempts(promise, attempts, calendar, policy, now),
            *(waits if is_open else _under_way(promise)),
            *(_next(next_at, now) if is_open else ()),
            *_doubt(calendar),
        ),
        next_at,
    )


# What only a person, or the service itself, can end.
_OPEN_END = frozenset({"paused", "paused_why", "unprocessed", "not_stable", "held_until_let"})


def _place(
    promise: Promise,
    captures: Sequence[Capture],
    ahead: int,
    policy: CallbackPolicy,
    history: Sequence[Touch],
) -> Iterator[Line]:
    start = policy.head_start.get(promise.matter, 0.0)
    if promise.matter is Matter.DANGER:
        yield Line(About.PLACE, "danger", {})
    elif start > 0:
        yield Line(About.PLACE, "head_start", {"matter": promise.matter, "start": timedelta(seconds=start)})
    else:
        yield Line(About.PLACE, "no_head_start", {"matter": promise.matter})
    place = promise.place_at or promise.created_at
    yield Line(About.PLACE, _why_there(promise, place, captures, history), {"place": place})
    if promise.state is PromiseState.OPEN:
        yield Line(About.PLACE, "ahead" if ahead else "ahead_none", {"count": ahead})


def _why_there(
    promise: Promise, place: datetime, captures: Sequence[Capture], history: Sequence[Touch]
) -> str:
    """Whichever gave it its place last: a person, an attempt, a wish, or the call itself."""
    first = min((one.at for one in captures if not one.asks), default=promise.created_at)
    placed = [one.what for one in history if one.what in (Touched.MOVED, Touched.ENDED, Touched.RESCHEDULED)]
    if placed and placed[-1] is Touched.MOVED:
        return "place_moved"
    if promise.wished_at is not None and place == promise.wished_at:
        return "place_wished"
    if place > max(first, promise.created_at):
        return "place_retry"
    return "place_held" if place < first else "place_first"


def _owed(promise: Promise, calendar: CallCalendar, policy: CallbackPolicy, now: datetime) -> Iterator[Line]:
    open_, by = promise.state not in CLOSED_STATES, promise.first_by
    if by is not None and promise.first_at is not None:
        key = "first_kept" if promise.first_at <= by else "first_kept_late"
        yield Line(About.OWED, key, {"by": by, "at": promise.first_at})
    elif by is not None and open_:
        yield Line(About.OWED, "first_late" if by <= now else "first_by", {"by": by})
    if promise.answer_by is not None and open_:
        key = "answer_late" if promise.answer_by <= now else "answer_by"
        yield Line(About.OWED, key, {"by": promise.answer_by})
    since = max(promise.created_at, promise.wished_at or promise.created_at)
    until = owed(promise.matter, since, policy, calendar).give_up_at
    if not open_:
        return
    figures: dict[str, Fact] = {"least": policy.least_attempts, "most": policy.max_attempts}
    if until is not None and promise.matter is not Matter.DANGER:
        yield Line(About.OWED, "give_up", {"by": until, **figures})
    else:
        yield Line(About.OWED, "give_up_count", figures)


def _attempts(
    promise: Promise,
    attempts: Sequence[Attempt],
    calendar: CallCalendar,
    policy: CallbackPolicy,
    now: datetime,
) -> Iterator[Line]:
    if not attempts:
        yield Line(About.ATTEMPTS, "no_attempt", {})
        return
    today = day_of(calendar, now)
    counted_today = sum(one.outcome in COUNTED and today.holds(one.started_at) for one in attempts)
    yield Line(
        About.ATTEMPTS,
        "attempts",
        {"count": promise.attempts, "most": policy.max_attempts, "today": counted_today},
    )
    for one in sorted(attempts, key=lambda one: one.started_at):
        facts: dict[str, Fact] = {"at": one.started_at}
        yield (
            Line(About.ATTEMPTS, "attempt_under_way", facts)
            if one.outcome is None
            else Line(About.ATTEMPTS, "attempt", facts | {"outcome": one.outcome})
        )
    if promise.line_failures:
        yield Line(
            About.ATTEMPTS,
            "line_failures",
            {"count": promise.line_failures, "most": policy.max_line_failures},
        )


def _waits(
    promise: Promise,
    calendar: CallCalendar,
    policy: CallbackPolicy,
    scope_ready_since: datetime | None,
    paused_why: str,
    now: datetime,
) -> Iterator[Line]:
    """Every reason for which an open one is not called this moment."""
    if promise.paused:
        yield Line(About.NEXT, "paused_why" if paused_why else "paused", {"why": paused_why})
    if policy.processed is not None and promise.scope not in policy.processed:
        yield Line(About.NEXT, "unprocessed", {"scope": promise.scope})
    if scope_ready_since is None:
        yield Line(About.NEXT, "not_stable", {"scope": promise.scope})
    if promise.attention:
        yield Line(About.NEXT, "leaders_list", {"reason": promise.reason})
    if promise.assigned:
        yield Line(About.NEXT, "assigned", {"agent": promise.assigned})
    elif policy.ways.get(promise.scope, policy.way) is Way.CLAIM:
        yield Line(About.NEXT, "by_claim", {"scope": promise.scope})
    if promise.due_at > now:
        yield _why_later(promise, policy, now)
    if promise.matter is not Matter.DANGER and not may_call(calendar, now):
        yield Line(About.NEXT, "quiet", {"at": next_call(calendar, now)})


def _why_later(promise: Promise, policy: CallbackPolicy, now: datetime) -> Line:
    at = promise.due_at
    outcome = _OUTCOMES.get(promise.reason)
    if at - now > _FOR_EVER:
        return Line(About.NEXT, "held_until_let", {"reason": promise.reason})
    if promise.wished_at == at:
        return Line(About.NEXT, "wished", {"at": at})
    if (
        outcome in COUNTED
        and promise.matter is not Matter.DANGER
        and is_day_used_up(promise.attempts, policy)
    ):
        return Line(About.NEXT, "day_used_up", {"at": at, "count": policy.most_per_day})
    if outcome is not None:
        return Line(About.NEXT, "retry", {"at": at, "outcome": outcome})
    return Line(About.NEXT, "held", {"at": at, "reason": promise.reason})


def _under_way(promise: Promise) -> Iterator[Line]:
    if promise.state in CLOSED_STATES:
        at: dict[str, Fact] = {} if promise.closed_at is None else {"at": promise.closed_at}
        key = "closed" if at else "closed_before"
        yield Line(About.NEXT, key, {"state": promise.state, "reason": promise.reason, **at})
    elif promise.state is PromiseState.CLAIMED and promise.agent and promise.claimed_until is not None:
        yield Line(About.NEXT, "claimed", {"agent": promise.agent, "until": promise.claimed_until})
    else:
        yield Line(About.NEXT, f"now_{promise.state.value}", {"agent": promise.agent})


def _next_at(promise: Promise, calendar: CallCalendar, now: datetime) -> datetime:
    at = max(now, promise.due_at)
    return at if promise.matter is Matter.DANGER else next_call(calendar, at)


def _next(next_at: datetime | None, now: datetime) -> Iterator[Line]:
    if next_at is None:
        yield Line(About.NEXT, "next_unknown", {})
    elif next_at <= now:
        yield Line(About.NEXT, "next_now", {})
    else:
        yield Line(About.NEXT, "next", {"at": next_at})


def _doubt(calendar: CallCalendar) -> Iterator[Line]:
    for year in calendar.unconfirmed:
        yield Line(About.CALENDAR, "unconfirmed", {"year": str(year)})
