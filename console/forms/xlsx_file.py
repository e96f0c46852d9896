"""XLSX, looked through before a library reads it: what is packed too tightly, or defines things of its own, is refused."""

import re
import warnings
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from callbacks.paper import Cell
from console.forms.reading import MOST_COLUMNS, MOST_ROWS, Grid, Unreadable
from console.words import N_

MOST_UNPACKED: Final = 64 * 1024 * 1024
MOST_PARTS: Final = 1000
MOST_MERGED: Final = 2000
_MOST_LINES: Final = 2 * MOST_ROWS
_DEFINES: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_CHUNK: Final = 1024 * 1024
_BROKEN: Final = (  # NotImplementedError: zipfile's word for a way of packing that it does not know
    *(BadZipFile, LargeZipFile, ZlibError, ParseError, DefusedXmlException, InvalidFileException),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError, NotImplementedError),
)
_MEND: Final = N_("open it in a spreadsheet program and save it again, or save it as CSV")


def looks_like_one(data: bytes) -> bool:
    """Whether it is packed as an XLSX is."""
    return data[:4] == b"PK\x03\x04"


def grids(data: bytes) -> list[Grid]:
    """Every table of the workbook, its formulas as what they last showed. Raises Unreadable."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            _look_through(archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out: pictures, colours
            book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            with ZipFile(BytesIO(data)) as archive:
                return [_grid(sheet, archive) for sheet in book.worksheets]
        finally:
            book.close()
    except Unreadable:
        raise
    except _BROKEN as problem:
        raise Unreadable(
            N_("is no XLSX that can be read (%(why)s)"), _MEND, why=type(problem).__name__
        ) from None


def _look_through(archive: ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(N_("unpacks to more than a form ever holds"), _MEND)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(N_("is locked by a password"), N_("save it without one"))
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels", ".vml")):
            _refuse_definitions(archive, part)


def _refuse_definitions(archive: ZipFile, part: ZipInfo) -> None:
    """What a part says of its own length is not believed: reading ends there."""
    left, tail = MOST_UNPACKED, b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            plain = tail + chunk.replace(b"\0", b"")  # also where it is written in UTF-16
            if left < 0 or _DEFINES.search(plain):
                raise Unreadable(
                    N_("defines things of its own (DOCTYPE), which no spreadsheet program does"), _MEND
                )
            tail = plain[-32:]


def _grid(sheet: Any, archive: ZipFile) -> Grid:
    merged, last = _shape(archive, sheet._worksheet_path)
    if last > _MOST_LINES:
        raise Unreadable(
            N_("has something in row %(row)s, and at most %(most)s rows are read at once"),
            N_("split it, or delete what stands far below the form"),
            row=last,
            most=MOST_ROWS,
        )
    lines: list[tuple[int, list[Cell]]] = []
    sheet.reset_dimensions()  # what it says of its own size is not believed either
    for number, cells in enumerate(
        sheet.iter_rows(max_row=max(1, last), max_col=MOST_COLUMNS, values_only=True), 1
    ):
        lines.append((number, list(cells)))
    return Grid(lines, str(sheet.title), _fill_down(lines, merged))


def _shape(archive: ZipFile, path: str) -> tuple[list[str], int]:
    """The cells that are merged, and the number of the last row in which something stands."""
    merged: list[str] = []
    last = row = 0
    with archive.open(path.lstrip("/")) as file:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                row = int(element.get("r") or row + 1) if tag == "row" else row
                continue
            if tag == "c" and element.find("{*}f") is not None and not element.findtext("{*}v"):
                raise Unreadable(
                    N_("has a formula in %(cell)s that was never worked out"),
                    _MEND,
                    cell=element.get("r") or row,
                )
            if tag in ("v", "t") and element.text:
                last = max(last, row)
            elif tag == "mergeCell":
                merged.append(element.get("ref") or "")
            if tag in ("row", "mergeCell"):
                element.clear()
    return merged[:MOST_MERGED], last


def _fill_down(lines: list[tuple[int, list[Cell]]], merged: list[str]) -> frozenset[tuple[int, int]]:
    """A cell over several rows counts for each of them. Returns the (line, column) that got their value so."""
    filled: set[tuple[int, int]] = set()
    for ref in merged:
        left, top, _, bottom = range_boundaries(ref)
        if not top or not left or left > MOST_COLUMNS or top > len(lines):
            continue
        value = lines[top - 1][1][left - 1] if left <= len(lines[top - 1][1]) else None
        if value is None:
            continue
        for line in range(top + 1, min(bottom or top, len(lines)) + 1):
            cells = lines[line - 1][1]
            cells += [None] * (left - len(cells))
            cells[left - 1] = value
            filled.add((line, left - 1))
    return frozenset(filled)
