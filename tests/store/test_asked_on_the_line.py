"""What is asked while a caller is on the line, or for every batch, never looks through whole tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from callbacks.policy import LimitPolicy
from callbacks.values import Asks, Capture, NumberSource
from store import Store

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
Build = Callable[..., Capture]


@contextmanager
def planned(book: Store) -> Iterator[list[str]]:
    """What SQLite means to do for every query and update."""
    plans: list[str] = []

    def note(_conn: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            given = parameters[0] if many else parameters
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
            plans.extend(f"{row[3]}: {statement}" for row in rows)

    engine = book._database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("what", ["look", "count", "import", "request", "again"])
def test_no_table_is_looked_through(what: str, file_book: Store, capture: Build) -> None:
    book = file_book
    limits = LimitPolicy()
    call = capture(reference="482913", source=NumberSource.KEYED)
    book.import_captures([call], "test", 0, NOW, limits=limits)
    with planned(book) as plans:
        match what:
            case "look":
                book.look_up("13912341234", "482913")
            case "count":
                book.caller_counts("13912341234", "13800000000", limits, NOW)
            case "import":
                some = [capture("pbx1:2", number="13800000000", reference="1", source=NumberSource.KEYED)]
                book.import_captures(some, "test", 0, NOW, limits=limits)
            case "request":
                asked = capture("pbx1:3/2", asks=Asks.CHANGE, about="482913", number="13800000000")
                book.import_captures([asked], "test", 0, NOW, limits=limits)
            case "again":
                book.import_captures([call], "test", 0, NOW, limits=limits)
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
