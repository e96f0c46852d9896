"""A database file that has vanished from a site in use: an empty one in its place would pass for a book without callers."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from store.backups import good

_BACKUPS: Final = "backups"  # in the data folder
_TRACES: Final = (
    "backups/holdfast-*",
    "alerts/journal.jsonl",
    "decided.json",
    "forgotten.key",
    "*.db.before-*",
)
_SHOWN: Final = 3


def vanished(url: str, data: Path, spools: Iterable[Path] = ()) -> str:
    """Why no empty database may be made here, with the remedies; "" it may. data: the site's folder; spools: what callers left.

    Only of SQLite, whose file anybody can lose. A file without a table is as good as none: a program that opens a missing one
    leaves such a file behind.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or _has_tables(Path(parsed.database)):
        return ""
    found = _traces(data, spools)
    if not found:
        return ""
    seen = ", ".join(map(str, found[:_SHOWN])) + (" …" if len(found) > _SHOWN else "")
    copies = good(data / _BACKUPS)
    copy = f"`holdfast db restore {copies[0].path}`" if copies else "`holdfast db restore FILE`"
    return (
        f"the database {parsed.database} is gone, though this site was in use ({seen}): put a copy back with {copy}, "
        "or begin anew on purpose, with an empty book, with `holdfast db migrate --anew`"
    )


def folder_of(url: str) -> Path | None:
    """In which a database file lies; None for a database on a server."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(str(parsed.database)).absolute().parent if is_file else None


def _has_tables(file: Path) -> bool:
    """Whether there is anything in it; what cannot be read is not empty."""
    if not file.exists():
        return False
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        ) as connection:
            return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return True


def _traces(data: Path, spools: Iterable[Path]) -> list[Path]:
    kept = [one for folder in spools for end in ("*.jsonl", "*.txt") for one in sorted(folder.glob(end))]
    return [one for trace in _TRACES for one in sorted(data.glob(trace))] + kept
