"""Whether a bridge works with a database at this moment."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store import Store, StoreProblem

_FRESH = timedelta(seconds=30)  # since a bridge last wrote how it is


def running_bridges(url: str, path: Path) -> str:
    """Why the database may not be taken away now, "" it may. path: of the socket of a bridge on this machine."""
    if _answers(path):
        return f"a bridge runs on this machine ({path} answers)"
    try:
        with Store(url) as store:
            held = [one.pbx for one in store.holders() if one.left > 0]
            row = store.live_row("bridge")
    except StoreProblem:
        return ""  # a database that cannot be read is what copies are for
    if held:
        return f"a bridge holds {', '.join(held)}"
    fresh = row is not None and datetime.now(UTC) - row.at < _FRESH
    return "a bridge wrote into the database a moment ago" if fresh else ""


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(2)
        try:
            door.connect(str(path))
        except OSError:
            return False
    return True
