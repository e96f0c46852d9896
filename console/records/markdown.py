"""A document as Markdown. What people wrote stays text: nothing of it becomes markup."""

import re

from console.records.values import Block, Document, Fact, Gap, Remark, Table

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(document: Document) -> str:
    """Ends with a newline."""
    title = f"{document.drill_words} · {document.title}" if document.drill_words else document.title
    parts = [f"# {_text(title)}: {_text(document.reference)}"]
    parts.append(_text(document.times))
    for section in document.sections:
        lines = [f"## {_text(section.title)}"]
        lines += [_block(block, document.gap_words) for block in section.blocks]
        parts.append("\n\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _block(block: Block, gap_words: str) -> str:
    match block:
        case Fact():
            return f"**{_text(block.label)}**: {_text(block.value)}"
        case Gap():
            return f"**{_text(block.label)}**: _({_text(gap_words)})_"
        case Remark():
            return f"**{_text(block.label)}** ({_text(block.by)}): {_text(block.text)}"
        case Table():
            rows = [block.headings, tuple("---" for _ in block.headings), *block.rows]
            return "\n".join(_row(row, escape=row is not rows[1]) for row in rows)


def _row(cells: tuple[str, ...], *, escape: bool) -> str:
    return "| " + " | ".join(_text(cell) if escape else cell for cell in cells) + " |"


def _text(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
