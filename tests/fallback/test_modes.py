"""The tables of modes."""

import pytest

from fallback.modes import (
    ACTION,
    COMPUTED,
    RANK,
    TAKES_DOWN,
    Condition,
    DialplanAction,
    Mode,
    TransitionError,
    next_mode,
    worst,
)

COMPUTABLE = [mode for mode in Mode if mode is not Mode.EVACUATED]


def test_every_mode_is_a_key_of_every_table() -> None:
    assert set(COMPUTED) == set(ACTION) == set(RANK) == set(Mode)


@pytest.mark.parametrize("mode", COMPUTABLE)
def test_every_computable_mode_answers_every_condition(mode: Mode) -> None:
    assert set(COMPUTED[mode]) == set(Condition)
    assert all(next_mode(mode, condition) in COMPUTABLE for condition in Condition)


@pytest.mark.parametrize("mode", [m for m in COMPUTABLE if m not in (Mode.CLOSED, Mode.PLANNED)])
def test_whoever_is_not_sure_changes_nothing(mode: Mode) -> None:
    assert next_mode(mode, Condition.UNSURE) is mode


def test_a10_what_the_calendar_ends_is_over_however_unsure_the_rest_is() -> None:
    assert next_mode(Mode.CLOSED, Condition.UNSURE) is Mode.NORMAL
    assert next_mode(Mode.PLANNED, Condition.UNSURE) is Mode.RECOVERING


@pytest.mark.parametrize(
    ("condition", "mode"),
    [
        (Condition.CLOSED, Mode.CLOSED),
        (Condition.IMPAIRED, Mode.DEGRADED),
        (Condition.PLANNED, Mode.PLANNED),
        (Condition.SURGE, Mode.SURGE),
    ],
)
def test_what_is_definite_leads_to_its_mode_from_everywhere(condition: Condition, mode: Mode) -> None:
    assert {next_mode(computable, condition) for computable in COMPUTABLE} == {mode}


@pytest.mark.parametrize("mode", COMPUTABLE)
def test_a3_what_is_lost_leads_to_outage_from_everywhere(mode: Mode) -> None:
    assert next_mode(mode, Condition.LOST) is Mode.OUTAGE


def test_e1_no_way_leads_from_outage_to_normal_but_through_the_recovery_hold() -> None:
    assert next_mode(Mode.OUTAGE, Condition.RETURNING) is Mode.RECOVERING
    assert next_mode(Mode.RECOVERING, Condition.RETURNING) is Mode.RECOVERING
    assert next_mode(Mode.RECOVERING, Condition.SOUND) is Mode.NORMAL


@pytest.mark.parametrize("condition", list(Condition))
def test_a6_evacuated_has_no_row_and_the_error_names_both(condition: Condition) -> None:
    with pytest.raises(TransitionError, match=f"EVACUATED.*{condition}"):
        next_mode(Mode.EVACUATED, condition)


def test_nobody_is_queued_in_outage_evacuation_and_outside_hours_and_nowhere_else() -> None:
    captured = {mode for mode, action in ACTION.items() if action in TAKES_DOWN}
    assert captured == {Mode.OUTAGE, Mode.EVACUATED, Mode.CLOSED}
    assert ACTION[Mode.EVACUATED] is DialplanAction.EVACUATE


def test_a_graver_mode_leaves_callers_no_more_than_a_lighter_one() -> None:
    strictness = {action: rank for rank, action in enumerate(DialplanAction)}
    assert strictness[ACTION[Mode.NORMAL]] == strictness[ACTION[Mode.RECOVERING]] == 0
    assert strictness[ACTION[Mode.DEGRADED]] < strictness[ACTION[Mode.CLOSED]]


def test_modes_have_a_total_order_and_the_gravest_wins() -> None:
    assert sorted(RANK.values()) == list(range(len(Mode)))
    assert worst([Mode.RECOVERING, Mode.OUTAGE, Mode.NORMAL]) is Mode.OUTAGE
    assert worst([]) is Mode.NORMAL
