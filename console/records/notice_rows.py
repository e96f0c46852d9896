"""The public notice as the store's rows have it now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from console.live_rows import parse_time
from console.records.notice import Notice, Wording, build_all
from console.records.notice_sides import Side
from store import Store
from store.live import LiveRow

MOST_ROWS: Final = 2000
GONE_AFTER: Final = timedelta(days=1)


def load_notice(store: Store, wording: Wording, now: datetime) -> Notice:
    """Read it. now: aware UTC. Raises StoreProblem."""
    rows = store.changes_of_modes(MOST_ROWS)
    return build_all(rows, store.live_drills(), wording, sides(store.live_rows_of("bridge")), now)


def sides(bridges: Mapping[str, LiveRow]) -> dict[str, Side]:
    """The Asterisks whose callers are switched, by pbx id, "" the first one. bridges: what the bridge of each wrote last.

    One that wrote nothing for GONE_AFTER, while another one did, is gone: else what it said last would stand for ever.
    """
    newest = max((row.at for row in bridges.values()), default=None)
    found = {}
    for pbx, row in sorted(bridges.items()):
        armed = armed_since(row)
        if armed is not None and newest is not None:
            gone = row.at + GONE_AFTER
            found[pbx] = Side(armed, gone if gone < newest else None)
    return found


def armed_since(row: LiveRow | None) -> datetime | None:
    """Since when the bridge switches callers; None while it only observes, or has never run.

    Where it does not say since when, it is taken to be since its start: too little is told rather than too much.
    """
    said = row.value if row is not None and isinstance(row.value, dict) else {}
    if said.get("armed") is not True:
        return None
    return parse_time(said.get("armed_since")) or parse_time(said.get("started_at"))
