"""Incidents: opened and closed with what the core decides, and read for pages, reports and a restart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from fallback.state import Case
from store.dialect import put, put_only
from store.engine import Subject
from store.record_tables import incident

_CASE_NAMES = tuple(field.name for field in fields(Case) if field.name != "subject")

_BASIC = ("kind", "detail", "closed_at")
_WITHOUT_CASE = incident.c.ladder.is_(None)

# Statements that run at each switch are built once.
_CLOSE_OTHERS_OF_SCOPE = (
    update(incident)
    .where(
        incident.c.scope == bindparam("b_scope"),
        incident.c.closed_at.is_(None),
        incident.c.key != bindparam("b_key"),
        incident.c.pbx.in_(bindparam("b_pbx", expanding=True)),
        _WITHOUT_CASE,
    )
    .values(closed_at=bindparam("b_now"))
)
_CLOSE_ALL_BUT = (
    update(incident)
    .where(
        incident.c.closed_at.is_(None),
        incident.c.key.not_in(bindparam("b_keys", expanding=True)),
        incident.c.pbx.in_(bindparam("b_pbx", expanding=True)),
    )
    .values(closed_at=bindparam("b_now"))
)


@dataclass(frozen=True, slots=True)
class SavedIncident:
    """An incident, open while closed_at is None. detail: what failed (``Case.subject``); the rest as in ``Case``."""

    key: str
    scope: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None
    detail: str
    ladder: str = ""
    raised: tuple[str, ...] = ()
    acked_by: str = ""
    owner: str = ""
    drill: str = ""
    parent: str = ""
    acked_at: datetime | None = None
    by_hand: bool = False
    live: bool = False
    hurt: int = 0
    climbs_from: datetime | None = None
    pbx: str = ""


class Incidents(Subject):
    """All incidents and drills, open and closed. All times are aware UTC."""

    def incidents(self, limit: int = 20, *, only_open: bool = False) -> list[SavedIncident]:
        """The newest incidents first, drills among them."""
        query = select(incident).order_by(incident.c.opened_at.desc(), incident.c.key).limit(limit)
        query = query.where(incident.c.closed_at.is_(None)) if only_open else query
        with self._database.read() as connection:
            return [_saved(row) for row in connection.execute(query)]

    def incident(self, key: str) -> SavedIncident | None:
        """One of them, or None when the record knows no such key."""
        with self._database.read() as connection:
            row = connection.execute(select(incident).where(incident.c.key == key)).one_or_none()
        return None if row is None else _saved(row)

    def incidents_between(self, start: datetime, end: datetime) -> list[SavedIncident]:
        """Those that were open at some moment of that time, in the order in which they were opened."""
        query = (
            select(incident)
            .where(incident.c.opened_at < end, func.coalesce(incident.c.closed_at, end) >= start)
            .order_by(incident.c.opened_at, incident.c.key)
        )
        with self._database.read() as connection:
            return [_saved(row) for row in connection.execute(query)]

    def load_cases(self) -> list[Case]:
        """What is open, for ``fallback.restore.restore``; ladder is "" where no case was recorded before. A bridge's own:
        those of other Asterisks are others' to end.
        """
        query = select(incident).where(incident.c.closed_at.is_(None)).order_by(incident.c.opened_at)
        query = query.where(incident.c.pbx.in_(_of(self.pbx))) if self.pbx else query
        with self._database.read() as connection:
            return [_case(_saved(row)) for row in connection.execute(query)]

    def live_drills(self, limit: int = 100) -> list[SavedIncident]:
        """Drills in which callers could be affected, open and closed, the newest first."""
        query = select(incident).where(incident.c.drill != "", incident.c.live)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(incident.c.opened_at.desc()).limit(limit))
            return [_saved(row) for row in rows]

    def last_drills(self) -> Mapping[str, datetime]:
        """When each drill was last begun, by its name; a drill never held is left out."""
        query = (
            select(incident.c.drill, func.max(incident.c.opened_at))
            .where(incident.c.drill != "")
            .group_by(incident.c.drill)
        )
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def follow(
    connection: Connection,
    scopes: Sequence[Mapping[str, Any]],
    cases: Iterable[Case] | None,
    now: datetime,
    pbx: str = "",
) -> None:
    """Open, bring up to date and close incidents. scopes: rows of ``scope_state`` by their plain names; cases: see
    ``Decisions.record``; pbx: whose, as in ``Subject``.
    """
    of_scopes = [_basic(row, now) | {"pbx": pbx} for row in scopes if row["incident_key"]]
    if cases is None:
        _put_basic(connection, of_scopes)
        for row in scopes:
            values = {"b_scope": row["name"], "b_key": row["incident_key"], "b_now": now, "b_pbx": _of(pbx)}
            connection.execute(_CLOSE_OTHERS_OF_SCOPE, values)
        return
    rows = [_row(one) | {"pbx": pbx} for one in cases]
    if rows:
        connection.execute(put(connection, incident), rows)
    known = {row["key"] for row in rows}
    _put_basic(connection, [row for row in of_scopes if row["key"] not in known])
    keys = [*known, *(row["key"] for row in of_scopes)]
    connection.execute(_CLOSE_ALL_BUT, {"b_keys": keys, "b_now": now, "b_pbx": _of(pbx)})


def _of(pbx: str) -> list[str]:
    """Whose incidents are ours: those of before there were several Asterisks are everybody's."""
    return [pbx, ""] if pbx else [""]


def _put_basic(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What a scope's row knows of its incident; what a case told is left as it is."""
    if rows:
        connection.execute(put_only(connection, incident, _BASIC, _WITHOUT_CASE), rows)


def _basic(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "key": row["incident_key"],
        "scope": row["name"],
        "kind": row["incident_kind"],
        "opened_at": row["incident_opened_at"] or now,
        "closed_at": None,
        "detail": row["incident_detail"],
    }


def _row(one: Case) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in _CASE_NAMES}
    return row | {"detail": one.subject, "raised": list(one.raised), "closed_at": None}


def _saved(row: Row[*tuple[Any, ...]]) -> SavedIncident:
    values = dict(row._mapping)
    return SavedIncident(**{**values, "ladder": values["ladder"] or "", "raised": tuple(values["raised"])})


def _case(one: SavedIncident) -> Case:
    return Case(subject=one.detail, **{name: getattr(one, name) for name in _CASE_NAMES})
