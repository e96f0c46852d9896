"""What people ask of the bridge, and how it answered (docs/reference/intents-and-live-rows.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, insert, select, update

from store.engine import Subject
from store.record_tables import intent


class IntentState(StrEnum):
    """pending, then one of the three final states."""

    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Intent:
    """One request of a person. payload is another process's JSON: check it before use. Times are aware
    UTC.
    """

    id: int
    kind: str
    payload: Mapping[str, Any]
    who: str
    at: datetime
    state: IntentState
    finished_at: datetime | None
    result: str


class Intents(Subject):
    """Requests in the order in which they were written."""

    def add_intent(self, kind: str, payload: Mapping[str, Any], who: str, now: datetime) -> int:
        """Write a request; returns its id."""
        with self._database.write() as connection:
            made: int = connection.execute(
                insert(intent)
                .values(kind=kind, payload=dict(payload), who=who, at=now, state=IntentState.PENDING.value)
                .returning(intent.c.id)
            ).scalar_one()
        return made

    def pending_intents(self, limit: int = 100) -> list[Intent]:
        """Those that wait for an answer, oldest first."""
        return self._listed_intents(
            select(intent)
            .where(intent.c.state == IntentState.PENDING.value)
            .order_by(intent.c.id)
            .limit(limit)
        )

    def finish_intent(self, intent_id: int, state: IntentState, result: str, now: datetime) -> bool:
        """Answer it, once; False when it was answered before."""
        with self._database.write() as connection:
            done = connection.execute(
                update(intent)
                .where(intent.c.id == intent_id, intent.c.state == IntentState.PENDING.value)
                .values(state=state.value, result=result, finished_at=now)
            )
            return done.rowcount == 1

    def intent(self, intent_id: int) -> Intent | None:
        """One request, e.g. to wait for its answer."""
        return next(iter(self._listed_intents(select(intent).where(intent.c.id == intent_id))), None)

    def intents(self, limit: int = 20) -> list[Intent]:
        """The newest first."""
        return self._listed_intents(select(intent).order_by(intent.c.id.desc()).limit(limit))

    def _listed_intents(self, query: Select[Any]) -> list[Intent]:
        with self._database.read() as connection:
            return [
                Intent(**{**row._mapping, "state": IntentState(row.state)})
                for row in connection.execute(query)
            ]
