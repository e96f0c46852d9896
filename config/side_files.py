"""Files that a policy names: drills of the site's own, and iCalendar files of planned outages.

Relative paths start at the folder of the policy file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.planned_files import events_in
from config.raw import mapping, sequence
from config.references_staff import check_drill
from config.sections_defaults import Defaults
from config.sections_staff import DrillSection
from config.yaml_places import Document, read
from config.yaml_words import note

MOST_BYTES = 1_000_000


@dataclass(slots=True)
class SideFiles:
    """drills: by name, which is the file's. ics: name of a planned outage → file and text."""

    drills: dict[str, DrillSection] = field(default_factory=dict)
    ics: dict[str, tuple[Path, str]] = field(default_factory=dict)


def side_files(document: Document, folder: Path, defaults: Defaults) -> SideFiles:
    """What the files hold that ``document`` names. Whatever is wrong is noted in it."""
    found, data = SideFiles(), mapping(document.data)
    for index, raw in enumerate(sequence(data.get("planned"))):
        name, file = mapping(raw).get("name"), mapping(raw).get("file")
        if isinstance(file, str) and isinstance(name, str):
            path = folder / file
            text = _text(document, ("planned", index, "file"), path)
            problem = events_in(text) if text is not None else ""
            if problem:
                document.add(("planned", index, "file"), problem, "Export it again as iCalendar (.ics).")
            found.ics[name] = (path, text or "")
    drills_dir = data.get("drills_dir")
    if isinstance(drills_dir, str) and drills_dir:
        _read_drills(document, folder / drills_dir, found, data, defaults)
    return found


def _read_drills(
    document: Document, folder: Path, found: SideFiles, data: Mapping[str, Any], defaults: Defaults
) -> None:
    if not folder.is_dir():
        document.add(("drills_dir",), f"{folder} is no folder", "Make it, or leave drills_dir out.")
        return
    ladders = {*defaults.ladders, *mapping(data.get("ladders"))}
    for path in sorted(folder.glob("*.yaml")):
        text = _text(document, ("drills_dir",), path)
        if text is None:
            continue
        inner = read(text, str(path))
        drill = _drill(inner) if not inner.errors else None
        check_drill(inner, (), mapping(inner.data), data, ladders)
        if path.stem in mapping(data.get("drills")):
            inner.add((), f"the policy holds a drill '{path.stem}' already", "Rename the file.")
        document.errors.extend(inner.errors)
        if drill is not None:
            found.drills[path.stem] = drill


def _drill(inner: Document) -> DrillSection | None:
    try:
        return DrillSection.model_validate(inner.data)
    except ValidationError as error:
        note(inner, error, DrillSection)
        return None


def _text(document: Document, at: tuple[str | int, ...], path: Path) -> str | None:
    try:
        data = path.read_bytes()
        if len(data) > MOST_BYTES:
            document.add(at, f"{path} has more than {MOST_BYTES} bytes", "Is it the right file?")
            return None
        return data.decode()
    except OSError as error:
        document.add(at, f"{path} cannot be read: {error.strerror}", "Give a file that may be read.")
    except UnicodeDecodeError as error:
        document.add(at, f"{path} is not UTF-8 (byte {error.start})", "Save the file as UTF-8.")
    return None
