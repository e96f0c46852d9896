"""The closing review: cause, course, handling, what to mend (requirement F3)."""

from console.records.blocks import course, document, fact, in_charge, kind_words, remarks, times, told, where
from console.records.gather import Record
from console.records.place import Place
from console.records.values import Document, Section
from console.words import N_


def closing_review(record: Record, place: Place) -> Document:
    """What is gone through after the end; of one that is still open it says so."""
    incident, _ = record.incident, place.translate
    about = (
        fact(N_("Service line"), where(incident, place), place),
        fact(N_("Kind"), kind_words(incident, place), place),
        *times(incident, place),
    )
    cause = (fact(N_("What failed"), incident.detail, place), *remarks(record, "cause", place))
    rows = sorted((*record.components, *record.changes), key=lambda one: one.at)
    went = course((one for one in rows if one.kind != "computed"), place)
    handling = (*in_charge(record, place), *told(record.messages, place), *remarks(record, "handling", place))
    sections = (
        Section(_("The incident"), about),
        Section(_("Cause"), cause),
        Section(_("Course"), went),
        Section(_("Handling"), handling),
        Section(_("What to mend"), remarks(record, "mend", place)),
    )
    drill = bool(incident.drill)
    return document("closing-review", N_("Closing review"), incident.key, place, sections, drill=drill)
