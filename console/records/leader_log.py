"""The leader's log of a day: what happened, who was told, what was written (requirement F2)."""

from datetime import datetime

from console.records.blocks import document, kind_words, where
from console.records.gather import Day
from console.records.place import Place
from console.records.values import Block, Document, Fact, Section, Table
from console.records.words import word
from console.words import N_
from fallback.decision import Change
from store.incidents import SavedIncident
from store.records import Note, SavedMessage

_Line = tuple[datetime, tuple[str, ...]]


def leader_log(day: Day, place: Place) -> Document:
    """Everything of the day in the order of time; computed modes are left out: callers met the effective ones."""
    _ = place.translate
    lines: list[_Line] = [
        *(_change(one, place) for one in day.changes if one.kind != "computed"),
        *(_told(one, place) for one in day.messages),
        *(_note(one, place) for one in day.notes),
    ]
    lines.sort(key=lambda line: line[0])
    headings = (_("Time"), _("What"), _("Where"), _("Content"), _("Who"), _("Incident"))
    course: Block = Table(headings, tuple(cells for _at, cells in lines))
    sections = (
        Section(_("Incidents and drills of the day"), (_incidents(day.incidents, place),)),
        Section(_("Course of the day"), (course if lines else _nothing(place),)),
    )
    return document("leader-log", N_("Leader's log"), f"{day.day:%Y-%m-%d}", place, sections)


def _nothing(place: Place) -> Block:
    return Fact(place.translate("Course"), place.translate("nothing was recorded on this day"))


def _incidents(incidents: tuple[SavedIncident, ...], place: Place) -> Block:
    _ = place.translate
    headings = (_("Incident"), _("Service line"), _("Kind"), _("What failed"), _("Start"), _("Recovery"))
    rows = tuple(
        (
            f"{one.key} ({_('DRILL')})" if one.drill else one.key,
            where(one, place),
            kind_words(one, place),
            one.detail,
            place.time(one.opened_at),
            place.time(one.closed_at),
        )
        for one in incidents
    )
    return Table(headings, rows) if rows else Fact(_("Incidents"), _("none"))


def _change(one: Change, place: Place) -> _Line:
    steps = tuple(place.moved(one.kind, text) for text in (one.old, one.new))
    words = " → ".join(filter(None, steps))
    content = f"{words}: {one.reason}" if words and one.reason else words or one.reason
    kind = word("change", one.kind, place.language)
    return one.at, (place.time(one.at), kind, one.subject, content, one.who, one.incident)


def _told(one: SavedMessage, place: Place) -> _Line:
    way, fate = word("way", one.way, place.language), word("fate", one.fate, place.language)
    content = f"{one.role}, {one.rung}, {way}: {fate}"
    told = place.translate("staff told")
    return one.first_at, (place.time(one.first_at), told, "", content, one.person, one.incident)


def _note(one: Note, place: Place) -> _Line:
    content = f"{word('part', one.part, place.language)}: {one.text}"
    return one.at, (place.time(one.at), place.translate("note"), "", content, one.who, one.incident)
