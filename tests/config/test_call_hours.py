"""E4: the policy's hours and working days as the calendar that the rules of calling back know."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from callbacks.rules.hours import day_of, may_call, next_call, working_days_after
from config.call_hours import CallDays, CallHours, call_calendar
from config.policy import SitePolicy, parse_policy

BASE = """
site: {name: x, timezone: ZONE, languages: [en], pbx_id: p}
armed: false
trunks: {t: {endpoint: t, dial: "PJSIP/{number}@t", channels: 1}}
pools: {p: {queue: q}}
scopes: {s: {queue: q, pools: [p], trunks: [t]}}
"""
NOW = datetime(2026, 9, 30, 4, 0, tzinfo=UTC)  # noon in Shanghai, the day before the national holiday


def site(hours: str = "", more: str = "", zone: str = "Asia/Shanghai") -> SitePolicy:
    calls = f"callbacks: {{hours: {hours}}}\n" if hours else ""
    return parse_policy(BASE.replace("ZONE", zone) + calls + more)


def local(day: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))


def test_e4_working_days_follow_the_national_calendar_with_its_shifted_days() -> None:
    """1 to 7 October 2026 are a holiday, and Saturday the 10th is worked in exchange."""
    calendar = call_calendar(site(), NOW)
    assert working_days_after(calendar, NOW, 1) == local("2026-10-09")
    assert working_days_after(calendar, local("2026-10-09 12:00"), 1) == local("2026-10-11")


def test_e4_quiet_hours_are_kept_in_the_site_s_time() -> None:
    calendar = call_calendar(site('{from: "09:30", until: "18:00"}'), NOW)
    assert not may_call(calendar, local("2026-09-30 09:29"))
    assert may_call(calendar, local("2026-09-30 09:30"))
    assert not may_call(calendar, local("2026-09-30 18:00"))
    assert may_call(calendar, local("2026-10-01 12:00"))  # a holiday is a day, too


def test_on_working_days_only_where_the_policy_says_so() -> None:
    calendar = call_calendar(site("{days: working}"), NOW)
    assert next_call(calendar, local("2026-09-30 21:00")) == local("2026-10-08 08:00")


def test_the_end_of_the_day_is_24_00() -> None:
    calendar = call_calendar(site('{from: "00:00", until: "24:00"}'), NOW)
    assert all(may_call(calendar, NOW + timedelta(minutes=7 * step)) for step in range(400))


def test_the_day_on_which_clocks_change_keeps_its_hours() -> None:
    """Berlin, 25 October 2026, has 25 hours."""
    calendar = call_calendar(site(zone="Europe/Berlin"), datetime(2026, 10, 20, tzinfo=UTC))
    sunday = day_of(calendar, local("2026-10-25 23:30", "Europe/Berlin"))
    assert sunday.end - sunday.start == timedelta(hours=25)
    assert may_call(calendar, local("2026-10-25 20:59", "Europe/Berlin"))
    assert not may_call(calendar, local("2026-10-25 21:00", "Europe/Berlin"))


def test_it_reaches_30_days_back_and_60_ahead() -> None:
    calendar = call_calendar(site(), NOW)
    assert calendar.calling[0].start == local("2026-08-31 08:00")
    assert calendar.calling[-1].end == local("2026-11-29 21:00")
    assert len(calendar.midnights) == 92


def test_e4_years_that_are_not_announced_are_named_until_a_person_confirms_them() -> None:
    december = datetime(2031, 12, 20, tzinfo=UTC)
    assert call_calendar(site(), december).unconfirmed == (2031, 2032)
    confirmed = site(more="hours: {workdays: {confirmed: [2031, 2032]}}\n")
    assert call_calendar(confirmed, december).unconfirmed == ()


def test_the_site_s_own_table_wins() -> None:
    calendar = call_calendar(site(more="hours: {workdays: {rest: [2026-10-09], work: [2026-10-05]}}\n"), NOW)
    assert working_days_after(calendar, NOW, 1) == local("2026-10-06")
    assert working_days_after(calendar, local("2026-10-08 12:00"), 1) == local("2026-10-11")


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        call_calendar(site(), datetime(2026, 1, 1))  # noqa: DTZ001  # that is the point


def test_the_calendar_is_worked_out_once_a_day_and_again_for_a_new_policy() -> None:
    days, one = CallDays(), site()
    first = days.at(one, NOW)
    assert days.at(one, NOW + timedelta(hours=11)) is first
    assert days.at(one, NOW + timedelta(hours=12)) is not first  # midnight in Shanghai
    assert days.at(site("{days: working}"), NOW + timedelta(hours=12)).calling != first.calling


def test_the_default_is_from_8_to_21_every_day() -> None:
    assert site().hours_of_calls == CallHours(time(8), time(21), working=False)
    assert date(2026, 10, 3) in {
        span.start.astimezone(ZoneInfo("Asia/Shanghai")).date() for span in call_calendar(site(), NOW).calling
    }
