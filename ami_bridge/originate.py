"""The one shape of an outgoing call: every originate enters the guarded contexts (design section 6). Pure."""

from dataclasses import dataclass

from callbacks.policy import CallbackPolicy
from callbacks.values import Attempt

Headers = dict[str, str | list[str]]
QUEUE_CONTEXT = "holdfast-queue"
DIAL_CONTEXT = "holdfast-dial"
CUSTOMER_DIAL_CONTEXT, CUSTOMER_CONTEXT = "holdfast-customer-dial", "holdfast-customer"


_ASKS = "asks-"  # in the unique id of the half that asks a customer


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guarded context compares. fence: token of this run; epoch: now on Asterisk's clock, seconds."""

    fence: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Line:
    """How the caller is reached. dial: the trunk's template with ``{number}``; shown: caller id he sees, or ""."""

    trunk: str
    dial: str
    shown: str


def channel_id(attempt_key: str) -> str:
    """The unique id that the first channel of an attempt is given, so that it can be recognised later."""
    return f"hf-{attempt_key}"


def attempt_of(unique_id: str) -> str | None:
    """The attempt's key, when this channel is one of ours."""
    if not unique_id.startswith("hf-"):
        return None
    return unique_id.removeprefix("hf-").removeprefix(_ASKS).removesuffix("-2")


def through_queue(
    attempt: Attempt, queue: str, line: Line, guard: Guard, policy: CallbackPolicy, *, turn: bool = False
) -> Headers:
    """The callback waits in the queue as a low-priority call; the agent answers; then the caller is dialled.

    turn: it is a callback's turn though live callers wait, so it is the next that an agent is given.
    """
    variables = _variables(attempt, line, guard, policy) | {"HF_QUEUE": queue}
    variables |= {"HF_TURN": "1"} if turn else {}
    return _headers(attempt, f"Local/{attempt.key}@{QUEUE_CONTEXT}/n", variables, policy.agent_patience) | {
        "OtherChannelId": f"{channel_id(attempt.key)}-2"
    }


def customer_first(
    attempt: Attempt, queue: str, line: Line, guard: Guard, policy: CallbackPolicy, language: str
) -> Headers:
    """The customer's phone rings first; he is asked in his language, and enters the queue when he presses 1."""
    variables = _variables(attempt, line, guard, policy) | {
        "HF_QUEUE": queue,
        "HF_LANG": language,
        "HF_PRESS": str(max(1, int(policy.press_seconds))),
        "HF_PATIENCE": str(max(1, int(policy.agent_patience))),
    }
    channel = f"Local/{attempt.key}@{CUSTOMER_DIAL_CONTEXT}/n"
    # The half that dials him has the attempt's own id, as with the other ways, so its events mean the same. It is made second,
    # and Asterisk refuses an id with which that of another channel begins.
    return _headers(attempt, channel, variables, policy.ring_seconds + policy.not_after) | {
        "Context": CUSTOMER_CONTEXT,
        "ChannelId": f"hf-{_ASKS}{attempt.key}",
        "OtherChannelId": channel_id(attempt.key),
    }


def by_claim(attempt: Attempt, line: Line, guard: Guard, policy: CallbackPolicy) -> Headers:
    """An agent's own claim: his phone rings first, then the caller is dialled, through the same guard."""
    # The guard meets this call only when the agent has answered, so his ringing time counts against it.
    until = guard.epoch + int(policy.not_after + policy.ring_seconds)
    variables = _variables(attempt, line, guard, policy) | {"HF_DIRECT": "1", "HF_NOT_AFTER": str(until)}
    return _headers(attempt, attempt.agent, variables, policy.ring_seconds)


def _headers(attempt: Attempt, channel: str, variables: dict[str, str], patience: float) -> Headers:
    return {
        "Action": "Originate",
        "Channel": channel,
        "Context": DIAL_CONTEXT,
        "Exten": attempt.key,
        "Priority": "1",
        "Async": "true",
        "Timeout": str(int(patience * 1000)),
        # The agent's phone shows who is to be called.
        "CallerID": attempt.number,
        "ChannelId": channel_id(attempt.key),
        "Variable": [f"{name}={value}" for name, value in variables.items()],
    }


def _variables(attempt: Attempt, line: Line, guard: Guard, policy: CallbackPolicy) -> dict[str, str]:
    return {
        "HF_ATTEMPT": attempt.key,
        "HF_NUMBER": attempt.number,
        "HF_SCOPE": attempt.scope,
        "HF_DIAL": line.dial.format(number=attempt.number),
        "HF_SHOWN": line.shown,
        "HF_FENCE": str(guard.fence),
        "HF_NOT_AFTER": str(guard.epoch + int(policy.not_after)),
        "HF_RING": str(int(policy.ring_seconds)),
    }
