"""Captures, promises and a book for the tests of this room."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callbacks.values import Capture, Matter, NumberSource, Promise, PromiseState
from store import Store

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def capture() -> Callable[..., Capture]:
    """Builds a capture; what a test does not name is of no interest to it."""

    def build(key: str = "pbx1:1763720100.1", **values: Any) -> Capture:
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
            "incident": "INC-power-20261121T101500Z",
        }
        return Capture(key, **(usual | values))

    return build


@pytest.fixture
def promise() -> Callable[..., Promise]:
    """Builds a promise that is being dialled."""

    def build(**values: Any) -> Promise:
        usual: dict[str, Any] = {
            "id": 7,
            "scope": "power",
            "number": "13912341234",
            "state": PromiseState.DIALLING,
            "created_at": NOW,
            "due_at": NOW,
            "attempts": 0,
            "captures": 1,
            "matter": Matter.FAULT,
            "language": "zh-CN",
        }
        return Promise(**(usual | values))

    return build


@pytest.fixture
def book(store_url: str) -> Iterator[Store]:
    """An empty book, on each kind of database."""
    with Store(store_url) as store:
        yield store


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The spool's folder and tier 3's."""
    spool, tier3 = tmp_path / "spool", tmp_path / "tier3"
    spool.mkdir()
    tier3.mkdir()
    return spool, tier3
