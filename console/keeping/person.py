"""One person's data, wherever it is: gathered for him, or deleted for him."""

import json
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import phonenumbers

from callbacks.forgotten import Forgotten, load_key
from callbacks.masking import mask_number
from callbacks.person import PersonNumber
from callbacks.recordings import Recorded, Recordings
from callbacks.values import PromiseState
from config.policy import SitePolicy
from config.settings import Settings
from console.keeping import files
from ivr.numbers import check
from store import Store
from store.persons import PersonRows

REMOTE: Final = "remote"
LIST: Final = "forgotten.jsonl"  # the digests once more, for when an older copy of the store is put back


@dataclass(frozen=True, slots=True)
class Person:
    """What there is. sounds: files of his messages."""

    number: PersonNumber
    rows: PersonRows
    lines: tuple[files.Line, ...]
    sounds: tuple[Path, ...]

    @property
    def is_known(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.rows.counts() or self.lines)


@dataclass(frozen=True, slots=True)
class Deleted:
    """rows, lines, sounds: in or of which something was deleted. problems: sentences about what could not be."""

    rows: int
    lines: int
    sounds: int
    problems: tuple[str, ...] = ()


def number_of(text: str, policy: SitePolicy) -> PersonNumber:
    """The number that a person means, as the site dials it where it does."""
    plain = "".join(one for one in text if one in "+0123456789")
    dialled = check(plain, policy.caller).number or plain
    country = str(phonenumbers.country_code_for_region(policy.caller.country))
    return PersonNumber(dialled, country, policy.caller.area_code)


def gather(store: Store, settings: Settings, policy: SitePolicy, number: PersonNumber) -> Person:
    """Raises StoreProblem, OSError."""
    rows = store.person_rows(number)
    lines = tuple(files.find(folders(settings), number, frozenset(rows.keys)))
    return Person(number, rows, lines, tuple(_sounds(store, settings, policy, rows)))


def folders(settings: Settings) -> list[Path]:
    """Where files with numbers can be; each once."""
    found: list[Path] = []
    for folder in (settings.data_dir, settings.spool_dir, settings.tier3_dir, settings.recordings_dir):
        if folder.is_dir() and not any(folder.is_relative_to(one) for one in found):
            found.append(folder)
    return found


def export(person: Person, folder: Path, now: datetime) -> None:
    """As JSON, as text that can be read, and the messages as sound, in a folder that only its owner may open. Raises OSError."""
    folder.mkdir(parents=True, mode=0o700)
    facts = {
        "number": person.number.dialled,
        "made_at": now.isoformat(),
        "store": {name: list(rows) for name, rows in person.rows.rows.items() if rows},
        "files": [_told(line) for line in person.lines],
        "recordings": [path.name for path in person.sounds],
    }
    _write(folder / "data.json", json.dumps(facts, default=str, ensure_ascii=False, indent=1) + "\n")
    _write(folder / "data.txt", "\n".join(_text(facts)) + "\n")
    for path in person.sounds:
        shutil.copyfile(path, folder / path.name)
        (folder / path.name).chmod(0o600)


def delete(
    store: Store,
    settings: Settings,
    person: Person,
    now: datetime,
    who: str,
    why: str,
    unless: Collection[PromiseState] = (),
) -> Deleted:
    """The digest first, so that nothing comes in again meanwhile; then messages, rows and files. Harmless when done again.

    Raises StillOpen when a promise of his is in one of the states ``unless``, and nothing was deleted then; StoreProblem; and
    OSError where the key cannot be kept.
    """
    key = load_key(settings.data_dir, make=True)
    known = Forgotten(key or b"", {})
    until = {known.digest(form): now for form in person.number.forms}
    problems: list[str] = []

    def decided() -> None:
        _note(settings.data_dir / LIST, until)
        problems.extend(text for path in person.sounds if (text := _unlink(path)))

    rows = store.forget_person(person.number, now, who, why, until=until, unless=unless, decided=decided)
    keys = frozenset(person.rows.keys)
    swept = files.sweep(folders(settings), person.number, keys)
    return Deleted(rows, swept.lines, len(person.sounds) - len(problems), (*problems, *swept.problems))


def masked(number: PersonNumber) -> str:
    """For messages."""
    return mask_number(number.dialled)


def _sounds(store: Store, settings: Settings, policy: SitePolicy, rows: PersonRows) -> Iterable[Path]:
    shelf = Recordings(store, settings.recordings_dir, policy.pbx_id, settings.data_dir / REMOTE)
    for row in rows.rows.get("capture", ()):
        path = shelf.path(Recorded(row["key"], row["at"], row["recording"])) if row["recording"] else None
        if path is not None and row["key"] in rows.keys:
            yield path


def _unlink(path: Path) -> str:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return f"{path} cannot be deleted: {error.strerror or error}"
    return ""


def _note(file: Path, until: dict[str, datetime]) -> None:
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as out:
        for digest, at in until.items():
            out.write(json.dumps({"digest": digest, "until": at.isoformat()}) + "\n")
        out.flush()
        os.fsync(out.fileno())


def _told(line: files.Line) -> dict[str, Any]:
    return {"file": str(line.path), "offset": line.offset, "line": line.body.decode("utf-8", "replace")}


def _text(facts: dict[str, Any]) -> Iterable[str]:
    yield f"Data about the telephone number {facts['number']}, as of {facts['made_at']}"
    for table, rows in facts["store"].items():
        yield f"\n== {table.replace('_', ' ')}: {len(rows)}"
        for row in rows:
            yield ""
            yield from (f"  {name}: {value}" for name, value in row.items() if value not in (None, "", False))
    if facts["files"]:
        yield f"\n== lines in files: {len(facts['files'])}"
        yield from (f"  {one['file']}: {one['line']}" for one in facts["files"])
    if facts["recordings"]:
        yield "\n== recorded messages, beside this file"
        yield from (f"  {name}" for name in facts["recordings"])


def _write(file: Path, text: str) -> None:
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as out:
        out.write(text)
