"""What the commands that make documents share: format, language, where to."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from config.policy import SitePolicy
from console.commands.shared import Problem, open_store, policy_now, say
from console.records import Document, Place, Record, UnknownIncident, load, place_of
from console.records.archive import FORMATS, write_whole
from console.records.words import LANGUAGES
from store import Store
from store.incidents import SavedIncident

Key = Annotated[str, typer.Argument(metavar="KEY", help="Key of the incident: holdfast incident list.")]
Format = Annotated[str, typer.Option("--format", help=" | ".join(FORMATS))]
Language = Annotated[
    str, typer.Option("--language", help="zh-CN or en; the site's first language otherwise.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Write to this file instead of showing it.")]
T = TypeVar("T")


def incident_named(store: Store, key: str) -> SavedIncident:
    """The incident of a key; else a Problem that lists known ones."""
    found = store.incident(key)
    if found is None:
        return known(lambda: load(store, key).incident)
    return found


def known(read: Callable[[], T]) -> T:
    """What ``read`` returns; its UnknownIncident as a Problem that lists known keys."""
    try:
        return read()
    except UnknownIncident as unknown:
        keys = ", ".join(unknown.known) or "none yet"
        raise Problem("KEY", str(unknown), f"known: {keys}; see: holdfast incident list --all") from None


def place_for(language: str, policy: SitePolicy | None = None) -> Place:
    """The site and the language asked for. Raises Problem for a language that has no words."""
    if language and language not in LANGUAGES:
        what = f"there is no language {language!r}"
        raise Problem("--language", what, f"use one of {', '.join(LANGUAGES)}")
    return place_of(policy or policy_now(), language)


def paper(
    key: str, build: Callable[[Record, Place], Document], format_: str, language: str, to: Path | None
) -> None:
    """Make one document of an incident and show or write it."""
    check_format(format_)
    place = place_for(language)
    with open_store() as store:
        record = known(lambda: load(store, key))
    show(build(record, place), format_, to)


def check_format(format_: str) -> None:
    """Raises Problem for a format that there is not."""
    if format_ not in FORMATS:
        what = f"there is no format {format_!r}"
        raise Problem("--format", what, f"use one of {', '.join(FORMATS)}")


def show(document: Document, format_: str, to: Path | None) -> None:
    """To a file as a whole, or to standard output."""
    text = FORMATS[format_](document)
    if to is None:
        typer.echo(text, nl=False)
        return
    try:
        write_whole(to, text.encode())
    except OSError as problem:
        what = f"cannot write {to}: {problem.strerror}"
        raise Problem("--out", what, "give a file in a folder that exists and may be written") from None
    left = len(document.gaps)
    say("written", "green", f"{to}" + (f" · {left} still to be filled" if left else ""))


def plain(value: object) -> str:
    """For JSON: times in ISO 8601 UTC."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
