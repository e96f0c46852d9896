"""The life of a promise is the table, and nothing else moves it."""

from itertools import product

import pytest

from callbacks.rules.states import TRANSITIONS, Move, WrongMove, moved
from callbacks.values import CLOSED_STATES, PromiseState


def test_every_state_is_a_key_of_the_table() -> None:
    assert set(TRANSITIONS) == set(PromiseState)


@pytest.mark.parametrize(("state", "move"), list(product(PromiseState, Move)))
def test_a_pair_moves_as_the_table_says_or_is_refused_with_both_named(
    state: PromiseState, move: Move
) -> None:
    if move in TRANSITIONS[state]:
        assert moved(state, move) is TRANSITIONS[state][move]
    else:
        with pytest.raises(WrongMove, match=f"{state}.*{move}"):
            moved(state, move)


def test_closed_is_closed_for_ever() -> None:
    """E8: a definite outcome closes a promise; a further call opens another one."""
    assert {state for state, moves in TRANSITIONS.items() if not moves} == CLOSED_STATES


def test_only_a_claim_that_was_not_used_lapses() -> None:
    """From DIALLING on only the outcome moves the row, so that nobody is called twice."""
    assert [state for state, moves in TRANSITIONS.items() if Move.LAPSE in moves] == [PromiseState.CLAIMED]


def test_every_state_leads_to_a_closing_state() -> None:
    """E8: no promise can be stuck."""
    leading = set(CLOSED_STATES)
    for _ in PromiseState:
        leading |= {state for state, moves in TRANSITIONS.items() if leading & set(moves.values())}
    assert leading == set(PromiseState)
