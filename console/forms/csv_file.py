"""CSV as spreadsheets write it: in UTF-8, UTF-16 or GB18030, with commas, semicolons or tabs."""

import csv
import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Final

from console.forms.reading import MOST_COLUMNS, MOST_ROWS, Grid, Unreadable
from console.words import N_

_LONGEST: Final = 20_000  # characters of a cell
_SIGNS: Final = ",;\t|"
_CLOSE: Final = N_("look for a quotation mark that nobody closes")


def grid(data: bytes) -> Grid:
    """The table. Raises Unreadable."""
    text = decoded(data)
    sign = _sign(text)
    lines: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(len(cell) > _LONGEST for cell in cells) or len(cells) > MOST_COLUMNS:
                raise Unreadable(
                    N_("is longer in line %(line)s than any line of a form"), _CLOSE, line=begins
                )
            lines.append((begins, cells))
            begins = reader.line_num + 1
            if len(lines) > 2 * MOST_ROWS:
                raise Unreadable(
                    N_("has %(rows)s rows, and at most %(most)s are read at once"),
                    N_("split it"),
                    rows=len(lines),
                    most=MOST_ROWS,
                )
    except csv.Error as problem:
        raise Unreadable(
            N_("is no CSV from line %(line)s on (%(why)s)"), _CLOSE, line=begins, why=problem
        ) from None
    return Grid(lines)


def decoded(data: bytes) -> str:
    """The text, whatever wrote it: a mark at the start says it; else UTF-8 if it can be, else GB18030. Raises Unreadable."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _as(data, "utf-16")
    if data.startswith(BOM_UTF8):
        return _as(data, "utf-8-sig")
    if b"\0" in data:
        raise Unreadable(N_("is no text"), N_("save it as CSV in UTF-8, or as .xlsx"))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _as(data, "gb18030")


def _as(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise Unreadable(
            N_("is neither UTF-8 nor GB18030 (line %(line)s)"),
            N_("save it as CSV in UTF-8, or as .xlsx"),
            line=line,
        ) from None
    if "\0" in text:
        raise Unreadable(N_("is no text"), N_("save it as CSV in UTF-8, or as .xlsx"))
    return text


def _sign(text: str) -> str:
    """What stands between cells: what the first line that is not empty has most of."""
    first = next((line for line in text.splitlines() if line.strip(_SIGNS + " \t")), "")
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return first[-1]
    return max(_SIGNS, key=first.count)
