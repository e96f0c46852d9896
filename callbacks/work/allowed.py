"""What may be done with a promise, by whom and in which state: one table.

An agent works on what is his: what he holds or is calling, what was handed to him, what his caller on the line has in the book,
and what he closed. A leader may do everything but call for somebody else. Nothing takes a promise away from a call in progress:
from dialling on only the outcome of its attempt moves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callbacks.values import CLOSED_STATES, Promise, PromiseState
from callbacks.work.values import N_, Actor

_S = PromiseState


class Do(StrEnum):
    """One thing to do with a promise."""

    TAKE = "take"
    KEEP = "keep"  # a claim, for longer
    RELEASE = "release"
    CALL = "call"
    OUTCOME = "outcome"
    NOTE = "note"
    SETTLE = "settle"
    COMPLAINT = "complaint"
    RESCHEDULE = "reschedule"
    ASSIGN = "assign"
    ADOPT = "adopt"
    MOVE = "move"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    MERGE = "merge"
    LOOK = "look"  # taken off the leader's list
    LET = "let"  # be called though it is held


class _Who(StrEnum):
    HOLDER = "holder"  # the agent who has it now
    CONCERNED = "concerned"  # he, or to whom it was handed, or who has its caller on the line; and a leader
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class _Row:
    states: frozenset[PromiseState]
    who: _Who


_WAITING: Final = frozenset({_S.OPEN, _S.CLAIMED})
_ALL: Final = frozenset(PromiseState)
_TABLE: Final[Mapping[Do, _Row]] = {
    Do.TAKE: _Row(frozenset({_S.OPEN}), _Who.CONCERNED),
    Do.KEEP: _Row(frozenset({_S.CLAIMED}), _Who.HOLDER),
    Do.RELEASE: _Row(frozenset({_S.CLAIMED}), _Who.HOLDER),
    Do.CALL: _Row(frozenset({_S.CLAIMED}), _Who.HOLDER),
    Do.OUTCOME: _Row(frozenset({_S.DIALLING, _S.TALKING}), _Who.HOLDER),
    Do.NOTE: _Row(_ALL, _Who.CONCERNED),
    Do.SETTLE: _Row(_ALL - {_S.MERGED}, _Who.CONCERNED),
    Do.COMPLAINT: _Row(_ALL - {_S.MERGED}, _Who.CONCERNED),
    Do.RESCHEDULE: _Row(_WAITING | {_S.DIALLING, _S.TALKING}, _Who.CONCERNED),
    Do.ASSIGN: _Row(_WAITING, _Who.CONCERNED),
    Do.ADOPT: _Row(_WAITING, _Who.CONCERNED),
    Do.MOVE: _Row(_WAITING, _Who.LEADER),
    Do.PAUSE: _Row(_WAITING, _Who.LEADER),
    Do.RESUME: _Row(frozenset({_S.OPEN}), _Who.LEADER),
    Do.CANCEL: _Row(_WAITING, _Who.LEADER),
    Do.MERGE: _Row(_WAITING, _Who.LEADER),
    Do.LOOK: _Row(_ALL, _Who.LEADER),
    Do.LET: _Row(frozenset({_S.OPEN}), _Who.LEADER),
}
NOT_YOURS: Final = N_("This promise is no longer yours.")
FOR_LEADERS: Final = N_("Only a leader may do that.")
BEING_CALLED: Final = N_("It is being called at this moment; say how the call ended, or wait for it.")
CLOSED: Final = N_("This promise is closed.")
NOT_CALLED: Final = N_("It is not being called.")
NOT_TAKEN: Final = N_("Nobody has taken it; take it first.")
TAKEN: Final = N_("An agent has taken it; ask him to put it back, or wait until his time is over.")
PAUSED: Final = N_("A leader has paused it.")
NOT_PAUSED: Final = N_("It is not paused.")
NOT_LISTED: Final = N_("It is not on the leader's list.")
NO_TELEPHONE: Final = N_("Choose your telephone first.")


def is_mine(promise: Promise, actor: Actor, now: datetime) -> bool:
    """He holds it, is calling it, or closed it. A claim that has lapsed is nobody's."""
    if not actor.member or actor.member not in (promise.agent, promise.holder):
        return False
    return promise.state is not _S.CLAIMED or not _lapsed(promise, now)


def concerns(promise: Promise, actor: Actor, now: datetime) -> bool:
    """It is his, was handed to him, or is of the caller on his line."""
    handed = bool(actor.member) and promise.assigned == actor.member and promise.state not in CLOSED_STATES
    return handed or promise.id in actor.on_line or is_mine(promise, actor, now)


def why_not(do: Do, promise: Promise, actor: Actor, now: datetime) -> str:
    """Why this cannot be done, in English words of the catalogue; "" when it can. now: aware UTC."""
    row = _TABLE[do]
    return (
        _who_not(row.who, promise, actor, now)
        or _state_not(row, promise, now)
        or _case_not(do, promise, actor)
    )


def allowed(promise: Promise, actor: Actor, now: datetime) -> frozenset[Do]:
    """Everything that this person may do with it now."""
    return frozenset(do for do in Do if not why_not(do, promise, actor, now))


def _lapsed(promise: Promise, now: datetime) -> bool:
    return promise.claimed_until is None or promise.claimed_until <= now


def _who_not(who: _Who, promise: Promise, actor: Actor, now: datetime) -> str:
    if who is _Who.LEADER:
        return "" if actor.leader else FOR_LEADERS
    if who is _Who.HOLDER:
        return "" if is_mine(promise, actor, now) else NOT_YOURS
    return "" if actor.leader or concerns(promise, actor, now) else NOT_YOURS


def _state_not(row: _Row, promise: Promise, now: datetime) -> str:
    state = _S.OPEN if promise.state is _S.CLAIMED and _lapsed(promise, now) else promise.state
    if state in row.states:
        return ""
    if state in CLOSED_STATES:
        return CLOSED
    if state is _S.CLAIMED:
        return TAKEN if _S.OPEN in row.states else NOT_CALLED
    if state is _S.OPEN:
        return NOT_TAKEN if _S.CLAIMED in row.states else NOT_CALLED
    return BEING_CALLED


def _case_not(do: Do, promise: Promise, actor: Actor) -> str:
    if do is Do.TAKE:
        return PAUSED if promise.paused else "" if actor.member else NO_TELEPHONE
    if do is Do.PAUSE and promise.paused:
        return PAUSED
    if do is Do.RESUME and not promise.paused:
        return NOT_PAUSED
    return NOT_LISTED if do in (Do.LOOK, Do.LET) and not promise.attention else ""
