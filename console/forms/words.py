"""The words of the manual form: headings as people read and write them, and what can be wrong with a cell, with its remedy.

English is the source; the page's catalogue holds zh-CN. A heading is known in both languages, and by its plain name.
"""

from collections.abc import Mapping
from typing import Final

from callbacks.paper import FIELDS, Wrong, Wrongness
from callbacks.values import Matter
from console.records.words import translator
from console.words import LANGUAGES, MATTERS, N_

HEADINGS: Final[Mapping[str, str]] = {
    "sheet": N_("Sheet"),
    "row": N_("No."),
    "date": N_("Date"),
    "time": N_("Time"),
    "number": N_("Telephone number"),
    "read_back": N_("Read back"),
    "call": N_("Call back"),
    "scope": N_("Service line"),
    "matter": N_("Matter"),
    "region": N_("Region"),
    "language": N_("Language"),
    "name": N_("Name"),
    "address": N_("Address"),
    "agent": N_("Taken by"),
    "remarks": N_("Remarks"),
}
WHAT: Final[Mapping[Wrongness, str]] = {
    Wrongness.MISSING: N_("is empty"),
    Wrongness.NO_NUMBER: N_("is empty, and the caller is to be called back"),
    Wrongness.NOT_A_DATE: N_("%(said)s is no date"),
    Wrongness.NOT_A_TIME: N_("%(said)s is no time of day"),
    Wrongness.FUTURE: N_("%(said)s is still to come"),
    Wrongness.LONG_AGO: N_("%(said)s is more than a year ago"),
    Wrongness.SHORTENED: N_("was shortened by a spreadsheet, its last digits are lost"),
    Wrongness.REFUSED: N_("may not be called: %(said)s"),
    Wrongness.NOT_KNOWN: N_("%(said)s is not known here"),
    Wrongness.NOT_YES_OR_NO: N_("%(said)s is neither yes nor no"),
    Wrongness.TOO_LONG: N_("is longer than %(said)s characters"),
    Wrongness.MERGED: N_("is one cell with another row, so that nobody knows whose it is"),
}
REMEDY: Final[Mapping[Wrongness, str]] = {
    Wrongness.MISSING: N_("Fill it in."),
    Wrongness.NO_NUMBER: N_("Write the number, or “no” into the column for calling back."),
    Wrongness.NOT_A_DATE: N_("Write it like 2026-11-21."),
    Wrongness.NOT_A_TIME: N_("Write it like 09:30."),
    Wrongness.FUTURE: N_("Correct date and time; they are the site's own."),
    Wrongness.LONG_AGO: N_("Correct the date."),
    Wrongness.SHORTENED: N_("Format the column as text and write the number again, from the paper."),
    Wrongness.REFUSED: N_("Compare it with the paper; if it is right, somebody must settle this by hand."),
    Wrongness.NOT_KNOWN: N_("Write one of: %(known)s."),
    Wrongness.NOT_YES_OR_NO: N_("Write yes or no."),
    Wrongness.TOO_LONG: N_("Shorten it."),
    Wrongness.MERGED: N_("Split the cell and fill in both rows."),
}
LINE, WHY = (
    N_("Line of the file"),
    N_("Why it was not imported"),
)  # columns of our own, behind those of the form
FATES: Final[Mapping[str, str]] = {
    "new": N_("new"),
    "joins": N_("joins a promise of this number"),
    "listed": N_("kept without a callback"),
    "held": N_("above a limit, waits for the leader"),
    "completes": N_("imported before, completed"),
    "known": N_("imported before"),
    "twice": N_("says the same as an earlier row"),
    "forgotten": N_("this person was deleted since"),
    "wrong": N_("wrong"),
    "unsure": N_("comes in; how, is known when the book is back"),
}
REFUSALS: Final[Mapping[str, str]] = {
    "not_a_number": N_("it is no telephone number"),
    "emergency": N_("an emergency number"),
    "short": N_("a short code"),
    "invalid": N_("there is no such number"),
    "international": N_("abroad"),
    "premium": N_("it costs more than a plain call"),
    "mobile": N_("a mobile number"),
    "own_line": N_("a line of this hotline"),
}


def heading(field: str, language: str) -> str:
    """The heading of a column."""
    return translator(language)(HEADINGS[field])


def known_headings() -> dict[str, str]:
    """What may stand above a column, in lower case → its field."""
    found = {field: field for field in FIELDS}
    for language in LANGUAGES:
        found |= {heading(field, language).casefold(): field for field in FIELDS}
    return found


def headings_of_ours() -> set[str]:
    """Of the columns that we add to rows that did not come in, in lower case; they say nothing of a caller."""
    return {translator(language)(text).casefold() for language in LANGUAGES for text in (LINE, WHY)}


def known_matters() -> dict[str, Matter]:
    """What people write for a matter, in lower case → the matter."""
    found = {matter.value: matter for matter in Matter}
    for language in LANGUAGES:
        say = translator(language)
        found |= {say(MATTERS[matter.value]).casefold(): matter for matter in Matter}
    return found


def told(wrong: Wrong, language: str) -> tuple[str, str, str]:
    """Field, what is wrong with it, and the remedy, in words."""
    say = translator(language)
    said = say(REFUSALS.get(wrong.said, wrong.said)) if wrong.kind is Wrongness.REFUSED else wrong.said
    values = {"said": said, "known": ", ".join(wrong.known)}
    return heading(wrong.field, language), say(WHAT[wrong.kind]) % values, say(REMEDY[wrong.kind]) % values
