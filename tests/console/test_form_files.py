"""Files that people filled in are read whatever wrote them, and hostile ones are refused as a whole (requirement C2)."""

import random
import struct
import time
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from form_story import HEAD, csv, readings, repacked, row, xlsx
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.paper import Wrongness
from console.forms.reading import MOST_BYTES, Unreadable, read_file

SHEET = "xl/worksheets/sheet1.xml"


def refusal(data: bytes, name: str = "form.xlsx") -> str:
    with pytest.raises(Unreadable) as caught:
        read_file(data, name)
    assert caught.value.told("zh-CN")[1] != caught.value.told("en")[1], "the remedy is told in both languages"
    return caught.value.told("en")[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_encoding_that_spreadsheets_write(encoding: str) -> None:
    capture = readings(csv(row(name="王小明", matter="故障报修"), encoding=encoding))[0].capture
    assert capture is not None
    assert (capture.name, capture.matter) == ("王小明", "fault")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_cells_may_stand_apart_by_comma_semicolon_or_tab(sign: str) -> None:
    data = csv(row(name="Wang")).replace(b'","', f'"{sign}"'.encode())
    assert [one.wrong for one in readings(data)] == [()]


def test_headings_are_known_in_chinese_and_below_a_title() -> None:
    data = "热线手工登记表,,\n\n日期,时间,电话号码\n2026-11-21,09:30,13912341234\n".encode("gb18030")
    assert [one.wrong for one in readings(data)] == [()]


def test_a_cell_over_two_lines_is_one_cell_and_rows_keep_their_lines() -> None:
    read = readings(csv(row(remarks="two\nlines"), row(time="10:00")))
    assert [one.line for one in read] == [2, 4]


def test_a_quotation_mark_that_nobody_closes_is_told_with_its_line() -> None:
    data = csv(row()) + b'\r\n2026-11-21,"09:30,13912341234\r\n' + csv(row(), row())
    assert "line" in refusal(data.replace(b'"\r\n', b"\r\n"), "form.csv")


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xff\xff", b"\0\0", random.Random(1).randbytes(64) + b"\0", b"a,b\n1,2\n"],
    ids=["nothing", "no letters", "zeros", "noise", "other columns"],
)
def test_what_is_no_form_is_refused(data: bytes) -> None:
    refusal(data, "form.csv")


def test_a_file_of_a_hundred_megabytes_is_refused_before_it_is_read() -> None:
    assert "MiB" in refusal(bytes(100 * 1024 * 1024), "form.csv"), "not: what it holds is no text"
    assert MOST_BYTES < 100 * 1024 * 1024


def test_too_many_rows_are_refused() -> None:
    assert "rows" in refusal(csv(*[row()] * 5001), "form.csv")


# -- workbooks


def test_blank_rows_of_a_numbered_sheet_are_left_out() -> None:
    empty = ["K7M2QX", "2", *[""] * (len(HEAD) - 2)]
    assert [one.line for one in readings(xlsx(row(sheet="K7M2QX", row="1"), empty, empty))] == [2]


def test_a_cell_over_several_rows_counts_for_each_but_a_number_for_none() -> None:
    day, number = "C2:C3", "E2:E3"
    second = row(date=None, time="10:00", number="13712341234")
    assert [one.wrong for one in readings(xlsx(row(), second, merge=[day]))] == [(), ()]
    shared = row(date="2026-11-21", time="10:00", number=None)
    wrong = readings(xlsx(row(), shared, merge=[number]))[1].wrong
    assert [(one.field, one.kind) for one in wrong] == [("number", Wrongness.MERGED)]


def test_a_zip_bomb_is_refused_without_being_unpacked() -> None:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr(SHEET, bytes(80 * 1024 * 1024))
    began = time.process_time()
    assert "unpacks" in refusal(out.getvalue())
    assert time.process_time() - began < 5


def test_a_bomb_that_lies_of_its_size_is_refused() -> None:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr(SHEET, b"<x>" + bytes(30 * 1024 * 1024))
    data = bytearray(out.getvalue())
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.index(mark)
        data[at + place : at + place + 4] = struct.pack("<I", 10)
    refusal(bytes(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_whatever_encoding(encoding: str) -> None:
    laughs = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    data = repacked(xlsx(row()), SHEET, lambda _old: laughs.encode(encoding))
    assert "DOCTYPE" in refusal(data)


def test_a_cell_a_million_rows_below_is_told_and_not_walked_to() -> None:
    far = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    data = repacked(xlsx(row()), SHEET, lambda old: old.replace(b"</sheetData>", far))
    began = time.process_time()
    assert "1048576" in refusal(data)
    assert time.process_time() - began < 5


def test_a_dimension_that_lies_costs_nothing() -> None:
    data = repacked(xlsx(row()), SHEET, lambda old: old.replace(b'ref="A1:J2"', b'ref="A1:XFD1048576"'))
    began = time.process_time()
    assert [one.wrong for one in readings(data, "form.xlsx")] == [()]
    assert time.process_time() - began < 5


def test_a_formula_that_was_never_worked_out_is_told() -> None:
    assert "formula" in refusal(xlsx(row(number="=A1")))


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(99), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99)]
)
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    refusal(data)


def test_tables_that_are_none_of_ours_are_named() -> None:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(xlsx(row())))
    book.create_sheet("shifts").append(["Monday"])
    book.create_sheet("nothing")
    out = BytesIO()
    book.save(out)
    filled = read_file(out.getvalue(), "form.xlsx")
    assert (len(filled.rows), filled.unread) == (1, ("shifts",))


@settings(max_examples=30)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Unreadable):
        read_file(bytes(whole), "form.xlsx")


WHOLE = xlsx(row(), row(time="10:00"))
