"""All documents of incidents in a folder, with a checksum list; the same rows give the same bytes (requirement F3)."""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from console.records.closing_review import closing_review
from console.records.drill_record import drill_record
from console.records.fault_form import fault_form
from console.records.gather import Record, load
from console.records.incident_report import incident_report
from console.records.markdown import to_markdown
from console.records.page import to_page
from console.records.place import Place
from console.records.table import to_csv
from console.records.values import Document
from store import Store

CHECKSUMS: Final = "SHA256SUMS"
FORMATS: Final[Mapping[str, Callable[[Document], str]]] = {
    "md": to_markdown,
    "csv": to_csv,
    "html": to_page,
}
_ODD = re.compile(r"[^A-Za-z0-9._-]")


def documents(record: Record, place: Place) -> tuple[Document, ...]:
    """What an incident leaves behind, or a drill."""
    if record.incident.drill:
        return (drill_record(record, place),)
    return incident_report(record, place), fault_form(record, place), closing_review(record, place)


def archive(store: Store, keys: Iterable[str], folder: Path, places: Iterable[Place]) -> list[Path]:
    """Write every incident into a folder of its own below ``folder``; returns these folders.

    Each holds all documents in every format and language, the rows themselves as JSON, and SHA256SUMS, which
    ``sha256sum -c`` checks. A file that holds the same already is not touched; each is replaced as a whole.
    Raises UnknownIncident, OSError, StoreProblem.
    """
    places = tuple(places)
    return [_one(load(store, key), folder, places) for key in keys]


def _one(record: Record, folder: Path, places: Iterable[Place]) -> Path:
    mine = folder / _ODD.sub("_", record.incident.key).lstrip(".")
    files = {"rows.json": rows(record).encode()}
    for place in places:
        for document in documents(record, place):
            for ending, put in FORMATS.items():
                files[f"{document.name}.{place.language}.{ending}"] = put(document).encode()
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files[CHECKSUMS] = "".join(sums).encode()
    mine.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_whole(mine / name, data)
    return mine


def write_whole(file: Path, data: bytes) -> None:
    """The whole file or the one before, never a part; untouched when it holds the same. Durable."""
    if file.is_file() and file.read_bytes() == data:
        return
    draft = file.with_name(f".{file.name}.draft")
    with draft.open("wb") as held:
        held.write(data)
        held.flush()
        os.fsync(held.fileno())
    draft.replace(file)


def rows(record: Record) -> str:
    """The rows behind the documents, as JSON; times in ISO 8601 UTC."""
    return json.dumps(dataclasses.asdict(record), default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
