"""What was decided: change rows for the record, and the current state for pages and for a restart."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from fallback.decision import Change
from fallback.state import ComponentState, Health, SavedScope
from store.dialect import upsert
from store.engine import Subject
from store.tables import change, component_state, incident, scope_state

_SAVED = [scope_state.c[field.name] for field in fields(SavedScope)]
_CHANGE = [change.c[field.name] for field in fields(Change)]


@dataclass(frozen=True, slots=True)
class SavedComponent:
    """A component as last recorded."""

    name: str
    health: Health
    since: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class SavedIncident:
    """An incident, open while closed_at is None."""

    key: str
    scope: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None
    detail: str


class Decisions(Subject):
    """The record of decide's changes. All times are aware UTC."""

    def record(
        self,
        changes: Sequence[Change],
        scopes: Iterable[SavedScope],
        components: Iterable[ComponentState],
        now: datetime,
    ) -> None:
        """One decision in one transaction, so that no reader sees half of a switch.

        scopes: ``fallback.state.to_saved``; their incidents are opened, brought up to date and closed with
        them. components: those that changed, or all.
        """
        rows = [asdict(one) for one in scopes]
        with self._database.write() as connection:
            if changes:
                connection.execute(insert(change), [asdict(one) for one in changes])
            _put(connection, scope_state, [row | {"at": now} for row in rows])
            _put(connection, component_state, [_component(one) | {"at": now} for one in components])
            _follow_incidents(connection, rows, now)

    def load_saved(self) -> list[SavedScope]:
        """The scopes as last recorded, for ``fallback.restore.restore``."""
        with self._database.read() as connection:
            return [
                SavedScope(*row) for row in connection.execute(select(*_SAVED).order_by(scope_state.c.name))
            ]

    def components(self) -> list[SavedComponent]:
        """The components as last recorded."""
        columns = (
            component_state.c.name,
            component_state.c.health,
            component_state.c.since,
            component_state.c.detail,
        )
        with self._database.read() as connection:
            return [SavedComponent(*row) for row in connection.execute(select(*columns).order_by(columns[0]))]

    def changes(
        self, limit: int = 100, *, kind: str | None = None, subject: str | None = None
    ) -> list[Change]:
        """The newest changes first."""
        query = select(*_CHANGE).order_by(change.c.id.desc()).limit(limit)
        query = query if kind is None else query.where(change.c.kind == kind)
        query = query if subject is None else query.where(change.c.subject == subject)
        with self._database.read() as connection:
            return [Change(*row) for row in connection.execute(query)]

    def incidents(self, limit: int = 20, *, only_open: bool = False) -> list[SavedIncident]:
        """The newest incidents first."""
        query = select(incident).order_by(incident.c.opened_at.desc()).limit(limit)
        query = query.where(incident.c.closed_at.is_(None)) if only_open else query
        with self._database.read() as connection:
            return [SavedIncident(**row._mapping) for row in connection.execute(query)]


def _component(one: ComponentState) -> dict[str, Any]:
    return {"name": one.name, "health": one.health, "since": one.since, "detail": one.detail}


def _put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows or bring those with the same primary key up to date."""
    if not rows:
        return
    key = next(iter(table.primary_key.columns))
    statement = upsert(connection, table)
    kept = {name: statement.excluded[name] for name in rows[0] if name != key.name}
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=kept), rows)


def _follow_incidents(connection: Connection, scopes: Sequence[dict[str, Any]], now: datetime) -> None:
    _put(
        connection,
        incident,
        [
            {
                "key": row["incident_key"],
                "scope": row["name"],
                "kind": row["incident_kind"],
                "opened_at": row["incident_opened_at"] or now,
                "closed_at": None,
                "detail": row["incident_detail"],
            }
            for row in scopes
            if row["incident_key"]
        ],
    )
    for row in scopes:
        connection.execute(
            update(incident)
            .where(
                incident.c.scope == row["name"],
                incident.c.closed_at.is_(None),
                incident.c.key != row["incident_key"],
            )
            .values(closed_at=now)
        )
