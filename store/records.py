"""What the record needs besides decisions: messages to staff, leaders' notes, policies in force, what callers left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, Row, case, func, insert, or_, select

from callbacks.values import CLOSED_STATES, Matter, PromiseState
from store.dialect import upsert
from store.engine import Subject
from store.record_tables import message, note, policy
from store.tables import capture, promise

# Words of alerts.values.Fate; this room knows only the values of the core and the book, and a test holds them equal.
CONFIRMED = "confirmed"
_LIFE = (("intended",), ("sent",), ("failed", "unknown", "stopped"), ("delivered",), ("confirmed",))
REACHED = frozenset({"sent", "delivered", CONFIRMED})
FATES = frozenset(word for words in _LIFE for word in words)
_NEEDED = ("key", "incident", "rung", "role", "person", "way", "due_at", "fate", "at")
_TEXTS = ("words", "language", "reference", "detail", "provider_id")
_USUAL: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, ""),
    "drill": False,
}


@dataclass(frozen=True, slots=True)
class SavedMessage:
    """A message to staff and the newest that is known of it. way, fate: words of ``alerts.policy.Way`` and
    ``alerts.values.Fate``. Times are aware UTC; at: of the newest news.

    first_at: when it was first written down; sent_at: when its way took it; confirmed_at: the person's
    acknowledgement. None: not, or not known.
    """

    key: str
    incident: str
    rung: str
    role: str
    person: str
    way: str
    words: str
    language: str
    reference: str
    due_at: datetime
    drill: bool
    fate: str
    detail: str
    provider_id: str
    at: datetime
    first_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """What a leader wrote into a part of an incident's record; never changed afterwards."""

    id: int
    incident: str
    part: str
    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SavedPolicy:
    """A policy file that was put to use, whole, by the SHA-256 of its text. at: when it was first given."""

    digest: str
    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Impact:
    """What the callers of an incident left behind. captured: calls; wanted: those that asked to be called; promises: of
    these captures, by state; told: that heard the promise to its end.
    """

    captured: int
    wanted: int
    told: int
    first_at: datetime | None
    last_at: datetime | None
    matters: Mapping[Matter, int]
    promises: Mapping[PromiseState, int]

    @property
    def open(self) -> int:
        """Promises that still wait for their callback."""
        return sum(count for state, count in self.promises.items() if state not in CLOSED_STATES)

    @property
    def closed(self) -> int:
        """Promises with a definite outcome."""
        return sum(count for state, count in self.promises.items() if state in CLOSED_STATES)


