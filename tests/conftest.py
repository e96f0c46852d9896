"""Fixtures that every room's tests may use."""

from collections.abc import Iterator

import pytest

from lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """One lab with the newest Asterisk for the whole run. Who cuts something restores it."""
    with Lab.start("22") as running:
        yield running


@pytest.fixture(scope="session")
def lab16() -> Iterator[Lab]:
    """One lab with Asterisk 16 for the whole run."""
    with Lab.start("16") as running:
        yield running
