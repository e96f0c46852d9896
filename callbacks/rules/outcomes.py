"""What an attempt's outcome leads to (requirements E2, E8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callbacks.policy import CallbackPolicy
from callbacks.rules.deadlines import owed
from callbacks.rules.hours import CallCalendar, day_of, next_call
from callbacks.values import Matter, Outcome, Promise, PromiseState

# For reasons of our own: the attempt says nothing about the caller and takes nothing from him, neither count nor place.
_OURS = frozenset({Outcome.NO_AGENT, Outcome.NOT_DIALLED})
COUNTED = frozenset(Outcome) - _OURS - {Outcome.CONGESTION}  # towards ``max_attempts``
# So many tries and still not dialled: something is wrong that trying again does not mend.
_MANY_TRIES = 5
_CLOSING = {Outcome.ANSWERED: PromiseState.DONE, Outcome.REFUSED: PromiseState.REFUSED}

_BY_STATUS = {
    "BUSY": Outcome.BUSY,
    "NOANSWER": Outcome.NO_ANSWER,
    "CANCEL": Outcome.NO_ANSWER,  # our agent hung up while the caller's phone rang
    "CONGESTION": Outcome.CONGESTION,
    # Dial says this of a far side that refuses (SIP 403, 404, 603) as of a trunk that is not there; the
    # cause parts them.
    "CHANUNAVAIL": Outcome.REJECTED,
    "INVALIDARGS": Outcome.NOT_DIALLED,
    "NOAGENT": Outcome.NO_AGENT,
    "REFUSED": Outcome.NOT_DIALLED,  # the guarded context's word: stale fence, too late, or key seen before
    "STALE": Outcome.NOT_DIALLED,  # another run took over while it waited for an agent; nobody was rung
    "TORTURE": Outcome.NO_ANSWER,
    "DONTCALL": Outcome.REFUSED,
}
# Q.850 causes of trouble on the way, not at the caller: no route, network out of order, congestion,
# channel missing, subscriber absent (how PJSIP names a trunk without a reachable contact), interworking.
_WAY_CAUSES = frozenset({0, 2, 3, 5, 6, 20, 27, 34, 38, 41, 42, 44, 58, 127})


@dataclass(frozen=True, slots=True)
class Next:
    """Where a promise goes after an attempt. Closing states have due_at and place_at unchanged.

    attempts, line_failures: the new counts. attention: to be put on the leader's list.
    """

    state: PromiseState
    due_at: datetime
    place_at: datetime
    attempts: int
    line_failures: int
    reason: str
    attention: bool = False


def attempt_key(promise: Promise, fence: int) -> str:
    """A key for the next attempt: unique for ever, also when a book restored from a backup counts again."""
    return f"{promise.id}-{promise.tries + 1}-{fence}"


def line_outcome(
    dial_status: str, answered_seconds: float, policy: CallbackPolicy, *, cause: int | None = None
) -> Outcome:
    """What the line alone says: DIALSTATUS as the guarded context wrote it, seconds since answer, Q.850
    cause if known.

    An answer shorter than ``min_talk_seconds`` is no success by itself and counts as no answer. A status
    that is not known is UNKNOWN, never a success.
    """
    status = dial_status.strip().upper()
    if status == "ANSWER":
        return Outcome.ANSWERED if answered_seconds >= policy.min_talk_seconds else Outcome.NO_ANSWER
    if status == "CHANUNAVAIL" and cause in _WAY_CAUSES:
        return Outcome.CONGESTION
    return _BY_STATUS.get(status, Outcome.UNKNOWN)


def with_disposition(agent: Outcome | None, line: Outcome) -> Outcome:
    """The agent's word stands over the line's; without one the line's stands."""
    return line if agent is None else agent


