"""The page's texts: found in code and templates, kept in ``translations/``, compiled for use.

``python -m console.web.catalogue`` brings the .po file up to date and compiles it; a test holds it complete.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOM: Final = Path(__file__).parent
ROOMS: Final = {
    "": ROOM,
    "records/": ROOM.parent / "records",
    "forms/": ROOM.parent / "forms",
}  # records speak the same words, outside of any request
PO: Final = ROOM / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
_SETTLED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_METHODS: Final = [("templates/**.html", "jinja2"), ("**.py", "python")]
# Records speak the same words, outside of any request.
_ROOMS: Final = (
    ("", ROOM, _METHODS),
    ("records/", ROOM.parent / "records", _METHODS),
    ("forms/", ROOM.parent / "forms", _METHODS),
    ("", ROOM.parent, [("words.py", "python")]),
    (
        "work/",
        ROOM.parent.parent / "callbacks" / "work",
        [("**.py", "python")],
    ),  # refusals, which pages translate
)
_KEYWORDS: Final = {"_": None, "gettext": None, "N_": None, "translate": None}


def used() -> dict[str, list[str]]:
    """Every text that the page or a record can show, with the files that use it."""
    found: dict[str, list[str]] = {}
    for before, room, methods in _ROOMS:
        for file, _line, message, _comments, _context in extract_from_dir(
            str(room), method_map=methods, keywords=_KEYWORDS
        ):
            found.setdefault(str(message), []).append(f"{before}{file}")
    return found


def known() -> Catalog:
    """The zh-CN catalogue as it is."""
    with PO.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def update() -> list[str]:
    """Add new texts, drop unused ones, compile; returns the texts that have no translation."""
    old = known() if PO.exists() else Catalog(locale="zh_Hans_CN")
    catalogue = Catalog(
        locale="zh_Hans_CN",
        header_comment="# The texts of Holdfast's page in Simplified Chinese.",
        project="holdfast",
        version="1",
        last_translator="Holdfast",
        language_team="zh-CN",
        msgid_bugs_address="-",
        creation_date=_SETTLED,  # a file that differs only where texts differ
        revision_date=_SETTLED,
        fuzzy=False,
    )
    for text, files in sorted(used().items()):
        before = old.get(text)
        string = before.string if before is not None else ""
        catalogue.add(text, string, locations=[(name, 0) for name in sorted(set(files))])
    with PO.open("wb") as file:
        write_po(file, catalogue, omit_header=False, include_lineno=False, width=110)
    with PO.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    return [str(message.id) for message in catalogue if message.id and not message.string]


def main() -> None:
    """Update and say what is missing."""
    missing = update()
    for text in missing:
        print(text)  # noqa: T201  # a program that prints
    raise SystemExit(1 if missing else 0)


if __name__ == "__main__":
    main()
