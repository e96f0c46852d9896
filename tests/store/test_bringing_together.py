"""Two processes bring the same file in at once, as a database with several writers allows."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from callbacks.values import Capture
from store import Store, bringing


def test_what_another_process_brought_in_since_we_looked_is_known_at_the_next_look(
    book: Store, capture: Callable[..., Capture], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One capture, one promise, and the offset moves."""
    one, two = capture("pbx1:1.1"), capture("pbx1:1.2", number="13900000000")
    book.import_captures([one], "pbx1/a", 10, now)
    looks: list[int] = []
    really = bringing._known

    def late(connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
        looks.append(len(keys))
        return really(connection, keys) if len(looks) > 1 else {}

    monkeypatch.setattr(bringing, "_known", late)
    result = book.import_captures([one, two], "pbx1/a", 20, now)
    assert (result.new, result.completed, result.promises) == (1, 0, 1)
    assert looks == [2, 2]
    assert book.offsets(["pbx1/a"]) == {"pbx1/a": 20}
    assert [len(book.captures_of(each.id)) for each in book.open_promises()] == [1, 1]


def test_a_rule_of_the_tables_that_is_broken_again_and_again_is_told(
    book: Store, capture: Callable[..., Capture], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.import_captures([capture()], "pbx1/a", 10, now)
    monkeypatch.setattr(bringing, "_known", lambda *_: {})
    with pytest.raises(IntegrityError):
        book.import_captures([capture()], "pbx1/a", 20, now)
    assert book.offsets(["pbx1/a"]) == {"pbx1/a": 10}
