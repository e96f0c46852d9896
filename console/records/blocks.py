"""Blocks that several documents share: who was told when, the course of things, notes or the gap where none is."""

from collections.abc import Iterable

from console.records.gather import Record
from console.records.place import Place
from console.records.values import Block, Document, Fact, Gap, Remark, Section, Table
from console.records.words import PART_WORDS, word
from console.words import N_
from fallback.decision import Change
from store.incidents import SavedIncident
from store.records import Note, SavedMessage


def document(
    name: str, title: str, reference: str, place: Place, sections: Iterable[Section], *, drill: bool = False
) -> Document:
    """A whole document in the place's language; title: a text of the catalogue."""
    _ = place.translate
    return Document(
        name=name,
        title=_(title),
        reference=reference,
        language=place.language,
        times=_("Times in %(zone)s", zone=place.zone.key),
        drill_words=_("DRILL") if drill else "",
        gap_words=_("to be filled"),
        sections=tuple(sections),
    )


def fact(label: str, value: str, place: Place, part: str = "") -> Block:
    """A fact, or a gap when nothing is known."""
    said = place.translate(label)
    return Fact(said, value) if value else Gap(said, part)


def facts(label: str, value: str, place: Place) -> tuple[Block, ...]:
    """A fact, or nothing at all when there is nothing to tell."""
    return (Fact(place.translate(label), value),) if value else ()


def remarks(record: Record, part: str, place: Place, *, wanted: bool = True) -> tuple[Block, ...]:
    """What people wrote into a part; where nobody did, a gap if it is wanted, else nothing."""
    label = place.translate(PART_WORDS[part])
    found = tuple(Remark(label, note.text, _by(note, place)) for note in record.notes_of(part))
    return found or ((Gap(label, part),) if wanted else ())


def _by(note: Note, place: Place) -> str:
    return f"{note.who}, {place.time(note.at)}"


def where(incident: SavedIncident, place: Place) -> str:
    """The scope, or the whole site."""
    return incident.scope or place.translate("the whole site")


def kind_words(incident: SavedIncident, place: Place) -> str:
    """``A4 · lines``."""
    return f"{incident.kind} · {word('kind', incident.kind, place.language)}" if incident.kind else ""


def times(incident: SavedIncident, place: Place) -> tuple[Block, ...]:
    """Start, recovery and how long it took."""
    closed = incident.closed_at
    blocks = [fact(N_("Start"), place.time(incident.opened_at), place)]
    if closed is None:
        return (*blocks, Fact(place.translate("Recovery"), place.translate("not yet: it is still open")))
    return (
        *blocks,
        Fact(place.translate("Recovery"), place.time(closed)),
        Fact(place.translate("Lasted"), place.minutes(incident.opened_at, closed)),
    )


def told(messages: Iterable[SavedMessage], place: Place) -> tuple[Block, ...]:
    """Who was told when, by which way, and who acknowledged."""
    _ = place.translate
    headings = (
        _("Due time"),
        _("Sent"),
        _("Step"),
        _("Role"),
        _("Who"),
        _("Way"),
        _("Result"),
        _("Acknowledged"),
    )
    rows = tuple(
        (
            *(place.time(one.due_at), place.time(one.sent_at), one.rung, one.role, one.person),
            word("way", one.way, place.language),
            word("fate", one.fate, place.language),
            place.time(one.confirmed_at),
        )
        for one in messages
    )
    return (
        (Table(headings, rows),)
        if rows
        else (Fact(_("Who was told"), _("nobody, as far as the record knows")),)
    )


def course(changes: Iterable[Change], place: Place) -> tuple[Block, ...]:
    """Change rows as a table."""
    _ = place.translate
    headings = (_("Time"), _("What"), _("Where"), _("From"), _("To"), _("Why"), _("Who"))
    rows = tuple(
        (
            *(place.time(one.at), word("change", one.kind, place.language), one.subject),
            place.moved(one.kind, one.old),
            place.moved(one.kind, one.new),
            *(one.reason, one.who),
        )
        for one in changes
    )
    return (Table(headings, rows),) if rows else (Fact(_("Course"), _("no change is recorded")),)


def in_charge(record: Record, place: Place) -> tuple[Block, ...]:
    """Who took it on and who has it now."""
    incident, _ = record.incident, place.translate
    taken = f"{incident.acked_by}, {place.time(incident.acked_at)}" if incident.acked_by else _("nobody")
    owner = incident.owner if incident.owner != incident.acked_by else ""
    return (Fact(_("Taken on by"), taken), *facts(N_("In the hands of"), owner, place))
