"""Fixtures that every room's tests may use."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from lab import Lab

# The first text drawn on a new machine builds Hypothesis' table of characters; a busy one takes seconds for it.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


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
