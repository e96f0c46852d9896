"""A document before it is Markdown, CSV or a page: sections of facts, tables, remarks and gaps. Values only."""

from dataclasses import dataclass
from typing import Final

PARTS: Final = (
    *("place", "extent", "measures", "trend", "loss", "further", "other"),  # F1
    *("device", "repair"),  # F2
    *("cause", "handling", "mend"),  # F3
    *("content", "participants", "evaluation", "decided"),  # F4
)
"""What a note can belong to."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line that the record knows."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What nobody has told yet, to be filled by a person. part: of PARTS, into which a note fills it; "" none does."""

    label: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A person's words."""

    label: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the record; each as long as the headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Fact | Gap | Remark | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """name: stem of its file. reference: key of the incident, or the day. drill: it must be seen at once that it is one.

    times: the zone in which they are told. gap_words: "to be filled" in the document's language; language: zh-CN or en.
    """

    name: str
    title: str
    reference: str
    language: str
    times: str
    drill_words: str
    gap_words: str
    sections: tuple[Section, ...]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Everything that is still to be filled."""
        return tuple(block for part in self.sections for block in part.blocks if isinstance(block, Gap))
