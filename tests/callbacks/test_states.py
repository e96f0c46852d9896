"""The life of a promise is the table, and nothing else moves it."""

from itertools import product

import pytest

from callbacks.rules.states import TRANSITIONS, Move, WrongMove, ending, moved, sources, target
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


@pytest.mark.parametrize("move", list(Move))
def test_a_move_leads_to_one_state_from_wherever_it_is_possible(move: Move) -> None:
    """The store writes that state without looking which one the promise was in."""
    assert sources(move)
    assert {moved(state, move) for state in sources(move)} == {target(move)}


@pytest.mark.parametrize("state", list(PromiseState))
def test_an_outcome_leads_to_another_wait_or_to_one_of_three_ends(state: PromiseState) -> None:
    ends = {PromiseState.OPEN, PromiseState.DONE, PromiseState.REFUSED, PromiseState.UNREACHABLE}
    if state in ends:
        assert target(ending(state)) is state
        assert sources(ending(state)) == {PromiseState.DIALLING, PromiseState.TALKING}
    else:
        with pytest.raises(WrongMove, match=state):
            ending(state)


def test_closed_is_closed_for_ever() -> None:
    """E8: a definite outcome closes a promise; a further call opens another one. Only a caller's cancel can be undone."""
    ends = {state for state, moves in TRANSITIONS.items() if not moves}
    assert ends == CLOSED_STATES - {PromiseState.CANCELLED}
    assert TRANSITIONS[PromiseState.CANCELLED].keys() == {Move.RESTORE, Move.MERGE}


def test_only_a_claim_that_was_not_used_lapses() -> None:
    """From DIALLING on only the outcome moves the row, so that nobody is called twice."""
    assert [state for state, moves in TRANSITIONS.items() if Move.LAPSE in moves] == [PromiseState.CLAIMED]


def test_every_state_leads_to_a_closing_state() -> None:
    """E8: no promise can be stuck."""
    leading = set(CLOSED_STATES)
    for _ in PromiseState:
        leading |= {state for state, moves in TRANSITIONS.items() if leading & set(moves.values())}
    assert leading == set(PromiseState)
