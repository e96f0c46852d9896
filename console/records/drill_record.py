"""The record of a drill: time, content, participants, evaluation, what was decided and told (requirement F4)."""

import re

from console.records.blocks import course, document, fact, facts, kind_words, remarks, times, told, where
from console.records.gather import Record
from console.records.place import Place
from console.records.values import Block, Document, Fact, Gap, Section
from console.words import N_

_SAID = re.compile(r"participants: (?P<participants>.*?); evaluation: (?P<evaluation>.*)", re.DOTALL)


def drill_record(record: Record, place: Place) -> Document:
    """Raises ValueError for an incident that is none."""
    incident, _ = record.incident, place.translate
    if not incident.drill:
        raise ValueError(f"{incident.key} is no drill")
    live = _("live: callers could be affected") if incident.live else _("silent: nothing reached callers")
    started = next((one.who for one in record.of_kind("drill") if one.who), "")
    content = (
        fact(N_("Drill"), incident.drill, place),
        *facts(
            N_("Plan"),
            next((one.reason for one in record.of_kind("drill") if one.new == "started"), ""),
            place,
        ),
        fact(N_("Service line"), where(incident, place), place),
        fact(N_("Kind"), kind_words(incident, place), place),
        fact(N_("Played"), incident.detail, place, "content"),
        Fact(_("Manner"), live),
        *remarks(record, "content", place, wanted=False),
    )
    sections = (
        Section(_("Time"), (*times(incident, place), *facts(N_("Led by"), started, place))),
        Section(_("Content"), content),
        Section(_("Participants"), _people(record, place)),
        Section(_("Evaluation"), _stated(record, "evaluation", place)),
        Section(_("What was decided and told"), _decided(record, place)),
    )
    return document("drill-record", N_("Drill record"), incident.key, place, sections, drill=True)


def _people(record: Record, place: Place) -> tuple[Block, ...]:
    reached = sorted({one.person for one in record.messages if one.sent_at})
    told_ = facts(N_("Reached by the alerts"), ", ".join(reached), place)
    return (*_stated(record, "participants", place), *told_)


def _stated(record: Record, part: str, place: Place) -> tuple[Block, ...]:
    """What was told with the drill's end, and notes; a gap when there is neither."""
    said = _at_the_end(record).get(part, "")
    labels = {"participants": N_("Participants"), "evaluation": N_("Evaluation")}
    first = facts(labels[part], said, place)
    written = remarks(record, part, place, wanted=not first)
    return (*first, *written)


def _at_the_end(record: Record) -> dict[str, str]:
    """What the row of the end holds (``fallback.cases.drills``); what was not said is left out."""
    found = (_SAID.fullmatch(one.reason) for one in record.of_kind("drill") if one.new == "ended")
    said = next((match.groupdict() for match in found if match), {})
    return {part: text for part, text in said.items() if text != "not said"}


def _decided(record: Record, place: Place) -> tuple[Block, ...]:
    changes = tuple(one for one in record.changes if one.kind != "computed")
    notes = tuple(
        block for block in remarks(record, "decided", place, wanted=False) if not isinstance(block, Gap)
    )
    return (*course(changes, place), *told(record.messages, place), *notes)
