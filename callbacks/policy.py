"""The rules of calling back, as values; durations in seconds. Defaults follow requirements E1, E2, E4, E5."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callbacks.values import Outcome


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """retry_after: wait by outcome before the next attempt. max_attempts: then Unreachable.
    max_line_failures: attempts that our own lines spoiled (congestion) say nothing about the caller, so
    they do not count towards max_attempts; after this many the promise ends as Unreachable all the same,
    on the leader's list.

    factor: calls in flight per free agent, at most; agent_reserve, line_reserve: left for live callers.
    ring_seconds: how long the caller's phone may ring. agent_patience: how long a callback waits for an
    agent. claim_lease: a claim lapses after this, only while Claimed. disposition_wait: after the call,
    how long the agent has to state the outcome before the line's own stands. min_talk_seconds: an answered
    call shorter than this is no success by itself. not_after: an originate older than this when Asterisk
    runs it is refused by the guarded context. ramp: calls allowed in flight at first after recovery; one
    more for every ramp_every seconds. shown: caller id that people see when called back; "" leaves it to the dial plan.
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
