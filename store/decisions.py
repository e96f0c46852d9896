"""What was decided: change rows for the record, and the current state for pages and for a restart."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from fallback.decision import Change
from fallback.state import Case, ComponentState, Health, SavedScope
from store.dialect import put
from store.engine import Subject
from store.incidents import follow
from store.record_tables import OF_MODES, change, component_state, scope_state
from store.several import SIGN, marked, split

_SAVED_NAMES = tuple(field.name for field in fields(SavedScope))
_CHANGE_NAMES = tuple(field.name for field in fields(Change))
_SAVED = [scope_state.c[field.name] for field in fields(SavedScope)]
_CHANGE = [change.c[field.name] for field in fields(Change)]

# Statements that run at each switch are built once.
_ADD_CHANGE = insert(change)


@dataclass(frozen=True, slots=True)
class SavedComponent:
    """A component as last recorded."""

    name: str
    health: Health
    since: datetime | None
    detail: str


class Decisions(Subject):
    """The record of decide's changes. All times are aware UTC."""

    def record(
        self,
        changes: Sequence[Change],
        scopes: Iterable[SavedScope],
        components: Iterable[ComponentState],
        now: datetime,
        cases: Iterable[Case] | None = None,
    ) -> None:
        """One decision in one transaction, so that no reader sees half of a switch.

        scopes: ``fallback.state.to_saved``; their incidents are opened, brought up to date and closed with
        them. components: those that changed, or all. cases: all that are open (``State.cases``), so that whatever
        is not listed is closed; None: cases are left alone.
        """
        rows = [_flat(one, _SAVED_NAMES) | {"at": now} for one in scopes]
        added = self._marked([_flat(one, _CHANGE_NAMES) for one in changes], "subject")
        parts = [_component(one) | {"at": now} for one in components]
        with self._database.write() as connection:
            if added:
                connection.execute(_ADD_CHANGE, added)
            _put(connection, scope_state, self._marked(rows))
            _put(connection, component_state, self._marked(parts))
            follow(connection, rows, cases, now, self.pbx)

    def load_saved(self) -> list[SavedScope]:
        """The scopes as last recorded, for ``fallback.restore.restore``; of one Asterisk."""
        with self._database.read() as connection:
            rows = [
                SavedScope(*row) for row in connection.execute(select(*_SAVED).order_by(scope_state.c.name))
            ]
        ours = self.mark.removeprefix(SIGN)
        return [replace(one, name=split(one.name)[0]) for one in rows if split(one.name)[1] == ours]

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
        self,
        limit: int = 100,
        *,
        kind: str | None = None,
        subject: str | None = None,
        incident: str | None = None,
        without: Collection[str] = (),
    ) -> list[Change]:
        """The newest changes first; incident: those that carry its key; without: kinds that are left out."""
        query = select(*_CHANGE).order_by(change.c.id.desc()).limit(limit)
        query = query.where(change.c.kind.not_in(sorted(without))) if without else query
        query = query if kind is None else query.where(change.c.kind == kind)
        query = query if subject is None else query.where(change.c.subject == marked(subject, self.mark))
        query = query if incident is None else query.where(change.c.incident == incident)
        with self._database.read() as connection:
            return [Change(*row) for row in connection.execute(query)]

    def changes_of_modes(self, limit: int = 2000) -> list[Change]:
        """The newest changes of kinds mode, computed and recovery, in the order in which they were decided."""
        query = select(*_CHANGE).where(OF_MODES).order_by(change.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [Change(*row) for row in connection.execute(query)][::-1]

    def changes_between(
        self,
        start: datetime,
        end: datetime,
        limit: int = 10_000,
        *,
        kind: str | None = None,
        subjects: Collection[str] | None = None,
    ) -> list[Change]:
        """The changes of a time, start included and end not, in the order in which they were decided."""
        query = select(*_CHANGE).where(change.c.at >= start, change.c.at < end).order_by(change.c.id)
        query = query if kind is None else query.where(change.c.kind == kind)
        query = query if subjects is None else query.where(change.c.subject.in_(subjects))
        with self._database.read() as connection:
            return [Change(*row) for row in connection.execute(query.limit(limit))]

    def _marked(self, rows: list[dict[str, Any]], field: str = "name") -> list[dict[str, Any]]:
        """The rows under the names that they have in a book of several Asterisks."""
        if not self.mark:
            return rows
        return [row | {field: marked(row[field], self.mark)} for row in rows]


def _component(one: ComponentState) -> dict[str, Any]:
    return {"name": one.name, "health": one.health, "since": one.since, "detail": one.detail}


def _flat(one: Any, names: Sequence[str]) -> dict[str, Any]:
    """As dataclasses.asdict, which copies every value deeply and takes longer than the row's INSERT."""
    return {name: getattr(one, name) for name in names}


def _put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows or bring those with the same primary key up to date."""
    if rows:
        connection.execute(put(connection, table), rows)
