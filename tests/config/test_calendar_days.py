"""Opening hours, working days and planned outages as intervals of aware UTC (A10, E4)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.calendar import calendar_for, reread, years_not_confirmed
from config.errors import ConfigErrors
from config.hours import Workdays
from config.policy import SitePolicy, parse_policy
from config.workdays import day_calendar, unconfirmed
from fallback.calendar import Calendar, Interval
from fallback.modes import DialplanAction

BASE = """
site: {name: x, timezone: ZONE, languages: [en], pbx_id: p}
armed: false
trunks: {t: {endpoint: t, dial: "PJSIP/{number}@t", channels: 1}}
pools: {p: {queue: q}}
scopes: {s: {queue: q, pools: [p], trunks: [t]}, u: {queue: q, pools: [p], trunks: [t]}}
"""
NOW = datetime(2026, 9, 30, 4, 0, tzinfo=UTC)  # noon in Shanghai, the day before the national holiday

ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:one
DTSTART:20261003T010000Z
DTEND:20261003T030000Z
SUMMARY:Carrier works
END:VEVENT
BEGIN:VEVENT
UID:two
DTSTART;VALUE=DATE:20261004
DTEND;VALUE=DATE:20261005
RRULE:FREQ=WEEKLY;COUNT=2
END:VEVENT
END:VCALENDAR
"""


def site(more: str, zone: str = "Asia/Shanghai", folder: Path | None = None) -> SitePolicy:
    return parse_policy(BASE.replace("ZONE", zone) + more, folder=folder)


def shifts(
    text: str, now: datetime = NOW, days: int = 3, zone: str = "Asia/Shanghai"
) -> tuple[Interval, ...]:
    return calendar_for(site(text, zone), now, days).shifts["s"]


def local(interval: Interval, zone: str = "Asia/Shanghai") -> tuple[str, str]:
    return tuple(f"{at.astimezone(ZoneInfo(zone)):%d %H:%M}" for at in (interval.start, interval.end))  # type: ignore[return-value]  # always two


def hours(lines: str) -> str:
    return f"hours: {{scopes: {{s: {{shifts: [{lines}]}}}}}}\n"


def test_a_scope_without_hours_is_not_listed_and_so_always_open() -> None:
    assert "u" not in calendar_for(site(hours('{days: [daily], hours: ["08:00-20:00"]}')), NOW).shifts


def test_two_shifts_touch_and_a_night_shift_belongs_to_the_day_on_which_it_starts() -> None:
    found = shifts(hours('{days: [wed], hours: ["08:00-20:00", "20:00-08:00"]}'))
    assert [local(one) for one in found] == [("30 08:00", "30 20:00"), ("30 20:00", "01 08:00")]


def test_last_night_s_shift_still_lasts() -> None:
    found = shifts(hours('{days: [mon], hours: ["20:00-08:00"]}'), NOW.replace(day=29, hour=1))
    assert local(found[0]) == ("28 20:00", "29 08:00")


def test_e4_working_days_follow_the_national_holiday_and_its_shifted_days() -> None:
    calendar = calendar_for(site(hours('{days: [workdays], hours: ["08:00-20:00"]}')), NOW, 12)
    works = [f"{one.start.astimezone(ZoneInfo('Asia/Shanghai')):%m-%d}" for one in calendar.workdays]
    assert works == ["09-29", "09-30", "10-08", "10-09", "10-10"]  # the 10th is a Saturday, worked instead
    assert [local(one)[0] for one in calendar.shifts["s"]] == [f"{day[3:]} 08:00" for day in works]


def test_rest_days_have_hours_of_their_own() -> None:
    found = shifts(hours('{days: [restdays], hours: ["09:00-17:00"]}'), days=3)
    assert [local(one)[0] for one in found] == ["01 09:00", "02 09:00"]


def test_an_exception_takes_the_place_of_the_shifts_and_none_means_closed() -> None:
    text = """
hours:
  scopes:
    s:
      shifts: [{days: [daily], hours: ["08:00-20:00"]}]
      exceptions:
        - {date: 2026-09-30, hours: ["10:00-12:00"], why: stocktaking}
        - {date: 2026-10-01, until: 2026-10-02}
"""
    assert [local(one) for one in shifts(text, days=4)] == [
        ("29 08:00", "29 20:00"),
        ("30 10:00", "30 12:00"),
        ("03 08:00", "03 20:00"),
    ]


def test_the_site_s_table_wins_over_every_calendar() -> None:
    table = Workdays(work=(date(2026, 10, 1),), rest=(date(2026, 9, 30),))
    calendar = day_calendar(table)
    assert (calendar.works(date(2026, 10, 1)), calendar.works(date(2026, 9, 30))) == (True, False)


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        ("none", date(2026, 10, 1), True),
        ("none", date(2026, 10, 10), False),
        ("china", date(2026, 10, 10), True),
        ("DE", date(2026, 10, 3), False),
        ("DE", date(2026, 10, 1), True),
        ("DE", date(2026, 12, 25), False),
    ],
)
def test_calendars_behind_one_interface(calendar: str, day: date, works: bool) -> None:
    assert day_calendar(Workdays(calendar)).works(day) is works


