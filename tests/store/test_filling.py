"""The benchmarks' books are what they say: as many open promises, of every scope and matter, and claims work on them."""

from datetime import UTC, datetime, timedelta
from itertools import product

from bench.claims import claim_many
from bench.filling import SCOPES, fill
from callbacks.rules import order_key
from callbacks.values import Matter
from store import Store

NOW = datetime(2026, 11, 21, 10, 15, 0, 250_000, tzinfo=UTC)


def test_a_filled_book_holds_promises_of_every_scope_and_matter_the_oldest_first(
    url: str, book: Store
) -> None:
    fill(url, 60, NOW)
    fill(url, 3, NOW, start=60)
    rows = book.open_promises(100)
    assert len(rows) == 63
    assert {(one.scope, one.matter) for one in rows} == set(product(SCOPES, Matter))
    assert rows[0].number == "13900000000"
    assert rows[0].place_at == NOW - timedelta(days=1)
    assert all(one.due_at <= NOW and one.first_by == one.due_at + timedelta(days=2) for one in rows)
    assert {order_key(one) for one in rows} == {order_key(one) for one in book.search(due_by=NOW, limit=99)}
    assert len(set(claim_many(url, "bench", 63))) == 63
