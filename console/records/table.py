"""A document as CSV for a spreadsheet: one line for each fact and each row of a table, the section first."""

import csv
import io

from console.records.values import Block, Document, Fact, Gap, Remark, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(document: Document) -> str:
    """With a byte order mark, which spreadsheets want for Chinese. A cell never begins a formula."""
    held = io.StringIO()
    held.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(_safe((document.drill_words, document.title, document.reference, document.times)))
    for section in document.sections:
        for block in section.blocks:
            for cells in _lines(block, document.gap_words):
                writer.writerow(_safe((section.title, *cells)))
    return held.getvalue()


def _lines(block: Block, gap_words: str) -> list[tuple[str, ...]]:
    match block:
        case Fact():
            return [(block.label, block.value)]
        case Gap():
            return [(block.label, f"({gap_words})")]
        case Remark():
            return [(block.label, block.text, block.by)]
        case Table():
            return [block.headings, *block.rows]


def _safe(cells: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
