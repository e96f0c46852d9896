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
