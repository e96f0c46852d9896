"""The life of a promise, as a table.

A promise waits (OPEN) until it is claimed. A claim is a lease and can be given back or lapse, but only
until the attempt's row is written: from DIALLING on, nothing but the outcome of that attempt moves it, so
that no second call goes out because somebody was slow. An attempt ends either in another wait or in one of
the four closing states, and a closing state is left by nothing: a caller who rings again gets a new promise.
"""

from enum import StrEnum

from callbacks.values import PromiseState


class Move(StrEnum):
    """What can happen to a promise."""

    CLAIM = "claim"
    RELEASE = "release"
    LAPSE = "lapse"
    DIAL = "dial"  # the attempt's row is written; the call may go out
    TALK = "talk"  # agent and caller are connected
    RETRY = "retry"  # the attempt ended without closing it
    SUCCEED = "succeed"
    REFUSE = "refuse"
    GIVE_UP = "give up"
    CANCEL = "cancel"


class WrongMove(ValueError):
    """The move is not possible in this state; the message names both."""


_S = PromiseState
TRANSITIONS: dict[PromiseState, dict[Move, PromiseState]] = {
    _S.OPEN: {Move.CLAIM: _S.CLAIMED, Move.CANCEL: _S.CANCELLED},
    _S.CLAIMED: {
        Move.RELEASE: _S.OPEN,
        Move.LAPSE: _S.OPEN,
        Move.DIAL: _S.DIALLING,
        Move.CANCEL: _S.CANCELLED,
    },
    _S.DIALLING: {
        Move.TALK: _S.TALKING,
        Move.RETRY: _S.OPEN,
        Move.SUCCEED: _S.DONE,
        Move.REFUSE: _S.REFUSED,
        Move.GIVE_UP: _S.UNREACHABLE,
    },
    _S.TALKING: {
        Move.RETRY: _S.OPEN,
        Move.SUCCEED: _S.DONE,
        Move.REFUSE: _S.REFUSED,
        Move.GIVE_UP: _S.UNREACHABLE,
    },
    _S.DONE: {},
    _S.REFUSED: {},
    _S.UNREACHABLE: {},
    _S.CANCELLED: {},
}


def moved(state: PromiseState, move: Move) -> PromiseState:
    """The state after the move. Raises WrongMove, naming both, for a pair that the table does not hold."""
    try:
        return TRANSITIONS[state][move]
    except KeyError:
        raise WrongMove(f"a promise that is {state} cannot {move}") from None
