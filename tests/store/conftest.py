"""Captures and a book for the tests of this room."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from postgres import sqlite_book

from callbacks.values import Capture, Matter, NumberSource
from store import Store

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def url(store_url: str) -> str:
    """An empty migrated book, once on each kind of database."""
    return store_url


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """An empty migrated book in a file, for what only SQLite does."""
    return sqlite_book(tmp_path)


@pytest.fixture
def book(url: str) -> Iterator[Store]:
    with Store(url) as store:
        yield store


@pytest.fixture
def file_book(file_url: str) -> Iterator[Store]:
    with Store(file_url) as store:
        yield store


@pytest.fixture
def capture() -> Callable[..., Capture]:
    """Builds a capture; what a test does not name is of no interest to it."""

    def build(key: str = "pbx1:1.1", **values: Any) -> Capture:
        usual: dict[str, Any] = {
            "at": NOW,
            "scope": "power",
            "caller_id": "13912341234",
            "number": "13912341234",
            "source": NumberSource.OWN,
            "matter": Matter.FAULT,
            "language": "zh-CN",
            "tier": 1,
            "wanted": True,
            "promised": True,
        }
        return Capture(key, **(usual | values))

    return build


@pytest.fixture
def keep(book: Store) -> Callable[..., None]:
    """Brings captures into the book."""

    def bring_in(*captures: Capture, now: datetime = NOW) -> None:
        book.import_captures(captures, "test", 0, now)

    return bring_in
