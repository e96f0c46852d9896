"""Everything that the record knows of one incident, or of one day."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fallback.decision import Change
from store import Store
from store.incidents import SavedIncident
from store.records import Impact, Note, SavedMessage

MOST_ROWS = 10_000
_BEFORE = timedelta(minutes=10)  # a component is suspected before it opens an incident
_AFTER = timedelta(minutes=10)
_NAMES = re.compile(r"[^\s;,:]+")


class UnknownIncident(LookupError):
    """The record holds no such incident. known: keys of the newest, those still open first."""

    def __init__(self, key: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no incident {key!r}")
        self.known = known


@dataclass(frozen=True, slots=True)
class Record:
    """One incident or drill. changes: those that carry its key, in order; components: health of what failed,
    while it lasted.
    """

    incident: SavedIncident
    changes: tuple[Change, ...]
    components: tuple[Change, ...]
    messages: tuple[SavedMessage, ...]
    notes: tuple[Note, ...]
    impact: Impact

    def notes_of(self, part: str) -> tuple[Note, ...]:
        """What was written into one part."""
        return tuple(note for note in self.notes if note.part == part)

    def of_kind(self, *kinds: str) -> tuple[Change, ...]:
        """Its changes of some kinds."""
        return tuple(one for one in self.changes if one.kind in kinds)


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day of the site's calendar."""

    day: date
    incidents: tuple[SavedIncident, ...]
    changes: tuple[Change, ...]
    messages: tuple[SavedMessage, ...]
    notes: tuple[Note, ...]


def load(store: Store, key: str) -> Record:
    """Read it. Raises UnknownIncident; StoreProblem."""
    incident = store.incident(key)
    if incident is None:
        raise UnknownIncident(key, known_keys(store))
    return Record(
        incident=incident,
        changes=tuple(reversed(store.changes(MOST_ROWS, incident=key))),
        components=_components(store, incident),
        messages=tuple(store.messages(key)),
        notes=tuple(store.notes(key)),
        impact=store.impact(key),
    )


def known_keys(store: Store, limit: int = 8) -> tuple[str, ...]:
    """Keys to choose from: what is open, then the newest."""
    newest = store.incidents(limit, only_open=True) + store.incidents(limit)
    return tuple(dict.fromkeys(one.key for one in newest))[:limit]


def load_day(store: Store, day: date, zone: ZoneInfo) -> Day:
    """Read one day, from midnight to midnight on the site's clocks. Raises StoreProblem."""
    start, end = (_midnight(one, zone) for one in (day, day + timedelta(days=1)))
    return Day(
        day=day,
        incidents=tuple(store.incidents_between(start, end)),
        changes=tuple(store.changes_between(start, end)),
        messages=tuple(store.messages_between(start, end)),
        notes=tuple(store.notes_between(start, end)),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _components(store: Store, incident: SavedIncident) -> tuple[Change, ...]:
    end = incident.closed_at + _AFTER if incident.closed_at else datetime.max.replace(tzinfo=UTC)
    names = set(_NAMES.findall(incident.detail))
    rows = store.changes_between(incident.opened_at - _BEFORE, end, kind="component", subjects=names)
    return tuple(rows)
