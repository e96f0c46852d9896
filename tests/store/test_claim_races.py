"""Between a claimer's look and his claim another writer may change a promise, where a database has several writers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from postgres import Books

from callbacks.values import Capture
from store import Store, promises

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
AGENT, OTHER = "PJSIP/agent-1", "PJSIP/agent-2"
Leader = Callable[[Store], Any]


@pytest.fixture
def book(postgres: Books, capture: Callable[..., Capture]) -> Iterator[Store]:
    with Store(postgres.empty()) as store:
        store.import_captures([capture(at=NOW - timedelta(minutes=5))], "test", 0, NOW)
        yield store


def in_between(monkeypatch: pytest.MonkeyPatch, look: str, url: str, act: Leader) -> None:
    """Does it, once, right after the look."""
    real = getattr(promises, look)
    todo = [act]

    def looked(*args: Any, **named: Any) -> Any:
        found = real(*args, **named)
        if todo:
            with Store(url) as leader:
                assert todo.pop()(leader)
        return found

    monkeypatch.setattr(promises, look, looked)


LEADERS = pytest.mark.parametrize(
    "act",
    [
        lambda book: book.reschedule(1, NOW + timedelta(days=1), NOW, "leader"),
        lambda book: book.pause([1], NOW, "leader"),
        lambda book: book.assign([1], OTHER, NOW, "leader"),
        lambda book: book.cancel_many([1], NOW, "a hoax", "leader"),
    ],
    ids=["put off", "paused", "handed over", "cancelled"],
)


@LEADERS
def test_what_a_leader_changed_after_the_look_is_not_claimed(
    act: Leader, book: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_between(monkeypatch, "whose_turn", book._url, act)
    assert book.claim_due(["power"], 1, NOW, "bridge", 60.0) == []


@LEADERS
def test_nor_what_had_been_handed_to_the_agent(
    act: Leader, book: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.assign([1], AGENT, NOW, "leader")
    in_between(monkeypatch, "handed_to", book._url, act)
    assert book.claim_for_agent(AGENT, NOW, 60.0) is None
