"""What the tiers without a bridge know of the site: policy, planned outages and folders, in one JSON file.

The bridge writes it whenever something in it changes; the local script (tier 2) reads it for every call, so only the standard
library is used, and nothing in it is a secret. A file of an older version lacks fields, which then have their defaults.
"""

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_type_hints

from ivr.policy import CallerPolicy, Region
from ivr.values import Outage

VERSION = 1
MOST_BYTES = 1024 * 1024
AHEAD = timedelta(days=7)  # planned outages further ahead are not spoken of (requirement B5)


class BadBook(ValueError):
    """The file cannot be used; the text names it, what is wrong, and the remedy."""


@dataclass(frozen=True, slots=True)
class DialogueBook:
    """What a dialogue needs where no bridge is.

    pbx_id: part of every line's key. spool_dir: where lines are left. recordings_dir, prompts_dir: as Asterisk sees them.
    outages: planned ones, also those that are still to be told of, see ``coming``. written_at: aware UTC.
    """

    policy: CallerPolicy
    outages: tuple[Outage, ...] = ()
    pbx_id: str = ""
    spool_dir: Path = Path()
    recordings_dir: Path = Path()
    prompts_dir: Path = Path()
    written_at: datetime | None = None

    def coming(self, now: datetime) -> tuple[Outage, ...]:
        """Those that have not ended and start within seven days. now: aware UTC."""
        return tuple(one for one in self.outages if one.ends > now and one.starts <= now + AHEAD)


def write(path: Path, book: DialogueBook) -> None:
    """Put it in place in one step, so that a reader sees the old one or the new one. Makes the folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(encode(book))
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)  # Asterisk's user reads it
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> DialogueBook:
    """The book. Raises BadBook."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadBook(f"{path} cannot be read ({error.strerror}): {_REMEDY}") from None
    if len(data) > MOST_BYTES:
        raise BadBook(f"{path} is longer than {MOST_BYTES} bytes: {_REMEDY}")
    try:
        return decode(data)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadBook(f"{path}: {type(error).__name__}: {error}: {_REMEDY}") from None


_REMEDY = "start the bridge once, which writes it, and let Asterisk's user read it"


def encode(book: DialogueBook) -> bytes:
    """The file's bytes."""
    row = {
        "v": VERSION,
        "written_at": _text(book.written_at) if book.written_at else "",
        "pbx_id": book.pbx_id,
        "spool_dir": str(book.spool_dir),
        "recordings_dir": str(book.recordings_dir),
        "prompts_dir": str(book.prompts_dir),
        "policy": asdict(book.policy),
        "outages": [
            {"region": one.region, "starts": _text(one.starts), "ends": _text(one.ends)}
            for one in book.outages
        ],
    }
    return json.dumps(row, ensure_ascii=False, indent=1).encode() + b"\n"


def decode(data: bytes) -> DialogueBook:
    """The book of a file's bytes. Raises ValueError, TypeError, KeyError or AttributeError for what is none."""
    row = json.loads(data)
    if row["v"] != VERSION:
        raise ValueError(f"version {row['v']!r} is not known here")
    return DialogueBook(
        policy=_policy(row["policy"]),
        outages=tuple(Outage(o["region"], _moment(o["starts"]), _moment(o["ends"])) for o in row["outages"]),
        pbx_id=row["pbx_id"],
        spool_dir=Path(row["spool_dir"]),
        recordings_dir=Path(row["recordings_dir"]),
        prompts_dir=Path(row["prompts_dir"]),
        written_at=_moment(row["written_at"]) if row["written_at"] else None,
    )


def _policy(row: dict[str, Any]) -> CallerPolicy:
    """Lists become tuples again. A field that is not known is from a newer version and left out."""
    policy = CallerPolicy()
    known = get_type_hints(CallerPolicy)
    given: dict[str, Any] = {}
    for field in fields(CallerPolicy):
        if field.name in row:
            value = row[field.name]
            if field.name == "regions":
                value = tuple(Region(one["id"], one["key"]) for one in value)
            elif isinstance(value, list):
                value = tuple(value)
            given[field.name] = _checked(field.name, value, known[field.name])
    return replace(policy, **given)


def _checked(name: str, value: Any, wanted: Any) -> Any:
    kind = wanted if isinstance(wanted, type) else tuple
    fits = isinstance(value, (int, float)) if kind is float else isinstance(value, kind)
    if not fits or (kind is not bool and isinstance(value, bool)):
        raise ValueError(f"policy.{name} is of a wrong kind")
    return value


def _text(at: datetime) -> str:
    if at.utcoffset() is None:
        raise ValueError("a time is naive; aware UTC is wanted")
    return at.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.utcoffset() is None:
        raise ValueError("a time is naive; aware UTC is wanted")
    return at
