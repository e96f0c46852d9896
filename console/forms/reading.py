"""A file that people filled in becomes rows, whatever program wrote it. Hostile files are refused, never half read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from callbacks.paper import Cell, Row
from callbacks.paper_cells import text_of
from console.forms.words import headings_of_ours, known_headings
from console.records.words import translator
from console.words import N_

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_ROWS: Final = 5000
MOST_COLUMNS: Final = 64
HEAD_WITHIN: Final = 30  # rows in which the headings are looked for: a title or a logo may stand above them


class Unreadable(Exception):
    """A file that cannot be taken as a whole: what is wrong with it, and the remedy. Nothing of it was used.

    what, remedy: texts of the catalogue; values: what stands in their places.
    """

    def __init__(self, what: str, remedy: str, **values: object) -> None:
        super().__init__(what % values if values else what)
        self._what, self._remedy, self._values = what, remedy, values

    def told(self, language: str) -> tuple[str, str]:
        """What is wrong, and the remedy, in words."""
        say = translator(language)
        what, remedy = say(self._what), say(self._remedy)
        return (what % self._values, remedy % self._values) if self._values else (what, remedy)


@dataclass(frozen=True, slots=True)
class Grid:
    """One table as it stands in a file. lines: number of the row and its cells. filled: cells (line, column) that got their
    value because they are one with the cell above. name: of the table, "" where a file has one only.
    """

    lines: Sequence[tuple[int, Sequence[Cell]]]
    name: str = ""
    filled: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Filled:
    """rows: in their order, without the empty ones. unread: names of tables without the form's headings, though not empty."""

    rows: tuple[Row, ...]
    unread: tuple[str, ...] = ()


def read_file(data: bytes, name: str) -> Filled:
    """The rows of a CSV or XLSX file. name: only tells what kind it is where its content does not. Raises Unreadable."""
    from console.forms import csv_file, xlsx_file  # these load what only a file needs

    if len(data) > MOST_BYTES:
        raise Unreadable(
            N_("has %(size)s MiB, and at most %(most)s are read"),
            N_("split it, and leave pictures out"),
            size=len(data) // 1024 // 1024,
            most=MOST_BYTES // 1024 // 1024,
        )
    if xlsx_file.looks_like_one(data):
        return filled(xlsx_file.grids(data))
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unreadable(
            N_("is of an old kind (.xls), or locked by a password"), N_("save it as .xlsx or as CSV")
        )
    if name.lower().endswith((".xlsx", ".xlsm", ".ods", ".pdf")):
        raise Unreadable(N_("is not what its name says"), N_("save it as .xlsx or as CSV"))
    return filled([csv_file.grid(data)])


def filled(grids: Sequence[Grid]) -> Filled:
    """The rows of every table that has the form's headings. Raises Unreadable where none has."""
    rows: list[Row] = []
    unread: list[str] = []
    found = 0
    for grid in grids:
        head = _head(grid)
        if head is None:
            if any(_is_full(cells) for _, cells in grid.lines):
                unread.append(grid.name)
            continue
        found += 1
        rows += _rows(grid, *head)
    if not found:
        raise Unreadable(
            N_("has no row of headings with number, date and time"),
            N_("start from a blank; headings may be Chinese or English"),
        )
    if len(rows) > MOST_ROWS:
        raise Unreadable(
            N_("has %(rows)s rows, and at most %(most)s are read at once"),
            N_("split it"),
            rows=len(rows),
            most=MOST_ROWS,
        )
    return Filled(tuple(rows), tuple(unread))


def _is_full(cells: Sequence[Cell]) -> bool:
    return any(text_of(cell) for cell in cells)


def _head(grid: Grid) -> tuple[int, dict[int, str]] | None:
    """Place of the headings among the lines, and the heading of every column."""
    known = known_headings()
    for place, (_, cells) in enumerate(grid.lines[:HEAD_WITHIN]):
        names = {column: text_of(cell) for column, cell in enumerate(cells)}
        fields = [known.get(name.casefold(), "") for name in names.values()]
        if "number" in fields and ("time" in fields or "date" in fields):
            twice = sorted({field for field in fields if field and fields.count(field) > 1})
            if twice:
                raise Unreadable(
                    N_("has two columns for %(fields)s"), N_("delete one of them"), fields=", ".join(twice)
                )
            ours = headings_of_ours()
            return place, {
                column: "-"
                if name.casefold() in ours
                else known.get(name.casefold(), f"+{name or column + 1}")
                for column, name in names.items()
            }
    return None


def _rows(grid: Grid, place: int, head: dict[int, str]) -> list[Row]:
    found: list[Row] = []
    for line, cells in grid.lines[place + 1 :]:
        own = {column for column, cell in enumerate(cells) if text_of(cell)} - {
            column for at, column in grid.filled if at == line
        }
        fields = {column: head.get(column, f"+{column + 1}") for column in range(len(cells))}
        if not {fields[column] for column in own} - {"sheet", "row", "-"}:
            continue  # a row of the blank that nobody has written into
        named = {fields[column]: cells[column] for column in fields if fields[column][0] not in "+-"}
        extra = {fields[column][1:]: text_of(cells[column]) for column in own if fields[column][0] == "+"}
        merged = {fields[column] for at, column in grid.filled if at == line} & {"number"}
        found.append(Row(line, named, extra, frozenset(merged)))
    return found
