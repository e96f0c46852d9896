"""The fault form: device, start, recovery, and who was told when (requirement F2)."""

from console.records.blocks import document, fact, facts, in_charge, kind_words, remarks, times, told, where
from console.records.gather import Record
from console.records.place import Place
from console.records.values import Block, Document, Section, Table
from console.words import N_


def fault_form(record: Record, place: Place) -> Document:
    """One page for the engineer's file."""
    incident, _ = record.incident, place.translate
    reported = next((one.who for one in record.of_kind("incident") if one.who), "")
    fault: tuple[Block, ...] = (
        fact(N_("Service line"), where(incident, place), place),
        fact(N_("Kind"), kind_words(incident, place), place),
        fact(N_("Device"), incident.detail, place, "device"),
        *remarks(record, "device", place, wanted=False),
        *facts(N_("Reported by"), reported, place),
        *times(incident, place),
        *_health(record, place),
    )
    repair = (*remarks(record, "cause", place), *remarks(record, "repair", place))
    sections = (
        Section(_("The fault"), fault),
        Section(_("Who was told when"), (*in_charge(record, place), *told(record.messages, place))),
        Section(_("Cause and repair"), repair),
    )
    return document("fault-form", N_("Fault form"), incident.key, place, sections, drill=bool(incident.drill))


def _health(record: Record, place: Place) -> tuple[Block, ...]:
    _ = place.translate
    rows = tuple(
        (place.time(one.at), one.subject, place.moved(one.kind, one.new), one.reason)
        for one in record.components
    )
    return (Table((_("Time"), _("Device"), _("State"), _("What was seen")), rows),) if rows else ()
