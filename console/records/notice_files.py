"""The public notice as JSON, as an Atom feed (RFC 4287) and as a page without anything from outside."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from config.prompts import wordings
from console.records.archive import write_whole
from console.records.notice import Entry, Notice, Standing
from console.records.page import template
from console.records.words import translator, word

FILES: Final = {"json": "notice.json", "atom": "notice.atom", "html": "notice.html"}
ATOM: Final = "http://www.w3.org/2005/Atom"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ODD = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold


def texts(notice: Notice, scope: str, mode: str, recovery_at: datetime | None) -> dict[str, str]:
    """Language → the approved words, with the recovery time where one is announced (B2)."""
    return {
        language: _sentence(notice, scope, mode, recovery_at, language)
        for language in notice.wording.languages
    }


def _sentence(notice: Notice, scope: str, mode: str, recovery_at: datetime | None, language: str) -> str:
    words = notice.wording.text(scope, mode, language)
    if recovery_at is None:
        return words
    local = recovery_at.astimezone(ZoneInfo(notice.wording.timezone))
    gap = "" if language.startswith("zh") else " "
    ending = "。" if language.startswith("zh") else "."
    expected = wordings(language).get("recovery-at", "")
    return f"{words}{gap}{expected}{gap}{local:%Y-%m-%d %H:%M}{ending}"


def to_json(notice: Notice) -> bytes:
    """``docs/how-to/incidents.md`` describes it."""
    wording = notice.wording
    whole = {
        "site": wording.site,
        "updated": _iso(notice.updated),
        "now": [_standing(one, notice) for one in notice.standing],
        "entries": [_entry(one, notice) for one in notice.entries],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _standing(one: Standing, notice: Notice) -> dict[str, object]:
    return {
        "scope": one.scope,
        "name": _names(one.scope, notice),
        "mode": one.mode,
        "since": _iso(one.since),
        "recovery_at": _iso(one.recovery_at),
        "text": texts(notice, one.scope, one.mode, one.recovery_at),
    }


def _entry(one: Entry, notice: Notice) -> dict[str, object]:
    return {
        "id": one.id,
        "scope": one.scope,
        "name": _names(one.scope, notice),
        "event": one.event,
        "mode": one.mode or None,
        "at": _iso(one.at),
        "recovery_at": _iso(one.recovery_at),
        "text": texts(notice, one.scope, one.mode, one.recovery_at),
    }


def _names(scope: str, notice: Notice) -> dict[str, str]:
    return {language: notice.wording.name(scope, language) for language in notice.wording.languages}


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def to_atom(notice: Notice) -> bytes:
    """A feed by RFC 4287: feed and entries have their own lasting ids, every entry its time."""
    wording = notice.wording
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": wording.languages[0]})
    _add(feed, "id", notice.id)
    _add(feed, "title", wording.site)
    _add(feed, "updated", _stamp(notice.updated or _NEVER))
    _add(ET.SubElement(feed, f"{{{ATOM}}}author"), "name", wording.site)
    ET.SubElement(
        feed, f"{{{ATOM}}}link", {"rel": "self", "href": FILES["atom"], "type": "application/atom+xml"}
    )
    for one in notice.entries:
        _atom_entry(feed, one, notice)
    whole: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return whole + b"\n"


def _atom_entry(feed: ET.Element, one: Entry, notice: Notice) -> None:
    entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
    language = notice.wording.languages[0]
    _add(entry, "id", one.id)
    _add(entry, "title", f"{notice.wording.name(one.scope, language)}: {event_words(one.event, language)}")
    _add(entry, "updated", _stamp(one.at))
    _add(entry, "published", _stamp(one.at))
    ET.SubElement(entry, f"{{{ATOM}}}category", {"term": one.event})
    said = texts(notice, one.scope, one.mode, one.recovery_at)
    _add(entry, "content", "\n".join(filter(None, said.values()))).set("type", "text")


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    made.text = _ODD.sub("\N{REPLACEMENT CHARACTER}", text)
    return made


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def event_words(event: str, language: str) -> str:
    """The word for start, change or end."""
    return word("event", event, language)


def to_page(notice: Notice) -> bytes:
    """One page in all languages of the site; no script, nothing from outside."""
    zone = ZoneInfo(notice.wording.timezone)

    def clock(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    page = template("notice.html").render(
        notice=notice, texts=texts, event_words=event_words, translator=translator, clock=clock
    )
    return page.encode()


def export(notice: Notice, folder: Path) -> list[Path]:
    """Write the three files, each as a whole; one that would not change is not touched. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {"json": to_json(notice), "atom": to_atom(notice), "html": to_page(notice)}
    for kind, data in made.items():
        write_whole(folder / FILES[kind], data)
    return [folder / FILES[kind] for kind in made]
