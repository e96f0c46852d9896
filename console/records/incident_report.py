"""The incident report with its seven parts (requirement F1)."""

from collections.abc import Iterable
from datetime import timedelta

from console.records.blocks import (
    course,
    document,
    fact,
    facts,
    in_charge,
    kind_words,
    remarks,
    times,
    told,
    where,
)
from console.records.gather import Record
from console.records.place import Place
from console.records.values import Block, Document, Fact, Section, Table
from console.records.words import word
from console.words import N_
from fallback.decision import Change
from store.records import Impact


def incident_report(record: Record, place: Place) -> Document:
    """The report as far as rows and leaders' notes know it; what nobody told is a gap."""
    _ = place.translate
    parts = (
        (N_("1. Place"), _place(record, place)),
        (N_("2. Time"), _time(record, place)),
        (N_("3. Kind"), _kind(record, place)),
        (N_("4. Impact and extent"), _impact(record, place)),
        (N_("5. Measures and degree of control"), _measures(record, place)),
        (N_("6. Trend, possible loss, further measures"), _outlook(record, place)),
        (N_("7. Other"), remarks(record, "other", place)),
    )
    sections = (Section(_(title), tuple(blocks)) for title, blocks in parts)
    drill = bool(record.incident.drill)
    return document(
        "incident-report", N_("Incident report"), record.incident.key, place, sections, drill=drill
    )


def _place(record: Record, place: Place) -> Iterable[Block]:
    scope = record.incident.scope
    others = sorted({one.subject for one in record.of_kind("mode")} - {scope})
    return (
        fact(N_("Site"), place.site, place),
        fact(N_("Service line"), where(record.incident, place), place),
        *facts(N_("Also affected"), ", ".join(others), place),
        *remarks(record, "place", place, wanted=False),
    )


def _time(record: Record, place: Place) -> Iterable[Block]:
    none = place.translate("none")
    stated = tuple(
        (place.time(one.at), place.moved(one.kind, one.new) or none, one.who)
        for one in record.of_kind("recovery")
    )
    _ = place.translate
    headings = (_("Stated at"), _("Recovery time told to callers"), _("Who"))
    return (*times(record.incident, place), *((Table(headings, stated),) if stated else ()))


def _kind(record: Record, place: Place) -> Iterable[Block]:
    incident, _ = record.incident, place.translate
    return (
        fact(N_("Kind"), kind_words(incident, place), place),
        fact(N_("What failed"), incident.detail, place),
        *facts(N_("Found by"), _("a person's report") if incident.by_hand else "", place),
        *facts(N_("Split from"), incident.parent, place),
        *remarks(record, "cause", place),
    )


def _impact(record: Record, place: Place) -> Iterable[Block]:
    impact, _ = record.impact, place.translate
    hurt = _("%(count)s people", count=record.incident.hurt) if record.incident.hurt else ""
    return (
        *facts(N_("People hurt"), hurt, place),
        *_callers(impact, place),
        *_lines(record.of_kind("capacity"), place),
        *_modes(record, place),
        *remarks(record, "extent", place),
    )


def _callers(impact: Impact, place: Place) -> Iterable[Block]:
    _, language = place.translate, place.language
    matters = ", ".join(f"{word('matter', one, language)} {count}" for one, count in impact.matters.items())
    closed = ", ".join(f"{word('state', one, language)} {count}" for one, count in impact.promises.items())
    first = f"{place.time(impact.first_at)} – {place.time(impact.last_at)}" if impact.captured else ""
    return (
        Fact(_("Callers captured"), str(impact.captured)),
        *facts(N_("First and last"), first, place),
        Fact(_("Asked to be called back"), str(impact.wanted)),
        Fact(_("Heard the promise"), str(impact.told)),
        *facts(N_("About"), matters, place),
        Fact(_("Callbacks still open"), str(impact.open)),
        Fact(_("Callbacks with a definite end"), str(impact.closed)),
        *facts(N_("By state"), closed, place),
    )


def _lines(rows: tuple[Change, ...], place: Place) -> Iterable[Block]:
    _ = place.translate
    headings = (_("Time"), _("Service line"), _("Lines before"), _("Lines left"), _("Why"))
    table = tuple((place.time(one.at), one.subject, one.old, one.new, one.reason) for one in rows)
    return (Table(headings, table),) if table else ()


def _modes(record: Record, place: Place) -> Iterable[Block]:
    """How long each scope was in each mode; what lasts still is not counted."""
    _ = place.translate
    since: dict[str, Change] = {}
    total: dict[tuple[str, str], timedelta] = {}
    for row in record.of_kind("mode"):
        if before := since.get(row.subject):
            known = total.get((row.subject, before.new), timedelta())
            total[row.subject, before.new] = known + (row.at - before.at)
        since[row.subject] = row
    rows = tuple(
        (scope, word("mode", mode, place.language), f"{lasted.total_seconds() / 60:.1f}")
        for (scope, mode), lasted in total.items()
    )
    return (Table((_("Service line"), _("Mode"), _("Minutes")), rows),) if rows else ()


def _measures(record: Record, place: Place) -> Iterable[Block]:
    switches = record.of_kind(
        "mode", "override", "split", "plan", "surge", "handover", "ack", "leave", "rung"
    )
    return (
        Fact(place.translate("Degree of control"), _control(record, place)),
        *in_charge(record, place),
        *course(switches, place),
        *told(record.messages, place),
        *remarks(record, "measures", place, wanted=False),
    )


def _control(record: Record, place: Place) -> str:
    incident, _ = record.incident, place.translate
    if incident.closed_at:
        by = next(
            (one for one in reversed(record.of_kind("incident")) if one.new == "closed" and one.who), None
        )
        if by is None:
            return _("closed: what failed is well again")
        return _("closed by %(who)s: %(why)s", who=by.who, why=by.reason)
    if incident.acked_by:
        return _("open, and somebody has taken it on")
    return _("open, and nobody has taken it on")


def _outlook(record: Record, place: Place) -> Iterable[Block]:
    parts = [remarks(record, part, place) for part in ("trend", "loss", "further")]
    return tuple(block for blocks in parts for block in blocks)
