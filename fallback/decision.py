"""What ``decide`` returns: the next state, what to write down, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from fallback.modes import DialplanAction, Mode
from fallback.state import State


@dataclass(frozen=True, slots=True)
class Change:
    """One fact for the record. kind: component, mode, override, incident, capacity, link or refused.

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

    scope: str
    text_id: str
    detail: str


Action = WantFlag | TellStaff


@dataclass(frozen=True, slots=True)
class Decision:
    """state': always whole. changes and actions: in the order in which they are to be recorded and done."""

    state: State
    changes: tuple[Change, ...] = ()
    actions: tuple[Action, ...] = ()
