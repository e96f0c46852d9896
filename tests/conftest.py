"""Fixtures that every room's tests may use."""

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from postgres import Books, sqlite_book
from quick_commands import QuickCommands

from lab import Lab
from lab.postgres import Postgres
from lab.site import Site

# The first text drawn on a new machine builds Hypothesis' table of characters; a busy one takes seconds for it.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")

# A shell that starts a run in the background lets it ignore SIGINT, and whatever it starts inherits that: then no test
# of Ctrl-C could pass. What is handled here is back to its default in a child.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A worker is given the width of the terminal; what prints would keep that for good, whatever a test says later.
os.environ.pop("COLUMNS", None)

LAST_WORDS = 120  # lines of a log that are shown with a failure


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What bridge and Asterisk said last stands beside a failure: their folders are gone when the run is over."""
    report = yield
    given = getattr(item, "funcargs", {}).values()
    if report.failed:
        for one in given:
            log = one.bridge_log if isinstance(one, Site) else one.log if isinstance(one, Lab) else None
            if log is not None and log.exists():
                last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_WORDS:]
                report.sections.append((f"end of {log.name}", "\n".join(last)))
    return report


@pytest.fixture(scope="session", autouse=True)
def quick_commands() -> Iterator[None]:
    """Sites of this run need not wait for Python with each command. That it starts is seen in tests/console and the demo."""
    with QuickCommands() as quick, pytest.MonkeyPatch.context() as patched:
        patched.setattr(Site, "runner", quick)
        yield


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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for the whole run, or for each of its workers. Who kills it starts it again."""
    with Postgres(say=lambda _: None) as running:
        yield running


@pytest.fixture(scope="session")
def postgres(postgres_server: Postgres) -> Books:
    """Its books: ``postgres.empty()`` is the address of one that holds nothing."""
    return Books(postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty migrated book, once on each kind of database."""
    if request.param == "sqlite":
        return sqlite_book(tmp_path)
    books: Books = request.getfixturevalue("postgres")
    return books.empty()
