"""What people ask for through the store: read, checked, done once, answered (docs/reference/intents-and-live-rows.md)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from callbacks.values import Outcome
from fallback.decision import Decision
from fallback.events import Event, OverrideEnded, OverrideSet, RecoveryTimeSet
from fallback.modes import Mode

Utc = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


class Refused(Exception):
    """We decided against an intent; the text names the thing and the remedy."""


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SetOverride(_Payload):
    """Payload of override-set."""

    scope: str
    mode: Mode
    why: str
    until: Utc | None


class EndOverride(_Payload):
    """Payload of override-end."""

    scope: str
    why: str


class SetRecovery(_Payload):
    """Payload of recovery-set."""

    scope: str
    at: Utc | None


class Dial(_Payload):
    """Payload of dial: an agent's own claim is to be called now."""

    promise: int
    agent: str
    not_after: Utc


class StateOutcome(_Payload):
    """Payload of outcome: the agent's disposition."""

    promise: int
    attempt: str
    outcome: Outcome
    agent: str
    note: str = ""


Kind = Literal["override-set", "override-end", "recovery-set", "dial", "outcome"]
Payload = SetOverride | EndOverride | SetRecovery | Dial | StateOutcome
_KINDS: dict[str, type[_Payload]] = {
    "override-set": SetOverride,
    "override-end": EndOverride,
    "recovery-set": SetRecovery,
    "dial": Dial,
    "outcome": StateOutcome,
}


def read(kind: str, payload: object) -> Payload:
    """The intent as a value; raises Refused, naming the unknown kind or every wrong field."""
    model = _KINDS.get(kind)
    if model is None:
        raise Refused(f"unknown kind of intent {kind!r}; known are {', '.join(_KINDS)}")
    try:
        parsed = model.model_validate(payload)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'payload'}: {one['msg']}"
            for one in error.errors()
        )
        raise Refused(wrong) from None
    assert isinstance(parsed, Payload)  # noqa: S101  # narrows for the type checker; the table holds these five
    return parsed


def as_event(payload: SetOverride | EndOverride | SetRecovery, who: str) -> Event:
    """The core's event for what a person asked."""
    match payload:
        case SetOverride():
            return OverrideSet(payload.scope, payload.mode, who, payload.why, payload.until)
        case EndOverride():
            return OverrideEnded(payload.scope, who, payload.why)
        case SetRecovery():
            return RecoveryTimeSet(payload.scope, payload.at, who)


async def ask(
    payload: SetOverride | EndOverride | SetRecovery, who: str, step: Callable[[Event], Awaitable[Decision]]
) -> str:
    """What the core said to it, in one sentence; raises Refused with the core's reason."""
    decision = await step(as_event(payload, who))
    for change in decision.changes:
        if change.kind == "refused":
            raise Refused(change.reason)
    return (
        "; ".join(f"{one.kind} of {one.subject}: {one.old} → {one.new}" for one in decision.changes)
        or "nothing to change"
    )


def in_time(not_after: datetime, now: datetime) -> None:
    """Raises Refused for an intent that nobody took while it made sense."""
    if now > not_after:
        raise Refused("came too late; ask again")
