"""What is kept from being called, and forgotten by everybody, comes before the leader: nothing waits in silence (E8)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from callbacks.values import Attempt, Capture
from store import Store

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def listed(book: Store, at: datetime) -> list[int]:
    book.list_forsaken(at - DAY, at, "holdfast")
    return [one.id for one in book.for_leader()]


def test_what_was_handed_to_nobody_who_comes_or_paused_or_is_called_for_ever_comes_before_the_leader(
    book: Store, capture: Callable[..., Capture]
) -> None:
    calls = [capture(f"pbx1:{n}", number=f"1390000000{n}", at=NOW) for n in range(5)]
    book.import_captures(calls, "test", 0, NOW)
    book.assign([1], "PJSIP/gone", NOW, "agent")
    book.pause([2], NOW, "leader", "to be looked into")
    assert book.claim(3, NOW, "west", 60.0) is not None
    book.start_attempt(Attempt("3-1-1", 3, "power", "13900000002", "carrier-a", NOW), "west")
    book.assign([4], "PJSIP/agent-1", NOW, "agent")
    book.reschedule(4, NOW + 9 * DAY, NOW, "agent")
    assert listed(book, NOW + DAY / 2) == []
    assert listed(book, NOW + DAY + DAY / 24) == [1, 2, 3], "4 waits for its day, 5 for its turn"
    assert book.seen_by_leader(2, NOW + 2 * DAY, "leader")
    assert listed(book, NOW + 2.5 * DAY) == [1, 3]
    assert listed(book, NOW + 3.5 * DAY) == [1, 2, 3], "and again, as long as nothing is done about it"
