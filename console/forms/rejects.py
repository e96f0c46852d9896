"""Rows that did not come in, as a CSV that can be mended and imported again. No spreadsheet program runs what stands in it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from callbacks.paper import FIELDS
from callbacks.paper_cells import text_of
from console.forms.plan import Planned
from console.forms.words import LINE, WHY, heading, told
from console.records.words import translator

_LIKE_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """With an apostrophe before what a spreadsheet program would take for a formula; ``paper_cells.text_of`` drops it."""
    return f"'{text}" if text.startswith(_LIKE_FORMULA) else text


def to_csv(planned: Sequence[Planned], language: str) -> bytes:
    """UTF-8 with its mark, as spreadsheet programs want it. The columns of the form, those of others, and two of our own."""
    say = translator(language)
    others = list(dict.fromkeys(name for one in planned for name in one.row.extra))
    others = [name for name in others if name not in (say(LINE), say(WHY))]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([heading(field, language) for field in FIELDS] + [*others, say(LINE), say(WHY)])
    for one in planned:
        cells = [text_of(one.row.cells.get(field)) for field in FIELDS]
        cells += [one.row.extra.get(name, "") for name in others]
        writer.writerow([harmless(cell) for cell in (*cells, str(one.row.line), why(one, language))])
    return out.getvalue().encode("utf-8-sig")


def why(one: Planned, language: str) -> str:
    """Everything that is wrong with a row, with its remedies."""
    return " ".join(_sentence(*told(wrong, language)) for wrong in one.reading.wrong)


def _sentence(field: str, what: str, remedy: str) -> str:
    return f"{field}: {what}. {remedy}"


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Plain rows, with nothing in them that a spreadsheet program would run."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")
