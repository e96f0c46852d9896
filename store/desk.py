"""What agents and leaders do with promises that nobody is calling at this moment: another time, place or agent, a pause, an
end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, not_, select, update

from callbacks.rules import Move, target
from callbacks.values import Matter, PromiseState, Settled, Touch, Touched, wish_of
from store.debts import debts_of_both
from store.engine import Subject
from store.history import touch, touch_all, touches
from store.matters import settle_rest
from store.moves import can, held
from store.tables import capture, promise

ADOPTED = "adopted"  # the reason of one whose caller got through by himself
_S = PromiseState
_FREE = {"holder": "", "claimed_until": None, "agent": ""}
_CALLED = (_S.DIALLING, _S.TALKING)
_WAITING = (_S.OPEN, _S.CLAIMED)
_MANY = 400


class DeskWork(Subject):
    """Each method is one transaction with its lines in the history. who: the person. All times are aware UTC.

    What is being called is moved by its outcome alone, and what is closed by nothing: of one promise that is False, of many it is
    left out of the ids that are returned. A claim that nobody has dialled on is given back.
    """

    def move_to(self, promise_id: int, place_at: datetime, now: datetime, who: str, why: str = "") -> bool:
        """Give it another place in the queue; when it may be called next stays as it is."""
        return bool(self._arrange([promise_id], {"place_at": place_at}, now, who, Touched.MOVED, why))

    def assign(self, ids: Sequence[int], agent: str, now: datetime, who: str) -> list[int]:
        """Hand them to an agent: nobody else is offered them. "": to everybody."""
        return self._arrange(ids, {"assigned": agent}, now, who, Touched.ASSIGNED, agent)

    def pause(self, ids: Sequence[int], now: datetime, who: str, why: str = "") -> list[int]:
        """Keep them from being called until they are resumed. Those that are paused already are left out."""
        running = (not_(promise.c.paused),)
        return self._arrange(ids, {"paused": True}, now, who, Touched.PAUSED, why, running)

    def resume(self, ids: Sequence[int], now: datetime, who: str) -> list[int]:
        """Let them be called again, in their old place. Those that are not paused are left out."""
        return self._arrange(ids, {"paused": False}, now, who, Touched.RESUMED, "", (promise.c.paused,))

    def cancel_many(self, ids: Sequence[int], now: datetime, reason: str, who: str) -> list[int]:
        """Close them."""
        values = {"closed_at": now, "reason": reason}
        return self._arrange(ids, values, now, who, Touched.CANCELLED, reason, move=Move.CANCEL)

    def reschedule(
        self, promise_id: int, wished_at: datetime, now: datetime, who: str, note: str = ""
    ) -> bool:
        """Call at the time that the caller wishes for, and not before.

        While it is being called the wish is noted, and stands if the outcome would have it called again. False when it is
        closed. Raises ValueError unless ``wished_at`` is later than ``now``.
        """
        if wished_at <= now:
            raise ValueError(f"a caller wishes for a time to come; {wished_at} is not after {now}")
        detail = wish_of(wished_at, note)
        values = {"wished_at": wished_at, "due_at": wished_at, "place_at": wished_at}
        with self._database.write() as connection:
            moved = _arranged(connection, [promise_id], values, Move.ARRANGE)
            if not moved:
                noted = update(promise).where(promise.c.id == promise_id, promise.c.state.in_(_CALLED))
                if connection.execute(noted.values(wished_at=wished_at)).rowcount != 1:
                    return False
            touch(connection, promise_id, now, who, Touched.RESCHEDULED, detail)
            return True

    def note(self, promise_id: int, text: str, now: datetime, who: str) -> bool:
        """Add a note to its history, whatever its state; False when there is no such promise."""
        with self._database.write() as connection:
            known = select(promise.c.id).where(promise.c.id == promise_id)
            if connection.execute(known).one_or_none() is None:
                return False
            touch(connection, promise_id, now, who, Touched.NOTED, text)
            return True

    def adopt(self, promise_id: int, now: datetime, who: str, note: str = "") -> bool:
        """The caller got through by himself and was served (requirement E6): done, with all its matters, and not called."""
        values = {"closed_at": now, "reason": ADOPTED, "agent": who}
        with self._database.write() as connection:
            if not _arranged(connection, [promise_id], values, Move.ADOPT):
                return False
            settle_rest(connection, promise_id, Settled.DONE, who, now)
            touch(connection, promise_id, now, who, Touched.ADOPTED, note)
            return True

    def merge(self, from_id: int, into_id: int, now: datetime, who: str) -> bool:
        """What the first holds becomes the second's, which takes the better place, the earlier times and deadlines; the first is
        closed.

        False unless both are waiting: open or claimed, of whatever numbers. Raises ValueError when they are the same.
        """
        if from_id == into_id:
            raise ValueError("a promise cannot be merged into itself")
        with self._database.write() as connection:
            query = select(promise).where(promise.c.id.in_((from_id, into_id)), promise.c.state.in_(_WAITING))
            rows = {row.id: row for row in connection.execute(query.order_by(promise.c.id).with_for_update())}
            if len(rows) != 2:
                return False
            _merge(connection, rows[from_id], rows[into_id], now)
            lines = [
                Touch(from_id, now, who, Touched.MERGED, f"#{into_id}"),
                Touch(into_id, now, who, Touched.JOINED, f"#{from_id}"),
            ]
            touches(connection, lines)
            return True

    def _arrange(
        self,
        ids: Sequence[int],
        values: Mapping[str, Any],
        now: datetime,
        who: str,
        what: Touched,
        detail: str,
        when: Sequence[ColumnElement[bool]] = (),
        *,
        move: Move = Move.ARRANGE,
    ) -> list[int]:
        with self._database.write() as connection:
            done = _arranged(connection, ids, values, move, when)
            touch_all(connection, done, now, who, what, detail)
            return done


def _arranged(
    connection: Connection,
    ids: Sequence[int],
    values: Mapping[str, Any],
    move: Move,
    when: Sequence[ColumnElement[bool]] = (),
) -> list[int]:
    """The ids of those that were in a state in which the table allows it."""
    wanted, done = sorted(ids), list[int]()
    for start in range(0, len(wanted), _MANY):
        some = held(connection, promise.c.id.in_(wanted[start : start + _MANY]), can(move), *when)
        connection.execute(
            update(promise).where(promise.c.id.in_(some)).values(**{"state": target(move), **_FREE, **values})
        )
        done += some
    return done


def _merge(connection: Connection, held: Row[Any], into: Row[Any], now: datetime) -> None:
    connection.execute(update(capture).where(capture.c.promise_id == held.id).values(promise_id=into.id))
    values: dict[str, Any] = {
        "captures": into.captures + held.captures,
        "place_at": min(into.place_at, held.place_at),
        "due_at": min(
            into.due_at, held.due_at
        ),  # one caller's wish for a later day does not put the other off
        **debts_of_both(into, held),
        "attention": into.attention or held.attention,
        "fault": into.fault or held.fault,
    }
    if into.matter is Matter.UNSTATED or held.matter is Matter.DANGER:
        values["matter"] = held.matter
    connection.execute(update(promise).where(promise.c.id == into.id).values(**values))
    closed = {"state": target(Move.MERGE), "closed_at": now, "reason": f"merged into #{into.id}", **_FREE}
    connection.execute(
        update(promise).where(promise.c.id == held.id).values(captures=0, attention=False, **closed)
    )
