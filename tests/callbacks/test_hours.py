"""E4: when people may be called, and which days count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from calling_days import ZONE, calendar_around
from hypothesis import given
from hypothesis import strategies as st

from callbacks.rules.hours import (
    CallCalendar,
    Span,
    day_of,
    last_call,
    may_call,
    next_call,
    working_days_after,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, 10:00 in the zone of the calendar
WEEK = calendar_around(NOW)
OFFICE = calendar_around(NOW, 9, 17, working_only=True)
moments = st.integers(-10 * 86_400, 30 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))


def local(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("at", "may"),
    [
        (local(20, 7, 59), False),
        (local(20, 8), True),
        (local(20, 20, 59), True),
        (local(20, 21), False),
        (local(21, 12), True),
    ],
)
def test_e4_people_are_called_in_hours_only(at: datetime, may: bool) -> None:
    assert may_call(WEEK, at) is may


def test_e4_on_working_days_only_where_the_policy_says_so() -> None:
    assert not may_call(OFFICE, local(21, 12))
    assert next_call(OFFICE, local(20, 17)) == local(23, 9)


@given(moments, st.sampled_from([WEEK, OFFICE]))
def test_the_next_call_is_in_hours_and_none_was_possible_sooner(at: datetime, calendar: CallCalendar) -> None:
    found = next_call(calendar, at)
    assert found >= at
    assert may_call(calendar, found)
    if found > at:
        assert not may_call(calendar, at)
        assert found in {span.start for span in calendar.calling}
        assert not any(at <= span.start < found for span in calendar.calling)


def test_what_the_calendar_does_not_know_is_asked_again_when_it_comes() -> None:
    far = NOW + timedelta(days=200)
    assert next_call(WEEK, far) == far
    assert not may_call(WEEK, far)
    assert not may_call(CallCalendar((), ()), NOW)
    assert next_call(CallCalendar((), ()), NOW) == NOW
    assert last_call(CallCalendar((), ()), NOW) == NOW


def test_the_last_call_of_a_day_is_the_end_of_its_hours() -> None:
    assert last_call(WEEK, local(21)) == local(20, 21)
    assert last_call(WEEK, local(20, 15)) == local(20, 15)
    assert last_call(OFFICE, local(22, 12)) == local(20, 17)


@given(moments)
def test_every_moment_lies_in_its_local_day(at: datetime) -> None:
    day = day_of(WEEK, at)
    assert day.holds(at)
    assert day.start.astimezone(ZONE).time() == day.end.astimezone(ZONE).time() == datetime.min.time()
    assert day.end - day.start == timedelta(days=1)
    assert day_of(replace(WEEK, midnights=()), at) == day  # weekends lie between working days


def test_a_day_on_which_clocks_change_is_one_day() -> None:
    midnights = (local(20), local(21), local(21) + timedelta(hours=25), local(22) + timedelta(hours=25))
    calendar = CallCalendar((), (), midnights=midnights)
    assert day_of(calendar, local(21) + timedelta(hours=24, minutes=30)) == Span(midnights[1], midnights[2])


def test_without_any_day_known_days_are_those_of_utc() -> None:
    assert day_of(CallCalendar((), ()), NOW) == Span(NOW.replace(hour=0), NOW.replace(hour=0, day=21))


@pytest.mark.parametrize(
    ("at", "count", "end"),
    [
        (local(19, 10), 0, local(20)),
        (local(19, 10), 1, local(21)),  # Thursday → Friday's end
        (local(20, 10), 1, local(24)),  # Friday → Monday's end
        (local(21, 10), 1, local(24)),  # on a day without work
        (local(20, 10), 3, local(26)),
        (local(20), 1, local(24)),  # midnight belongs to the day that begins
    ],
)
def test_e2_working_days_count_from_the_day_after(at: datetime, count: int, end: datetime) -> None:
    assert working_days_after(WEEK, at, count) == end


def test_e4_a_holiday_does_not_count() -> None:
    assert working_days_after(calendar_around(NOW, holidays=(3, 4)), NOW, 1) == local(26)


@given(moments, st.integers(1, 10))
def test_e2_so_many_working_days_lie_between(at: datetime, count: int) -> None:
    end = working_days_after(WEEK, at, count)
    assert len([span for span in WEEK.working if span.start > at and span.end <= end]) == count


def test_beyond_what_is_known_every_day_counts() -> None:
    assert working_days_after(CallCalendar((), ()), NOW, 2) == datetime(2026, 11, 23, tzinfo=UTC)
    assert working_days_after(WEEK, NOW + timedelta(days=70), 1) > NOW + timedelta(days=71)


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOW, NOW), (NOW, NOW - timedelta(seconds=1)), (NOW.replace(tzinfo=None), NOW.replace(tzinfo=None))],
)
def test_a_span_is_aware_and_has_a_length(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(start, end)
