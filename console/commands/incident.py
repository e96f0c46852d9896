"""``holdfast incident …``: what is wrong, who has it, and the record of it (F1–F3)."""

import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text

from console import intents, records
from console.commands.asking import BySocket, ask_anyhow
from console.commands.papers import (
    Format,
    Key,
    Language,
    Out,
    check_format,
    incident_named,
    known,
    paper,
    place_for,
    plain,
    show,
)
from console.commands.shared import (
    Problem,
    Who,
    login_name,
    open_store,
    policy_now,
    say,
    scope_named,
)
from console.commands.telling import local, show_whole
from console.records.archive import rows
from console.records.gather import load_day
from console.records.notes import NoteRefused, write_note
from console.records.values import PARTS
from console.records.words import KINDS
from store import StoreProblem
from store.incidents import SavedIncident

app = typer.Typer(help="What is wrong, who has it, and the record of it.", no_args_is_help=True)
MOST_WORDS = 300
ALL = 100_000


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too, the newest first.")] = False,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Open incidents and drills, the newest first."""
    with open_store() as store:
        found = store.incidents(limit, only_open=not everything)
    if as_json:
        listed = [dataclasses.asdict(one) for one in found]
        typer.echo(json.dumps(listed, default=plain, ensure_ascii=False))
        return
    if not found:
        say("No incident is recorded." if everything else "No incident is open.")
        return
    table = Table("key", "scope", "kind", "what", "opened", "closed", "taken on by", box=None)
    for one in found:
        what = f"DRILL {one.detail}" if one.drill else one.detail
        table.add_row(
            *(one.key, one.scope or "site", one.kind, Text(what), local(one.opened_at), local(one.closed_at)),
            Text(one.owner or one.acked_by or "nobody"),
        )
    show_whole(table)


@app.command("show")
def show_incident(
    key: Key, as_json: Annotated[bool, typer.Option("--json", help="All its rows, for programs.")] = False
) -> None:
    """One incident with its course, who was told, and notes."""
    with open_store() as store:
        record = known(lambda: records.load(store, key))
    if as_json:
        typer.echo(rows(record), nl=False)
        return
    _head(record.incident)
    impact = record.impact
    say(
        f"callers captured {impact.captured} · callbacks open {impact.open}, with a definite end {impact.closed}"
    )
    for change in record.changes:
        who = f" ({change.who})" if change.who else ""
        say(
            f"  {local(change.at)} {change.kind} {change.subject}: {change.old} → {change.new} {change.reason}{who}"
        )
    for message in record.messages:
        taken = f", acknowledged {local(message.confirmed_at)}" if message.confirmed_at else ""
        say(
            f"  {local(message.first_at)} told {message.person} ({message.role}) by {message.way}: {message.fate}{taken}"
        )
    for note in record.notes:
        say(f"  {local(note.at)} note on {note.part} by {note.who}: {note.text}")


def _head(one: SavedIncident) -> None:
    state = f"closed {local(one.closed_at)}" if one.closed_at else "open"
    drill = f"DRILL {one.drill}, {'live' if one.live else 'silent'} · " if one.drill else ""
    say(
        one.key,
        "bold",
        f"{drill}{one.kind} {one.scope or 'the whole site'} · opened {local(one.opened_at)} · {state}",
    )
    say(one.detail)
    if one.acked_by:
        owner = f", now with {one.owner}" if one.owner not in ("", one.acked_by) else ""
        say(f"taken on by {one.acked_by} at {local(one.acked_at)}{owner}")
    elif not one.closed_at:
        say("nobody has taken it on", "yellow")


