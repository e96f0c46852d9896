"""Blanks to be filled in at a computer: a CSV, and an XLSX whose cells are text, so that no digit of a number is lost."""

import secrets
from datetime import datetime
from io import BytesIO
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from callbacks.paper import FIELDS
from console.forms.rejects import csv_of
from console.forms.site import FormSite
from console.forms.words import heading
from console.records.words import translator
from console.words import N_

ROWS: Final = 30
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike on paper
_WIDTHS: Final = {
    "number": 20,
    "name": 16,
    "address": 34,
    "remarks": 40,
    "date": 12,
    "agent": 14,
    "matter": 14,
}
_ABOUT: Final = (
    N_("Times are those of %(zone)s. One row is one caller; rows that stay empty are left out."),
    N_("Read the number back to the caller until he confirms it, then write yes into “Read back”."),
    N_("Call back: no, if the caller wants no call. Left empty, he is called."),
    N_("Sheet and No. tell rows apart: leave them as they are."),
)


def sheet_id() -> str:
    """A name for one sheet that no other has: short enough to be copied by hand."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


def blank_rows(site: FormSite, sheet: str, rows: int) -> list[list[str]]:
    """Headings, and numbered empty rows."""
    head = [heading(field, site.language) for field in FIELDS]
    return [head, *([sheet, str(number), *[""] * (len(FIELDS) - 2)] for number in range(1, rows + 1))]


def to_csv(site: FormSite, sheet: str, rows: int = ROWS) -> bytes:
    """The blank as CSV."""
    return csv_of(blank_rows(site, sheet, rows))


def to_xlsx(site: FormSite, sheet: str, now: datetime, rows: int = ROWS) -> bytes:
    """The blank as a workbook: one table to fill in, with lists to choose from, and one that says how."""
    say = translator(site.language)
    book = Workbook()
    book.properties.creator = site.name
    book.properties.created = book.properties.modified = now.replace(tzinfo=None)
    page = book.active
    page.title = say(N_("Callers"))
    for cells in blank_rows(site, sheet, rows):
        page.append(cells)
    for column, field in enumerate(FIELDS, 1):
        _dress(page, column, field, rows)
        if choices := _choices(site, field):
            _offer(page, column, choices, rows)
    page.freeze_panes = "A2"
    about = book.create_sheet(say(N_("How to fill it in")))
    about.column_dimensions["A"].width = 110
    for text in _ABOUT:
        about.append([say(text) % {"zone": site.zone.key}])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _choices(site: FormSite, field: str) -> tuple[str, ...]:
    say = translator(site.language)
    yes_no = say(N_("yes")), say(N_("no"))
    return {
        "scope": site.scopes,
        "matter": tuple(word for _, word in site.matters),
        "region": tuple(word for _, word in site.regions),
        "language": site.languages,
        "read_back": yes_no,
        "call": yes_no,
    }.get(field, ())


def _dress(page: object, column: int, field: str, rows: int) -> None:
    cells = [page.cell(line, column) for line in range(1, rows + 2)]  # type: ignore[attr-defined]  # openpyxl ships no types
    cells[0].font, cells[0].fill = Font(bold=True), PatternFill("solid", fgColor="DDE7F0")
    letter = cells[0].column_letter
    page.column_dimensions[letter].width = _WIDTHS.get(field, 11)  # type: ignore[attr-defined]  # the same
    for cell in cells:
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _offer(page: object, column: int, choices: tuple[str, ...], rows: int) -> None:
    """A list to choose from; what is not in it may be written all the same, and the import says so."""
    text = ",".join(one.replace(",", " ").replace('"', "") for one in choices)
    if len(text) > 250:  # a spreadsheet takes no longer list
        return
    rule = DataValidation(type="list", formula1=f'"{text}"', allow_blank=True, showErrorMessage=False)
    letter = page.cell(1, column).column_letter  # type: ignore[attr-defined]  # openpyxl ships no types
    rule.add(f"{letter}2:{letter}{rows + 1}")
    page.add_data_validation(rule)  # type: ignore[attr-defined]  # the same