class Records(Subject):
    """Rows for reports. All times are aware UTC."""

    def put_messages(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write what became of messages, in the order of the news, known by ``key``; the same twice is harmless.

        Each row: key, incident, rung, role, person, way, due_at, fate and at (of this news); it may have words,
        language, reference, detail, provider_id and drill, which are kept once told. Older news than what is known
        changes nothing, unless the message has come further by it. An address is never stored. Raises ValueError for
        a missing or unknown field.
        """
        if not rows:
            return
        whole = [_message(row) for row in rows]
        with self._database.write() as connection:
            statement = upsert(connection, message)
            new, old = statement.excluded, message.c
            kept = {name: case((new[name] == "", old[name]), else_=new[name]) for name in _TEXTS}
            times = {name: func.coalesce(old[name], new[name]) for name in ("sent_at", "confirmed_at")}
            made: Insert = statement.on_conflict_do_update(
                index_elements=[message.c.key],
                set_={"fate": new.fate, "at": new.at, **kept, **times},
                where=or_(new.at >= old.at, _gone(new.fate) > _gone(old.fate)),
            )
            connection.execute(made, whole)

    def messages(self, incident: str) -> list[SavedMessage]:
        """Everything sent about an incident, in the order in which it was due."""
        query = select(message).where(message.c.incident == incident)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(message.c.due_at, message.c.first_at, message.c.key))
            return [SavedMessage(**row._mapping) for row in rows]

    def messages_between(self, start: datetime, end: datetime) -> list[SavedMessage]:
        """What was first written down in that time, start included and end not."""
        query = select(message).where(message.c.first_at >= start, message.c.first_at < end)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(message.c.first_at, message.c.key))
            return [SavedMessage(**row._mapping) for row in rows]

    def add_note(self, incident: str, part: str, text: str, who: str, at: datetime) -> int:
        """Add to a part of an incident's record; returns the note's id."""
        values = {"incident": incident, "part": part, "text": text, "who": who, "at": at}
        with self._database.write() as connection:
            made: int = connection.execute(insert(note).values(values).returning(note.c.id)).scalar_one()
        return made

    def notes(self, incident: str) -> list[Note]:
        """What was written about an incident, in the order of writing."""
        return self._listed_notes(note.c.incident == incident)

    def notes_between(self, start: datetime, end: datetime) -> list[Note]:
        """What was written in that time, start included and end not."""
        return self._listed_notes(note.c.at >= start, note.c.at < end)

    def put_policy(self, digest: str, text: str, who: str, at: datetime) -> None:
        """Keep the text of a policy; one that is known already stays as it was first given."""
        values = {"digest": digest, "text": text, "who": who, "at": at}
        with self._database.write() as connection:
            connection.execute(upsert(connection, policy).on_conflict_do_nothing(), values)

    def policy(self, digest: str) -> SavedPolicy | None:
        """One of them, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(policy).where(policy.c.digest == digest)).one_or_none()
        return None if row is None else SavedPolicy(**row._mapping)

    def policies(self, limit: int = 100) -> list[SavedPolicy]:
        """The newest first."""
        query = select(policy).order_by(policy.c.at.desc(), policy.c.digest).limit(limit)
        with self._database.read() as connection:
            return [SavedPolicy(**row._mapping) for row in connection.execute(query)]

    def impact(self, incident: str) -> Impact:
        """What callers left in an incident, and what became of it, of one moment."""
        mine = capture.c.incident == incident
        counts = (
            func.count(),
            func.count().filter(capture.c.wanted),
            func.count().filter(capture.c.promised),
            func.min(capture.c.at),
            func.max(capture.c.at),
        )
        promises = select(capture.c.promise_id).where(mine, capture.c.promise_id.is_not(None))
        with self._database.read() as connection:
            captured, wanted, told, first, last = connection.execute(select(*counts).where(mine)).one()
            by_matter = connection.execute(
                select(capture.c.matter, func.count()).where(mine).group_by(capture.c.matter)
            )
            matters = {row[0]: row[1] for row in by_matter}
            by_state = connection.execute(
                select(promise.c.state, func.count())
                .where(promise.c.id.in_(promises))
                .group_by(promise.c.state)
            )
            states = {row[0]: row[1] for row in by_state}
        return Impact(
            captured=captured,
            wanted=wanted,
            told=told,
            first_at=first,
            last_at=last,
            matters={one: matters[one] for one in Matter if one in matters},
            promises={one: states[one] for one in PromiseState if one in states},
        )

    def _listed_notes(self, *where: Any) -> list[Note]:
        with self._database.read() as connection:
            rows: Sequence[Row[*tuple[Any, ...]]] = connection.execute(
                select(note).where(*where).order_by(note.c.id)
            ).all()
            return [Note(**row._mapping) for row in rows]


def _gone(fate: ColumnElement[str]) -> ColumnElement[int]:
    """How far a message has come: the clock may be set back between two news of it."""
    return case({word: place for place, words in enumerate(_LIFE) for word in words}, value=fate, else_=0)


def _message(row: Mapping[str, Any]) -> dict[str, Any]:
    """A whole row. Raises ValueError naming what is missing or unknown."""
    if wrong := [name for name in _NEEDED if name not in row]:
        raise ValueError(f"a message without {', '.join(wrong)}")
    if wrong := sorted(row.keys() - {*_NEEDED, *_USUAL}):
        raise ValueError(f"a message has no {', '.join(wrong)}; known are {', '.join((*_NEEDED, *_USUAL))}")
    fate, at = str(row["fate"]), row["at"]
    if fate not in FATES:
        raise ValueError(f"a message has no fate {fate!r}; known are {', '.join(sorted(FATES))}")
    times = {
        "first_at": at,
        "sent_at": at if fate in REACHED else None,
        "confirmed_at": at if fate == CONFIRMED else None,
    }
    return {**_USUAL, **row, **times, "fate": fate, "way": str(row["way"])}