@app.command()
def declare(
    kind: Annotated[str, typer.Argument(help=" | ".join(KINDS))],
    detail: Annotated[str, typer.Argument(help="What has happened; it goes into the record.")],
    scope: Annotated[str, typer.Option(help="The scope that it concerns; the whole site otherwise.")] = "",
    hurt: Annotated[int, typer.Option(help="How many people are hurt (A7).", min=0, max=10_000)] = 0,
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Open an incident by hand; only a person closes it."""
    asked = intents.declare(_scope(scope), _kind(kind), _words("DETAIL", detail), hurt)
    ask_anyhow(asked, who, by_socket)


@app.command()
def ack(key: Key, who: Who = "", by_socket: BySocket = False) -> None:
    """Take an incident on; rungs that stop on an acknowledgement are not sent any more."""
    ask_anyhow(intents.ack(_open(key, by_socket)), who, by_socket)


@app.command("hand-over")
def hand_over(
    key: Key,
    to: Annotated[str, typer.Argument(help="Who has it from now on.")],
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Give an incident that was taken on to another person."""
    ask_anyhow(intents.hand_over(_open(key, by_socket), _words("TO", to, 40)), who, by_socket)


@app.command()
def split(
    key: Key,
    cause: Annotated[str, typer.Argument(help="One of its causes, e.g. 'A4 carrier-a'.")],
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Make one cause of an incident an incident of its own."""
    if not by_socket:
        _has_cause(_open(key, by_socket), cause)
    ask_anyhow(intents.split(key, cause.strip()), who, by_socket)


@app.command()
def close(
    key: Key,
    why: Annotated[str, typer.Option(help="The reason; it goes into the record.")],
    who: Who = "",
    by_socket: BySocket = False,
) -> None:
    """Close an incident; one that a fault still holds open is refused."""
    ask_anyhow(intents.close(_open(key, by_socket), _words("--why", why)), who, by_socket)


@app.command()
def note(
    key: Key,
    text: Annotated[str, typer.Argument(help="The words.")],
    part: Annotated[str, typer.Option(help=" | ".join(PARTS))],
    who: Who = "",
) -> None:
    """Write into a part of the record what no row can know: cause, loss, trend, what to mend …"""
    name = who.strip()[:40] or login_name()
    with open_store() as store:
        try:
            known(lambda: write_note(store, key, part, text, name, datetime.now(UTC)))
        except NoteRefused as refused:
            raise Problem(refused.field, str(refused), refused.remedy) from None
    say("noted", "green", f"on {part} of {key}")


@app.command()
def report(key: Key, format_: Format = "md", language: Language = "", to: Out = None) -> None:
    """The incident report with its seven parts."""
    paper(key, records.incident_report, format_, language, to)


@app.command("fault-form")
def fault_form(key: Key, format_: Format = "md", language: Language = "", to: Out = None) -> None:
    """The fault form: device, start, recovery, who was told when."""
    paper(key, records.fault_form, format_, language, to)


@app.command()
def review(key: Key, format_: Format = "md", language: Language = "", to: Out = None) -> None:
    """The closing review: cause, course, handling, what to mend."""
    paper(key, records.closing_review, format_, language, to)


@app.command()
def log(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD on the site's calendar; today otherwise.")] = "",
    format_: Format = "md",
    language: Language = "",
    to: Out = None,
) -> None:
    """The leader's log of a day."""
    check_format(format_)
    place = place_for(language)
    wanted = _day(day, place.zone)
    with open_store() as store:
        found = load_day(store, wanted, place.zone)
    show(records.leader_log(found, place), format_, to)


@app.command()
def archive(
    names: Annotated[
        list[str], typer.Argument(metavar="KEY DIR | --all DIR", help="DIR is made when it is missing.")
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Every incident and drill that is closed.")
    ] = False,
) -> None:
    """Write all documents of one incident, or of all that are closed, with a checksum list."""
    if len(names) != (1 if everything else 2):
        raise Problem("KEY", "one incident, or all of them?", "write KEY DIR, or --all DIR")
    policy, folder = policy_now(), Path(names[-1])
    places = [records.place_of(policy, language) for language in policy.languages]
    with open_store() as store:
        closed = (one.key for one in store.incidents(ALL) if one.closed_at)
        keys = closed if everything else names[:1]
        try:
            made = known(lambda: records.archive(store, keys, folder, places))
        except OSError as problem:
            what = f"cannot write to {folder}: {problem.strerror}"
            raise Problem("DIR", what, "give a folder that may be written") from None
    say("archived", "green", f"{len(made)} in {folder}")


def _day(text: str, zone: ZoneInfo) -> date:
    if not text:
        return datetime.now(zone).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem("--day", f"{text!r} is no day", "write YYYY-MM-DD, e.g. 2026-11-21") from None


def _scope(name: str) -> str:
    return scope_named(name) if name else ""


def _kind(text: str) -> str:
    kind = text.strip().upper()
    if kind not in KINDS:
        raise Problem("KIND", f"there is no kind {text!r}", f"use one of {', '.join(KINDS)}")
    return kind


def _words(field: str, text: str, most: int = MOST_WORDS) -> str:
    words = " ".join(text.split())
    if not words or len(words) > most:
        raise Problem(field, f"1 to {most} characters are wanted", "say it in a sentence")
    return words


def _open(key: str, by_socket: bool) -> str:
    """The key, if it is of an open incident; not looked up when the store is not asked, or is away."""
    if by_socket:
        return key
    try:
        with open_store() as store:
            found = incident_named(store, key)
            others = ", ".join(one.key for one in store.incidents(8, only_open=True)) or "none"
    except StoreProblem:
        return key
    if found.closed_at:
        raise Problem("KEY", f"{key} was closed {local(found.closed_at)}", f"open: {others}")
    return key


def _has_cause(key: str, cause: str) -> None:
    try:
        with open_store() as store:
            found = incident_named(store, key)
    except StoreProblem:
        return
    causes = [part.strip() for part in found.detail.split(";")]
    if cause.strip() not in causes:
        raise Problem("CAUSE", f"{cause!r} is no cause of {key}", f"its causes: {', '.join(causes)}")
