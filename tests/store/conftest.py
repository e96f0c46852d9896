"""Captures and a book for the tests of this room."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callbacks.values import Capture, Matter, NumberSource
from store import Store, migrate

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A migrated book in a file."""
    address = f"sqlite:///{tmp_path / 'book.db'}"
    migrate(address)
    return address


@pytest.fixture
def book(url: str) -> Iterator[Store]:
    with Store(url) as store:
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
