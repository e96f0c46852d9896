"""Whom the duty role hears of, and when (requirements E0, E3): the rule alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge_world import capture
from hypothesis import given
from hypothesis import strategies as st

from callbacks.policy import DutyPolicy
from callbacks.rules.passing_on import Report, completed, due, next_due, report_of
from callbacks.values import Asks, Matter

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
POLICY = DutyPolicy(danger_repeat=60, fault_gather=60, fault_repeat=300)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def report(
    key: str = "1", matter: Matter = Matter.FAULT, at: float = 0, told: float | None = None, rounds: int = 1
) -> Report:
    one = Report(key, "power", matter, later(at))
    return one if told is None else replace(one, rounds=rounds, told_at=later(told))


def keys(*reports: Report, at: float) -> list[list[str]]:
    return [[one.key for one in telling.reports] for telling in due(reports, POLICY, later(at))]


def test_danger_is_told_at_once_each_by_itself_E0() -> None:
    many = [report(str(n), Matter.DANGER) for n in range(50)]
    assert keys(*many, at=0) == [[one.key] for one in sorted(many, key=lambda one: one.key)]


def test_danger_is_told_again_until_somebody_takes_it_on() -> None:
    one = report("d", Matter.DANGER, told=0)
    assert keys(one, at=59) == []
    assert keys(one, at=60) == [["d"]]


def test_faults_wait_a_moment_for_each_other_and_go_out_as_one_message() -> None:
    faults = [report("a", at=0), report("b", at=30), report("c", at=59)]
    assert keys(*faults, at=59) == []
    assert keys(*faults, at=60) == [["a", "b", "c"]]


def test_a_fault_is_passed_on_within_five_minutes_whatever_was_told_before_E3() -> None:
    old = report("old", told=0)
    new = report("new", at=10)
    assert keys(old, new, at=69) == []
    assert keys(old, new, at=70) == [["old", "new"]], "one message names all that nobody has taken on"


def test_faults_that_nobody_took_on_are_told_again() -> None:
    assert keys(report("a", told=0), at=299) == []
    assert keys(report("a", told=0), at=300) == [["a"]]


def test_a_clock_that_was_set_back_silences_nothing() -> None:
    assert keys(report("d", Matter.DANGER, told=3600), report("f", told=3600), at=0) == [["d"], ["f"]]


def test_what_can_wait_is_not_passed_on() -> None:
    bill = replace(capture("13912341234"), matter=Matter.BILL)
    assert report_of(bill) is None
    assert report_of(replace(bill, matter=Matter.FAULT, asks=Asks.CANCEL)) is None, "no new report"
    assert report_of(replace(bill, matter=Matter.DANGER, asks=Asks.NOTICE)) is not None, "danger always is"


def test_a_further_line_of_a_call_fills_in_what_was_missing_and_danger_stands() -> None:
    known = replace(report("d", Matter.DANGER, told=0), number="")
    line = replace(report("d", Matter.FAULT), number="13912341234")
    whole = completed(known, line)
    assert (whole.matter, whole.number, whole.rounds) == (Matter.DANGER, "13912341234", 1)


@given(
    st.lists(
        st.tuples(st.sampled_from([Matter.DANGER, Matter.FAULT]), st.integers(0, 900)), min_size=1, max_size=8
    )
)
def test_told_when_due_nothing_is_ever_left_longer_than_the_policy_says(
    calls: list[tuple[Matter, int]],
) -> None:
    """Whoever looks when ``next_due`` says leaves no danger untold for a moment, and no fault beyond its gathering."""
    waiting = [report(str(n), matter, at) for n, (matter, at) in enumerate(calls)]
    open_: dict[str, Report] = {}
    first: dict[str, float] = {}
    second = 0.0
    while second < 2000:
        now = later(second)
        open_.update({one.key: one for one in waiting if one.at <= now and one.key not in open_})
        for telling in due(open_.values(), POLICY, now):
            for one in telling.reports:
                first.setdefault(one.key, second)
                open_[one.key] = open_[one.key].told(now)
        soon = [one.at for one in waiting if one.at > now]
        look = next_due(open_.values(), POLICY, now)
        second = (min([*soon, *([look] if look else [])]) - AT).total_seconds()
    for n, (matter, at) in enumerate(calls):
        assert first[str(n)] - at <= (0 if matter is Matter.DANGER else 60)
