"""The life of a promise, as a table. The store's conditional updates are made from it, so nothing else moves one.

A promise waits (OPEN) until it is claimed. A claim is a lease and can be given back or lapse, but only
until the attempt's row is written: from DIALLING on, nothing but the outcome of that attempt moves it, so
that no second call goes out because somebody was slow. An attempt ends either in another wait or in one of
the closing states, and a closing state is left by nothing: a caller who rings again gets a new promise. One exception:
a caller may undo his own cancel, and is then back in his old place.
"""

from enum import StrEnum

from callbacks.values import PromiseState


class Move(StrEnum):
    """What can happen to a promise."""

    CLAIM = "claim"
    RENEW = "renew"  # the holder asks for more time
    RELEASE = "release"
    LAPSE = "lapse"
    DIAL = "dial"  # the attempt's row is written; the call may go out
    TALK = "talk"  # agent and caller are connected
    AWAIT = "await"  # the line's part is over; the agent's word is awaited
    RETRY = "retry"  # the attempt ended without closing it
    SUCCEED = "succeed"
    REFUSE = "refuse"
    GIVE_UP = "give up"
    CANCEL = "cancel"
    HOLD = "hold"  # cannot be called as it stands; waits, on the leader's list
    RESTORE = "restore"  # the caller undid his cancel
    MERGE = "merge"  # what it held is in another promise now
    ARRANGE = (
        "arrange"  # a person gives it another place, time or agent, or pauses it; a claim on it is given back
    )
    ADOPT = "adopt"  # its caller got through by himself, and was served


class WrongMove(ValueError):
    """The move is not possible in this state; the message names both."""


_S = PromiseState
TRANSITIONS: dict[PromiseState, dict[Move, PromiseState]] = {
    _S.OPEN: {
        Move.CLAIM: _S.CLAIMED,
        Move.CANCEL: _S.CANCELLED,
        Move.HOLD: _S.OPEN,
        Move.MERGE: _S.MERGED,
        Move.ARRANGE: _S.OPEN,
        Move.ADOPT: _S.DONE,
    },
    _S.CLAIMED: {
        Move.RENEW: _S.CLAIMED,
        Move.RELEASE: _S.OPEN,
        Move.LAPSE: _S.OPEN,
        Move.DIAL: _S.DIALLING,
        Move.CANCEL: _S.CANCELLED,
        Move.HOLD: _S.OPEN,
        Move.MERGE: _S.MERGED,
        Move.ARRANGE: _S.OPEN,
        Move.ADOPT: _S.DONE,
    },
    _S.DIALLING: {
        Move.TALK: _S.TALKING,
        Move.AWAIT: _S.TALKING,
        Move.RETRY: _S.OPEN,
        Move.SUCCEED: _S.DONE,
        Move.REFUSE: _S.REFUSED,
        Move.GIVE_UP: _S.UNREACHABLE,
    },
    _S.TALKING: {
        Move.AWAIT: _S.TALKING,
        Move.RETRY: _S.OPEN,
        Move.SUCCEED: _S.DONE,
        Move.REFUSE: _S.REFUSED,
        Move.GIVE_UP: _S.UNREACHABLE,
    },
    _S.DONE: {},
    _S.REFUSED: {},
    _S.UNREACHABLE: {},
    _S.CANCELLED: {Move.RESTORE: _S.OPEN, Move.MERGE: _S.MERGED},
    _S.MERGED: {},
}


_ENDS = (Move.RETRY, Move.SUCCEED, Move.REFUSE, Move.GIVE_UP)  # by an attempt's outcome


def sources(move: Move) -> frozenset[PromiseState]:
    """The states in which the move is possible."""
    return frozenset(state for state, moves in TRANSITIONS.items() if move in moves)


def target(move: Move) -> PromiseState:
    """Where the move leads; a test holds that it is one state, whichever it started in."""
    return next(moves[move] for moves in TRANSITIONS.values() if move in moves)


def ending(state: PromiseState) -> Move:
    """The move by which an attempt's outcome leads to this state. Raises WrongMove when no outcome does."""
    for move in _ENDS:
        if target(move) is state:
            return move
    raise WrongMove(f"no outcome of an attempt leads to a promise that is {state}")


def moved(state: PromiseState, move: Move) -> PromiseState:
    """The state after the move. Raises WrongMove, naming both, for a pair that the table does not hold."""
    try:
        return TRANSITIONS[state][move]
    except KeyError:
        raise WrongMove(f"a promise that is {state} cannot {move}") from None
