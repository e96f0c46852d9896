"""Danger and fault reports on their way to the duty role, kept until somebody takes them on (requirement E0)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from callbacks.rules.passing_on import Report
from store.dialect import upsert
from store.engine import Subject
from store.tables import capture, duty

_MANY = 400  # keys in one statement; SQLite's oldest limit is 999 variables


class Duty(Subject):
    """One row a report; whoever was told is in the record of messages."""

    def duty_open(self) -> list[Report]:
        """Reports that nobody has taken on, oldest first; without a number while the capture is not in the book."""
        joined = duty.outerjoin(capture, capture.c.key == duty.c.key)
        query = (
            select(
                duty.c.key,
                duty.c.scope,
                duty.c.matter,
                duty.c.at,
                func.coalesce(capture.c.number, ""),
                func.coalesce(capture.c.region, ""),
                duty.c.rounds,
                duty.c.told_at,
            )
            .select_from(joined)
            .where(duty.c.acked_at.is_(None))
            .order_by(duty.c.at, duty.c.key)
        )
        with self._database.read() as connection:
            return [Report(*row) for row in connection.execute(query)]

    def duty_put(self, reports: Sequence[Report]) -> frozenset[str]:
        """Write reports, with how often they were told; returns the keys of those that somebody had taken on already.

        A row only ever grows: an older word on it (fewer rounds, a lesser matter) changes nothing but what was unknown.
        """
        taken: set[str] = set()
        if not reports:
            return frozenset()
        with self._database.write() as connection:
            statement = upsert(connection, duty)
            statement = statement.on_conflict_do_update(
                index_elements=[duty.c.key],
                set_={name: statement.excluded[name] for name in ("matter", "rounds", "told_at")},
                where=duty.c.acked_at.is_(None) & (duty.c.rounds <= statement.excluded.rounds),
            )
            rows = [
                {
                    "key": one.key,
                    "scope": one.scope,
                    "matter": one.matter,
                    "at": one.at,
                    "rounds": one.rounds,
                    "told_at": one.told_at,
                }
                for one in sorted(reports, key=lambda one: one.key)  # held in this order, by every writer
            ]
            connection.execute(statement, rows)
            for some in _portions([one.key for one in reports]):
                found = connection.execute(
                    select(duty.c.key).where(duty.c.key.in_(some), duty.c.acked_at.is_not(None))
                )
                taken.update(row.key for row in found)
        return frozenset(taken)

    def duty_ack(self, keys: Sequence[str], who: str, now: datetime) -> int:
        """Somebody took these on; returns how many nobody had taken on before. now: aware UTC."""
        count = 0
        with self._database.write() as connection:
            for some in _portions(sorted(keys)):
                free = select(duty.c.key).where(duty.c.key.in_(some), duty.c.acked_at.is_(None))
                mine = connection.execute(free.order_by(duty.c.key).with_for_update()).scalars().all()
                connection.execute(
                    update(duty).where(duty.c.key.in_(mine)).values(acked_at=now, acked_by=who)
                )
                count += len(mine)
        return count


def _portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _MANY] for start in range(0, len(items), _MANY))