def after_attempt(
    promise: Promise,
    outcome: Outcome,
    policy: CallbackPolicy,
    now: datetime,
    calendar: CallCalendar | None = None,
) -> Next:
    """Where the promise goes. now: aware UTC, the end of the attempt. calendar: None where hours and days do not count.

    Answered and refused close it. Busy, no answer, voicemail, rejected, "call again" and unknown count as
    one attempt and come again after the policy's interval, inside calling hours and at most ``most_per_day`` a day. It ends as
    UNREACHABLE when max_attempts is reached, or when E2's days would be over before the next attempt and ``least_attempts`` were
    made; not so somebody who was reached and asked to be called again, nor, however many attempts there were,
    one who was told a time at which he will be called. Danger is called at any hour (E4).
    Unknown also goes on the leader's list. Congestion is our line's trouble: bounded by
    max_line_failures. No agent and not dialled never count and never close, because then nobody was called
    (E8: "never dialled" is 0); one that is still not dialled after many tries goes on the leader's list, because
    something is wrong that somebody has to mend.
    """
    known = None if promise.matter is Matter.DANGER else calendar
    if outcome in _CLOSING:
        return _closing(promise, _CLOSING[outcome], outcome, promise.line_failures)
    if outcome in _OURS:
        return _waiting(promise, outcome, policy, now, known, keeps_place=True)
    if outcome is Outcome.CONGESTION:
        return _after_line_failure(promise, policy, now, known)
    after = _waiting(promise, outcome, policy, now, known, counted=1)
    if outcome is Outcome.AGAIN and promise.wished_at is not None and promise.wished_at > now:
        return after
    if after.attempts >= policy.max_attempts or _is_given_up(promise, outcome, policy, after, known):
        return _closing(promise, PromiseState.UNREACHABLE, outcome, promise.line_failures)
    return after


def _is_given_up(
    promise: Promise, outcome: Outcome, policy: CallbackPolicy, after: Next, calendar: CallCalendar | None
) -> bool:
    """Whether E2's days are over before it could be tried again; they begin anew with a time that the caller wished for."""
    if calendar is None or outcome is Outcome.AGAIN or after.attempts < policy.least_attempts:
        return False
    since = max(promise.created_at, promise.wished_at or promise.created_at)
    until = owed(promise.matter, since, policy, calendar).give_up_at
    return until is not None and after.due_at >= until


def _after_line_failure(
    promise: Promise, policy: CallbackPolicy, now: datetime, calendar: CallCalendar | None
) -> Next:
    failures = promise.line_failures + 1
    if failures >= policy.max_line_failures:
        return _closing(promise, PromiseState.UNREACHABLE, Outcome.CONGESTION, failures)
    return _waiting(promise, Outcome.CONGESTION, policy, now, calendar, failures=1)


def _waiting(
    promise: Promise,
    outcome: Outcome,
    policy: CallbackPolicy,
    now: datetime,
    calendar: CallCalendar | None,
    *,
    counted: int = 0,
    failures: int = 0,
    keeps_place: bool = False,
) -> Next:
    attempts = promise.attempts + counted
    due = now + timedelta(seconds=policy.retry_after.get(outcome, policy.retry_after[Outcome.NO_ANSWER]))
    if calendar is not None:
        used_up = counted > 0 and is_day_used_up(attempts, policy)
        due = next_call(calendar, max(due, day_of(calendar, now).end) if used_up else due)
    place = promise.place_at or promise.created_at
    return Next(
        state=PromiseState.OPEN,
        due_at=due,
        place_at=place if keeps_place else due,
        attempts=attempts,
        line_failures=promise.line_failures + failures,
        reason=outcome.value,
        attention=promise.attention or _is_strange(promise, outcome),
    )


def is_day_used_up(attempts: int, policy: CallbackPolicy) -> bool:
    """Whether the next attempt has to wait for another day, after so many that counted.

    Every ``most_per_day`` attempts there is a night: then no day can hold more of them, and none need be counted by day.
    """
    return policy.most_per_day > 0 and attempts > 0 and attempts % policy.most_per_day == 0


def _is_strange(promise: Promise, outcome: Outcome) -> bool:
    stuck = outcome is Outcome.NOT_DIALLED and promise.tries >= _MANY_TRIES
    return stuck or outcome is Outcome.UNKNOWN


def _closing(promise: Promise, state: PromiseState, outcome: Outcome, failures: int) -> Next:
    line_gave_up = outcome is Outcome.CONGESTION
    return Next(
        state=state,
        due_at=promise.due_at,
        place_at=promise.place_at or promise.created_at,
        attempts=promise.attempts + (0 if line_gave_up else 1),
        line_failures=failures,
        reason=outcome.value,
        attention=line_gave_up
        or outcome is Outcome.UNKNOWN
        or (promise.attention and state is PromiseState.UNREACHABLE),
    )
