"""Leaders' notes: what no row can know, written into a part of a record."""

from datetime import datetime
from typing import Final

from console.records.gather import UnknownIncident, known_keys
from console.records.values import PARTS
from store import Store

MOST_SIGNS: Final = 4000


class NoteRefused(ValueError):
    """A note that cannot be kept. field: which part of it is wrong; remedy: what to do."""

    def __init__(self, field: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.field, self.remedy = field, remedy


def write_note(store: Store, key: str, part: str, text: str, who: str, at: datetime) -> int:
    """Add a note to an incident, open or closed; returns its id. at: aware UTC.

    Raises UnknownIncident, NoteRefused, StoreProblem.
    """
    if part not in PARTS:
        raise NoteRefused("--part", f"there is no part {part!r}", f"use one of {', '.join(PARTS)}")
    words = text.strip()
    if not words or len(words) > MOST_SIGNS:
        what = f"a text of 1 to {MOST_SIGNS} characters is wanted"
        raise NoteRefused("text", what, "write what there is to say; several notes may follow each other")
    if store.incident(key) is None:
        raise UnknownIncident(key, known_keys(store))
    return store.add_note(key, part, words, who, at)
