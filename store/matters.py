"""What became of each matter of a promise (requirements E7, E8, C4): several calls may share one, and each is answered."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, insert, select

from callbacks.values import Asks, MatterOutcome, Settled, Touched
from store.dialect import put
from store.engine import Subject
from store.history import touch
from store.tables import capture, matter_outcome

_NAMES = tuple(field.name for field in fields(MatterOutcome))
_COLUMNS = [matter_outcome.c[name] for name in _NAMES]


class Matters(Subject):
    """All times are aware UTC."""

    def settle_matter(self, outcome: MatterOutcome) -> bool:
        """Write what became of one capture's matter; what was said before is corrected by it, and both stand in the history.

        False when there is no such capture, or it belongs to no promise.
        """
        with self._database.write() as connection:
            mine = select(capture.c.promise_id).where(capture.c.key == outcome.capture)
            promise_id = connection.execute(mine).scalar_one_or_none()
            if promise_id is None:
                return False
            connection.execute(
                put(connection, matter_outcome), {name: getattr(outcome, name) for name in _NAMES}
            )
            detail = " ".join(text for text in (outcome.settled.value, outcome.order, outcome.note) if text)
            touch(connection, promise_id, outcome.at, outcome.who, Touched.SETTLED, detail)
            return True

    def matter_outcomes(self, promise_id: int) -> list[MatterOutcome]:
        """The outcomes of its captures' matters, in the order of the calls; a matter without one has none yet."""
        query = (
            select(*_COLUMNS)
            .join(capture, capture.c.key == matter_outcome.c.capture)
            .where(capture.c.promise_id == promise_id)
            .order_by(capture.c.at, capture.c.id)
        )
        with self._database.read() as connection:
            return [MatterOutcome(*row) for row in connection.execute(query)]


def settle_rest(connection: Connection, promise_id: int, settled: Settled, who: str, at: datetime) -> int:
    """The same outcome for every matter of the promise that has none; returns how many had none."""
    unsettled = (
        select(capture.c.key)
        .outerjoin(matter_outcome, matter_outcome.c.capture == capture.c.key)
        .where(
            capture.c.promise_id == promise_id,
            capture.c.asks == Asks.CALL,
            matter_outcome.c.capture.is_(None),
        )
        .order_by(capture.c.id)
    )
    keys = connection.execute(unsettled).scalars().all()
    if keys:
        rows = [{"capture": key, "settled": settled, "who": who, "at": at} for key in keys]
        connection.execute(insert(matter_outcome), rows)
    return len(keys)
