"""The public notice as the store's rows have it now."""

from datetime import datetime
from typing import Final

from console.live_rows import parse_time
from console.records.notice import Notice, Wording, build
from store import Store
from store.live import LiveRow

MOST_ROWS: Final = 2000


def load_notice(store: Store, wording: Wording, now: datetime) -> Notice:
    """Read it. now: aware UTC. Raises StoreProblem."""
    rows = store.changes_of_modes(MOST_ROWS)
    return build(rows, store.live_drills(), wording, armed_since(store.live_row("bridge")), now)


def armed_since(row: LiveRow | None) -> datetime | None:
    """Since when the bridge switches callers; None while it only observes, or has never run.

    Where it does not say since when, it is taken to be since its start: too little is told rather than too much.
    """
    said = row.value if row is not None and isinstance(row.value, dict) else {}
    if said.get("armed") is not True:
        return None
    return parse_time(said.get("armed_since")) or parse_time(said.get("started_at"))
