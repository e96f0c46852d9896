"""The rules of calling back, as values; durations in seconds. Defaults follow requirements E1, E2, E4, E5."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callbacks.values import Matter, Outcome

DAY = 86_400.0


class Way(StrEnum):
    """How a scope's callbacks are made."""

    QUEUE = "queue"  # through the queue: the ACD picks the agent
    CLAIM = "claim"  # only by an agent's own claim
    CUSTOMER = (
        "customer"  # the customer first, who presses 1; keyed numbers go through the queue all the same
    )


class LineChoice(StrEnum):
    """Which of the lines that are healthy a callback takes."""

    FREE = "free"  # the one with most channels free
    COST = "cost"  # the cheapest with room, in the order of the policy's ``costs``
    HEALTH = "health"  # the one whose calls failed least lately


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """retry_after: wait by outcome before the next attempt. max_attempts: then Unreachable.
    max_line_failures: attempts that our own lines spoiled (congestion) say nothing about the caller, so
    they do not count towards max_attempts; after this many the promise ends as Unreachable all the same,
    on the leader's list.

    factor: calls in flight per free agent, at most; agent_reserve, line_reserve: left for live callers, lines at least
    (``lines_to_leave``; 0: none).
    ring_seconds: how long the caller's phone may ring. agent_patience: how long a callback waits for an
    agent. claim_lease: a claim lapses after this, only while Claimed. disposition_wait: after the call,
    how long the agent has to state the outcome before the line's own stands. min_talk_seconds: an answered
    call shorter than this is no success by itself. not_after: an originate older than this when Asterisk
    runs it is refused by the guarded context. ramp: calls allowed in flight at first after recovery; one
    more for every ramp_every seconds. shown: caller id that people see when called back; "" leaves it to the dial plan.

    head_start: seconds by which a matter counts as older than it is; danger is first whatever stands here. most_per_day: attempts
    that count, in one day of the calendar. first_days, try_days: working days for the first attempt, and after which a caller who
    was not reached is given up after ``least_attempts`` (E2). answer_days: days by matter until the answer is owed (E3).
    warn_before: the leader is told so long before either is over, and again every warn_repeat. share: of the calls that agents
    take while callers wait, how many are callbacks, 0 to 1 (0: none while anybody waits). way: see Way; ways: by scope.
    processed: scopes whose callbacks are made at all; None all. lines, costs: see LineChoice; costs by trunk, smaller is cheaper.
    warn_role: who is told. press_seconds: how long a customer who was called first has to press 1. group_within: seconds within
    which fault reports of one region count as one fault (C3), 0 never.
    """

    retry_after: Mapping[Outcome, float] = field(
        default_factory=lambda: {
            Outcome.BUSY: 600.0,
            Outcome.NO_ANSWER: 3600.0,
            Outcome.VOICEMAIL: 3600.0,
            Outcome.CONGESTION: 300.0,
            Outcome.REJECTED: 3600.0,
            Outcome.AGAIN: 3600.0,
            Outcome.NO_AGENT: 60.0,
            Outcome.NOT_DIALLED: 30.0,
            Outcome.UNKNOWN: 3600.0,
        }
    )
    max_attempts: int = 6
    max_line_failures: int = 24
    factor: float = 1.0
    agent_reserve: int = 0
    line_reserve: int = 1
    ring_seconds: int = 30
    agent_patience: float = 60.0
    claim_lease: float = 120.0
    disposition_wait: float = 60.0
    min_talk_seconds: float = 3.0
    not_after: float = 20.0
    ramp: int = 1
    ramp_every: float = 15.0
    shown: str = ""
    head_start: Mapping[Matter, float] = field(
        default_factory=lambda: {Matter.FAULT: 4 * 3600.0, Matter.COMPLAINT: 3600.0, Matter.TIPOFF: 3600.0}
    )
    most_per_day: int = 3
    first_days: int = 1
    try_days: int = 3
    least_attempts: int = 3
    answer_days: Mapping[Matter, float] = field(
        default_factory=lambda: {Matter.COMPLAINT: 5.0, Matter.TIPOFF: 10.0}
    )
    warn_before: float = 2 * 3600.0
    warn_repeat: float = 4 * 3600.0
    share: float = 0.1
    way: Way = Way.QUEUE
    ways: Mapping[str, Way] = field(default_factory=dict)
    processed: frozenset[str] | None = None
    lines: LineChoice = LineChoice.FREE
    costs: Mapping[str, float] = field(default_factory=dict)
    press_seconds: float = 10.0
    group_within: float = DAY
    warn_role: str = "leader"


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """How long each kind of data is kept, in seconds, 0 for ever; counted from the end of what it is about (a promise's closing).

    promises: with captures, attempts and history. missed: calls that left nothing. calls: raw records of the queues; the half
    hours that are made of them: half_hours. incidents: with messages and notes. changes: the record of decisions. backup_every:
    a backup is made so often, 0 never; backup_late: an alert when the last good one is older (A9).
    """

    promises: float = 2 * 365 * DAY
    missed: float = 180 * DAY
    calls: float = 180 * DAY
    half_hours: float = 5 * 365 * DAY
    incidents: float = 5 * 365 * DAY
    changes: float = 2 * 365 * DAY
    backup_every: float = DAY
    backup_late: float = 7 * DAY


@dataclass(frozen=True, slots=True)
class MeasurePolicy:
    """How the measures are counted (G). Seconds. answer_in: T of the service level. short_abandon: abandons up to so long are
    left out. formula: of the service level, a word of the measures' table. wrap_up: time in which queues leave an agent alone
    after a call, which Asterisk does not tell of a queue; it counts as after-call work.
    """

    answer_in: float = 20.0
    short_abandon: float = 20.0
    formula: str = "offered"
    wrap_up: float = 0.0


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """How many callbacks may be asked for; 0 is no limit. Toll fraud is the attack. A capture above a limit is kept as a
    fact and put on the leader's list; it is not dialled until somebody lets it.

    per_caller_day: by one caller id. per_number_day: for one number. per_prefix_day: for numbers that share their first
    ``prefix_digits`` digits, unless they are their callers' own. per_day: keyed numbers in all.
    """

    per_caller_day: int = 10
    per_number_day: int = 5
    prefix_digits: int = 7
    per_prefix_day: int = 200
    per_day: int = 20_000


@dataclass(frozen=True, slots=True)
class DutyPolicy:
    """Danger and fault reports do not wait for recovery (requirements E0, E3). Durations in seconds.

    role: who is told. danger_repeat: told again until somebody acknowledges. fault_gather: faults of so long a time go
    out as one message; fault_repeat: told again until acknowledged. Off: nobody is told (no such role is filled).
    """

    role: str = "duty"
    danger_repeat: float = 60.0
    fault_gather: float = 60.0
    fault_repeat: float = 300.0


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """Those who asked for it are told that it is over (requirement B8), once each. ways: tried in this order, "sms" (Twilio)
    and "call" (our own lines); one whose outcome is unknown is not followed by another. per_minute: at most.
    """

    ways: tuple[str, ...] = ("call",)
    per_minute: int = 30
    expires: float = 86_400.0


@dataclass(frozen=True, slots=True)
class MessagePolicy:
    """Recorded messages. keep: seconds until they are deleted. least: shorter ones are not kept."""

    keep: float = 90 * 86_400.0
    least: float = 1.0
