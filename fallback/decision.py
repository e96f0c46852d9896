"""What ``decide`` returns: the next state, what to write down, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from fallback.modes import DialplanAction, Mode
from fallback.state import State


class Text(StrEnum):
    """What staff can be told; the words in their language belong to whoever shows them."""

    LINK_LOST = "link_lost"  # detail: the reason
    LINK_BACK = "link_back"
    TRUNK_UNSEEN = "trunk_unseen"  # detail: a trunk of the policy of which a snapshot says nothing
    MODE = "mode"  # detail: the mode that the scope is in from now on
    PARTIAL = "partial"  # detail: the trunks that are lost
    WHOLE = "whole"  # no trunk is missing any more
    OVERRIDE_SET = "override_set"  # detail: mode, who, why
    OVERRIDE_ENDED = "override_ended"  # detail: who, or that its time was over
    EVACUATION_REVIEW = "evacuation_review"  # the review time has come; a leader must end it
    RECOVERY_PASSED = "recovery_passed"  # the announced time has passed; it is no longer announced
    INCIDENT_OPENED = "incident_opened"  # detail: kind and what
    INCIDENT_CLOSED = "incident_closed"  # to all who were told (requirements B8, F3)
    SIGNED_OUT = "signed_out"  # during an incident, without leave (D2); detail: queue and member
    SURGE = "surge"  # A8; detail: the figures
    PLAN = "plan"  # detail: the plan that is set off
    CALENDAR_ENDS = "calendar_ends"  # nothing is known of opening hours from now on
    CLOCK_STEPPED = "clock_stepped"  # detail: seconds
    DRILL_OVERDUE = "drill_overdue"  # detail: the drill
    CONNECT_RATE = (
        "connect_rate"  # 10 minutes into A7: the connect rate is to be assessed; detail: what is known
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One fact for the record. kind: component, computed, mode (the effective one), override, recovery,
    incident, capacity, link, refused, rung, ack, handover, split, plan, surge, seat, leave, calendar, clock, drill,
    policy or callback (a leader's word on a promise; written by the store itself).

    at: aware UTC. old/new: names of the states left and entered. who: "" unless a person did it.
    """

    at: datetime
    kind: str
    subject: str
    old: str
    new: str
    reason: str
    who: str = ""
    incident: str = ""


@dataclass(frozen=True, slots=True)
class WantFlag:
    """The flag that every Asterisk should hold for a scope; level-triggered, so writing it again is harmless.

    recovery_at: aware UTC, announced to callers when known (requirement B2).
    """

    scope: str
    action: DialplanAction
    mode: Mode
    message: str
    recovery_at: datetime | None
    incident: str


@dataclass(frozen=True, slots=True)
class TellStaff:
    """Something that staff must hear of; spoken of in the log and on the console."""

    scope: str  # "" when it concerns the site
    text_id: Text
    detail: str


@dataclass(frozen=True, slots=True)
class RaiseRung:
    """A rung is due: its roles are to be told now. key: ``<incident>/<rung>``, the same however often it is said.

    due_at: aware UTC. text: id of the words. facts: what the words are filled with (scope, kind, subject, opened_at
    as ISO, mode …). drill: staff must see at once that it is one.
    """

    key: str
    incident: str
    rung: str
    roles: tuple[str, ...]
    text: str
    due_at: datetime
    facts: Mapping[str, str]
    drill: bool = False


@dataclass(frozen=True, slots=True)
class StopRungs:
    """Somebody has taken the incident on: what is not yet sent of the rungs that stop is not sent any more."""

    incident: str
    who: str
    rungs: tuple[str, ...]  # names of the rungs of its ladder that stop on an acknowledgement


@dataclass(frozen=True, slots=True)
class TellEnd:
    """The incident is over: everybody who was told is told so (S1 3.二.8, F3)."""

    incident: str
    facts: Mapping[str, str]
    drill: bool = False


@dataclass(frozen=True, slots=True)
class BringWaiting:
    """Callers who wait in the queue are brought to the phrase and the offer, with their waiting time kept."""

    scope: str
    channels: Mapping[str, float]  # channel → seconds waited


Action = WantFlag | TellStaff | RaiseRung | StopRungs | TellEnd | BringWaiting


class Decision(NamedTuple):
    """A tuple, because every event has one. state': always whole.

    changes and actions: in the order in which they are to be recorded and done.
    """

    state: State
    changes: tuple[Change, ...] = ()
    actions: tuple[Action, ...] = ()
