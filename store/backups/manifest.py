"""What stands beside a copy: its digest, how much is in it, and when it was made. Without it a copy does not count as good."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from store.errors import StoreProblem

KEEP = 14  # good copies in a folder; the oldest go first
PREFIX = "holdfast-"
_CHUNK = 1024 * 1024


class BackupProblem(StoreProblem):
    """A copy cannot be made, tried out or put back. The message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole copy. at: when it was begun, aware UTC. engine: sqlite or postgresql; revision: of its tables. digest: SHA-256 of
    the file, of ``size`` bytes. counts: rows by table; newest: highest id by table, of those that number their rows.
    """

    path: Path
    at: datetime
    engine: str
    revision: str
    digest: str
    size: int
    counts: Mapping[str, int]
    newest: Mapping[str, int]

    @property
    def rows(self) -> int:
        """In all tables."""
        return sum(self.counts.values())


def manifest_of(path: Path) -> Path:
    """The file beside a copy."""
    return path.with_name(f"{path.name}.json")


def write(backup: Backup) -> None:
    """Durable, and whole or not at all. Raises OSError."""
    file = manifest_of(backup.path)
    draft = file.with_name(f".{file.name}")
    facts = asdict(backup) | {"path": backup.path.name, "at": backup.at.isoformat()}
    with draft.open("w", encoding="utf-8") as out:
        json.dump(facts, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    sync_folder(file.parent)


def load(path: Path) -> Backup:
    """What stands beside a copy. Raises BackupProblem."""
    try:
        facts = json.loads(manifest_of(path).read_text(encoding="utf-8"))
        facts |= {"path": path, "at": datetime.fromisoformat(facts["at"])}
        return Backup(**facts)
    except FileNotFoundError:
        what = f"{manifest_of(path)} is not there: the copy was never finished, or only a part of it was brought here"
        raise BackupProblem(f"{what}; name a copy with its .json beside it") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupProblem(f"{manifest_of(path)} cannot be read ({error}); take another copy") from None


def good(folder: Path) -> list[Backup]:
    """Copies that were finished and are as long as they were, the newest first. What they hold is for ``verify``."""
    found: list[Backup] = []
    for file in folder.glob(f"{PREFIX}*.json"):
        try:
            backup = load(file.with_suffix(""))
            if backup.path.stat().st_size == backup.size:
                found.append(backup)
        except (BackupProblem, OSError):
            continue
    return sorted(found, key=lambda one: one.at, reverse=True)


def thin(folder: Path, keep: int = KEEP) -> int:
    """Delete all good copies but the newest, and what a run that was killed left; returns how many copies. Raises OSError."""
    old = good(folder)[keep:]
    for backup in old:
        manifest_of(backup.path).unlink(missing_ok=True)  # first, so that nothing is left that looks whole
        backup.path.unlink(missing_ok=True)
    return len(old)


def digest_of(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    sums = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sums.update(chunk)
    return sums.hexdigest()


def sync(path: Path) -> None:
    """Make a file's bytes durable. Raises OSError."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the folder's own entries durable. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
