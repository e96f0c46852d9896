"""The test for silence: its budget, what it does not know, and what it learns (D1)."""

import math
import random

import pytest

from ami_bridge.sources.trunk_silence import HOURS, WEEK, Counts, Hour, SilenceTest, custom
from bench.quiet_trunks import Run, Traffic
from config.sources import SilenceRule

RULE = SilenceRule(false_alarms=0.02, least=600.0, weeks=8, least_weeks=3)
MONDAY_TEN = 10 * 60


def known(calls: int, weeks: int = 8) -> Counts:
    """The same number of calls in every hour of every week."""
    return Counts(hours=((Hour(calls, 60.0),) * weeks,) * HOURS)


def noticed(test: SilenceTest, start: int = MONDAY_TEN, most: int = WEEK) -> int | None:
    """Minutes after a call until silence is told."""
    test.call(start)
    return next((past for past in range(1, most) if test.minute((start + past) % WEEK)), None)


@pytest.mark.parametrize("calls", [6, 30, 120])
def test_silence_is_told_when_the_weeks_pauses_would_exceed_the_budget(calls: int) -> None:
    """The formula of the docstring, for rates without doubt and without clumps."""
    test = SilenceTest(RULE, known(calls))
    usual = test.custom
    assert usual.clump == 1.0
    assert usual.week == pytest.approx(calls * HOURS)
    after = noticed(test)
    assert after is not None
    expected = calls * after / 60
    doubt = sum(  # the pause lies in some whole hours and a part of the last one
        (calls * min(60, max(0, after - 60 * hour)) / 60) ** 2 / (7 * calls)
        for hour in range(after // 60 + 1)
    )
    steady = 1 / (1 / usual.steady + doubt / expected**2)
    trials = usual.week * (1 + expected / steady) ** -(steady + 1)
    assert after == 10 or trials == pytest.approx(RULE.false_alarms, rel=0.25)
    assert trials <= RULE.false_alarms * 1.05


def test_a_larger_budget_notices_sooner() -> None:
    taken = [
        noticed(SilenceTest(SilenceRule(false_alarms=one), known(20))) for one in (0.002, 0.02, 0.2, 2.0)
    ]
    assert all(one is not None for one in taken)
    assert taken == sorted(taken, key=lambda one: -(one or 0))
    assert len(set(taken)) == 4


def test_it_is_told_once_and_the_next_call_ends_it() -> None:
    test = SilenceTest(RULE, known(30))
    after = noticed(test)
    assert after is not None
    assert not any(test.minute(MONDAY_TEN + after + past) for past in range(1, 500))
    assert test.call(MONDAY_TEN + after + 500)
    assert not test.silent
    assert not test.call(MONDAY_TEN + after + 501)


def test_no_silence_is_told_before_its_least_time_however_busy_the_hour() -> None:
    assert noticed(SilenceTest(RULE, known(5000))) == 10


def test_a_new_trunk_and_one_that_is_hardly_called_are_never_silent() -> None:
    assert noticed(SilenceTest(RULE)) is None
    assert noticed(SilenceTest(RULE, known(30, weeks=2))) is None
    assert noticed(SilenceTest(RULE, known(0))) is None


def test_a_quiet_night_is_no_silence_and_the_busy_morning_after_it_is() -> None:
    """The same pause counts by what is usual, not by its minutes."""
    hours = tuple((Hour(60 if 8 <= slot % 24 < 18 else 0, 60.0),) * 8 for slot in range(HOURS))
    test = SilenceTest(RULE, Counts(hours=hours))
    test.call(18 * 60)
    night = [test.minute(minute) for minute in range(18 * 60 + 1, 24 * 60 + 8 * 60)]
    assert not any(night)
    morning = [test.minute(24 * 60 + 8 * 60 + past) for past in range(60)]
    assert morning.count(True) == 1
    assert 10 <= morning.index(True) <= 40


def test_what_was_not_watched_is_no_pause() -> None:
    test = SilenceTest(RULE, known(30))
    after = noticed(test)
    assert after is not None
    test.call(MONDAY_TEN)
    told = False
    for past in range(1, 10 * after):
        if past % (after - 1) == 0:
            test.begin_anew()
        told = test.minute((MONDAY_TEN + past) % WEEK) or told
    assert not told


def test_days_that_differ_make_it_wait_longer_but_a_storm_does_not() -> None:
    steady = (20,) * 8
    uneven = (35, 5, 30, 10, 25, 15, 32, 8)
    storm = (20, 20, 20, 200, 20, 20, 20, 20)

    def after(calls: tuple[int, ...]) -> int:
        taken = noticed(SilenceTest(RULE, Counts(hours=(tuple(Hour(one, 60.0) for one in calls),) * HOURS)))
        assert taken is not None
        return taken

    assert after(uneven) > 1.5 * after(steady)
    assert after(storm) == after(steady)


def test_callers_who_dial_again_make_it_wait_longer() -> None:
    clumped = Counts(hours=known(20).hours, spread=3000.0, freedom=1000.0)
    assert custom(clumped, RULE).clump == 3.0
    plain = noticed(SilenceTest(RULE, known(20)))
    slow = noticed(SilenceTest(RULE, clumped))
    assert plain is not None
    assert slow is not None
    assert slow > 2 * plain


def test_it_learns_hours_and_forgets_those_that_are_older_than_its_weeks() -> None:
    test = SilenceTest(RULE)
    for week in range(10):
        for minute in range(WEEK):
            if minute % 3 == 0:
                test.call(minute)
            test.minute(minute)
        assert len(test.counts.hours[5]) == min(8, week + 1)
    assert test.counts.hours[5][-1] == Hour(20, 60.0)
    assert test.custom.week == pytest.approx(20 * HOURS)
    assert noticed(test) is not None


def test_an_hour_that_was_hardly_watched_or_was_silent_is_not_learned() -> None:
    test = SilenceTest(RULE, known(30))
    for minute in range(60, 120, 2):
        test.minute(minute, watched=1.0)
    test.minute(120)
    assert test.counts.hours[1] == known(30).hours[1]
    for minute in range(MONDAY_TEN, MONDAY_TEN + 300):
        test.minute(minute)
    assert test.silent
    assert test.counts.hours[12] == known(30).hours[12]


def test_at_the_edge_of_an_hour_the_lower_of_two_rates_holds() -> None:
    hours = tuple((Hour(60 if slot == 8 else 0 if slot < 8 else 120, 60.0),) * 8 for slot in range(HOURS))
    usual = custom(Counts(hours=hours), RULE)
    assert usual.rate(8 * 60) == pytest.approx(0.5, abs=0.02)
    assert usual.rate(8 * 60 + 30) == usual.rate(8 * 60 + 59) == pytest.approx(1.0, abs=0.02)
    assert usual.rate(9 * 60) == pytest.approx(1.5, abs=0.03)


def test_counts_come_back_from_json_as_they_were() -> None:
    counts = known(7, 3).with_hour(4, Hour(9, 58.25), (4, 0, 5, 0), 8)
    assert Counts.from_json(counts.to_json()) == counts
    assert counts.spread > 0


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"version": 2},
        {**known(1).to_json(), "hours": [[]]},
        {**known(1).to_json(), "hours": [[[1, 2, 3]]] * HOURS},
        {**known(1).to_json(), "hours": [[[-1, 60]]] * HOURS},
        {**known(1).to_json(), "hours": [[[1, math.nan]]] * HOURS},
        {**known(1).to_json(), "spread": -1},
        {**known(1).to_json(), "freedom": "x"},
    ],
)
def test_a_table_that_is_none_is_refused(found: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"counts|count|float"):
        Counts.from_json(found)


@pytest.mark.slow
def test_on_simulated_traffic_false_alarms_stay_within_the_budget() -> None:
    """With a budget of two a week, so that there is something to count; ``python -m bench.quiet_trunks`` measures the default."""
    run = Run((SilenceTest(SilenceRule(false_alarms=2.0)),), Traffic(20.0, random.Random(5)))
    run.weeks(8)
    run.alarms = [0]
    run.weeks(30)
    assert 1 <= run.alarms[0] <= 60
    assert run.noticed_after(0, MONDAY_TEN) < 120
