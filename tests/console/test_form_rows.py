"""Rows of a manual form become captures, or say what is wrong with them (requirement C2)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from form_story import HEAD, NOW, csv, readings, row, xlsx

from callbacks.paper import Reading, Wrongness
from callbacks.values import Matter, NumberSource


def one(**cells: Any) -> Reading:
    return readings(xlsx(row(**cells)))[0]


def wrong(**cells: Any) -> list[tuple[str, Wrongness]]:
    return [(what.field, what.kind) for what in one(**cells).wrong]


def test_a_row_becomes_a_capture_with_all_that_it_says_C1() -> None:
    data = csv(row(matter="故障报修", name="王小明", remarks="on the roof"))
    capture = readings(data)[0].capture
    assert capture is not None
    assert capture.at == datetime(2026, 11, 21, 1, 30, tzinfo=UTC), "the site's clocks are eight hours ahead"
    assert (capture.number, capture.source, capture.tier) == ("13912341234", NumberSource.KEYED, 0)
    assert (capture.matter, capture.scope, capture.language) == (Matter.FAULT, "power", "zh-CN")
    assert (capture.name, capture.remarks, capture.taken_by) == ("王小明", "on the roof", "import/leader")
    assert (capture.wanted, capture.promised) == (True, True)


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("2026-11-21", "09:30"),
        ("2026/11/21", "9:30"),
        ("2026年11月21日", "9时30分"),
        ("2026.11.21", "09:30:00"),
        ("２０２６-１１-２１", "９:３０"),
        ("", "2026-11-21 09:30"),
        ("2026-11-21T09:30", ""),
        (datetime(2026, 11, 21), time(9, 30)),  # noqa: DTZ001  # as a spreadsheet has it
        (datetime(2026, 11, 21), timedelta(hours=9, minutes=30)),  # noqa: DTZ001
        (datetime(2026, 11, 21, 9, 30), None),  # noqa: DTZ001
        (46347, 0.395833333333333),
        ("46347", "0.395833333333333"),
        (46347.395833333333, None),
        ("2026-11-21 00:00:00", "09:30:00"),
    ],
)
def test_times_are_read_as_people_and_spreadsheets_write_them(day: Any, clock: Any) -> None:
    reading = one(date=day, time=clock)
    assert reading.wrong == ()
    assert reading.capture is not None
    assert reading.capture.at == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        (13912341234, "13912341234"),
        (13912341234.0, "13912341234"),
        ("13912341234.0", "13912341234"),
        ("139-1234 1234", "13912341234"),
        ("１３９１２３４１２３４", "13912341234"),
        ("'+8613912341234", "13912341234"),
        (57188880000, "057188880000"),  # a spreadsheet took the nought
    ],
)
def test_numbers_are_brought_into_the_form_in_which_the_site_dials_them(written: Any, dialled: str) -> None:
    reading = one(number=written)
    assert reading.capture is not None, reading.wrong
    assert reading.capture.number == dialled


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"number": "1.39E+10"}, ("number", Wrongness.SHORTENED)),
        ({"number": 1.39123412341234e17}, ("number", Wrongness.SHORTENED)),
        ({"number": "110"}, ("number", Wrongness.REFUSED)),
        ({"number": "+12025550123"}, ("number", Wrongness.REFUSED)),
        ({"number": ""}, ("number", Wrongness.NO_NUMBER)),
        ({"time": ""}, ("time", Wrongness.MISSING)),
        ({"date": ""}, ("date", Wrongness.MISSING)),
        ({"time": "25:00"}, ("time", Wrongness.NOT_A_TIME)),
        ({"date": "21/11/26"}, ("date", Wrongness.NOT_A_DATE)),
        ({"date": "2026-02-30"}, ("date", Wrongness.NOT_A_DATE)),
        ({"date": "2026-11-22"}, ("time", Wrongness.FUTURE)),
        ({"date": "2024-11-21"}, ("date", Wrongness.LONG_AGO)),
        ({"matter": "weather"}, ("matter", Wrongness.NOT_KNOWN)),
        ({"call": "perhaps"}, ("call", Wrongness.NOT_YES_OR_NO)),
        ({"name": "x" * 81}, ("name", Wrongness.TOO_LONG)),
        ({"remarks": "x" * 1001}, ("remarks", Wrongness.TOO_LONG)),
    ],
)
def test_what_is_wrong_is_told_by_its_field(cells: dict[str, Any], told: tuple[str, Wrongness]) -> None:
    assert wrong(**cells) == [told]


def test_everything_that_is_wrong_with_a_row_is_told_at_once() -> None:
    assert [field for field, _ in wrong(time="25:00", number="1", matter="x")] == ["time", "number", "matter"]


def test_one_who_wants_no_call_may_leave_no_number() -> None:
    reading = one(number="", call="否", matter="danger")
    assert reading.capture is not None
    assert (reading.capture.number, reading.capture.source) == ("", NumberSource.NONE)
    assert not reading.capture.wanted


def test_a_number_that_was_not_read_back_is_taken_and_said_so_C5() -> None:
    assert one(read_back="").unsure
    assert not one(read_back="✓").unsure


def test_the_same_row_has_the_same_key_in_a_csv_and_in_a_workbook_wherever_it_stands() -> None:
    named = row(sheet="K7M2QX", row="3")
    keys = {
        readings(csv(named))[0].capture.key,  # type: ignore[union-attr]  # it is a good row
        readings(xlsx(row(sheet="K7M2QX", row=2, time="09:00"), named))[1].capture.key,  # type: ignore[union-attr]  # the same
    }
    assert len(keys) == 1
    assert keys.pop().startswith("form:K7M2QX.3-")


def test_two_desks_that_filled_in_copies_of_one_blank_lose_nobody() -> None:
    first, second = row(sheet="K7M2QX", row="1"), row(sheet="K7M2QX", row="1", number="13712341234")
    assert len({reading.capture.key for reading in readings(csv(first, second)) if reading.capture}) == 2


def test_a_row_without_a_sheet_is_known_by_all_that_it_says() -> None:
    same, other = readings(csv(row(), row(), row(remarks="again")))[1:]
    assert same.again == 2
    assert other.again == 0


def test_what_stands_in_columns_of_others_goes_to_the_remarks() -> None:
    data = csv([*row(remarks="ladder"), "blue door"], head=[*HEAD, "Landmark"])
    capture = readings(data)[0].capture
    assert capture is not None
    assert capture.remarks == "ladder; Landmark: blue door"


def test_text_that_no_line_could_hold_becomes_plain() -> None:
    capture = readings(csv(row(remarks="two\nlines\tand\x07 a bell")))[0].capture
    assert capture is not None
    assert capture.remarks == "two lines and a bell"
    assert capture.at <= NOW