def test_a_year_that_is_not_announced_is_a_guess_until_somebody_confirms_it() -> None:
    december = datetime(2030, 12, 20, tzinfo=UTC)
    assert years_not_confirmed(site(""), december) == (2030, 2031)
    assert years_not_confirmed(site("hours: {workdays: {confirmed: [2030, 2031]}}\n"), december) == ()
    assert unconfirmed(Workdays("none"), date(2030, 1, 1), date(2031, 1, 1)) == ()
    assert not day_calendar(Workdays()).works(date(2030, 10, 1))  # guessed, and used


def test_nothing_is_known_beyond_the_days_asked_for() -> None:
    calendar = calendar_for(site(hours('{days: [daily], hours: ["00:00-24:00"]}')), NOW, 2)
    assert calendar.known_until == datetime(2026, 10, 1, 16, 0, tzinfo=UTC)
    assert (
        calendar.shifts["s"][-1].end == calendar.workdays[-1].end + timedelta(days=1) == calendar.known_until
    )


def test_a_clock_that_is_set_shortens_or_lengthens_the_night() -> None:
    text = hours('{days: [daily], hours: ["22:00-06:00"]}')
    spring = shifts(text, datetime(2026, 3, 28, 12, tzinfo=UTC), 2, "Europe/Berlin")
    autumn = shifts(text, datetime(2026, 10, 24, 12, tzinfo=UTC), 2, "Europe/Berlin")
    lengths = [{one.end - one.start for one in found} for found in (spring, autumn)]
    assert lengths == [{timedelta(hours=8), timedelta(hours=7)}, {timedelta(hours=8), timedelta(hours=9)}]


def test_a_shift_inside_the_hour_that_the_clocks_skip_is_left_out() -> None:
    found = shifts(
        hours('{days: [sun], hours: ["02:10-02:50"]}'),
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        3,
        "Europe/Berlin",
    )
    assert all(one.end > one.start for one in found)


def test_a10_once_and_recurring_windows_open_and_close_by_themselves() -> None:
    text = """
planned:
  - {name: once, title: Works, scopes: [s], components: [t], action: offer, start: "2026-10-02 22:00", lasts: 90min}
  - {name: month-end, title: Month end, scopes: [s, u], message: month-end, region: north, start: 2026-01-31 20:00:00,
     lasts: 4h, repeat: FREQ=MONTHLY;BYMONTHDAY=-1}
"""
    first, second, third = calendar_for(site(text), NOW, 35).planned
    assert (first.key, local(first.when)) == ("month-end-20260930T1200Z", ("30 20:00", "01 00:00"))
    assert (first.message, first.region, first.action) == ("month-end", "north", DialplanAction.NOTICE)
    assert (second.key, local(second.when)) == ("once-20261002T1400Z", ("02 22:00", "02 23:30"))
    assert (second.components, second.action, second.message) == (("t",), DialplanAction.OFFER, "planned")
    assert local(third.when)[0] == "31 20:00"


def test_a_window_that_began_yesterday_and_lasts_is_still_told() -> None:
    text = 'planned: [{name: w, title: W, scopes: [s], start: "2026-09-01 00:00", lasts: 30d}]\n'
    assert len(calendar_for(site(text), NOW).planned) == 1


def test_a10_every_event_of_an_icalendar_file_is_a_window(tmp_path: Path) -> None:
    (tmp_path / "works.ics").write_text(ICS)
    text = "planned: [{name: works, title: Works, scopes: [s], file: works.ics}]\n"
    planned = calendar_for(site(text, folder=tmp_path), NOW).planned
    assert [(one.title, *local(one.when)) for one in planned] == [
        ("Carrier works", "03 09:00", "03 11:00"),
        ("Works", "04 00:00", "05 00:00"),
        ("Works", "11 00:00", "12 00:00"),
    ]


