"""One hotline for each version of Asterisk that is asked for, for all tests of this room."""

from collections.abc import Iterator

import pytest
from hotline import Bridge, Hotline


@pytest.fixture(scope="session")
def _hotline22() -> Iterator[Hotline]:
    running = Hotline("22")
    yield running
    running.close()


@pytest.fixture(scope="session")
def _hotline16() -> Iterator[Hotline]:
    running = Hotline("16")
    yield running
    running.close()


@pytest.fixture
def hotline(_hotline22: Hotline) -> Hotline:
    """Asterisk 22, in a known state."""
    _hotline22.reset()
    return _hotline22


@pytest.fixture(params=["22", "16"])
def either(request: pytest.FixtureRequest) -> Hotline:
    """Both versions, one after the other."""
    running: Hotline = request.getfixturevalue(f"_hotline{request.param}")
    running.reset()
    return running


@pytest.fixture
def bridge(hotline: Hotline) -> Iterator[Bridge]:
    """The FastAGI server beside Asterisk 22."""
    running = Bridge(hotline.lab)
    yield running
    running.close()
