"""Where a database has several writers, what an import reads of a promise must not change before it has written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, event
from sqlalchemy.dialects.postgresql.base import PGDialect

from callbacks.values import Asks, Capture
from store import Store
from store.tables import promise

Build = Callable[..., Capture]
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
REF = "482913"


def test_promises_that_an_import_acts_upon_are_held_until_its_end(book: Store, capture: Build) -> None:
    """Else an outcome in between leaves the new call in a closed promise, which nobody calls; and one who dials in between
    calls the old number, and somebody else the new one. On SQLite the one writer is alone anyway.
    """
    asked: list[str] = []

    def heard(connection: Connection, statement: Any, *_: Any) -> None:
        reads = isinstance(statement, Select) and promise in statement.get_final_froms()
        if reads and not connection.get_execution_options().get("holdfast_read"):
            asked.append(str(statement.compile(dialect=PGDialect())))  # type: ignore[no-untyped-call]  # untyped there

    call = capture(reference=REF)
    change = capture("pbx1:1.1/2", asks=Asks.CHANGE, number="13700000007", owner=call.number, about=REF)
    lines = [
        call,
        capture("pbx1:1.2"),
        capture("pbx1:1.1", number="13800000000", at=NOW + timedelta(1)),
        change,
    ]
    event.listen(book._database.engine, "before_execute", heard)
    for offset, line in enumerate(lines, 1):
        book.import_captures([line], "spool", offset, NOW)
    assert len(asked) > 4
    assert [one for one in asked if not one.endswith("FOR UPDATE")] == []
