"""The demo's last page counts what it says: lost, twice and made-up promises are found, each by itself."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.account import compare
from lab.ledger import CarrierCall
from lab.people import Person, cancelling, danger_cut_off, early, only_notice, own, waiting
from lab.results import CallResult

AT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
FIRST, SECOND = own(1, 1), own(2, 1)
BOTH_TIERS = [{"tier": 1}, {"tier": 3}]


def called(person: Person, answered: bool = True) -> tuple[Person, CallResult]:
    """What became of his call to the hotline."""
    at = AT if answered else None
    return person, CallResult(person.caller_id, AT, "answered" if answered else "refused", answered_at=at)


def promise(number: str, state: str = "done", *outcomes: str | None) -> dict[str, Any]:
    made = [{"outcome": outcome} for outcome in (outcomes or ("answered",))]
    return {"number": number, "state": state, "attempts_made": made, "captures_made": BOTH_TIERS}


def rang(number: str, *outcomes: str) -> list[CarrierCall]:
    """Calls at the carriers' side, one a minute."""
    return [
        CarrierCall("b", f"{number}-{n}", number, "", AT + timedelta(minutes=n), outcome)
        for n, outcome in enumerate(outcomes)
    ]


def test_a_run_in_which_everybody_was_called_back_is_kept() -> None:
    account = compare([called(FIRST), called(early(8))], [promise(FIRST.due)], rang(FIRST.due, "answered"))
    assert account.kept
    assert (account.placed, account.due, account.seen) == (2, frozenset({FIRST.due}), 1)
    assert re.search(r"^lost +0$", account.table(), re.MULTILINE)
    assert "NOT" not in account.table()


def test_a_promise_that_is_due_and_not_in_the_book_is_lost() -> None:
    account = compare([called(FIRST), called(SECOND)], [promise(FIRST.due)], rang(FIRST.due, "answered"))
    assert account.lost == (SECOND.due,)
    assert not account.kept
    assert SECOND.due in account.table()
    assert "NOT every promise was kept." in account.table()


def test_a_caller_whom_nobody_heard_is_no_good_end() -> None:
    """Whoever met a dead line is owed what he came for, and one who would have left no number is owed an answer."""
    calls = rang(FIRST.due, "answered")
    unheard = compare([called(FIRST), called(SECOND, answered=False)], [promise(FIRST.due)], calls)
    assert unheard.lost == (SECOND.due,)
    missed = compare([called(FIRST), called(early(8), answered=False)], [promise(FIRST.due)], calls)
    assert missed.lost == ()
    assert not missed.kept


def test_a_call_that_only_one_side_knows_is_no_good_end() -> None:
    assert not compare([called(FIRST)], [promise(FIRST.due)], []).kept
    stranger = rang("13900000000", "busy")
    assert not compare([called(FIRST)], [promise(FIRST.due)], rang(FIRST.due, "answered") + stranger).kept


@pytest.mark.parametrize("tier", [1, 3])
def test_a_run_in_which_one_tier_took_everybody_shows_too_little(tier: int) -> None:
    one = promise(FIRST.due) | {"captures_made": [{"tier": tier}]}
    account = compare([called(FIRST)], [one], rang(FIRST.due, "answered"))
    assert not account.kept
    assert account.tiers == {tier: 1}


def test_a_promise_that_nobody_asked_for_is_made_up() -> None:
    account = compare([called(FIRST)], [promise(FIRST.due), promise("13900000000")], [])
    assert account.wrongly == ("13900000000",)
    assert not account.kept


def test_two_promises_for_one_number_are_twice() -> None:
    account = compare([called(FIRST)], [promise(FIRST.due), promise(FIRST.due)], [])
    assert account.twice == (FIRST.due,)
    assert not account.kept


@pytest.mark.parametrize("first", ["answered", "silent"])
@pytest.mark.parametrize("second", ["answered", "busy", ""])
def test_who_is_rung_again_after_a_person_took_the_call_was_called_twice(first: str, second: str) -> None:
    account = compare([called(FIRST)], [promise(FIRST.due)], rang(FIRST.due, first, second))
    assert account.twice == (FIRST.due,)
    assert not account.kept


@pytest.mark.parametrize("first", ["busy", "cancelled", "congested", "rejected", "voicemail", ""])
def test_who_was_not_reached_may_be_called_again(first: str) -> None:
    book = [promise(FIRST.due, "done", "as the line said", "answered")]
    account = compare([called(FIRST)], book, rang(FIRST.due, first, "answered"))
    assert account.twice == ()
    assert account.kept


@pytest.mark.parametrize("state", ["open", "claimed", "dialling", "talking"])
def test_a_run_that_ends_before_its_promises_did_is_not_kept(state: str) -> None:
    account = compare([called(FIRST)], [promise(FIRST.due, state, None)], rang(FIRST.due, ""))
    assert not account.kept
    assert account.attempts == {"open": 1}


def test_a_run_without_callers_proves_nothing() -> None:
    assert not compare([], [], []).kept


def test_a_caller_who_rang_twice_is_one_promise() -> None:
    account = compare([called(FIRST), called(FIRST)], [promise(FIRST.due)], rang(FIRST.due, "answered"))
    assert account.kept
    assert (account.placed, len(account.due)) == (2, 1)


def test_who_cancelled_and_is_not_called_keeps_the_account() -> None:
    caller = called(own(22, 1)), called(cancelling(22, "123456"))
    cancelled = promise(caller[0][0].due, "cancelled") | {"attempts_made": []}
    assert compare(caller, [cancelled], []).kept
    all_the_same = compare(caller, [cancelled], rang(caller[0][0].due, "answered"))
    assert all_the_same.called == {caller[0][0].due}
    assert not all_the_same.kept


def test_a_cancel_without_effect_is_no_good_end() -> None:
    caller = called(own(22, 1)), called(cancelling(22, "123456"))
    still_open = compare(caller, [promise(caller[0][0].due)], rang(caller[0][0].due, "answered"))
    assert still_open.called == {caller[0][0].due}
    assert not still_open.kept


@pytest.mark.parametrize(("calls", "kept"), [(0, False), (1, True), (2, False)])
def test_who_only_wants_to_know_that_it_is_over_is_told_so_once_and_has_no_promise(
    calls: int, kept: bool
) -> None:
    wants = only_notice(25)
    told = rang(FIRST.due, "answered") + rang(wants.notice, *["answered"] * calls)
    account = compare([called(FIRST), called(wants)], [promise(FIRST.due)], told)
    assert account.kept is kept
    assert account.seen == 1


def test_danger_may_be_called_before_those_who_waited() -> None:
    first, hurt = waiting(20, 1), danger_cut_off(24, 9)
    calls = rang(hurt.due, "answered") + rang(first.due, "answered")
    assert compare([called(first), called(hurt)], [promise(first.due), promise(hurt.due)], calls).kept
