"""The measures as CSV and XLSX. No cell of them can become a formula, whatever a queue or an agent is called."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from callbacks.measures import GROUPS, NOT_OURS, Unit
from console.measures.report import Report
from console.measures.texts import TEXTS, value_text

_FORMULA = re.compile(r"^[\s]*[=+\-@\t\r|%]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f￾￿]")
Cell = str | float | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe(text: str) -> str:
    """What a spreadsheet shows as it stands: a text that it would run gets an apostrophe before it."""
    clean = _UNPRINTABLE.sub("", text)
    return f"'{clean}" if _FORMULA.match(clean) else clean


def to_csv(report: Report, language: str) -> bytes:
    """The table, an empty line, and the formulas; UTF-8 with a mark, which spreadsheets need for Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in (*_table(report, language), (), *_formulas(report, language)):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def to_xlsx(report: Report, language: str) -> bytes:
    """Two sheets, the table and the formulas; shares as per cent."""
    from openpyxl import Workbook  # loaded by those only who want it

    book = Workbook()
    sheets = ((TEXTS["measures"], _table(report, language)), (TEXTS["formulas"], _formulas(report, language)))
    first = book.active
    for index, (title, rows) in enumerate(sheets):
        sheet: Any = first if index == 0 else book.create_sheet()
        sheet.title = title(language)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row, 1):
                _fill(sheet.cell(number, column), cell)
        sheet.freeze_panes = "B2"
        sheet.column_dimensions["A"].width = 24
    _percents(book.worksheets[0], report)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(place: Any, cell: Cell) -> None:
    if isinstance(cell, str):
        place.value = safe(cell)
        place.data_type = "s"  # a text, whatever it begins with
    else:
        place.value = cell


def _percents(sheet: Any, report: Report) -> None:
    for column, figure in enumerate(report.whole.figures, 2):
        shown = {Unit.SHARE: "0.0%", Unit.NUMBER: "#,##0"}.get(figure.measure.unit, "0.0")
        for row in range(2, len(report.lines) + 3):
            sheet.cell(row, column).number_format = shown


def _table(report: Report, language: str) -> Iterator[tuple[Cell, ...]]:
    """A column for each measure; shares as numbers from 0 to 1. The last line is the whole."""
    columns = report.whole.figures
    yield (TEXTS[report.asked.by or "whole"](language), *(one.measure.words(language) for one in columns))
    for line in (*report.lines, report.whole):
        known = {one.measure.id: one.value for one in line.figures}
        name = line.name or TEXTS["whole"](language)
        yield (name, *(_rounded(known.get(one.measure.id)) for one in columns))


def _formulas(report: Report, language: str) -> Iterator[tuple[Cell, ...]]:
    yield tuple(TEXTS[name](language) for name in ("group", "measure", "value", "formula", "worked", "note"))
    for one in report.whole.figures:
        measure = one.measure
        yield (
            GROUPS[measure.group](language),
            measure.words(language),
            value_text(one),
            measure.formula(language, report.policy),
            measure.worked(one.sums),
            measure.note(language) if measure.note else "",
        )
    for words in NOT_OURS:
        yield (TEXTS["not ours"](language), words(language), "–", "", "", "")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def file_name(report: Report, ending: str) -> str:
    """Of a file that a person saves."""

    def day(at: datetime) -> str:
        return f"{at.astimezone(report.zone):%Y%m%d}"

    return f"measures-{day(report.asked.since)}-{day(report.asked.until)}.{ending}"
