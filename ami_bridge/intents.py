"""What people ask for through the store: read, checked, done once, answered (docs/reference/intents-and-live-rows.md)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from callbacks.values import Outcome
from fallback.decision import Decision
from fallback.events import (
    Acknowledged,
    Closed,
    Declared,
    DrillEnded,
    DrillStarted,
    Event,
    Evidence,
    HandedOver,
    LeaveGranted,
    OverrideEnded,
    OverrideSet,
    PartSeen,
    RecoveryTimeSet,
    Split,
)
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


class Ack(_Payload):
    """Payload of ack: whoever sends it takes the incident on."""

    incident: str
    how: str = "command line"


class HandOver(_Payload):
    """Payload of hand-over."""

    incident: str
    to: str


class Declare(_Payload):
    """Payload of declare: an incident opened by hand."""

    scope: str
    kind: str
    detail: str
    people_hurt: Annotated[int, Field(ge=0)] = 0


class Close(_Payload):
    """Payload of close."""

    incident: str
    why: str


class SplitOff(_Payload):
    """Payload of split."""

    incident: str
    cause: str


class Leave(_Payload):
    """Payload of leave: a member may sign out during an incident."""

    queue: str
    member: str
    until: Utc


class Report(_Payload):
    """Payload of report: a person's word on a component."""

    component: str
    good: bool
    why: str


class StartDrill(_Payload):
    """Payload of drill-start."""

    drill: str
    live: bool = False


class EndDrill(_Payload):
    """Payload of drill-end."""

    incident: str
    participants: str = ""
    evaluation: str = ""


class AckDuty(_Payload):
    """Payload of duty-ack: whoever sends it takes these reports on; captures by key, or all of a matter."""

    captures: list[str] = []
    matter: Literal["", "danger", "fault", "all"] = ""


class ApplyPolicy(_Payload):
    """Payload of policy-apply: the text lies in the store under its digest. pbx: the ``site.pbx_id`` in it; "" not told."""

    digest: str
    pbx: str = ""


Word = (
    SetOverride
    | EndOverride
    | SetRecovery
    | Ack
    | HandOver
    | Declare
    | Close
    | SplitOff
    | Leave
    | Report
    | StartDrill
    | EndDrill
)
"""What the core decides on, as a person's event."""

Payload = Word | Dial | StateOutcome | AckDuty | ApplyPolicy
_KINDS: dict[str, type[_Payload]] = {
    "override-set": SetOverride,
    "override-end": EndOverride,
    "recovery-set": SetRecovery,
    "ack": Ack,
    "hand-over": HandOver,
    "declare": Declare,
    "close": Close,
    "split": SplitOff,
    "leave": Leave,
    "report": Report,
    "drill-start": StartDrill,
    "drill-end": EndDrill,
    "duty-ack": AckDuty,
    "policy-apply": ApplyPolicy,
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
    assert isinstance(parsed, Payload)  # noqa: S101  # narrows for the type checker; the table holds just these
    return parsed


def as_event(payload: Word, who: str) -> Event:
    """The core's event for what a person asked."""
    match payload:
        case SetOverride():
            return OverrideSet(payload.scope, payload.mode, who, payload.why, payload.until)
        case EndOverride():
            return OverrideEnded(payload.scope, who, payload.why)
        case SetRecovery():
            return RecoveryTimeSet(payload.scope, payload.at, who)
        case Ack():
            return Acknowledged(payload.incident, who, payload.how)
        case HandOver():
            return HandedOver(payload.incident, who, payload.to)
        case Declare():
            return Declared(payload.scope, payload.kind, payload.detail, who, payload.people_hurt)
        case Close():
            return Closed(payload.incident, who, payload.why)
        case SplitOff():
            return Split(payload.incident, payload.cause, who)
        case Leave():
            return LeaveGranted(payload.queue, payload.member, payload.until, who)
        case Report():
            return PartSeen(payload.component, Evidence.REPORT, payload.good, payload.why, who)
        case StartDrill():
            return DrillStarted(payload.drill, who, payload.live)
        case EndDrill():
            return DrillEnded(payload.incident, who, payload.participants, payload.evaluation)


async def ask(payload: Word, who: str, step: Callable[[Event], Awaitable[Decision]]) -> str:
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