def test_a_file_that_changed_is_read_again_and_a_broken_one_keeps_what_it_held(tmp_path: Path) -> None:
    file = tmp_path / "works.ics"
    file.write_text(ICS)
    first = site("planned: [{name: works, title: Works, scopes: [s], file: works.ics}]\n", folder=tmp_path)
    file.write_text(ICS.replace("COUNT=2", "COUNT=3"))
    second, problems = reread(first)
    assert (len(calendar_for(second, NOW).planned), problems) == (4, ())
    file.write_text("not a calendar")
    third, problems = reread(second)
    assert len(calendar_for(third, NOW).planned) == 4
    assert str(file) in problems[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "holds no event"), ("x", "no iCalendar"), (ICS.replace("WEEKLY", "OFTEN"), "no iCalendar")],
)
def test_a_file_without_events_or_that_is_none_is_told(tmp_path: Path, text: str, problem: str) -> None:
    empty = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\nEND:VCALENDAR\n"
    (tmp_path / "works.ics").write_text(text or empty)
    with pytest.raises(ConfigErrors) as caught:
        site("planned: [{name: works, title: Works, scopes: [s], file: works.ics}]\n", folder=tmp_path)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        ('{days: [mon], hours: ["08:00-12:00", "11:59-13:00"]}', "mon"),
        ('{days: [sun], hours: ["20:00-08:00"]}, {days: [mon], hours: ["07:00-09:00"]}', "sun"),
        ('{days: [mon-fri], hours: ["08:00-20:00"]}, {days: [restdays], hours: ["10:00-12:00"]}', "rest day"),
        (
            '{days: [daily], hours: ["00:00-24:00"]}, {days: [workdays], hours: ["09:00-10:00"]}',
            "working day",
        ),
        ('{days: [daily], hours: ["20:00-20:01", "10:00-10:00"]}', "mon"),
    ],
)
def test_shifts_that_overlap_are_told_with_the_day(lines: str, day: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        site(hours(lines))
    assert any("overlaps" in error.problem and day in error.problem for error in caught.value.errors)


def test_shifts_that_touch_are_right() -> None:
    assert site(hours('{days: [workdays], hours: ["08:00-20:00", "20:00-08:00"]}')).hours.scopes["s"].shifts


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (hours("{days: [mon], hours: [20:00]}"), "hours.scopes.s.shifts[0].hours[0]"),
        (hours('{days: [munday], hours: ["08:00-09:00"]}'), "hours.scopes.s.shifts[0].days[0]"),
        (hours('{days: [mon-workdays], hours: ["08:00-09:00"]}'), "hours.scopes.s.shifts[0].days[0]"),
        (hours('{days: [mon], hours: ["08:00-25:00"]}'), "hours.scopes.s.shifts[0].hours[0]"),
        (
            "hours: {scopes: {s: {shifts: [], exceptions: [{date: 2026-10-05, until: 2026-10-01}]}}}\n",
            "hours.scopes.s.exceptions[0].until",
        ),
        (
            "hours: {scopes: {s: {shifts: [], exceptions: [{date: 2026-10-05}, {date: 2026-10-05}]}}}\n",
            "hours.scopes.s.exceptions[1]",
        ),
        ("hours: {workdays: {work: [2026-10-05], rest: [2026-10-05]}}\n", "hours.workdays.rest[0]"),
        ('planned: [{name: w, title: W, scopes: [s], start: "tomorrow", lasts: 1h}]\n', "planned[0].start"),
        (
            'planned: [{name: w, title: W, scopes: [s], start: "2026-10-01 10:00Z", lasts: 1h}]\n',
            "planned[0].start",
        ),
        (
            'planned: [{name: w, title: W, scopes: [s], start: "2026-10-01 10:00", lasts: 1h, repeat: FREQ=OFTEN}]\n',
            "planned[0].repeat",
        ),
        (
            'planned: [{name: w, title: W, scopes: [s], start: "2026-10-01 10:00", file: x.ics}]\n',
            "planned[0]",
        ),
    ],
)
def test_a_slip_in_hours_is_told_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        site(text)
    assert place in [error.place for error in caught.value.errors]


def test_a_rule_that_recurs_every_minute_is_refused(tmp_path: Path) -> None:
    text = 'planned: [{name: w, title: W, scopes: [s], start: "2026-09-01 00:00", lasts: 1s, repeat: FREQ=MINUTELY}]\n'
    with pytest.raises(ConfigErrors, match="no recurrence rule"):
        site(text)
    (tmp_path / "works.ics").write_text(ICS.replace("FREQ=WEEKLY;COUNT=2", "FREQ=MINUTELY"))
    with pytest.raises(ConfigErrors, match="is the recurrence rule right"):
        site("planned: [{name: works, title: Works, scopes: [s], file: works.ics}]\n", folder=tmp_path)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        calendar_for(site(""), datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@settings(max_examples=40, deadline=None)
@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone beside it
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"]),
    words=st.sampled_from(["workdays", "daily", "restdays", "mon-fri"]),
)
def test_whatever_the_day_intervals_are_in_order_and_never_overlap(
    start: datetime, zone: str, words: str
) -> None:
    text = hours(f'{{days: [{words}], hours: ["08:00-20:00", "20:00-08:00"]}}')
    calendar: Calendar = calendar_for(site(text, zone), start, 10)
    for row in (calendar.shifts["s"], calendar.workdays):
        assert all(one.end <= other.start for one, other in pairwise(row))
    assert calendar.known_until is not None
    assert calendar.known_until > start + timedelta(days=9)
